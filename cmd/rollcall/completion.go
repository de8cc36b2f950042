package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/fleet"
	"rollcall/internal/source"
)

// shells are those that there is a completion script for.
var shells = [...]struct {
	name   string
	script func(root *cobra.Command, w io.Writer) error
}{
	{"bash", func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
	{"zsh", (*cobra.Command).GenZshCompletion},
	{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", (*cobra.Command).GenPowerShellCompletionWithDesc},
}

func completionCommand() *cobra.Command {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "completion " + strings.Join(names, "|"),
		Short: "print the completion script of a shell",
		Long: `completion prints a script that completes commands, flags, and the names of
targets and groups when Tab is pressed. Each line below is for one session; it
works for all when the shell reads it at its start. Bash needs the package
bash-completion, and zsh must have run compinit.`,
		Example: `  source <(rollcall completion bash)
  source <(rollcall completion zsh)
  rollcall completion fish | source
  rollcall completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			i := slices.Index(names, strings.Join(args, " "))
			switch {
			case len(args) == 0:
				return fmt.Errorf("completion: no shell, want one of %s", strings.Join(names, ", "))
			case i < 0:
				return fmt.Errorf("completion: %q, want one of %s", strings.Join(args, " "), strings.Join(names, ", "))
			}
			return written(0, shells[i].script(cmd.Root(), cmd.OutOrStdout()))
		},
	}
}

// completeName offers the one name that `rollcall silence` and `rollcall why` take.
func completeName(cmd *cobra.Command, given []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeNames(cmd, given, begun)
}

// completeNames offers what `rollcall check` can be given: the groups and targets of the
// file. A file that is wrong has none to offer; AWS is not asked for one while somebody types.
func completeNames(cmd *cobra.Command, given []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, _ := cmd.Flags().GetString("file")
	at, err := source.Parse(file)
	if err != nil || at.Stdin { // what AWS keeps is refused by Read
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	data, err := source.Read(cmd.Context(), at)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	f, err := fleet.Parse(at.String(), data, nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	offered := make(map[string]bool)
	for _, g := range given {
		offered[g] = true
	}
	offer := func(name, what string) {
		if name != "" && !offered[name] && strings.HasPrefix(name, begun) {
			offered[name] = true
			names = append(names, cobra.CompletionWithDesc(name, what))
		}
	}
	for _, t := range f.Targets {
		offer(t.Group, "group")
		offer(t.Name, t.URL)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
