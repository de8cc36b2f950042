// Command rollcall is rollcall on a laptop: flags in, exit status out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
)

// The exit statuses, the first that applies.
const (
	exitOK          = 0
	exitDown        = 1   // something is down; with --fail-on degraded: or degraded
	exitUsage       = 2   // the command line or the targets file is wrong
	exitUnknown     = 3   // something is unknown, or the round was not done
	exitInterrupted = 130 // Ctrl-C
)

// status ends the program with an exit status and nothing more to say.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// undone is an error of ours at work: not of whoever called.
type undone struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	var code status
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	complain(errs, err)
	if errors.As(err, &undone{}) {
		return exitUnknown
	}
	return exitUsage
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "asks every endpoint you run whether it works",
		Long: `rollcall asks every endpoint you run whether it works: all of them at once, in a time
that is proven before the first packet leaves.

Exit status, the first that applies: 2 the command line or the targets file is wrong,
3 something is unknown or the round was not done, 1 something is down, 0.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(checkCommand(), validateCommand(), demoCommand(), versionCommand())
	return root
}
