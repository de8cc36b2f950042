package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// Page is d as people read it, before it is set in the type of a channel: all the words,
// and where they go.
type Page struct {
	Headline string // what it is about, in one line
	Tag      string // " [shop, 12 minutes late]": whose it is, where several share a channel; ASCII, at most 100 characters
	Severity health.Severity
	Kind     health.DigestKind
	Lead     []string  // what must be known before the rest is read; a paragraph each, of one or more lines
	Sections []Section // the gravest first
	Foot     []string  // how things are, and where this comes from; a line each
	Query    string    // for CloudWatch Logs Insights, on the log of the function that checks: what was found; empty when there was no round
}

// Section is what is told in the same words, the loudest first.
type Section struct {
	Title string // empty when there is nothing to tell it from: the page's only item, whose What is the headline
	Items []Item
	More  int // how many were left out
}

// Item tells of one incident.
type Item struct {
	Severity health.Severity
	Closing  health.Closing // how it has ended; empty while it goes on
	What     string         // the sentence
	Lines    []Line         // why, since when, where to go next; never none
}

// Line is one fact of an item. It has no control characters and no line end; what a channel
// takes for markup is still in it.
type Line struct {
	Label, Text string // the label may be empty
	URL         bool   // the text is an address
}

// String is l as plain text.
func (l Line) String() string {
	if l.Label == "" {
		return l.Text
	}
	return l.Label + ": " + l.Text
}

// pageMost is how much text the items of a page have, in bytes. No channel for people has
// room for more.
const pageMost = 64 << 10

// size is about what an item takes where it is set.
func (i Item) size() int {
	n := len(i.What) + len("\n\n")
	for _, l := range i.Lines {
		n += len(l.Label) + len(l.Text) + len("\n")
	}
	return n
}

// crowd is how many openings are read as a crowd: its causes and groups are counted on top.
const crowd = 10

// PageOf is the one wording that every channel for people sets in its own type. Of the
// longest sections it leaves out what nobody would read.
func PageOf(d health.Digest) Page {
	p := Page{
		Headline: headline(d), Tag: tag(d), Severity: severity(d), Kind: d.Kind,
		Lead: lead(d), Foot: foot(d), Query: query(d),
	}
	all := chapters(d)
	lists := make([]list[Item], len(all))
	for n, c := range all {
		lists[n] = list[Item]{len(c.incidents), func(i int) Item { return c.item(d, c.incidents[i]) }}
	}
	for n, items := range fit(pageMost, lists) {
		total := all[n].total()
		p.Sections = append(p.Sections, Section{Title: all[n].title + ": " + number(total), Items: items, More: total - len(items)})
	}
	if alone(d) && len(p.Sections) == 1 && len(p.Sections[0].Items) == 1 {
		p.Sections[0].Title, p.Headline = "", p.Sections[0].Items[0].What
	}
	return p
}

// alone reports whether d is the news of one incident: then it is all there is to say.
func alone(d health.Digest) bool {
	return d.Kind == health.News && tellings(d) == 1
}

// tellings is how many incidents d tells of, those left out of its event counted in.
func tellings(d health.Digest) int {
	return total(d.Opened, d.Cut.Opened) + total(d.Closed, d.Cut.Closed) + total(d.Reminded, d.Cut.Reminded)
}

