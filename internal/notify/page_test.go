package notify

import (
	"os"
	"strings"
	"testing"

	"rollcall/internal/health"
)

// TestMailIsItsPage: a mail says what its page says, and in that order, so that whoever sets
// the page in another type tells the same.
func TestMailIsItsPage(t *testing.T) {
	for name, d := range stories() {
		p := PageOf(d)
		rest := Email(d, 10<<20)
		find := func(what string) {
			if _, after, found := strings.Cut(rest, what+"\n"); found {
				rest = after
			} else {
				t.Errorf("%s: the mail does not go on with %q", name, what)
			}
		}
		find(p.Headline)
		alone := len(p.Sections) == 1 && p.Sections[0].Title == ""
		if alone {
			rest = Email(d, 10<<20) // its headline is what its only item says
		}
		for _, paragraph := range p.Lead {
			find(paragraph)
		}
		for _, s := range p.Sections {
			if !alone {
				find(s.Title)
			}
			for _, i := range s.Items {
				find(i.What)
				for _, l := range i.Lines {
					find(l.String())
				}
			}
			if s.More > 0 {
				find("and " + number(s.More) + " more")
			}
		}
		for _, line := range p.Foot {
			find(line)
		}
		if p.Query != "" {
			find(p.Query)
		}
	}
}

// TestPage holds what a page knows besides its words.
func TestPage(t *testing.T) {
	p := PageOf(region(412))
	if len(p.Sections) != 1 || len(p.Sections[0].Items) != 2 || p.Severity != health.Critical || p.Kind != health.News {
		t.Fatalf("page %+v, want two items in one critical section", p)
	}
	if item := p.Sections[0].Items[0]; item.What != "edge-eu is down" || item.Closing != "" || item.Severity != health.Critical {
		t.Errorf("first item %+v, want what most depends on", item)
	}
	p = PageOf(stories()["one-down"])
	urls := 0
	for _, l := range p.Sections[0].Items[0].Lines {
		if l.URL {
			urls++
		}
	}
	if p.Headline != "checkout is down" || p.Sections[0].Title != "" || urls != 2 {
		t.Errorf("a page %+v, want the item's words for a headline, no title, and two addresses", p)
	}
	p = PageOf(stories()["calm"])
	if item := p.Sections[0].Items[0]; item.Closing != health.CalmUp {
		t.Errorf("item %+v, want it closed", item)
	}
	p = PageOf(outage(5000))
	size := 0
	for _, i := range p.Sections[0].Items {
		size += i.size()
	}
	if s := p.Sections[0]; len(s.Items)+s.More != 5000 || size > pageMost || size < pageMost*3/4 {
		t.Errorf("%d items of %d bytes and %d more, want 5,000 together and %d bytes nearly filled", len(s.Items), size, s.More, pageMost)
	}
}

// TestLate: what is told after its round says so first and last, and nothing as of now.
func TestLate(t *testing.T) {
	for name, d := range stories() {
		d.Sent = at(14, 17)
		p := PageOf(d)
		if len(p.Lead) == 0 || p.Lead[0] != "Late: this was so at 2026-11-22 14:05 UTC, and is told at 2026-11-22 14:17 UTC, 12 minutes later. What has changed since is told in messages of its own." {
			t.Errorf("%s: lead %q", name, p.Lead)
		}
		foot := strings.Join(p.Foot, "\n")
		if !strings.Contains(foot, "Round of 2026-11-22 14:05 UTC, fleet shop, told 12 minutes late, at 2026-11-22 14:17 UTC.") {
			t.Errorf("%s: foot %q", name, foot)
		}
		for channel, text := range map[string]string{"mail": Email(d, emailMost), "plain form": Plain(d), "SMS": SMS(d)} {
			for _, now := range [...]string{"Now: ", " ago", "this round", "only now"} {
				if strings.Contains(text, now) {
					t.Errorf("%s: the late %s speaks of %q: %s", name, channel, now, text)
				}
			}
		}
		if !strings.HasSuffix(Subject(d), ", 12 minutes late]") || !strings.Contains(SMS(d), "12 minutes late") || !strings.Contains(Plain(d), "14:17 UTC") {
			t.Errorf("%s: %q, %q, %q do not say so", name, Subject(d), SMS(d), Plain(d))
		}
		for _, sent := range [...]int{5, 4} { // told at once; a clock that went back
			if d.Sent = at(14, sent); strings.Contains(strings.ToLower(Email(d, emailMost)+Subject(d)+SMS(d)+Plain(d)), "late:") {
				t.Errorf("%s: told at 14:%02d it is late", name, sent)
			}
		}
	}
}

// TestReadme: the alert that README shows is the one that comes.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if mail := Email(stories()["one-down"], emailMost); !strings.Contains(string(readme), "```\n"+mail+"```\n") {
		t.Errorf("README does not show this alert:\n%s", mail)
	}
}

// TestWelcome: nobody is told to lean back while something is wrong.
func TestWelcome(t *testing.T) {
	const rest = "You need not do anything now."
	for what, c := range map[string]struct {
		counts health.Counts
		opened []health.Incident
		leans  bool
	}{
		"all is well":       {health.Counts{Targets: 3, Up: 2, Paused: 1}, nil, true},
		"not asked yet":     {health.Counts{Targets: 3, Pending: 3}, nil, true},
		"one is down":       {health.Counts{Targets: 3, Up: 2, Down: 1}, nil, false},
		"one is degraded":   {health.Counts{Targets: 3, Up: 2, Degraded: 1}, nil, false},
		"one is unknown":    {health.Counts{Targets: 3, Up: 2, Unknown: 1}, nil, false},
		"rollcall is blind": {health.Counts{Targets: 3, Up: 3}, []health.Incident{ofSight()}, false},
	} {
		d := news("shop", 3)
		d.Kind, d.Counts, d.Opened = health.First, c.counts, c.opened
		if mail := Email(d, emailMost); strings.Contains(mail, rest) != c.leans {
			t.Errorf("%s: %q", what, mail)
		}
	}
}
