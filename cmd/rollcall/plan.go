package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/rollcall"
	"rollcall/internal/source"
)

func planCommand() *cobra.Command {
	var file *string
	var function *deployment
	var output, colours *oneOf
	latency := brief(200 * time.Millisecond)
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "how a round would run, and what a month costs",
		Long: `plan reads the targets file and says how its rounds would run in a deployed
function: what they can take at worst, what they mostly take, who would be cut
short. Then what a month costs, line by line, by AWS's list prices and with what
AWS gives every account for nothing; what it would cost with other metrics or
result lines; and what others ask for the same. It asks nobody.

The exit status is 2 when a round does not fit.`,
		Example: `  rollcall plan
  rollcall plan --interval 5m --memory 256
  rollcall plan --latency 80ms
  rollcall plan -o json | jq .month.total`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := rollcall.Open(cmd.Context(), function.settings(*file))
			if err != nil {
				return err
			}
			forecast, err := r.Plan(cmd.Context(), function.time(), time.Duration(latency))
			if err != nil {
				return err
			}
			out, name := cmd.OutOrStdout(), source.Name(*file)
			if output.value == "json" {
				err = printJSON(out, forecast)
			} else {
				err = prospect{screenOf(out, colours.value), forecast}.print(out)
			}
			if err = written(0, err); err != nil {
				return err
			}
			if largest := forecast.Proof.Largest; !forecast.Fits {
				return fmt.Errorf("%s: %w; not asked: %s", name, largest.Err(), some(largest.Beyond))
			}
			return nil
		},
	}
	file = fileFlag(cmd)
	function = deploymentFlags(cmd)
	cmd.Flags().Var(&latency, "latency", "in which targets are expected to answer")
	output = words(cmd, "output", "o", "how to print it", "table", "json")
	colours = words(cmd, "color", "", "when to colour", "auto", "always", "never")
	return cmd
}

// brief is an option that takes a short duration.
type brief time.Duration

func (d *brief) String() string { return time.Duration(*d).String() }
func (d *brief) Type() string   { return "DURATION" }
func (d *brief) want() string   { return "a duration from 1ms to 60s, such as 200ms" }

// Set takes a duration as Go spells it.
func (d *brief) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v < time.Millisecond || v > time.Minute {
		return fmt.Errorf("want %s", d.want())
	}
	*d = brief(v)
	return nil
}
