package main

import (
	"runtime"

	"github.com/spf13/cobra"

	"rollcall/internal/rollcall"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version of this build",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			cmd.Printf("rollcall %s %s %s/%s\n", rollcall.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
