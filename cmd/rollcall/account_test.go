package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/rollcall"
)

// accounts are one of each kind, with something of everything.
func accounts() []rollcall.Why {
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 14, minute, 0, 0, time.UTC) }
	yesterday := at(0).Add(-20 * time.Hour)
	edge := rollcall.WhyOther{Name: "edge", Status: health.Down, Since: at(1), Told: at(2)}
	hosts := []rollcall.WhyOther{edge, {Name: "database", Status: health.Unknown}, {Name: "queue", Status: health.Up}}
	var many []rollcall.WhyOther
	for i := range 12 {
		many = append(many, rollcall.WhyOther{Name: fmt.Sprintf("payments/%02d", i+1), Status: health.Down, Since: yesterday})
	}
	return []rollcall.Why{
		{
			Name: "checkout", Kind: "target", Round: at(5), Above: hosts, Query: "fields round | filter target = \"checkout\"",
			Target: &rollcall.WhyTarget{
				URL: "https://checkout.example.com/health", Group: "payments", Status: health.Down, Asked: at(5), EveryS: 300, Trail: "...x..xx?~xx",
				Facets: []rollcall.WhyFacet{
					{Facet: health.Availability, Bad: 2, Since: at(4), FailAfter: 2, RecoverAfter: 1, Changes: 3},
					{Facet: health.Latency, Good: 1, FailAfter: 2, RecoverAfter: 3, Changes: 1},
				},
				Notes: []health.Note{{Round: yesterday, Reason: "up"}, {Round: at(4), Reason: "1 of 2 bad rounds"}, {Round: at(5), Reason: "depends on edge, which is down since 14:01"}},
			},
			Incidents: []health.Incident{{
				Subject: health.Subject{Kind: health.OfTarget, Name: "checkout", Facet: health.Availability}, Severity: health.Critical, Since: at(4),
				Cause: `post "https://checkout.example.com/health": status 503, want 200, 204 or 3xx`, Muted: "depends on edge, which is down since 14:01",
			}},
			Quiet:   []rollcall.WhyQuiet{{Kind: "maintenance", Of: "payments", Why: "weekly patching"}, {Kind: "silence", Of: "*", Why: "we know", Until: at(30)}},
			Missing: []string{"kept back: depends on edge, which is down since 14:01", "people are told 2 bad rounds after the one in which what it depends on is up, but not before 2026-11-22 14:30 UTC"},
		},
		{
			Name: "search", Kind: "target", Round: at(5), Query: "fields round", Missing: []string{"people are told after 2 bad rounds in a row"},
			Target: &rollcall.WhyTarget{URL: "tcp://search.example.com:9200", Status: health.Up, Asked: at(5), EveryS: 60},
			Above:  hosts[2:],
		},
		{
			Name: "new", Kind: "target", Round: at(5), Query: "fields round",
			Target: &rollcall.WhyTarget{URL: "tcp://new.example.com:1", Status: health.Pending, EveryS: 60, NeverUp: true},
		},
		{
			Name: "payments", Kind: "group", Round: at(5), Query: "fields round",
			Group: &rollcall.WhyGroup{MinUp: 3, Members: 13, Up: 1, Down: many},
			Incidents: []health.Incident{{
				Subject: health.Subject{Kind: health.OfGroup, Name: "payments"}, Severity: health.Warning, Since: yesterday, Told: yesterday.Add(time.Minute), Reminded: at(3), Cause: "1 of 13 up, want at least 3",
			}},
		},
		{Name: "shops", Kind: "group", Round: at(5), Query: "fields round", Group: &rollcall.WhyGroup{Members: 2, Up: 2}},
		{
			Name: "blind", Kind: "checker", Round: at(5), Query: "fields round", Witnesses: []rollcall.WhyWitness{{URL: "tcp://1.1.1.1:443", Answered: at(3)}, {URL: "https://example.com/"}},
			Incidents: []health.Incident{{Subject: health.Subject{Kind: health.OfChecker, Name: "blind"}, Severity: health.Critical, Since: at(4), Told: at(4), Cause: "no network"}},
		},
	}
}

// An account is read from the top: what it is, how it got there, what is missing.
func TestAccount(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, s := range []screen{{}, {columns: 80}, {columns: 60, colours: true}} {
		fmt.Fprintf(&text, "---- %d columns, colours: %t\n", s.columns, s.colours)
		for _, w := range accounts() {
			if err := (account{s, w}).print(&text); err != nil {
				t.Fatal(err)
			}
			text.WriteString("\n")
		}
	}
	newWorld(t).golden("account.txt", strings.ReplaceAll(text.String(), "\x1b", "ESC"))
}
