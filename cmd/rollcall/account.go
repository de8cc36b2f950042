package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fatih/color"

	"rollcall/internal/health"
	"rollcall/internal/rollcall"
)

// account prints why people were told of something or not, for a person.
type account struct {
	screen
	rollcall.Why
}

// labelWide is the columns of the labels, with the gap behind them.
const labelWide = 10

// print writes a line for what it is, a block for each thing that there is to say of it, and
// the query last.
func (a account) print(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, a.headline())
	for _, block := range []struct {
		label string
		lines []string
	}{
		{"", a.about()},
		{"rounds", a.rounds()},
		{"counted", a.counted()},
		{"members", a.members()},
		{"witnesses", a.witnesses()},
		{"open", a.incidents()},
		{"decided", a.decided()},
		{"above", a.above()},
		{"quiet", a.quiet()},
		{"missing", a.missing()},
	} {
		for i, line := range block.lines {
			label := ""
			if i == 0 {
				label = block.label
			}
			fmt.Fprintf(out, "%s%s\n", a.paint(fmt.Sprintf("%-*s", labelWide, label), color.Faint), a.beside(line, labelWide, labelWide))
		}
	}
	fmt.Fprintf(out, "\nIn CloudWatch Logs Insights, on the log group of the function:\n%s\n", a.Query)
	return out.Flush()
}

// headline says what it is, and how it is.
func (a account) headline() string {
	name := shown(a.Name)
	switch {
	case a.Target != nil:
		status := shown(string(a.Target.Status))
		if i := rankOf(a.Target.Status); i < len(rank) {
			status = a.paint(status, rank[i].colour)
		}
		return name + ": " + status
	case a.Group != nil && a.Group.MinUp > 0:
		return fmt.Sprintf("group %s: %d of %d up, want at least %d", name, a.Group.Up, a.Group.Members, a.Group.MinUp)
	case a.Group != nil:
		return fmt.Sprintf("group %s: %d of %d up; it does not count, each member is told by itself", name, a.Group.Up, a.Group.Members)
	default:
		return "rollcall itself: " + name
	}
}

// about is where it is, and from when this is.
func (a account) about() []string {
	round := "the round of " + moment(a.Round) + " was judged last"
	if t := a.Target; t != nil {
		asked := "never asked yet"
		if !t.Asked.IsZero() {
			asked = "asked every " + left(time.Duration(t.EveryS)*time.Second) + ", last at " + a.clock(t.Asked)
		}
		place := shown(t.URL)
		if t.Group != "" {
			place += ", group " + shown(t.Group)
		}
		return []string{place, asked + "; " + round}
	}
	return []string{round}
}

// rounds are the marks of the last rounds, the latest at the right.
func (a account) rounds() []string {
	switch {
	case a.Target == nil || a.Target.Asked.IsZero():
		return nil
	case a.Target.Trail == "":
		return []string{fmt.Sprintf("up in each of the last %d that asked it, or since it was added", health.TrailKept)}
	}
	return []string{
		shown(a.Target.Trail),
		fmt.Sprintf("of those that asked it, the latest last: %c up, %c down, %c degraded, %c unknown", health.MarkUp, health.MarkDown, health.MarkDegraded, health.MarkUnknown),
	}
}

// counted is what is believed of each facet.
func (a account) counted() []string {
	if a.Target == nil {
		return nil
	}
	var lines []string
	for _, f := range a.Target.Facets {
		var parts []string
		switch {
		case f.Bad > 0:
			parts = append(parts, fmt.Sprintf("%s in a row since %s; an incident opens at %d", plural(f.Bad, "bad round"), a.clock(f.Since), f.FailAfter))
		case f.Good > 0:
			parts = append(parts, fmt.Sprintf("%s in a row; the incident closes at %d", plural(f.Good, "good round"), f.RecoverAfter))
		}
		if f.Changes > 0 {
			parts = append(parts, fmt.Sprintf("changed sides %s in the last hour", times(f.Changes)))
		}
		if len(parts) > 0 {
			lines = append(lines, string(f.Facet)+": "+strings.Join(parts, "; "))
		}
	}
	if a.Target.NeverUp && !a.Target.Asked.IsZero() {
		lines = append(lines, "it has never been up since it was added")
	}
	return lines
}

