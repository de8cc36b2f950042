package notify

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"rollcall/internal/health"
)

// TestCut: the longest list is cut and says by how much, short ones and attributes are not.
func TestCut(t *testing.T) {
	d := outage(5000)
	d.Closed = []health.Incident{recovered(checkout(), at(13, 0))}
	quiet := incident("aaa-quiet", health.Latency, health.Warning, health.ClassLatency, "answered in 1.2s, want at most 800ms")
	d.Opened = append([]health.Incident{quiet}, d.Opened...)
	if got := AttributesOf(d); len(got.Groups) != 61 || got.Severity != "critical" {
		t.Errorf("attributes %v, want all 61 groups and critical", got)
	}
	for _, limit := range []int{Least, 16 << 10, emailMost} {
		mail := Email(d, limit)
		if len(mail) > limit || len(mail) < limit*3/4 {
			t.Errorf("a mail of %d bytes, want at most %d and not much less", len(mail), limit)
		}
		told := strings.Count(mail, " is down\n")
		if more := fmt.Sprintf("\nand %s more\n", number(5000-told)); !strings.Contains(mail, more) {
			t.Errorf("a mail that tells %d of 5,000 does not say %q", told, more)
		}
		if !strings.Contains(mail, "checkout recovered after") {
			t.Errorf("the short list is cut out of %d bytes", limit)
		}

		event := Event(d, limit)
		if len(event) > limit || len(event) < limit*3/4 {
			t.Errorf("an event of %d bytes, want at most %d and not much less", len(event), limit)
		}
		var e struct {
			Opened, Closed []struct{ Severity string }
			OpenedMore     int  `json:"opened_more"`
			ClosedMore     *int `json:"closed_more"`
			Groups         []string
		}
		if err := json.Unmarshal(event, &e); err != nil {
			t.Fatal(err)
		}
		if len(e.Opened)+e.OpenedMore != 5001 || len(e.Opened) == 0 {
			t.Errorf("an event with %d openings and %d more, want 5001 together", len(e.Opened), e.OpenedMore)
		}
		if len(e.Closed) != 1 || e.ClosedMore != nil || len(e.Groups) != 61 {
			t.Errorf("an event with %d closings and %d groups, want 1 and 61, uncut", len(e.Closed), len(e.Groups))
		}
		for _, i := range e.Opened {
			if i.Severity != "critical" {
				t.Errorf("a warning took the place of something critical")
			}
		}
	}
}

// TestGroupsAreBounded: more groups than a message can hold leave room for the message.
func TestGroupsAreBounded(t *testing.T) {
	d := news("shop", 2000)
	for n := range 2000 {
		i := incident(fmt.Sprint(n), health.Availability, health.Warning, health.ClassDNS, "")
		if i.Group = fmt.Sprintf("%0128d", n); n == 1999 {
			i.Severity = health.Critical
		}
		d.Opened = append(d.Opened, i)
	}
	a := AttributesOf(d)
	encoded, err := json.Marshal(a.Groups)
	if err != nil || len(encoded) > groupsMost || len(a.Groups) < 900 {
		t.Errorf("%d groups in %d bytes (%v), want as many as fit into %d", len(a.Groups), len(encoded), err, groupsMost)
	}
	if !slices.Contains(a.Groups, fmt.Sprintf("%0128d", 1999)) {
		t.Error("the group of the critical incident was left out")
	}
	if event := Event(d, Least); len(event) > Least || !strings.Contains(string(event), `"groups_more":`) {
		t.Errorf("an event of %d bytes, want at most %d and its groups counted", len(event), Least)
	}
}

// TestGroupSpeaks: what is said of a group reaches those who filter by its name.
func TestGroupSpeaks(t *testing.T) {
	d := news("shop", 5)
	i := tooFew("payments")
	i.Group = ""
	d.Opened = []health.Incident{i}
	if got := AttributesOf(d).Groups; !slices.Equal(got, []string{"payments"}) {
		t.Errorf("groups %q, want payments", got)
	}
}

