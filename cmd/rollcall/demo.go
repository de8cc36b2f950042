package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/health"
	"rollcall/internal/notify"
	"rollcall/internal/rollcall"
)

func demoCommand() *cobra.Command {
	var story *oneOf
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "real rounds over endpoints on this machine, some broken",
		Long: fmt.Sprintf(`demo starts %d endpoints on this machine that answer after %s, and %d broken
ones, each broken in a way of its own. It plays two real rounds over them and
shows what people would get. It needs no account and no network, and ends by
itself.

With --story outage it plays %d rounds over a shop of two regions: an outage of
one of them, the checker's own blindness, a certificate that runs out, planned
work and a service that flaps. It counts what people are told, and what a
checker without judgement would have sent.`, wellCount, milliseconds(wellAfter), len(broken), storyRounds),
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := perform(cmd.Context(), story.value, cmd.OutOrStdout(), cmd.ErrOrStderr())
			switch {
			case cmd.Context().Err() != nil:
				return status(exitInterrupted)
			case err != nil:
				return undone{fmt.Errorf("demo: %w", err)}
			default:
				return nil
			}
		},
	}
	story = words(cmd, "story", "", "what is played", "broken", "outage")
	return cmd
}

// perform plays a demo, told on out. The folder that it ends with is kept; one that nobody
// was told of is not.
func perform(ctx context.Context, which string, out, errs io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "rollcall-demo-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(folder)
		}
	}()
	if which == "outage" {
		c := &chronicle{narrator: narrator{screen: screenOf(out, "auto"), out: out}, failing: map[string]bool{}}
		return c.play(ctx, folder, time.Now())
	}
	return demo(ctx, folder, out, errs)
}

// demo plays the two rounds.
func demo(ctx context.Context, folder string, out, errs io.Writer) error {
	stage, err := raise()
	if err != nil {
		return err
	}
	defer stage.close()
	list := filepath.Join(folder, "targets.yaml")
	if err := os.WriteFile(list, []byte(stage.targets()), 0o644); err != nil {
		return err
	}
	t := &teller{narrator: narrator{screen: screenOf(out, "auto"), out: out}}
	if isTerminal(errs) {
		t.live = errs
	}
	r, err := rollcall.Open(ctx, rollcall.Settings{
		Version: rollcall.Version(), Config: list, Store: folder, Roots: stage.roots(), Voice: t, Watch: t.watch,
	})
	if err != nil {
		return err
	}
	t.say("%d endpoints that answer after %s and %d broken ones, all on this machine.",
		wellCount, milliseconds(wellAfter), len(broken))
	// The second round is a minute after the first by its name, so nobody has to wait for it.
	first := time.Now().Truncate(time.Minute)
	for i, scheduled := range []time.Time{first, first.Add(time.Minute)} {
		t.begin()
		report, err := r.Round(ctx, scheduled, fmt.Sprintf("demo-%d", i+1))
		t.progress.done()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if len(t.told) != i+1 {
			return fmt.Errorf("%d rounds told %d digests, want one each", i+1, len(t.told))
		}
		t.round(i, report)
	}
	t.say("\nThe state:        %s", filepath.Join(folder, "state", "demo", rollcall.Whole+".json"))
	t.say("The targets file: %s", list)
	t.say("Now one of yours: go run ./cmd/rollcall check https://example.com/health")
	return t.err
}

// narrator tells line by line, and remembers the first error that writing gave.
type narrator struct {
	screen
	out io.Writer
	err error
}

// say tells a line.
func (n *narrator) say(format string, args ...any) {
	if _, err := fmt.Fprintf(n.out, format+"\n", args...); err != nil && n.err == nil {
		n.err = err
	}
}

// teller watches the rounds and tells of them. It is also the topic: what it is given to
// publish is what people would get.
type teller struct {
	narrator
	live     io.Writer // where progress is shown; nil: nowhere
	progress progress

	mu       sync.Mutex
	told     []health.Digest
	well     int       // endpoints of the hundred that are up
	wellDone time.Time // when the last of them was
}

// begin is the beginning of a round.
func (t *teller) begin() {
	t.well = 0
	if t.live != nil {
		t.progress = newProgress(t.live)
	}
}

// watch takes note of one attempt.
func (t *teller) watch(s rollcall.Seen) {
	t.mu.Lock()
	if s.Target.Group == wellGroup && s.Reading.Status == health.Up {
		t.well++
		t.wellDone = s.At
	}
	t.mu.Unlock()
	t.progress.watch(s)
}

// Publish keeps a digest to be shown.
func (t *teller) Publish(_ context.Context, d health.Digest) (health.Delivery, error) {
	t.told = append(t.told, d)
	return health.Accepted, nil
}

// round tells how one of the two rounds went, and what people were told of it.
func (t *teller) round(i int, r health.Report) {
	digest := t.told[i]
	up := fmt.Sprintf("%d of %d", t.well, wellCount)
	if t.well == wellCount {
		up += fmt.Sprintf(", the hundredth after %.3f s", t.wellDone.Sub(r.Started).Seconds())
	}
	if i > 0 {
		t.say("\nRound 2, %s, a minute later by its name\n", clock(r))
		t.up(up)
		t.say("%s", t.beside(sum(r), 0, 0))
		t.say("\nTold: all that is down, in one mail, because two rounds in a row were bad.\n")
		t.mail(digest)
		return
	}
	t.say("\nRound 1, %s\n", clock(r))
	t.up(fmt.Sprintf("%s; one by one it would be %.0f s", up, (wellCount * wellAfter).Seconds()))
	if err := (table{t.screen, true}).print(t.out, r); err != nil && t.err == nil {
		t.err = err
	}
	t.say("\nTold: a first message, so that people know how the next ones will reach them:")
	t.say("      %q", notify.Subject(digest))
	t.say("Not told: what is down. One bad round may be a blip.")
}

// up tells of the endpoints that are, as a row of the table.
func (t *teller) up(what string) {
	t.say("%s%*s%s", table{screen: t.screen}.status(health.Up), gap, "", t.beside(what, statusWide+gap, statusWide+gap))
}

// mail shows a mail, set off from the story.
func (t *teller) mail(d health.Digest) {
	const margin = "  | "
	text := "Subject: " + notify.Subject(d) + "\n\n" + strings.TrimSpace(notify.Email(d, notify.Least))
	room := max(t.columns-len(margin), leastRoom)
	for line := range strings.Lines(text) {
		lines := []string{strings.TrimSpace(line)}
		if t.columns > 0 {
			lines = fold(lines[0], room)
		}
		for _, l := range lines {
			t.say("%s", strings.TrimRight(margin+l, " "))
		}
	}
}

// clock is when a round was scheduled, as its mail spells it.
func clock(r health.Report) string { return r.Scheduled.UTC().Format("15:04 UTC") }

// milliseconds is a short duration in words.
func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
