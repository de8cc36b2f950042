package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"rollcall/internal/health"
)

// dependantsMost is how many characters of dependants' names are written.
const dependantsMost = 400

func openedItem(d health.Digest, i *health.Incident) Item {
	late := "Why only now"
	if d.Kind == health.CatchUp || past(d) {
		late = "Why only then"
	}
	return running(d, i, opening(i, label(i)), "", late)
}

func remindedItem(d health.Digest, i *health.Incident) Item {
	return running(d, i, reminding(d, i, label(i)), toldBefore(d, i), "Why only now")
}

// openItem tells of what is open while others are told. Maybe nobody was told of it yet, or
// is to be told of it again.
func openItem(d health.Digest, i *health.Incident) Item {
	if i.Told.IsZero() {
		return running(d, i, opening(i, label(i)), " Not told yet.", "Why not yet")
	}
	return running(d, i, reminding(d, i, label(i)), toldBefore(d, i), "Why not again")
}

// running tells of an incident that is open: what, why, since when, and where to go next.
// Late introduces why it was kept back.
func running(d health.Digest, i *health.Incident, what, last, late string) Item {
	lines := quote(nil, "", i.Cause, causeMost)
	lines = append(lines, plain(since(d, i)+last))
	if text := dependants(i); text != "" {
		lines = append(lines, Line{Label: "Also bad, because they depend on it", Text: text})
	}
	if so := meaning(i); so != "" {
		lines = append(lines, plain(so))
	}
	lines = quote(lines, late, i.Muted, causeMost)
	lines = append(lines, plain(grade(i)+traits(i)))
	lines = append(lines, evidence(i)...)
	lines = address(lines, "Runbook", i.Runbook)
	lines = address(lines, "URL", i.URL)
	return Item{Severity: i.Severity, What: what, Lines: lines}
}

// closedItem tells of an incident that has ended: what, how long, and why it had been.
func closedItem(_ health.Digest, i *health.Incident) Item {
	lines := []Line{plain(period(i))}
	last := "Last cause"
	if flaps(i) {
		last = "Last seen"
	}
	lines = quote(lines, last, i.Cause, causeMost)
	if i.Closing == health.CalmUp || i.Closing == health.CalmDown {
		lines = append(lines, plain("Its "+sidesOf(i).turns+" are told again."))
	}
	lines = quote(lines, "", traits(i), causeMost)
	lines = address(lines, "URL", i.URL)
	return Item{Severity: i.Severity, Closing: cmp.Or(i.Closing, health.Recovered), What: closing(i, label(i)), Lines: lines}
}

func plain(text string) Line { return Line{Text: text} }

// quote adds a line with what somebody else wrote, and no line when that is nothing.
func quote(lines []Line, what, text string, most int) []Line {
	if text = clean(text, most); text == "" {
		return lines
	}
	return append(lines, Line{Label: what, Text: text})
}

// address is quote for what leads somewhere.
func address(lines []Line, what, url string) []Line {
	if url = clean(url, urlMost); url == "" {
		return lines
	}
	return append(lines, Line{Label: what, Text: url, URL: true})
}

// since tells how long i has been open at the time of d, and how sure that is.
func since(d health.Digest, i *health.Incident) string {
	text := "Since " + clock(i.Since)
	ago := d.Round.Sub(i.Since)
	if ago < time.Minute {
		return text + ", first seen in " + this(d) + " round."
	}
	if !past(d) {
		text += ", " + span(ago) + " ago"
	}
	switch {
	case i.Rounds == 1:
		text += ", seen in 1 round"
	case i.Rounds > 1:
		text += ", confirmed by " + counted(i.Rounds, "round") + " in a row"
	}
	return text + "."
}

func this(d health.Digest) string {
	if past(d) {
		return "that"
	}
	return "this"
}

// toldBefore tells when people first heard of i, and how often since then.
func toldBefore(d health.Digest, i *health.Incident) string {
	if i.Told.IsZero() {
		return ""
	}
	text := " First told " + clock(i.Told)
	switch {
	case i.Reminders > 0 && i.Reminded.Equal(d.Round):
		text += ", this is reminder " + number(i.Reminders)
	case i.Reminders > 0:
		text += ", with " + counted(i.Reminders, "reminder") + " since"
	}
	return text + "."
}

func dependents(i *health.Incident) int { return max(i.Dependent, len(i.Dependants)) }

// dependants names what is bad and depends on i, as far as there is room; empty when
// nothing does.
func dependants(i *health.Incident) string {
	var names []string
	size := 0
	for _, name := range i.Dependants[:min(len(i.Dependants), health.DependantsTold)] {
		name = clean(name, nameMost)
		if size += len(name); name == "" || size > dependantsMost {
			break
		}
		names = append(names, name)
	}
	n := dependents(i)
	if len(names) == 0 && n > 0 {
		return counted(n, "target")
	}
	return and(names, n-len(names))
}

// meaning is what follows from an incident of its sort, for whoever reads of it.
func meaning(i *health.Incident) string {
	switch i.Subject.Kind {
	case health.OfChecker:
		return faultOf(i).so
	case health.OfFlapping:
		return "Its " + sidesOf(i).turns + " are not told one by one until it is calm."
	case health.OfGroup:
		return "It speaks for its members: that they are down is not told one by one."
	default:
		return ""
	}
}

// period is from when to when i lasted.
func period(i *health.Incident) string {
	during := "Down"
	switch {
	case ofChecker(i):
		during = "It lasted " + span(i.Closed.Sub(i.Since)) + ","
	case i.Subject.Kind == health.OfFlapping:
		during = "Flapping"
	case degrades(i):
		during = "Degraded"
	case i.NeverUp:
		during = "Never up"
	}
	if i.Closing != health.Unchecked {
		return during + " from " + clock(i.Since) + " to " + clock(i.Closed) + "."
	}
	how := "Removed, renamed or paused"
	if i.Subject.Kind == health.OfGroup {
		how = "Removed, renamed, paused or without min_up"
	}
	return how + " at " + clock(i.Closed) + ", " + strings.ToLower(during) + " since " + clock(i.Since) + "."
}

// grade is how grave i is, and of which class.
func grade(i *health.Incident) string {
	text := "Warning"
	if i.Severity == health.Critical {
		text = "Critical"
	}
	if class := clean(string(i.Class), 32); class != "" && i.Class != health.ClassChecker {
		text += ", class " + class
	}
	return text + "."
}

// traits are what an incident is sorted by: " Group payments. Tags prod, eu."
func traits(i *health.Incident) string {
	text := ""
	if group := clean(i.Group, nameMost); group != "" && i.Subject.Kind != health.OfGroup {
		text += " Group " + group + "."
	}
	if len(i.Tags) > 0 {
		tags := make([]string, 0, 20)
		for _, tag := range i.Tags[:min(len(i.Tags), 20)] {
			tags = append(tags, clean(tag, 64))
		}
		if more := len(i.Tags) - len(tags); more > 0 {
			tags = append(tags, fmt.Sprintf("and %s more", number(more)))
		}
		text += " Tags " + strings.Join(tags, ", ") + "."
	}
	return text
}