// times is how often.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// members are those of a group that are down.
func (a account) members() []string {
	if a.Group == nil {
		return nil
	}
	return a.others(a.Group.Down, "none is in an open incident")
}

// witnesses are when each answered last.
func (a account) witnesses() []string {
	var lines []string
	for _, w := range a.Witnesses {
		answered := "has not answered yet"
		if !w.Answered.IsZero() {
			answered = "answered last in the round of " + a.clock(w.Answered)
		}
		lines = append(lines, shown(w.URL)+" "+answered)
	}
	return lines
}

// incidents are the open ones, and whether people know.
func (a account) incidents() []string {
	if len(a.Incidents) == 0 {
		return []string{"no incident"}
	}
	var lines []string
	for _, i := range a.Incidents {
		what := shown(string(cmp.Or(i.Subject.Facet, health.Facet(i.Subject.Kind))))
		if i.Subject.Kind == health.OfFlapping {
			what += ", flapping"
		}
		lines = append(lines, fmt.Sprintf("%s, %s, since %s: %s", what, shown(string(i.Severity)), a.clock(i.Since), shown(i.Cause)))
		switch {
		case i.Told.IsZero():
			lines = append(lines, "people were not told")
		case i.Reminded.IsZero():
			lines = append(lines, fmt.Sprintf("people were told at %s", a.clock(i.Told)))
		default:
			lines = append(lines, fmt.Sprintf("people were told at %s, and again at %s", a.clock(i.Told), a.clock(i.Reminded)))
		}
	}
	return lines
}

// decided are the last reasons, the latest last.
func (a account) decided() []string {
	if a.Target == nil {
		return nil
	}
	var lines []string
	for _, n := range a.Target.Notes {
		lines = append(lines, a.clock(n.Round)+"  "+shown(n.Reason))
	}
	return lines
}

// above is what it depends on: what is not well by name, the rest by number.
func (a account) above() []string {
	if len(a.Above) == 0 {
		return nil
	}
	var bad []rollcall.WhyOther
	for _, o := range a.Above {
		if o.Status != health.Up || !o.Since.IsZero() {
			bad = append(bad, o)
		}
	}
	lines := a.others(bad, "")
	switch well := len(a.Above) - len(bad); {
	case well == 0:
	case well <= 3 && len(bad) == 0:
		var names []string
		for _, o := range a.Above {
			names = append(names, shown(o.Name))
		}
		lines = append(lines, strings.Join(names, ", ")+": up")
	default:
		lines = append(lines, plural(well, "target")+" up")
	}
	return lines
}

// othersMost is how many others are named.
const othersMost = 10

// others are other targets, one a line; or a word that there are none.
func (a account) others(all []rollcall.WhyOther, none string) []string {
	if len(all) == 0 && none != "" {
		return []string{none}
	}
	wide := 0
	for _, o := range all[:min(len(all), othersMost)] {
		wide = max(wide, min(utf8.RuneCountInString(o.Name), nameMost))
	}
	var lines []string
	for _, o := range all[:min(len(all), othersMost)] {
		line := fmt.Sprintf("%-*s  %s", wide, shown(o.Name), shown(string(o.Status)))
		if !o.Since.IsZero() {
			line += ", in an incident since " + a.clock(o.Since)
			if o.Told.IsZero() {
				line += ", not told"
			} else {
				line += ", told at " + a.clock(o.Told)
			}
		}
		lines = append(lines, line)
	}
	if more := len(all) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// quiet is for what people are not told of it now.
func (a account) quiet() []string {
	var lines []string
	for _, q := range a.Quiet {
		line := q.Kind + " of " + whom(q.Of, 0)
		if !q.Until.IsZero() {
			line += " until " + moment(q.Until)
		}
		lines = append(lines, line+": "+shown(q.Why))
	}
	return lines
}

// missing is what must come until people are told next.
func (a account) missing() []string {
	lines := make([]string, len(a.Missing))
	for i, m := range a.Missing {
		lines[i] = shown(m)
	}
	return lines
}

// clock is a time in UTC, with its date when that is not the last round's.
func (a account) clock(t time.Time) string {
	if t.UTC().Format(time.DateOnly) == a.Round.UTC().Format(time.DateOnly) {
		return t.UTC().Format("15:04")
	}
	return t.UTC().Format("2006-01-02 15:04")
}
