package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/rollcall"
	"rollcall/internal/source"
	"rollcall/internal/sweep"
)

func validateCommand() *cobra.Command {
	var file *string
	var function *deployment
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "every problem of a targets file, as file:line:col",
		Long: `validate reads the targets file, names every problem with its place and its
remedy, and proves that the largest round of a whole cycle fits the time that a
round has. It asks nobody. That a reference is not set here, or that everything
at once would not fit, is a note.`,
		Example: `  rollcall validate
  rollcall validate -f targets.yaml --memory 1024
  rollcall validate --interval 5m
  git show main:infra/targets.yaml | rollcall validate -f -`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := rollcall.Open(cmd.Context(), function.settings(*file))
			if err != nil {
				return err
			}
			proof, err := r.Validate(cmd.Context(), function.time())
			if err != nil {
				return err
			}
			return prove(cmd.OutOrStdout(), cmd.ErrOrStderr(), source.Name(*file), proof)
		},
	}
	file = fileFlag(cmd)
	function = deploymentFlags(cmd)
	return cmd
}

// prove says what was proven on out, and what somebody should know on errs. A fleet that
// does not fit is a file that is wrong.
func prove(out, errs io.Writer, file string, p rollcall.Proof) error {
	for _, ref := range p.Unset {
		fmt.Fprintf(errs, "%s: note: %s is not set here; where the rounds run it must be\n", ref.At, ref.Reference)
	}
	note(errs, file, "in the largest round", p.Largest)
	if late := p.Largest.Beyond; len(late) > 0 {
		return fmt.Errorf("%s: %w; not asked: %s", file, p.Largest.Err(), some(late))
	}
	if !alike(p.CatchUp, p.Largest) {
		const when = "with everything due at once, as after a pause,"
		note(errs, file, when, p.CatchUp)
		if late := p.CatchUp.Beyond; len(late) > 0 {
			fmt.Fprintf(errs, "%s: note: %s %v; a round late: %s\n", file, when, p.CatchUp.Err(), some(late))
		}
		if !p.Whole && p.CatchUp.Wanted > p.CatchUp.Budget {
			fmt.Fprintf(errs, "%s: note: the targets' every have no common cycle within a week; the rounds of one week were looked at\n", file)
		}
	}
	return written(fmt.Fprintf(out, "%s: fleet %s, %s; at worst a round needs %s of %s, with %s at a time\n",
		file, p.Fleet.Name, plural(len(p.Fleet.Targets), "target"),
		seconds(p.Largest.WorstCase), seconds(p.Largest.Budget), plural(min(p.Largest.Workers, len(p.Fleet.Targets)+len(p.Fleet.Witnesses)), "target")))
}

// note says whose timeouts a plan cuts, and who is left out of it though it may be called.
func note(errs io.Writer, file, when string, p *sweep.Plan) {
	if len(p.Cut) > 0 {
		fmt.Fprintf(errs, "%s: note: %s timeouts are cut to %s, and what needs longer is unknown: %s\n", file, when, p.Cap, some(p.Cut))
	}
	if len(p.LeftOut) > 0 {
		fmt.Fprintf(errs, "%s: note: %s the time is too short for all that may be called beside those that are due; left out: %s\n", file, when, some(p.LeftOut))
	}
}

// alike says whether two plans do the same to the same, so that it is said once. Which of
// them wants more does not tell: who is late in the one may be due in the other.
func alike(a, b *sweep.Plan) bool {
	return a.Cap == b.Cap && slices.Equal(a.Cut, b.Cut) && slices.Equal(a.Beyond, b.Beyond) && slices.Equal(a.LeftOut, b.LeftOut)
}

// some names the first few of many.
func some(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
