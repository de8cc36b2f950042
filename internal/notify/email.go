package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// emailMost is the size of a mail in bytes. Mail clients fold what is much longer away, and
// nobody reads it.
const emailMost = 64 << 10

// moreMost is room for "and 412 more" and the line ends around it.
const moreMost = 64

// crowd is how many openings are read as a crowd: its causes and groups are counted on top.
const crowd = 10

const testBanner = "TEST TEST TEST\n"

// Email is d as a mail of at most limit bytes. It is plain text for a phone: no columns, no
// line that needs its neighbour, an address at the end of its line.
func Email(d health.Digest, limit int) string {
	head, foot, sections := emailHead(d), emailFoot(d), sectionsOf(d)
	room := max(limit, Least) - len(head) - len(foot)
	lists := make([]list, len(sections))
	for i, s := range sections {
		room -= len(s.title) + moreMost
		lists[i] = list{len(s.incidents), func(n int) string { return s.block(d, s.incidents[n]) }}
	}
	var b strings.Builder
	b.WriteString(head)
	for i, blocks := range fit(room, lists) {
		b.WriteString(sections[i].title)
		for _, block := range blocks {
			b.WriteString(block)
		}
		if more := len(sections[i].incidents) - len(blocks); more > 0 {
			b.WriteString("and " + number(more) + " more\n\n")
		}
	}
	b.WriteString(foot)
	return b.String()
}

// headline says in one line what a mail is about.
func headline(d health.Digest) string {
	switch d.Kind {
	case health.Test:
		return "This is a test: somebody asked for it, to see that it arrives. Nothing has happened."
	case health.First:
		return welcome(d) + "."
	}
	var parts []string
	for _, b := range tally(d) {
		parts = append(parts, b.String())
	}
	if len(parts) == 0 {
		return "nothing to tell"
	}
	if d.Kind != health.CatchUp {
		return strings.Join(parts, ", ")
	}
	if len(d.Open) == 0 {
		parts = append([]string{"nothing open now"}, parts...)
	}
	return "Catching up: " + strings.Join(parts, ", ") + " meanwhile."
}

