package webhook

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/health"
	"rollcall/internal/notify"
)

var update = flag.Bool("update", false, "write the golden files anew")

func item(severity health.Severity, closed bool, what string, lines ...string) notify.Item {
	i := notify.Item{Severity: severity, What: what}
	if closed {
		i.Closing = health.Recovered
	}
	for _, l := range lines {
		i.Lines = append(i.Lines, notify.Line{Text: l})
	}
	return i
}

// A page as it is set: what is where, in which colour.
func TestPageIsSet(t *testing.T) {
	down := item(health.Critical, false, "checkout_v2 is down", `post "https://checkout.example.com/health": status 503, want 2xx`, "Since 2026-11-22 14:04 UTC, 1 minute ago.")
	down.Lines = append(down.Lines, notify.Line{Label: "Runbook", Text: "https://wiki.example.com/payments?a=1&b=2", URL: true},
		notify.Line{Label: "URL", Text: "tcp://checkout.example.com:443", URL: true})
	foot := []string{"Now: 97 of 101 targets up, 2 down.", "Message id shop/0-1/2026-11-22T14:05:00Z; a copy has the same."}
	alone := notify.Page{Headline: down.What, Severity: health.Critical, Kind: health.News, Sections: []notify.Section{{Items: []notify.Item{down}}},
		Foot: foot, Tag: " [shop]", Query: "fields round, status | filter target = \"checkout_v2\""}
	several := notify.Page{
		Headline: "1 down, 1 recovered, 2 still open", Severity: health.Critical, Kind: health.News, Lead: []string{"Late: this was so at 14:05."}, Foot: foot, Tag: " [shop, 12 minutes late]",
		Sections: []notify.Section{
			{Title: "OPENED, CRITICAL: 1", Items: []notify.Item{down}},
			{Title: "RECOVERED: 1", Items: []notify.Item{item(health.Critical, true, "edge is up again", "Down from 13:20 to 14:05.")}},
			{Title: "STILL OPEN: 14", Items: []notify.Item{item(health.Critical, false, "a is down", "dns"), item(health.Warning, false, "b is slow", "1.2s")}, More: 12},
		},
	}
	first := notify.Page{Headline: "rollcall watches 3 targets; this is how it will reach you.", Severity: health.Critical, Kind: health.First,
		Lead: []string{"You need not do anything now."}, Foot: foot}
	for name, got := range map[string][]byte{
		"alone": ofPage(alone).encoded(), "several": ofPage(several).encoded(), "several-plain": plainPage(several).encoded(),
		"first": ofPage(first).encoded(),
	} {
		path := filepath.Join("testdata", name+".json")
		got := indented(got) + "\n"
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v, got\n%s\nwant %s (write it anew with -update)", name, err, got, path)
		}
	}
}

// However much there is to tell and whatever is in it, Slack takes it.
func TestSlackTakesEveryDigest(t *testing.T) {
	w := newWorld(t)
	for _, n := range []int{1, 2, 40, 5000} {
		for what, cause := range map[string]string{
			"short": "status 503, want 2xx", "long": strings.Repeat("x", 3000), "escaped": strings.Repeat("<&>", 1000), "hostile": hostile,
			"emoji": strings.Repeat("🔥", 1000), "broken": "\xff\xfe", "none": "",
		} {
			if n == 5000 && what != "hostile" { // one such crowd takes a while
				continue
			}
			d := digest(n, cause)
			if n > 1 {
				d.Closed, d.Reminded = d.Opened[:n/2], d.Opened[n/2:]
			}
			post := w.posts(fmt.Sprintf("%d down, %s", n, what), event(d))
			has(t, what, post.Text, "target-0000", d.ID)
			if n == 5000 {
				title, _, _ := strings.Cut(post.Text, "\n")
				left, _, _ := strings.Cut(post.Text[strings.Index(post.Text, "OPENED, CRITICAL"):], "\nand ")
				told := strings.Count(left, " is down*\n")
				more := fmt.Sprintf("\nand %d,%03d more\n", (5000-told)/1000, (5000-told)%1000)
				has(t, what, title, "5,000 down (target-0000, ", "2,500 recovered", "[shop]")
				has(t, what, post.Text, "\n5,000 down, 2,500 recovered, 2,500 still open [shop]\n", "*OPENED, CRITICAL: 5,000*", "Causes: status 5,000.", more, "*RECOVERED: 2,500*")
				if strings.Contains(post.Text, "did not fit") {
					t.Errorf("%s: some were left out, and nobody knows of what", what)
				}
			}
			if slices.ContainsFunc(post.Links, func(l string) bool { return strings.Contains(l, "evil") }) {
				t.Errorf("%s: links %q", what, post.Links)
			}
		}
	}
	for _, kind := range []health.DigestKind{health.First, health.Test, health.CatchUp} {
		d := digest(0, "")
		d.Kind = kind
		if post := w.posts(string(kind), event(d)); kind != health.CatchUp && len(post.Colors) > 0 {
			t.Errorf("%s has colours %v, want none: nothing has happened", kind, post.Colors)
		}
	}
}

