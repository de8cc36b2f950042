package notify

import (
	"strings"

	"rollcall/internal/health"
)

// emailMost is the size of a mail in bytes. Mail clients fold what is much longer away, and
// nobody reads it.
const emailMost = pageMost

// moreMost is room for "and 412 more" and the line ends around it.
const moreMost = 64

const testBanner = "TEST TEST TEST\n"

// Email is d as a mail of at most limit bytes. It is plain text for a phone: no columns, no
// line that needs its neighbour, an address at the end of its line.
func Email(d health.Digest, limit int) string {
	p := PageOf(d)
	lone := len(p.Sections) == 1 && p.Sections[0].Title == "" // its item says what the headline says
	head, foot := emailHead(p, !lone), emailFoot(p)
	room := max(limit, Least) - len(head) - len(foot)
	lists := make([]list[text], len(p.Sections))
	for n, s := range p.Sections {
		room -= len(emailTitle(s)) + moreMost
		lists[n] = list[text]{len(s.Items), func(i int) text { return emailBlock(s.Items[i]) }}
	}
	var b strings.Builder
	b.WriteString(head)
	for n, blocks := range fit(room, lists) {
		s := p.Sections[n]
		if lone && len(blocks) == 0 {
			s.Title = p.Headline
		}
		b.WriteString(emailTitle(s) + join(blocks))
		if more := len(s.Items) - len(blocks) + s.More; more > 0 {
			b.WriteString(More(more) + "\n\n")
		}
	}
	b.WriteString(foot)
	return b.String()
}

func emailHead(p Page, headline bool) string {
	var b strings.Builder
	if p.Kind == health.Test {
		b.WriteString(testBanner)
	}
	if headline {
		b.WriteString(p.Headline + "\n\n")
	}
	for _, paragraph := range p.Lead {
		b.WriteString(paragraph + "\n\n")
	}
	return b.String()
}

func emailTitle(s Section) string {
	if s.Title == "" {
		return ""
	}
	return s.Title + "\n\n"
}

func emailBlock(i Item) text {
	var b strings.Builder
	b.WriteString(i.What + "\n")
	for _, l := range i.Lines {
		b.WriteString(l.String() + "\n")
	}
	b.WriteString("\n")
	return text(b.String())
}

func emailFoot(p Page) string {
	text := strings.Join(p.Foot, "\n") + "\n"
	if p.Query != "" {
		text += "\nThe results in the log of the function that checks, for CloudWatch Logs Insights:\n" + p.Query + "\n"
	}
	if p.Kind == health.Test {
		text += testBanner
	}
	return text
}
