package webhook

import (
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
	i := notify.Item{Severity: severity, Closed: closed, What: what}
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
		Foot: foot, Query: "fields round, status | filter target = \"checkout_v2\""}
	several := notify.Page{
		Headline: "1 down, 1 recovered, 2 still open", Severity: health.Critical, Kind: health.News, Lead: []string{"Late: this was so at 14:05."}, Foot: foot,
		Sections: []notify.Section{
			{Title: "OPENED, CRITICAL: 1", Items: []notify.Item{down}},
			{Title: "RECOVERED: 1", Items: []notify.Item{item(health.Critical, true, "edge is up again", "Down from 13:20 to 14:05.")}},
			{Title: "STILL OPEN: 14", Items: []notify.Item{item(health.Critical, false, "a is down", "dns"), item(health.Warning, false, "b is slow", "1.2s")}, More: 12},
		},
	}
	first := notify.Page{Headline: "rollcall watches 3 targets; this is how it will reach you.", Severity: health.Critical, Kind: health.First,
		Lead: []string{"You need not do anything now."}, Foot: foot}
	for name, got := range map[string][]byte{
		"alone": ofPage(alone, 0).encoded(), "several": ofPage(several, 5).encoded(), "several-plain": plainPage(several).encoded(),
		"first": ofPage(first, 0).encoded(),
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
				has(t, what, post.Text, "\nand ", " more\n", " did not fit into the message")
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

// The longest list is cut, the short ones stay whole, and what is left out is counted.
func TestTheLongestListIsCut(t *testing.T) {
	p := notify.Page{Headline: "much", Sections: []notify.Section{{Title: "LONG"}, {Title: "SHORT"}}}
	for n := range 100 {
		p.Sections[0].Items = append(p.Sections[0].Items, item(health.Critical, false, fmt.Sprintf("long-%d.", n), "x"))
	}
	p.Sections[1].Items = append(p.Sections[1].Items, item(health.Warning, false, "short-0.", "x"), item(health.Warning, false, "short-1.", "x"))
	text := string(ofPage(p, 0).encoded())
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
	has(t, "the message", string(ofPage(p, 0).encoded()), "small-11.", "and 8 more")
}