// What ended well is green; what stays bad keeps its colour, and what nobody looks at has none.
func TestColors(t *testing.T) {
	w := newWorld(t)
	for closing, c := range map[health.Closing]struct{ color, says string }{
		"":               {red, "target-0000 is flapping"},
		health.Recovered: {green, "target-0000 recovered after"}, health.CalmUp: {green, "target-0000 is calm, up after flapping for"},
		health.CalmDown: {red, "target-0000 is down, no longer flapping after"}, health.Unchecked: {grey, "target-0000 is no longer checked"},
	} {
		for severity, color := range map[health.Severity]string{health.Critical: c.color, health.Warning: strings.ReplaceAll(c.color, red, amber)} {
			d := digest(1, "status 503")
			d.Opened[0].Subject.Kind, d.Opened[0].Severity = health.OfFlapping, severity
			if closing != "" {
				d.Opened[0].Closing, d.Opened[0].Closed = closing, d.Round
				d.Opened, d.Closed = nil, d.Opened
			}
			post := w.posts(string(closing), event(d))
			has(t, string(closing), post.Text, c.says)
			if len(post.Colors) != 1 || post.Colors[0] != color {
				t.Errorf("%s, %q: colours %v, want %s", severity, closing, post.Colors, color)
			}
		}
	}
}

// The header says whose it is, and that it is a test, however long the rest is.
func TestHeaderSaysWhose(t *testing.T) {
	head := func(d health.Digest) string {
		t.Helper()
		var p post
		if err := json.Unmarshal(Read(event(d), "queue-1", minute).Full, &p); err != nil {
			t.Fatal(err)
		}
		return p.Blocks[0].Text.Text
	}
	d := digest(1, "status 503")
	if got := head(d); got != "target-0000 is down [shop]" {
		t.Errorf("header %q", got)
	}
	d.Opened[0].Title = strings.Repeat("t", 300)
	if got := head(d); length(got) != headerMost || !strings.HasSuffix(got, "ttt… [shop]") {
		t.Errorf("header %q of %d, want it cut before the fleet", got, length(got))
	}
	d.Kind = health.Test
	if got := head(d); !strings.HasPrefix(got, "TEST: ") || !strings.HasSuffix(got, " [shop]") {
		t.Errorf("header of a test %q", got)
	}
}

// The longest list is cut, the short ones stay whole, and what is left out is counted.
func TestTheLongestListIsCut(t *testing.T) {
	p := notify.Page{Headline: "much", Sections: []notify.Section{{Title: "LONG"}, {Title: "SHORT"}}}
	for n := range 100 {
		p.Sections[0].Items = append(p.Sections[0].Items, item(health.Critical, false, fmt.Sprintf("long-%d.", n), "x"))
	}
	p.Sections[1].Items = append(p.Sections[1].Items, item(health.Warning, false, "short-0.", "x"), item(health.Warning, false, "short-1.", "x"))
	text := string(ofPage(p).encoded())
	kept := strings.Count(text, "long-")
	has(t, "the message", text, "short-0.", "short-1.", "long-0.", fmt.Sprintf("and %d more", 100-kept))
	if kept < 30 {
		t.Errorf("%d of the long list are in it, want as many as Slack takes", kept)
	}
}

// What is too long for the room that is left does not keep shorter things out.
func TestShortItemsFitInBetween(t *testing.T) {
	p := notify.Page{Headline: "much", Sections: []notify.Section{{Title: "LARGE"}, {Title: "SMALL"}}}
	for n := range 12 {
		p.Sections[0].Items = append(p.Sections[0].Items, item(health.Critical, false, "large", strings.Repeat("x", 1000), strings.Repeat("x", 1000)))
		p.Sections[1].Items = append(p.Sections[1].Items, item(health.Warning, false, fmt.Sprintf("small-%d.", n), "x"))
	}
	has(t, "the message", string(ofPage(p).encoded()), "small-11.", "and 8 more")
}
