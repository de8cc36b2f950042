package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/health"
	"rollcall/internal/notify"
	"rollcall/internal/rollcall"
)

func demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "two real rounds over endpoints on this machine, some of them broken",
		Long: `demo starts 100 endpoints on this machine that answer after 200 ms, and some that are broken
in instructive ways, plays two real rounds over them, and shows what a person would get.
It needs no account and no network, and ends by itself.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := demo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil {
				return undone{err}
			}
			return nil
		},
	}
}

// demo is the story, told on out.
func demo(ctx context.Context, out, errs io.Writer) error {
	stage, err := raise()
	if err != nil {
		return err
	}
	defer stage.close()
	folder, err := os.MkdirTemp("", "rollcall-demo-")
	if err != nil {
		return err
	}
	list := filepath.Join(folder, "targets.yaml")
	if err := os.WriteFile(list, []byte(stage.targets()), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d endpoints that answer after %s, and %d that are broken, all on this machine.\n", wellCount, wellAfter, len(broken))
	teller := &teller{out: out, table: table{painter: paints(out, "auto"), quiet: true}}
	if isTerminal(errs) {
		teller.live = errs
	}
	r, err := rollcall.Open(ctx, rollcall.Settings{
		Version: rollcall.Version(), Config: list, Store: folder, Roots: stage.roots(),
		Voice: teller, Watch: teller.watch,
	})
	if err != nil {
		return err
	}
	// The second round is a minute after the first by its name, so nobody has to wait for it.
	first := time.Now().Truncate(time.Minute)
	for i, scheduled := range []time.Time{first, first.Add(time.Minute)} {
		teller.begin()
		report, err := r.Round(ctx, scheduled, fmt.Sprintf("demo-%d", i+1))
		teller.bar.done()
		if err != nil {
			return err
		}
		if err := teller.round(i+1, report); err != nil {
			return err
		}
	}
	if len(teller.told) != 2 {
		return errors.New("demo: two rounds told something else than two digests")
	}
	teller.digest(teller.told[1])
	fmt.Fprintf(out, "\nThe state is in %s\nthe targets file is %s\n", filepath.Join(folder, "state", "demo", rollcall.Whole+".json"), list)
	fmt.Fprintf(out, "Ask one of your own: go run ./cmd/rollcall check https://example.com/health\n")
	return nil
}

// teller watches the rounds and tells the story. It is also the topic: what it is given to
// publish is what people would get.
type teller struct {
	table
	out  io.Writer
	live io.Writer // where progress is shown; nil: nowhere
	bar  progress

	mu       sync.Mutex
	told     []health.Digest
	well     int       // endpoints of the hundred that are up
	wellDone time.Time // when the last of them was
}

func (t *teller) begin() {
	t.well = 0
	if t.live != nil {
		t.bar = newProgress(t.live)
	}
}

func (t *teller) watch(s rollcall.Seen) {
	t.mu.Lock()
	if s.Target.Group == wellGroup && s.Reading.Status == health.Up {
		t.well++
		t.wellDone = s.At
	}
	t.mu.Unlock()
	t.bar.watch(s)
}

// Publish keeps a digest to be shown.
func (t *teller) Publish(_ context.Context, d health.Digest) (health.Delivery, error) {
	t.told = append(t.told, d)
	return health.Accepted, nil
}

// round tells how one round went.
func (t *teller) round(n int, r health.Report) error {
	fmt.Fprintf(t.out, "\nRound %d, %s\n", n, r.Scheduled.Local().Format("15:04"))
	fmt.Fprintf(t.out, "%s  %d of %d; the hundredth answered after %.3f s, one after another it would be %.0f s\n",
		t.status(health.Up), t.well, wellCount, t.wellDone.Sub(r.Started).Seconds(), (wellCount * wellAfter).Seconds())
	if n > 1 {
		fmt.Fprintf(t.out, "%s\nThe second bad round in a row is news: one message for all of it.\n", t.sum(r))
		return nil
	}
	if err := t.print(t.out, r); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "People get: %q\nNobody is told of what is down yet: one bad round may be a blip.\n", notify.Subject(t.told[0]))
	return nil
}

// digest shows the mail that people would get.
func (t *teller) digest(d health.Digest) {
	fmt.Fprintf(t.out, "\n---- the mail ----\nSubject: %s\n\n%s------------------\n", notify.Subject(d), notify.Email(d, notify.Least))
}
