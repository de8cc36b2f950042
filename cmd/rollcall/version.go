package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"rollcall/internal/rollcall"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version of this build",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return written(fmt.Fprint(cmd.OutOrStdout(), versionLine()))
		},
	}
}

// versionLine is what a report of a fault should begin with.
func versionLine() string {
	return fmt.Sprintf("rollcall %s %s %s/%s\n", rollcall.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
