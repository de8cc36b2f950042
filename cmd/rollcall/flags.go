package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rollcall/internal/check"
	"rollcall/internal/rollcall"
	"rollcall/internal/round"
)

// defaultConfig is where a project keeps its list.
const defaultConfig = "infra/targets.yaml"

// option is a flag that can say what it wants.
type option interface {
	pflag.Value
	want() string
}

// oneOf is an option that takes one of a few words.
type oneOf struct {
	value string
	words []string
}

func (o *oneOf) String() string { return o.value }
func (o *oneOf) Type() string   { return strings.Join(o.words, "|") }
func (o *oneOf) want() string {
	last := len(o.words) - 1
	return strings.Join(o.words[:last], ", ") + " or " + o.words[last]
}

// Set takes one of the words.
func (o *oneOf) Set(s string) error {
	if !slices.Contains(o.words, s) {
		return errors.New("want " + o.want())
	}
	o.value = s
	return nil
}

// span is an option that takes a duration of a second or more.
type span time.Duration

func (d *span) String() string { return time.Duration(*d).String() }
func (d *span) Type() string   { return "DURATION" }
func (d *span) want() string   { return "a duration of at least 1s, such as 46s or 1m30s" }

// Set takes a duration as Go spells it.
func (d *span) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v < time.Second {
		return errors.New("want " + d.want())
	}
	*d = span(v)
	return nil
}

// megabytes is an option that takes the memory of a function, in MB as AWS counts them: MiB.
type megabytes int64

func (m *megabytes) String() string { return strconv.FormatInt(int64(*m), 10) }
func (m *megabytes) Type() string   { return "MB" }
func (m *megabytes) want() string   { return "a number of MB from 128 to 1048576, such as 512" }
func (m *megabytes) bytes() int64   { return int64(*m) << 20 }

// Set takes a whole number. 128 is the least that Lambda gives (AWS::Lambda::Function,
// MemorySize); a terabyte is more than it ever will.
func (m *megabytes) Set(s string) error {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 128 || v > 1<<20 {
		return errors.New("want " + m.want())
	}
	*m = megabytes(v)
	return nil
}

// words adds an option that takes one of the words, the first by default.
func words(cmd *cobra.Command, name, short, usage string, of ...string) *oneOf {
	o := &oneOf{of[0], of}
	cmd.Flags().VarP(o, name, short, usage)
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(of, cobra.ShellCompDirectiveNoFileComp))
	return o
}

// fileFlag adds -f.
func fileFlag(cmd *cobra.Command) *string {
	file := cmd.Flags().StringP("file", "f", defaultConfig, "the targets `FILE`, s3://BUCKET/KEY, ssm:/NAME, or - for standard input")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml")
	return file
}

// limits are the flags that a plan is made within.
type limits struct {
	budget span
	memory megabytes
}

// limitFlags adds them, with what the budget is if nobody says, and what the two are for.
func limitFlags(cmd *cobra.Command, budget time.Duration, ofBudget, ofMemory string) *limits {
	l := &limits{span(budget), 512}
	cmd.Flags().Var(&l.budget, "budget", ofBudget)
	cmd.Flags().Var(&l.memory, "memory", ofMemory)
	return l
}

// every is an option that takes one of the schedules that can be deployed.
type every rollcall.Interval

func (e *every) String() string { return minutes(e.Every) }
func (e *every) Type() string   { return "DURATION" }
func (e *every) want() string {
	all := everys()
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

// Set takes a duration as Go spells it.
func (e *every) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("want " + e.want())
	}
	in, err := rollcall.IntervalOf(d)
	*e = every(in)
	return err
}

// everys are those that can be deployed, as people write them.
func everys() []string {
	var all []string
	for _, in := range rollcall.Intervals {
		all = append(all, minutes(in.Every))
	}
	return all
}

func minutes(d time.Duration) string { return fmt.Sprintf("%dm", d/time.Minute) }

// deployment is the function that a plan is made for.
type deployment struct {
	*limits
	every every
	flags *pflag.FlagSet
}

// deploymentFlags adds what a plan must know of it.
func deploymentFlags(cmd *cobra.Command) *deployment {
	d := &deployment{every: every(rollcall.Intervals[0]), flags: cmd.Flags()}
	d.limits = limitFlags(cmd, round.Budget(d.every.Timeout),
		"time for asking, by default that of the function deployed with this interval", "memory of that function")
	cmd.Flags().Var(&d.every, "interval", "from one round to the next: "+d.every.want())
	_ = cmd.RegisterFlagCompletionFunc("interval", cobra.FixedCompletions(everys(), cobra.ShellCompDirectiveNoFileComp))
	return d
}

// time is what a round of it has for asking.
func (d *deployment) time() time.Duration {
	if d.flags.Changed("budget") {
		return time.Duration(d.budget)
	}
	return round.Budget(d.every.Timeout)
}

// settings are those of a plan for it.
func (d *deployment) settings(file string) rollcall.Settings {
	return rollcall.Settings{Config: file, Memory: d.memory.bytes(), Interval: d.every.Every}
}

// flagError says what a flag on the command line should have been.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && !cmd.HasParent() && cmd.Flags().NArg() > 0:
		return unknownCommand(cmd, cmd.Flags().Arg(0)) // whose flag it is cannot be known
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &bare):
		return fmt.Errorf("--%s: no value, want %s", bare.GetFlag().Name, wanted(bare.GetFlag()))
	case errors.As(err, &wrong):
		return fmt.Errorf("--%s: %q, want %s", wrong.GetFlag().Name, wrong.GetValue(), wanted(wrong.GetFlag()))
	default:
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	}
}

func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	name := "--" + e.GetSpecifiedName()
	if e.GetSpecifiedShortnames() != "" {
		name = "-" + e.GetSpecifiedName()
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	if meant := check.Suggest(name, known); meant != "" && len(name) > 2 {
		return fmt.Errorf("unknown flag %s; did you mean %s?", name, meant)
	}
	return fmt.Errorf("unknown flag %s; see %s --help", name, cmd.CommandPath())
}

// wanted is what a flag takes.
func wanted(f *pflag.Flag) string {
	if o, ok := f.Value.(option); ok {
		return o.want()
	}
	if f.Value.Type() == "bool" {
		return "true, false or no value"
	}
	name, _ := pflag.UnquoteUsage(f)
	return "a " + name
}
