package webhook

import (
	"strings"

	"rollcall/internal/health"
	"rollcall/internal/notify"
)

// The colours that a message's parts have at their side.
const (
	red   = "#d73a49" // critical
	amber = "#e3a008" // warning
	green = "#2da44e" // over, and well
	grey  = "#8b949e" // neither
)

const (
	itemMost = 2500 // characters of one incident
	leadMost = sectionMost
	footMost = 1500
)

// headline is what stands at the top, with its tag, which is never cut.
type headline struct{ words, tag string }

func (h headline) room() int { return headerMost - length(escape(h.tag, headerMost)) }

// whole reports whether the header has room for all of h.
func (h headline) whole() bool { return length(escape(h.words, sectionMost)) <= h.room() }

func (h headline) header() block {
	return header(escape(strings.ReplaceAll(h.words, "\n", " "), h.room()) + escape(h.tag, headerMost))
}

func (h headline) text() string { return literal(h.words, h.room()) + literal(h.tag, headerMost) }

// ofPage sets p in Slack's type. What does not fit is left out, the longest sections
// first, and counted.
func ofPage(p notify.Page) post {
	set := setter{blocks: blocksMost, chars: charsMost}
	top := headline{p.Headline, p.Tag}
	result := post{Text: top.text(), Blocks: []block{top.header()}}
	set.take(length(result.Text), 1)
	if lead := leadOf(p, top.whole()); lead != "" {
		result.Blocks = append(result.Blocks, section(lead))
		set.take(length(lead), 1)
	}
	foot := footOf(p)
	set.take(length(foot), 1)
	result.Attachments = set.sections(p.Sections)
	for i := range result.Attachments {
		result.Attachments[i].Fallback = result.Text
	}
	if foot == "" {
		return result
	}
	if n := len(result.Attachments); n > 0 {
		last := &result.Attachments[n-1]
		last.Blocks = append(last.Blocks, small(foot))
	} else {
		result.Blocks = append(result.Blocks, small(foot))
	}
	return result
}

// leadOf is what stands under the header: all of it, when it was too long for one.
func leadOf(p notify.Page, whole bool) string {
	var parts []string
	if !whole {
		parts = append(parts, literal(p.Headline, leadMost/2))
	}
	for _, paragraph := range p.Lead {
		parts = append(parts, literal(paragraph, leadMost/2))
	}
	return joined(parts, "\n\n", leadMost)
}

// footOf is the small print.
func footOf(p notify.Page) string {
	var parts []string
	for _, line := range p.Foot {
		parts = append(parts, literal(line, footMost/3))
	}
	if p.Query != "" {
		parts = append(parts, "CloudWatch Logs Insights: "+code(p.Query, footMost/2))
	}
	return joined(parts, "\n", footMost)
}

// joined are as many of the parts as fit.
func joined(parts []string, by string, most int) string {
	text := ""
	for _, part := range parts {
		if text != "" {
			part = by + part
		}
		if length(text)+length(part) > most {
			break
		}
		text += part
	}
	return text
}

// setter is what is left of a message while it is set.
type setter struct{ blocks, chars int }

func (s *setter) take(chars, blocks int) {
	s.chars -= chars
	s.blocks -= blocks
}

// line is an item as it stands in a message.
type line struct{ color, text string }

// sections are the attachments of all sections: one for each run of one colour, because a
// colour is all that an attachment has. Items are taken from each section in turn, so the
// longest is cut and the short ones stay whole.
func (s *setter) sections(all []notify.Section) []attachment {
	taken := make([][]line, len(all))
	for _, section := range all {
		s.take(length(titleOf(section))+length(notify.More(len(section.Items)+section.More)), 2) // its title, and that more were left out
	}
	for n := 0; ; n++ {
		found := false
		for i, section := range all {
			if n >= len(section.Items) || len(taken[i]) < n {
				continue
			}
			l := line{colorOf(section.Items[n]), itemOf(section, section.Items[n])}
			if s.blocks < 1 || s.chars < length(l.text) {
				continue
			}
			s.take(length(l.text), 1)
			taken[i] = append(taken[i], l)
			found = true
		}
		if !found {
			break
		}
	}
	var attachments []attachment
	for i, section := range all {
		attachments = append(attachments, runs(section, taken[i])...)
	}
	return attachments
}

// runs sets one section.
func runs(of notify.Section, lines []line) []attachment {
	current := attachment{Color: grey}
	if len(lines) > 0 {
		current.Color = lines[0].color
	}
	if title := titleOf(of); title != "" {
		current.Blocks = append(current.Blocks, section(title))
	}
	var all []attachment
	for _, l := range lines {
		if l.color != current.Color {
			all = append(all, current)
			current = attachment{Color: l.color}
		}
		current.Blocks = append(current.Blocks, section(l.text))
	}
	if more := len(of.Items) - len(lines) + of.More; more > 0 {
		current.Blocks = append(current.Blocks, small(notify.More(more)))
	}
	return append(all, current)
}

func titleOf(s notify.Section) string {
	if s.Title == "" {
		return ""
	}
	return bold(s.Title, headerMost)
}

func colorOf(i notify.Item) string {
	switch {
	case i.Closing == health.Unchecked: // nobody knows how it is
		return grey
	case i.Closing != "" && i.Closing != health.CalmDown:
		return green
	case i.Severity == health.Critical:
		return red
	default:
		return amber
	}
}

// itemOf is one incident. The only one of a page has its sentence in the header.
func itemOf(s notify.Section, i notify.Item) string {
	var parts []string
	if s.Title != "" {
		parts = append(parts, bold(i.What, itemMost/2))
	}
	for _, l := range i.Lines {
		text := literal(l.Text, itemMost/2)
		if l.URL {
			text = link(l.Text, itemMost/2)
		}
		if l.Label != "" {
			text = literal(l.Label, 100) + ": " + text
		}
		parts = append(parts, text)
	}
	return joined(parts, "\n", itemMost)
}

// plainPage is p in one text, without a word that a target said.
func plainPage(p notify.Page) post {
	parts := []string{headline{p.Headline, p.Tag}.text()}
	for _, s := range p.Sections {
		for _, i := range s.Items {
			if s.Title != "" {
				parts = append(parts, "- "+literal(i.What, 300))
			}
		}
	}
	text := joined(parts, "\n", plainMost-footMost)
	return post{Text: joined([]string{text, notify.RefusedBy("Slack"), footOf(notify.Page{Foot: p.Foot})}, "\n", plainMost)}
}
