package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/cost"
	"rollcall/internal/rollcall"
	"rollcall/internal/source"
)

// pushFlags are what `rollcall push` was told.
type pushFlags struct {
	*deployment
	file *string
	rollcall.PushOptions
}

func pushCommand() *cobra.Command {
	var f pushFlags
	cmd := &cobra.Command{
		Use:   "push LOCATION",
		Short: "put a targets file where the function reads it",
		Long: `push proves a targets file as validate does, and puts it in the place of the one
at LOCATION, s3://BUCKET/KEY or ssm:/NAME: where the function was told to look,
by TargetsLocation. The next round reads it. References such as ${env:TOKEN} go
as they are written. A file that is wrong, does not fit, or is of another fleet
than the one it would replace is not pushed, nor one that is there already; and
in S3, what somebody else has pushed meanwhile is not replaced. SSM knows no
such condition: there push tells afterwards what it covered. A parameter is
made a String; a SecureString is read as well, but never replaced.`,
		Example: `  rollcall push s3://BUCKET/targets.yaml
  rollcall push -f targets.yaml ssm:/rollcall/targets
  git show v1:infra/targets.yaml | rollcall push -f - s3://BUCKET/targets.yaml`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return push(cmd, args, f) },
	}
	f.file = fileFlag(cmd)
	f.deployment = deploymentFlags(cmd)
	cmd.Flags().BoolVar(&f.OtherFleet, "other-fleet", false, "replace the file of another fleet")
	cmd.Flags().BoolVar(&f.Advanced, "advanced", false, "let SSM keep more than 4 KB, up to 8, as an advanced parameter for "+cost.AdvancedParameter)
	return cmd
}

// push is `rollcall push`.
func push(cmd *cobra.Command, args []string, f pushFlags) error {
	to, err := destination(args)
	if err != nil {
		return err
	}
	r, err := rollcall.Open(cmd.Context(), f.settings(*f.file))
	if err != nil {
		return err
	}
	draft, err := r.Draft(cmd.Context(), f.time())
	if err != nil {
		return err
	}
	if err := prove(cmd.OutOrStdout(), cmd.ErrOrStderr(), source.Name(*f.file), draft.Proof); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), storeTime)
	defer cancel()
	done, err := r.Push(ctx, draft, to, f.PushOptions)
	switch {
	case errors.Is(err, rollcall.ErrOtherFleet):
		return hinted{err, "if another fleet is meant to be watched from there, write --other-fleet"}
	case errors.Is(err, rollcall.ErrAdvanced):
		return hinted{err, "or keep it as an advanced parameter, which costs " + cost.AdvancedParameter + ", and cannot become a standard one again, with --advanced"}
	case errors.Is(err, source.ErrEncrypted):
		return hinted{err, "a list of targets is no secret: push it to another name, where it becomes a String; or put it by hand: aws ssm put-parameter --name " +
			to.Parameter + " --type SecureString --key-id KEY --overwrite --value file://FILE"}
	case err != nil:
		return err
	}
	return pushed(cmd.OutOrStdout(), cmd.ErrOrStderr(), to, draft, done)
}

// destination is the one place that the command line names.
func destination(args []string) (source.Location, error) {
	const want = "want s3://BUCKET/KEY or ssm:/NAME"
	if len(args) != 1 {
		return source.Location{}, fmt.Errorf("push: %s, %s; the file is named with -f", plural(len(args), "location"), want)
	}
	scheme, _, _ := strings.Cut(args[0], ":")
	if scheme != "s3" && scheme != "ssm" {
		return source.Location{}, fmt.Errorf("push: location %q, %s; the file is named with -f", args[0], want)
	}
	return source.Parse(args[0])
}

// pushed says what a push did.
func pushed(out, errs io.Writer, to source.Location, d rollcall.Draft, done rollcall.Pushed) error {
	size := fmt.Sprintf("%s bytes", thousands(int64(done.Size)))
	if done.Unchanged {
		return written(fmt.Fprintf(out, "%s: unchanged, %s, %s; nothing was uploaded\n", to, size, done.Version))
	}
	before := "where nothing was"
	if done.Before != "" {
		before = "in place of " + done.Before
	}
	if done.Covered != "" {
		fmt.Fprintf(errs, "rollcall: note: %s, which somebody else pushed in the same moment, is covered by this; see it with aws ssm get-parameter-history --name %s\n", done.Covered, to.Parameter)
	}
	if done.Before == "" {
		fmt.Fprintf(errs, "rollcall: note: nothing was there before; the function reads it where the stack's TargetsLocation is %s\n", to)
	}
	return written(fmt.Fprintf(out, "%s: pushed fleet %s, %s, %s: %s, %s; the next round reads it\n",
		to, d.Fleet.Name, plural(len(d.Fleet.Targets), "target"), size, done.Version, before))
}