// TestHostileText: what a target sends stays on the line where it is quoted.
func TestHostileText(t *testing.T) {
	const evil = "x\r\n\r\nOPENED, CRITICAL: 99\n\nbank is down\n\x1b[2J\u202e\u2028end"
	const tamed = "x OPENED, CRITICAL: 99 bank is down [2J end"
	d := news("shop", 1)
	i := checkout()
	i.Cause, i.Muted, i.Class = "get: "+evil, evil, "status\n"
	i.URL, i.Title, i.Tags = "https://x/\nNow: all is well", "a\nb", []string{"t\nu"}
	i.Dependants, i.Dependent = []string{evil, "", "never seen"}, 412
	i.Evidence = &health.Evidence{Attempts: []health.Reading{{Class: "con\nnect", Cause: evil}, {Cause: "\x00"}}, MS: []float64{math.NaN(), math.Inf(1), -1}}
	d.Opened = []health.Incident{i}
	want := []string{
		"a b (checkout) is down",
		"get: " + tamed,
		"Since 2026-11-22 14:04 UTC, 1 minute ago, confirmed by 2 rounds in a row.",
		"Also bad, because they depend on it: " + tamed + " and 411 more",
		"Why only now: " + tamed,
		"Critical, class status. Group payments. Tags t u.",
		"Attempt 1: " + tamed + " (con nect), after 0 ms",
		"Attempt 2: without a word, after 1,000,000,000 ms",
		"Runbook: https://wiki.example.com/payments",
		"URL: https://x/ Now: all is well",
		"",
	}
	mail := Email(d, emailMost)
	if got := strings.Split(mail, "\n"); !slices.Equal(got[:len(want)], want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if e, err := ParseEvent(Event(d, eventMost)); err != nil || len(e.Opened) != 1 || e.Opened[0].Cause != i.Cause {
		t.Errorf("the event is read as %+v, %v", e.Opened, err)
	}
}

// TestCrowdedIncident: one incident with as much to it as anybody could put there takes no
// more than its share.
func TestCrowdedIncident(t *testing.T) {
	d := news("shop", 1)
	i := checkout()
	for n := range 2000 {
		i.Dependants = append(i.Dependants, strings.Repeat("n", 128))
		i.Tags = append(i.Tags, strings.Repeat("t", 500))
		i.Evidence = &health.Evidence{Attempts: append(evidenceIn(i), health.Reading{Class: "x", Cause: fmt.Sprint(n)}), MS: []float64{1}}
	}
	i.Muted = strings.Repeat("m", 5000)
	d.Opened = []health.Incident{i}
	block := emailBlock(PageOf(d).Sections[0].Items[0])
	if len(block) > 6<<10 || !strings.Contains(string(block), ", "+strings.Repeat("n", 128)+" and 1,997 more\n") || strings.Contains(string(block), "Attempt 6") {
		t.Errorf("an item of %d bytes: %s", len(block), block)
	}
	i.Tags, i.Dependants, i.Evidence.MS = nil, nil, nil
	for n := range i.Evidence.Attempts {
		i.Evidence.Attempts[n].Cause = fmt.Sprint(n, strings.Repeat("c", causeMost))
	}
	d.Opened = []health.Incident{i}
	if mail := Email(d, Least); !strings.HasPrefix(mail, "checkout is down\n") {
		t.Errorf("a mail without room for its only item does not say what it is about: %s", mail)
	}
}

func evidenceIn(i health.Incident) []health.Reading {
	if i.Evidence == nil {
		return nil
	}
	return i.Evidence.Attempts
}

// FuzzTexts: whatever an incident says, every channel keeps its limit and its alphabet.
func FuzzTexts(f *testing.F) {
	f.Add("shop", "checkout", "post \"https://x/\": status 503", "https://x/", "payments", uint8(3), uint16(0))
	f.Add("\x00\u202e", strings.Repeat("\n", 500), "a\r\nb\x1b[31m", strings.Repeat("ü", 3000), "\xff", uint8(60), uint16(5000))
	f.Add("", "", "", "", "", uint8(0), uint16(1))
	f.Add(strings.Repeat("\x00", 400), strings.Repeat("🙂", 900), strings.Repeat("\\\"", 4000), "\uFFFE\uFFFF", strings.Repeat("g", 300), uint8(7), uint16(9000))
	f.Add("shop", `a" or 1 = 1 | limit 1 #`, "\" | unmask", "`", "calm, up", uint8(1), uint16(12))
	f.Add("", "größer", "", "", "", uint8(27), uint16(1))
	f.Add("shop", "blind", "no network", "", "calm, down", uint8(2), uint16(65535))
	f.Add(strings.Repeat("f", 100), strings.Repeat("n ", 100), strings.Repeat("c", 5000), strings.Repeat("u", 600), "latency", uint8(0), uint16(0))
	f.Fuzz(func(t *testing.T, fleet, name, cause, url, group string, n uint8, room uint16) {
		i := health.Incident{
			ID: name, Subject: health.Subject{Kind: health.OfTarget, Name: name, Facet: health.Facet(group)}, Since: at(14, 0), Cause: cause,
			URL: url, Group: group, Title: cause, Runbook: url, Tags: []string{group, name}, Class: health.Class(group), Severity: health.Severity(name),
			Muted: cause, Dependants: []string{name, group}, Dependent: int(n), Closing: health.Closing(group),
			Evidence: &health.Evidence{Attempts: []health.Reading{{Class: health.Class(url), Cause: cause}, {Cause: url}}, MS: []float64{float64(room) / 7}},
		}
		own, flap, few := i, i, i
		own.Subject.Kind, flap.Subject.Kind, few.Subject.Kind = health.OfChecker, health.OfFlapping, health.OfGroup
		for k, kind := range []health.DigestKind{health.News, health.First, health.Test, health.CatchUp} {
			d := health.Digest{ID: fleet + name, Kind: kind, Fleet: fleet, Shard: fleet, Round: at(14, 5)}
			if n%2 == 1 {
				d.Sent = at(14, 5).Add(time.Duration(room) << k * time.Minute)
			}
			for range n % 32 {
				d.Opened, d.Closed = append(d.Opened, i, few), append(d.Closed, own, flap)
			}
			d.Open, d.Reminded = []health.Incident{own, i}, []health.Incident{i}
			checkTexts(t, d, int(room))
		}
		checkTexts(t, health.Digest{Kind: health.News, Fleet: fleet, Opened: []health.Incident{flap}}, int(room))
		checkTexts(t, health.Digest{Kind: health.News, Fleet: fleet, Closed: []health.Incident{few}}, int(room))
	})
}

func checkTexts(t *testing.T, d health.Digest, limit int) {
	t.Helper()
	most := max(limit, Least)
	printable := func(what, text string, least, most int, extra string) {
		t.Helper()
		if len(text) < least || len(text) > most {
			t.Errorf("%s of %d bytes, want %d to %d: %q", what, len(text), least, most, text)
		}
		for _, r := range text {
			if (r < ' ' || r > '~') && !strings.ContainsRune(extra, r) {
				t.Fatalf("%s with %q: %q", what, r, text)
			}
		}
	}
	subject := Subject(d)
	printable("subject", subject, 1, 99, "")
	if subject[0] == ' ' {
		t.Errorf("subject %q begins with a space", subject)
	}
	printable("sms", SMS(d), 1, 140, "")
	printable("plain form", Plain(d), 1, plainMost, "\n")

	mail := Email(d, limit)
	if len(mail) > most || !utf8.ValidString(mail) || !strings.HasSuffix(mail, emailFoot(PageOf(d))) {
		t.Errorf("a mail of %d bytes, want at most %d, UTF-8 and its foot: %q", len(mail), most, mail)
	}
	checkPage(t, PageOf(d))
	for _, r := range mail {
		if r != '\n' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			t.Fatalf("a mail with %q", r)
		}
	}
	event := Event(d, limit)
	if len(event) > most || !json.Valid(event) || !utf8.Valid(event) || strings.ContainsAny(string(event), "\uFFFE\uFFFF\n") {
		t.Errorf("an event of %d bytes, want at most %d and JSON on one line: %q", len(event), most, event)
	}
	if _, err := ParseEvent(event); err != nil {
		t.Errorf("our own event: %v", err)
	}
}

