package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func whyCommand() *cobra.Command {
	var f *storeFlags
	var output, colours *oneOf
	cmd := &cobra.Command{
		Use:   "why NAME",
		Short: "why people were told of a target or a group, or not",
		Long: `why reads what the last round left in the store, and tells of one target or one
group: the last rounds, what was counted, what was decided and why, what keeps
people from being told now, and what is missing until they are. The NAME may
also be a side of rollcall itself: config, blind, delivery, clock, history or
budget. It asks nobody and writes nothing.`,
		Example: `  rollcall why checkout --store s3://BUCKET
  rollcall why payments -o json | jq .missing`,
		ValidArgsFunction: completeName,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("why: %d names, want one: a target or a group", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), storeTime)
			defer cancel()
			r, err := f.open(ctx, false)
			if err != nil {
				return err
			}
			why, err := r.Why(ctx, args[0], time.Now().UTC())
			if err != nil {
				return err
			}
			if output.value == "json" {
				return written(0, printJSON(cmd.OutOrStdout(), why))
			}
			return written(0, account{screen: screenOf(cmd.OutOrStdout(), colours.value), Why: why}.print(cmd.OutOrStdout()))
		},
	}
	f = addStoreFlags(cmd)
	output = words(cmd, "output", "o", "how to print it", "table", "json")
	colours = words(cmd, "color", "", "when to colour", "auto", "always", "never")
	return cmd
}
