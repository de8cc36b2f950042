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
	exitInterrupted = 130 // Ctrl-C
	exitUsage       = 2   // the command line or the targets file is wrong
	exitUnknown     = 3   // something is unknown, or the work was not done
	exitDown        = 1   // something is down; with --fail-on degraded: or degraded
	exitOK          = 0
)

// status ends the program with an exit status and nothing more to say.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// undone is an error of ours at work: not of whoever called.
type undone struct{ error }

// written is undone when not all of a result could be printed.
func written(_ int, err error) error {
	if err != nil {
		return undone{fmt.Errorf("print: %w", err)}
	}
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process, whatever it waits for
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	return execute(ctx, command(outside{}), args, out, errs)
}

func execute(ctx context.Context, root *cobra.Command, args []string, out, errs io.Writer) int {
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := ofPlace(root.ExecuteContext(ctx))
	var code status
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil: // nothing was under way yet
		return exitInterrupted
	}
	complain(errs, err)
	if errors.As(err, &undone{}) {
		return exitUnknown
	}
	return exitUsage
}