// checkPage: whatever sets a page in its own type needs to fear no character of it, and no
// item without a line.
func checkPage(t *testing.T, p Page) {
	t.Helper()
	texts := append([]string{p.Headline, p.Query}, p.Foot...)
	for _, paragraph := range p.Lead {
		texts = append(texts, strings.Split(paragraph, "\n")...)
	}
	for _, s := range p.Sections {
		if len(s.Items) == 0 && s.More == 0 {
			t.Errorf("section %q has no items", s.Title)
		}
		texts = append(texts, s.Title)
		for _, i := range s.Items {
			if i.What == "" || len(i.Lines) == 0 {
				t.Errorf("an item that says nothing: %+v", i)
			}
			texts = append(texts, i.What)
			for _, l := range i.Lines {
				if l.Text == "" {
					t.Errorf("line %q of %q says nothing", l.Label, i.What)
				}
				texts = append(texts, l.String())
			}
		}
	}
	for _, text := range texts {
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }) {
			t.Fatalf("not one safe line: %q", text)
		}
	}
	if strings.Count(p.Query, `"`)%2 == 1 || strings.ContainsAny(p.Query, "\\`#'") || strings.Count(p.Query, "|") > 3 {
		t.Errorf("a query that is not ours: %s", p.Query)
	}
}

// BenchmarkCrowd renders 5,000 incidents as one message of 256 KiB.
func BenchmarkCrowd(b *testing.B) {
	d := outage(5000)
	for _, c := range Channels {
		b.Run(c.Key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Render(d, c.Most)
			}
		})
	}
	b.Run("attributes", func(b *testing.B) {
		for b.Loop() {
			AttributesOf(d)
		}
	})
}

// BenchmarkThousand renders 1,000 openings in every form that one message has.
func BenchmarkThousand(b *testing.B) {
	d := outage(1000)
	b.ReportAllocs()
	for b.Loop() {
		Subject(d)
		for _, c := range Channels {
			c.Render(d, c.Most)
		}
	}
}