func emailHead(d health.Digest) string {
	var lines []string
	switch {
	case d.Kind == health.Test:
		lines = append(lines, testBanner+headline(d))
	case d.Kind == health.First:
		lines = append(lines, headline(d), "When something breaks, one message tells you; when it has recovered, another. You need not do anything now.")
	case d.Kind == health.CatchUp:
		lines = append(lines, headline(d), "Messages before this one were not accepted in time. This one stands for all of them.")
	case !alone(d):
		lines = append(lines, headline(d))
	}
	if len(d.Opened) > crowd {
		lines = append(lines, overview(d.Opened))
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n\n") + "\n\n"
}

// alone reports whether d is the news of one incident: then it is all the mail has to say.
func alone(d health.Digest) bool {
	return d.Kind == health.News && len(d.Opened)+len(d.Closed)+len(d.Reminded) == 1
}

// overview counts a crowd of openings by what is wrong, and by group.
func overview(opened []health.Incident) string {
	text := "Causes: " + ranking(opened, func(i health.Incident) string { return string(i.Class) }) + "."
	if groups := ranking(opened, func(i health.Incident) string { return i.Group }); groups != "" {
		text += "\nGroups: " + groups + "."
	}
	return text
}

// ranking counts incidents by key, the most frequent first: "connect 4,812 and timeout 188".
func ranking(incidents []health.Incident, key func(health.Incident) string) string {
	counts := map[string]int{}
	for _, i := range incidents {
		if k := clean(key(i), 128); k != "" {
			counts[k]++
		}
	}
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	words := make([]string, 0, 5)
	for _, k := range keys[:min(len(keys), 5)] {
		words = append(words, k+" "+number(counts[k]))
	}
	return and(words, len(keys)-len(words))
}

func emailFoot(d health.Digest) string {
	text := present(d.Counts) +
		"Round of " + clock(d.Round) + ", fleet " + clean(d.Fleet, 64) + ".\n" +
		"Message id " + clean(d.ID, 256) + "; a copy has the same.\n"
	if d.Kind == health.Test {
		text += testBanner
	}
	return text
}

// present is a line with the targets as they are now; empty when nobody counted them, as
// for a test.
func present(c health.Counts) string {
	if c.Targets == 0 {
		return ""
	}
	now := fmt.Sprintf("Now: %s of %s up", number(c.Up), counted(c.Targets, "target"))
	for _, rest := range [...]struct {
		n    int
		word string
	}{{c.Degraded, "degraded"}, {c.Down, "down"}, {c.Unknown, "unknown"}, {c.Pending, "pending"}, {c.Paused, "paused"}} {
		if rest.n > 0 {
			now += ", " + number(rest.n) + " " + rest.word
		}
	}
	return now + ".\n"
}

// section is a list of incidents that are told in the same words.
type section struct {
	title     string // with its line ends; empty when there is nothing to tell it from
	incidents []health.Incident
	block     func(health.Digest, health.Incident) string
}

// sectionsOf sorts what d tells into sections, the gravest first; there are no empty ones.
func sectionsOf(d health.Digest) []section {
	var critical, warning, recovered, unchecked []health.Incident
	told := map[string]bool{}
	for _, i := range loudest(d.Opened) {
		told[i.ID] = true
		if i.Severity == health.Critical {
			critical = append(critical, i)
		} else {
			warning = append(warning, i)
		}
	}
	for _, i := range loudest(d.Closed) {
		if i.Closing == health.Unchecked {
			unchecked = append(unchecked, i)
		} else {
			recovered = append(recovered, i)
		}
	}
	var before []health.Incident // open in a catch-up, and not opened in it
	for _, i := range loudest(d.Open) {
		if !told[i.ID] {
			before = append(before, i)
		}
	}
	worse, still := again(d)
	all := [...]section{
		{"OPENED, CRITICAL", critical, openedBlock},
		{"NOW CRITICAL", loudest(worse), remindedBlock},
		{"OPENED, WARNING", warning, openedBlock},
		{"RECOVERED", recovered, closedBlock},
		{"NO LONGER CHECKED", unchecked, closedBlock},
		{"STILL OPEN", loudest(still), remindedBlock},
		{"OPEN SINCE BEFORE", before, remindedBlock},
	}
	var some []section
	for _, s := range all {
		if len(s.incidents) == 0 {
			continue
		}
		if s.title += ": " + number(len(s.incidents)) + "\n\n"; alone(d) {
			s.title = ""
		}
		some = append(some, s)
	}
	return some
}

func openedBlock(d health.Digest, i health.Incident) string {
	return block(d, i, opening(i, label(i)), "")
}

func remindedBlock(d health.Digest, i health.Incident) string {
	last := ""
	if i.Reminders > 0 {
		last = fmt.Sprintf(" Reminder %s.", number(i.Reminders))
	}
	return block(d, i, reminding(d, i, label(i)), last)
}

// block tells of an incident that is open: what, why, since when, and where to go next.
func block(d health.Digest, i health.Incident, what, last string) string {
	lines := append([]string{what}, quote("", i.Cause, causeMost)...)
	lines = append(lines, since(d, i)+last, grade(i)+traits(i))
	if ofChecker(i) && faultOf(i).so != "" {
		lines = append(lines, faultOf(i).so)
	}
	lines = append(lines, quote("Runbook: ", i.Runbook, urlMost)...)
	lines = append(lines, quote("URL: ", i.URL, urlMost)...)
	return strings.Join(lines, "\n") + "\n\n"
}

// since tells how long i has been open at the time of d, and how sure that is.
func since(d health.Digest, i health.Incident) string {
	text := "Since " + clock(i.Since)
	ago := d.Round.Sub(i.Since)
	if ago < time.Minute {
		return text + ", first seen in this round."
	}
	text += ", " + span(ago) + " ago"
	switch {
	case i.Rounds == 1:
		text += ", seen in 1 round"
	case i.Rounds > 1:
		text += ", confirmed by " + counted(i.Rounds, "round") + " in a row"
	}
	return text + "."
}

// closedBlock tells of an incident that has ended: what, how long, and why it had been.
func closedBlock(_ health.Digest, i health.Incident) string {
	lines := []string{closing(i, label(i))}
	during := "Down"
	switch {
	case ofChecker(i):
		during = "It lasted"
	case degrades(i):
		during = "Degraded"
	case i.NeverUp:
		during = "Never up"
	}
	period := during + " from " + clock(i.Since) + " to " + clock(i.Closed) + "."
	if i.Closing == health.Unchecked {
		period = "Removed, renamed or paused at " + clock(i.Closed) + ", " + strings.ToLower(during) + " since " + clock(i.Since) + "."
	}
	lines = append(lines, period)
	lines = append(lines, quote("Last cause: ", i.Cause, causeMost)...)
	lines = append(lines, quote("", traits(i), causeMost)...)
	lines = append(lines, quote("URL: ", i.URL, urlMost)...)
	return strings.Join(lines, "\n") + "\n\n"
}

// traits are what an incident is sorted by: " Group payments. Tags prod, eu."
func traits(i health.Incident) string {
	text := ""
	if group := clean(i.Group, nameMost); group != "" {
		text += " Group " + group + "."
	}
	if len(i.Tags) > 0 {
		tags := make([]string, 0, 20)
		for _, tag := range i.Tags[:min(len(i.Tags), 20)] {
			tags = append(tags, clean(tag, 64))
		}
		if more := len(i.Tags) - len(tags); more > 0 {
			tags = append(tags, "and "+number(more)+" more")
		}
		text += " Tags " + strings.Join(tags, ", ") + "."
	}
	return text
}
