package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"rollcall/internal/check"
	"rollcall/internal/health"
	"rollcall/internal/rollcall"
)

// Bounds of a silence: how long it may last, and the characters of its reason.
const (
	silenceLeast = time.Minute
	silenceMost  = 30 * 24 * time.Hour
	whyMost      = 200
)

// stretch is an option that takes how long a silence lasts, in minutes to days; 0 is none.
type stretch time.Duration

func (d *stretch) Type() string { return "DURATION" }
func (d *stretch) want() string { return "1m to 30d, such as 30m, 2h or 1d12h" }
func (d *stretch) String() string {
	if *d == 0 {
		return ""
	}
	return left(time.Duration(*d))
}

// Set takes a duration as Go spells it, and days before it.
func (d *stretch) Set(s string) error {
	wrong := errors.New("want " + d.want())
	var sum time.Duration
	days, rest, found := strings.Cut(s, "d")
	if found {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return wrong
		}
		sum = time.Duration(n) * 24 * time.Hour
	} else {
		rest = s
	}
	if rest != "" || !found {
		more, err := time.ParseDuration(rest)
		if err != nil || strings.ContainsAny(rest, "+-") || more > silenceMost {
			return wrong
		}
		sum += more
	}
	if sum < silenceLeast || sum > silenceMost {
		return wrong
	}
	*d = stretch(sum)
	return nil
}

// silenceFlags are what `rollcall silence` was told.
type silenceFlags struct {
	*storeFlags
	lasts  stretch
	why    string
	end    bool
	output *oneOf
}

func silenceCommand() *cobra.Command {
	var f silenceFlags
	cmd := &cobra.Command{
		Use:   "silence [NAME]",
		Short: "keep people from being told for a while; list and end that",
		Long: `silence keeps people from being told of one target, of one group or, as '*', of
all of them, until a time that is always given. What it names is still asked and
recorded; what is bad when it ends is told then. Trouble of rollcall itself is
told all the same. Without a NAME it lists what is silenced now.`,
		Example: `  rollcall silence checkout --for 2h --why "new disk" --store s3://BUCKET
  rollcall silence --store s3://BUCKET    what is silenced, until when and why
  rollcall silence checkout --end --store s3://BUCKET`,
		ValidArgsFunction: completeName,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("silence: %d names, want one; a group stands for its targets, '*' for all", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), storeTime)
			defer cancel()
			return f.run(ctx, cmd, args)
		},
	}
	f.storeFlags = addStoreFlags(cmd)
	cmd.Flags().Var(&f.lasts, "for", "how long, 1m to 30d")
	cmd.Flags().StringVar(&f.why, "why", "", "`TEXT` that tells others why, in one line")
	cmd.Flags().BoolVar(&f.end, "end", false, "end the silence of NAME now")
	f.output = words(cmd, "output", "o", "how to print the silences", "table", "json")
	return cmd
}

func (f silenceFlags) run(ctx context.Context, cmd *cobra.Command, args []string) error {
	why := cmd.Flags().Changed("why")
	now := time.Now().UTC()
	switch {
	case len(args) == 0 && (f.end || why || f.lasts != 0):
		return errors.New("silence: no name, want a target, a group or '*'")
	case len(args) == 0:
		return f.list(ctx, cmd, now)
	case f.end && (why || f.lasts != 0):
		return errors.New("--end: it stands alone; --for and --why begin a silence")
	case f.end:
		return f.finish(ctx, cmd, args[0], now)
	case f.lasts == 0:
		return fmt.Errorf("silence %q: no --for, want how long, such as --for 2h; or --end", args[0])
	default:
		return f.begin(ctx, cmd, args[0], now)
	}
}

// begin begins a silence. It covers whole minutes, as rounds do: the one that is now, whose
// round may still be under way, and the one in which it ends.
func (f silenceFlags) begin(ctx context.Context, cmd *cobra.Command, name string, now time.Time) error {
	why, err := reason(f.why)
	if err != nil {
		return err
	}
	until := now.Add(time.Duration(f.lasts))
	if whole := until.Truncate(time.Minute); whole.Before(until) {
		until = whole.Add(time.Minute)
	}
	r, err := f.open(ctx, true)
	if err != nil {
		return err
	}
	s := health.Silence{Name: name, Why: why, From: now.Truncate(time.Minute), Until: until}
	done, err := r.Silence(ctx, s, now)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("Nobody is told of %s until %s, for %s: %q. It is still asked and recorded.", whom(name, done.Targets), moment(until), left(time.Duration(f.lasts)), why)
	if before := done.Changed; before != nil {
		text += fmt.Sprintf(" This replaces the silence until %s: %q.", moment(before.Until), before.Why)
	}
	return f.report(cmd, done, text)
}