// headline says in one line what a page is about.
func headline(d health.Digest) string {
	switch d.Kind {
	case health.Test:
		return "TEST: somebody asked for this, to see that it arrives. Nothing has happened."
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
	if total(d.Open, d.Cut.Open) == 0 {
		parts = append([]string{"nothing open now"}, parts...)
	}
	return "Catching up: " + strings.Join(parts, ", ") + " meanwhile."
}

// late is how long after its round d is told; 0 when the round tells it itself.
func late(d health.Digest) time.Duration {
	if d.Sent.IsZero() {
		return 0
	}
	return max(d.Sent.Sub(d.Round), 0)
}

// past reports whether what d tells of may be over: then nothing of it is told as of now.
func past(d health.Digest) bool { return late(d) > 0 }

// lead is what must be known before the rest is read.
func lead(d health.Digest) []string {
	var paragraphs []string
	if past(d) {
		paragraphs = append(paragraphs, lateness(d.Round, d.Sent))
	}
	switch d.Kind {
	case health.First:
		text := "When something breaks, one message tells you; when it has recovered, another."
		if well(d) {
			text += " You need not do anything now."
		}
		paragraphs = append(paragraphs, text)
	case health.CatchUp:
		paragraphs = append(paragraphs, "Messages before this one were not accepted in time. This one stands for all of them.")
	}
	if total(d.Opened, d.Cut.Opened) > crowd && !slices.ContainsFunc(d.Cut.Opened, unknown) {
		paragraphs = append(paragraphs, overview(d))
	}
	return paragraphs
}

// well reports whether nothing that d speaks of asks for somebody: nothing is bad, and
// nothing opened.
func well(d health.Digest) bool {
	return d.Counts.Down+d.Counts.Degraded+d.Counts.Unknown+total(d.Opened, d.Cut.Opened) == 0
}

// overview counts a crowd of openings by what is wrong, and by group.
func overview(d health.Digest) string {
	text := "Causes: " + ranking(rank(d, func(i *health.Incident) string { return string(i.Class) })) + "."
	if groups := ranking(rankGroups(d)); groups != "" {
		text += "\nGroups: " + groups + "."
	}
	return text
}

// ranking tells how often keys come: "connect 4,812 and timeout 188".
func ranking(first []ranked, others int) string {
	words := make([]string, len(first))
	for n, r := range first {
		words[n] = r.key + " " + number(r.n)
	}
	return and(words, others)
}

// ranked is how often a key comes.
type ranked struct {
	key string
	n   int
}

// groupMost bounds the name of a group, and of a class, where they are counted.
const groupMost = 128

// rank is the most frequent five keys of what d opens, and how many others there are.
func rank(d health.Digest, key func(*health.Incident) string) (first []ranked, others int) {
	counts := map[string]int{}
	add := func(i *health.Incident, n int) {
		if k := clean(key(i), groupMost); k != "" {
			counts[k] += n
		}
	}
	for n := range d.Opened {
		add(&d.Opened[n], 1)
	}
	for n := range d.Cut.Opened {
		add(&d.Cut.Opened[n].Like, d.Cut.Opened[n].N)
	}
	all := make([]ranked, 0, len(counts))
	for k, n := range counts {
		all = append(all, ranked{k, n})
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.key, b.key)) })
	first = all[:min(len(all), 5)]
	return first, len(all) - len(first)
}

// rankGroups ranks the groups of what d opens, those of which nothing is left in its event
// counted in.
func rankGroups(d health.Digest) (first []ranked, others int) {
	first, others = rank(d, groupOf)
	if d.Cut.Groups > 0 {
		others = max(d.Cut.Groups-len(first), 0)
	}
	return first, others
}

// foot is how the targets are, which round this comes from, and by which name to know it
// again.
func foot(d health.Digest) []string {
	round := "Round of " + clock(d.Round) + ", fleet " + clean(d.Fleet, 64)
	if past(d) {
		round += ", told " + span(late(d)) + " late, at " + clock(d.Sent)
	}
	lines := []string{round + ".", "Message id " + clean(d.ID, 256) + "; a copy has the same."}
	if now := present(d); now != "" {
		lines = append([]string{now}, lines...)
	}
	lost := 0 // and it stands in no section, because nobody knows in which
	for _, left := range listsOf(&d.Cut) {
		for _, l := range *left {
			if unknown(l) {
				lost += l.N
			}
		}
	}
	if lost > 0 {
		lines = append([]string{number(lost) + " more did not fit into the message."}, lines...)
	}
	return lines
}

// present is a line with the targets as they are now; empty when nobody counted them, as
// for a test.
func present(d health.Digest) string {
	c := d.Counts
	if c.Targets == 0 {
		return ""
	}
	when := "Now"
	if past(d) {
		when = "Then"
	}
	line := fmt.Sprintf("%s: %s of %s up", when, number(c.Up), counted(c.Targets, "target"))
	for _, rest := range [...]struct {
		n    int
		word string
	}{{c.Degraded, "degraded"}, {c.Down, "down"}, {c.Unknown, "unknown"}, {c.Pending, "pending"}, {c.Paused, "paused"}} {
		if rest.n > 0 {
			line += ", " + number(rest.n) + " " + rest.word
		}
	}
	return line + "."
}
