package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/rollcall"
	"rollcall/internal/round"
	"rollcall/internal/source"
)

// checkFlags are what `rollcall check` was told.
type checkFlags struct {
	*limits
	file    *string
	quiet   bool
	output  *oneOf
	failOn  *oneOf
	colours *oneOf
	outside
}

func checkCommand(o outside) *cobra.Command {
	f := checkFlags{outside: o}
	cmd := &cobra.Command{
		Use:   "check [NAME|URL ...]",
		Short: "ask now and print; remembers nothing, tells nobody",
		Long: `check asks now and prints what came: the worst first, with its cause. A NAME is
a target or a group of the targets file; without any, the whole file is asked. A
URL needs no file: it is asked as a target of which nothing else is said.`,
		Example: `  rollcall check                               the whole of infra/targets.yaml
  rollcall check checkout payments             a target and a group of it
  rollcall check https://example.com/health    one URL
  rollcall check -q                            no word while all is up
  rollcall check -o json | jq '.results[] | select(.status == "down")'`,
		ValidArgsFunction: completeNames,
		RunE:              func(cmd *cobra.Command, args []string) error { return ask(cmd, args, f) },
	}
	f.file = fileFlag(cmd)
	f.limits = limitFlags(cmd, 46*time.Second, "time for asking", "memory to stay within")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "print nothing of what is up, and no progress")
	f.output = words(cmd, "output", "o", "how to print the results", "table", "json")
	f.failOn = words(cmd, "fail-on", "", "the least that makes the exit status 1", "down", "degraded")
	f.colours = words(cmd, "color", "", "when to colour", "auto", "always", "never")
	return cmd
}

// ask is `rollcall check`.
func ask(cmd *cobra.Command, names []string, f checkFlags) error {
	ctx := cmd.Context()
	var live progress
	if !f.quiet && isTerminal(cmd.ErrOrStderr()) {
		live = newProgress(cmd.ErrOrStderr())
	}
	report, err := f.report(ctx, names, live.watch)
	live.done()
	if err != nil {
		return err
	}
	if err := written(0, f.print(cmd.OutOrStdout(), report)); err != nil {
		return err
	}
	if report.Enough > 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "rollcall: "+shortage(report))
	}
	if ctx.Err() != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "rollcall: stopped; these are the results so far")
		return status(exitInterrupted)
	}
	return verdict(report, f.failOn.value)
}

// shortage says how short of processor the checker itself was, and what would do. Beyond six
// processors no function has enough.
func shortage(r health.Report) string {
	hundredths := func(n float64) string { return strconv.FormatFloat(n/100, 'f', -1, 64) }
	text := fmt.Sprintf("the checker itself was short of processor: %.0f %% of the latency reported is its own, so no latency is judged; %s processors would do (it has %s)",
		r.Saturation, hundredths(math.Ceil(r.Enough*100)), hundredths(math.Round(r.Processors*100)))
	if memory := round.MemoryFor(r.Enough); round.ProcessorsOf(memory) >= r.Enough {
		text += fmt.Sprintf(", as a function of %s MB has", thousands(memory))
	}
	return text
}

// report asks. That the file or a name is wrong is an error of whoever called.
func (f checkFlags) report(ctx context.Context, names []string, watch func(rollcall.Seen)) (health.Report, error) {
	r, err := rollcall.Open(ctx, rollcall.Settings{
		Version: rollcall.Version(), Config: *f.file, Memory: f.memory.bytes(), Roots: f.roots, Pace: f.pace, Watch: watch,
	})
	if err != nil {
		return health.Report{}, err
	}
	report, err := r.Check(ctx, names, time.Duration(f.budget))
	if err != nil {
		return report, meant(err, names, *f.file)
	}
	return report, nil
}

// meant adds to err what somebody may have meant whose names found nothing, or no file.
func meant(err error, names []string, file string) error {
	var problems fleet.Problems
	lookedUp := errors.As(err, &problems)
	if inFile(problems) {
		return err
	}
	for _, n := range names {
		if lookedUp && !strings.Contains(err.Error(), strconv.Quote(n)) {
			continue // and found
		}
		switch info, missing := os.Stat(n); {
		case missing == nil && info.Mode().IsRegular():
			return hinted{err, fmt.Sprintf("if the file is meant, write -f %q", n)}
		case strings.Contains(n, ".") && !strings.Contains(n, "://"):
			return hinted{err, fmt.Sprintf("if the URL is meant, write %q", "https://"+n)}
		}
	}
	at, wrong := source.Parse(file)
	if _, missing := os.Stat(at.Path); wrong == nil && !at.Remote() && !lookedUp && errors.Is(missing, fs.ErrNotExist) {
		return hinted{err, "a URL needs no file: rollcall check https://example.com/health"}
	}
	return err
}

func (f checkFlags) print(w io.Writer, report health.Report) error {
	if f.output.value == "json" {
		return printJSON(w, rollcall.NewDocument(report))
	}
	return table{screenOf(w, f.colours.value), f.quiet}.print(w, report)
}

// verdict is the exit status of a report, the first that applies.
func verdict(r health.Report, failOn string) error {
	switch {
	case r.Counts.Unknown > 0 || !r.Completed:
		return status(exitUnknown)
	case r.Counts.Down > 0 || failOn == "degraded" && r.Counts.Degraded > 0:
		return status(exitDown)
	default:
		return nil
	}
}