// reason is the reason of a silence: one line that people can read.
func reason(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", errors.New("--why: no reason, want a line that tells others why")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "", fmt.Errorf("--why: %q, want one line of printable text", text)
	case utf8.RuneCountInString(text) > whyMost:
		return "", fmt.Errorf("--why: %d characters, want at most %d", utf8.RuneCountInString(text), whyMost)
	}
	return text, nil
}

// finish ends a silence.
func (f silenceFlags) finish(ctx context.Context, cmd *cobra.Command, name string, now time.Time) error {
	r, err := f.open(ctx, false)
	if err != nil {
		return err
	}
	done, err := r.EndSilence(ctx, name, now)
	if errors.Is(err, rollcall.ErrNotSilenced) {
		return notSilenced(name, done.Silences)
	}
	if err != nil {
		return err
	}
	return f.report(cmd, done, fmt.Sprintf("The silence of %s has ended, %s before its time: %q. What is bad is told by the next round.",
		whom(name, 0), left(done.Changed.Until.Sub(now)), done.Changed.Why))
}

// notSilenced says what might have been meant.
func notSilenced(name string, known []health.Silence) error {
	var names []string
	for _, s := range known {
		names = append(names, s.Name)
	}
	switch meant := check.Suggest(name, names); {
	case meant != "":
		return fmt.Errorf("%q is not silenced; did you mean %q?", name, meant)
	case len(names) == 1:
		return fmt.Errorf("%q is not silenced; only %q is", name, names[0])
	case len(names) > 0:
		return fmt.Errorf("%q is not silenced; want one of %s", name, strings.Join(names, ", "))
	default:
		return fmt.Errorf("%q is not silenced, and nothing else is", name)
	}
}

// list prints what is silenced.
func (f silenceFlags) list(ctx context.Context, cmd *cobra.Command, now time.Time) error {
	r, err := f.open(ctx, false)
	if err != nil {
		return err
	}
	known, err := r.Silences(ctx, now)
	if err != nil {
		return err
	}
	if len(known.Silences) == 0 {
		return f.report(cmd, known, fmt.Sprintf("Nothing is silenced in fleet %s.", known.Fleet))
	}
	wide := 0
	for _, s := range known.Silences {
		wide = max(wide, min(utf8.RuneCountInString(s.Name), nameMost))
	}
	screen := screenOf(cmd.OutOrStdout(), "never")
	var lines []string
	for _, s := range known.Silences {
		line := fmt.Sprintf("%-*s%*suntil %s, %s more%*s", wide, shown(s.Name), gap, "", moment(s.Until), left(s.Until.Sub(now)), gap, "")
		lines = append(lines, line+screen.beside(shown(s.Why), utf8.RuneCountInString(line), gap))
	}
	return f.report(cmd, known, strings.Join(lines, "\n"))
}

// silencesDocument is what is silenced as JSON.
type silencesDocument struct {
	Schema   string           `json:"schema"`
	Fleet    string           `json:"fleet"`
	Silences []health.Silence `json:"silences"`
}

// report prints text, or what is silenced now as JSON; and a warning when the store looks
// like the wrong one.
func (f silenceFlags) report(cmd *cobra.Command, known rollcall.Silenced, text string) error {
	if known.Unseen {
		noState(cmd.ErrOrStderr(), f.store, known.Fleet)
	}
	if f.output.value != "json" {
		return written(fmt.Fprintln(cmd.OutOrStdout(), text))
	}
	return written(0, printJSON(cmd.OutOrStdout(), silencesDocument{"rollcall.silences/1", known.Fleet, known.Silences}))
}

// whom is who is silenced, in a sentence.
func whom(name string, targets int) string {
	switch {
	case name == health.Everybody && targets > 0:
		return "any of " + plural(targets, "target")
	case name == health.Everybody:
		return "all targets"
	case targets > 0:
		return fmt.Sprintf("group %s with its %s", name, plural(targets, "target"))
	default:
		return shown(name)
	}
}
