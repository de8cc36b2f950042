package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/rollcall"
	"rollcall/internal/round"
	"rollcall/internal/source"
	"rollcall/internal/sweep"
)

func validateCommand() *cobra.Command {
	var file string
	var budget time.Duration
	var memory int64
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "every problem of a targets file, as file:line:col",
		Long: `validate reads the targets file, names every problem with its place and its remedy, and
proves that the largest round of a whole cycle, and the whole fleet at once, fit the time
a round has. It asks nobody.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := rollcall.Open(cmd.Context(), rollcall.Settings{Config: file, Memory: memory << 20})
			if err != nil {
				return undone{err}
			}
			proof, err := r.Validate(cmd.Context(), budget)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), cmd.ErrOrStderr(), source.Name(file), proof)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", defaultConfig, "targets file; - is standard input")
	cmd.Flags().DurationVar(&budget, "budget", round.Budget(rollcall.FunctionTimeout), "time of a round's sweep; the default is what the deployed function can count on")
	cmd.Flags().Int64Var(&memory, "memory", 512, "MB of memory of the function")
	return cmd
}

// report says what was proven on out, and what somebody should know on errs. A fleet that
// does not fit is a file that is wrong.
func report(out, errs io.Writer, file string, p rollcall.Proof) error {
	for _, ref := range p.Unset {
		fmt.Fprintf(errs, "%s: note: %s is not set here; where the rounds run it must be\n", ref.At, ref.Reference)
	}
	for _, one := range []struct {
		name string
		plan *sweep.Plan
	}{
		{"the largest round", p.Largest}, {"the catch-up round, with everything at once,", p.CatchUp},
	} {
		if len(one.plan.Cut) > 0 {
			fmt.Fprintf(errs, "%s: note: in %s timeouts are cut to %s; one that needs longer will be unknown: %s\n",
				file, one.name, one.plan.Cap, some(one.plan.Cut))
		}
	}
	if late := p.Largest.Beyond; len(late) > 0 {
		return fmt.Errorf("%s: %w; late: %s", file, p.Largest.Err(), some(late))
	}
	if late := p.CatchUp.Beyond; len(late) > 0 {
		fmt.Fprintf(errs, "%s: note: after a pause, with everything due at once: %v; late by a round: %s\n", file, p.CatchUp.Err(), some(late))
	}
	fmt.Fprintf(out, "%s: fleet %s, %s; at worst a round needs %s of %s, with %s at a time\n",
		file, p.Fleet.Name, plural(len(p.Fleet.Targets), "target"),
		seconds(p.Largest.WorstCase), seconds(p.Largest.Budget), plural(p.Largest.Workers, "target"))
	return nil
}

// some names the first few of many.
func some(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// wrong says what is wrong with the numbers on the command line.
func (f checkFlags) wrong() error {
	switch {
	case f.budget < time.Second:
		return errors.New("--budget: want at least 1s")
	case f.memory < 128:
		return errors.New("--memory: want at least 128")
	}
	return nil
}
