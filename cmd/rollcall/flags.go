package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// defaultConfig is where a project keeps its list.
const defaultConfig = "infra/targets.yaml"

// oneOf is a flag that takes one of a few words.
type oneOf struct {
	value string
	words []string
}

var _ pflag.Value = (*oneOf)(nil)

func (o *oneOf) String() string { return o.value }
func (o *oneOf) Type() string   { return strings.Join(o.words, "|") }
func (o *oneOf) Set(s string) error {
	for _, w := range o.words {
		if s == w {
			o.value = s
			return nil
		}
	}
	return fmt.Errorf("want %s", strings.Join(o.words, " or "))
}

// words adds a flag that takes one of the words, the first by default.
func words(cmd *cobra.Command, name, short, usage string, of ...string) *oneOf {
	o := &oneOf{of[0], of}
	cmd.Flags().VarP(o, name, short, usage)
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(of, cobra.ShellCompDirectiveNoFileComp))
	return o
}

// painter colours statuses, or not.
type painter bool

// paints decides about colour: what --color says; else NO_COLOR (no-color.org); else
// whether w is a terminal.
func paints(w io.Writer, when string) painter {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return painter(os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (p painter) paint(s string, how ...color.Attribute) string {
	c := color.New(how...)
	if !p {
		c.DisableColor()
	} else {
		c.EnableColor()
	}
	return c.Sprint(s)
}
