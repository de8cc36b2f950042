package main

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/check"
	"rollcall/internal/rollcall"
	"rollcall/internal/round"
)

// usage is how a command is used, below what it does.
const usage = `Usage:
  {{if .HasParent}}{{.UseLine}}{{else}}{{.CommandPath}} COMMAND{{end}}
{{- if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}
{{- end}}
`

// outside is what a check takes from outside the command line. Zero values are what a
// person wants.
type outside struct {
	roots *x509.CertPool     // whom to trust; nil: whom the system trusts
	pace  func() round.Pacer // who holds starts back; nil: what serves the processor
}

// command is the root of all commands.
func command(o outside) *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "ask every endpoint you run whether it works",
		Long: `rollcall asks every endpoint you run whether it works: all of them at once, in a
time that is proven before the first packet leaves.

Exit status, the first that applies:
  130  stopped by Ctrl-C, with the results so far
  2    the command line or the targets file is wrong
  3    something is unknown, or the work was not done
  1    something is down (with --fail-on degraded: or degraded)
  0    all is well`,
		Example: `  rollcall demo                                see it at work on this machine
  rollcall check https://example.com/health    ask one URL, without a file
  rollcall validate -f targets.yaml            every problem of a targets file
  rollcall plan -f targets.yaml                how rounds run, what they cost
  rollcall push s3://BUCKET/targets.yaml       put it where rounds read it
  rollcall why checkout --store s3://BUCKET    why people were told, or not
  rollcall help check                          all about one command`,
		Version:       rollcall.Version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs, // what is not a command is told in our words
		RunE:          func(cmd *cobra.Command, args []string) error { return helpOn(cmd, args) },
	}
	root.SetUsageTemplate(usage)
	root.SetVersionTemplate(versionLine())
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(checkCommand(o), validateCommand(), planCommand(), pushCommand(), silenceCommand(), whyCommand(), demoCommand(), versionCommand(), completionCommand())
	return root
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "all about one command",
		RunE:  func(cmd *cobra.Command, args []string) error { return helpOn(cmd.Root(), args) },
	}
}

// helpOn prints the help of the command that words name; without any, of root.
func helpOn(root *cobra.Command, words []string) error {
	about, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if about == root && len(rest) > 0 {
		return unknownCommand(root, rest[0])
	}
	return about.Help()
}

// unknownCommand says what to write in place of a word that is no command.
func unknownCommand(root *cobra.Command, word string) error {
	var known []string
	for _, c := range root.Commands() {
		known = append(known, c.Name())
	}
	slices.Sort(known)
	switch meant := check.Suggest(word, known); {
	case strings.Contains(word, "://"):
		return fmt.Errorf("unknown command %q; to ask a URL, write rollcall check URL", word)
	case meant != "":
		return fmt.Errorf("unknown command %q; did you mean %q?", word, meant)
	default:
		return fmt.Errorf("unknown command %q; want one of %s", word, strings.Join(known, ", "))
	}
}

// noArguments is for commands that take none.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.Flags().Lookup("file") != nil:
		return fmt.Errorf("unwanted argument %q; name the targets file with -f", args[0])
	default:
		return fmt.Errorf("unwanted argument %q; %s takes none", args[0], cmd.CommandPath())
	}
}
