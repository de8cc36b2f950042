package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/health"
	"rollcall/internal/rollcall"
)

// checkFlags are what `rollcall check` was told.
type checkFlags struct {
	file    string
	budget  time.Duration
	memory  int64
	quiet   bool
	output  *oneOf
	failOn  *oneOf
	colours *oneOf
}

func checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [NAME|URL ...]",
		Short: "ask now and print; remembers nothing, tells nobody",
		Long: `check asks the targets of the file now and prints what came. Names are targets or groups
of the file; URLs need no file; without either the whole file is asked.`,
		Example: `  rollcall check https://example.com/health
  rollcall check checkout payments -f infra/targets.yaml
  rollcall check -o json | jq '.results[] | select(.status == "down")'`,
		RunE: func(cmd *cobra.Command, args []string) error { return check(cmd, args, f) },
	}
	cmd.Flags().StringVarP(&f.file, "file", "f", defaultConfig, "targets file; - is standard input")
	cmd.Flags().DurationVar(&f.budget, "budget", 46*time.Second, "time for everything together")
	cmd.Flags().Int64Var(&f.memory, "memory", 512, "MB of memory to stay within")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "leave out what is up, and the progress")
	f.output = words(cmd, "output", "o", "how to print the results", "table", "json")
	f.failOn = words(cmd, "fail-on", "", "the least that makes the exit status 1", "down", "degraded")
	f.colours = words(cmd, "color", "", "when to colour", "auto", "always", "never")
	return cmd
}

func check(cmd *cobra.Command, names []string, f checkFlags) error {
	if err := f.wrong(); err != nil {
		return err
	}
	ctx := cmd.Context()
	var bar progress
	if !f.quiet && isTerminal(cmd.ErrOrStderr()) {
		bar = newProgress(cmd.ErrOrStderr())
	}
	r, err := rollcall.Open(ctx, rollcall.Settings{
		Version: rollcall.Version(), Config: f.file, Memory: f.memory << 20, Watch: bar.watch,
	})
	if err != nil {
		return undone{err}
	}
	report, err := r.Check(ctx, names, f.budget)
	bar.done()
	if err != nil {
		return err
	}
	if err := f.print(cmd.OutOrStdout(), report); err != nil {
		return undone{err}
	}
	if ctx.Err() != nil {
		return status(exitInterrupted)
	}
	return verdict(report, f.failOn.value)
}

func (f checkFlags) print(w io.Writer, report health.Report) error {
	if f.output.value == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(rollcall.NewDocument(report))
	}
	return table{paints(w, f.colours.value), f.quiet}.print(w, report)
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
