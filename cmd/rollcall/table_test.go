package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
)

// fixed is a report with a row of every kind, in an order that is not the table's.
func fixed() health.Report {
	row := func(name string, s health.Status, latency time.Duration, cause string) health.Result {
		return health.Result{Target: health.Target{Name: name}, Status: s, Latency: latency, Cause: cause}
	}
	again := row("again", health.Up, 12*time.Millisecond, "")
	again.Attempts = []health.Attempt{{Reading: health.Failing(health.ClassStatus, `get "https://example.com/": status 503, want 2xx`)}, {}}
	results := []health.Result{
		row("wiki", health.Up, 400*time.Microsecond, ""),
		row("slow", health.Degraded, 1234*time.Millisecond, "answered in 1.24s, want at most 500ms"),
		row("checkout", health.Down, 0, `post "https://checkout.example.com/health": body "closed for maintenance", want contains "ready"`),
		again,
		row("cut", health.Unknown, time.Second, "attempt 2 of 2 was not made: the round was stopped"),
		row("a/name/that/is/longer/than/forty/columns/are", health.Down, 0, `get "https://long.example.com/": connection refused`),
	}
	r := health.Report{Results: results, Swept: 1255 * time.Millisecond, WorstCase: 11100 * time.Millisecond}
	for _, result := range results {
		r.Counts.Add(result.Status)
	}
	r.Counts.Add(health.Paused)
	return r
}

// A table is one line a target for programs, and folded for a terminal.
func TestTable(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, c := range []table{
		{}, {quiet: true}, {screen: screen{columns: 100}}, {screen: screen{columns: 80}}, {screen: screen{columns: 40}}, {screen: screen{colours: true, columns: 120}},
	} {
		fmt.Fprintf(&text, "---- %d columns, quiet: %t, colours: %t\n", c.columns, c.quiet, c.colours)
		if err := c.print(&text, fixed()); err != nil {
			t.Fatal(err)
		}
	}
	newWorld(t).golden("table.txt", strings.ReplaceAll(text.String(), "\x1b", "ESC"))
}

func TestQuietTableOfWellTargetsIsEmpty(t *testing.T) {
	t.Parallel()
	r := fixed()
	r.Results = slices.DeleteFunc(r.Results, func(r health.Result) bool { return r.Status != health.Up })
	var text strings.Builder
	if err := (table{quiet: true}).print(&text, r); err != nil || text.Len() > 0 {
		t.Errorf("got %q, %v", text.String(), err)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		room int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two", 7, []string{"one two"}},
		{"one two", 6, []string{"one", "two"}},
		{"one two three", 9, []string{"one two", "three"}},
		{"one two three four", 8, []string{"one two", "three", "four"}},
		{"aaaaaaaaaaaa b", 4, []string{"aaaaaaaaaaaa", "b"}},
		{"b aaaaaaaaaaaa b", 4, []string{"b", "aaaaaaaaaaaa", "b"}},
		{"żółw łódź", 9, []string{"żółw łódź"}},
		{"one two", -5, []string{"one", "two"}},
	} {
		if got := fold(c.text, c.room); !slices.Equal(got, c.want) {
			t.Errorf("fold(%q, %d) = %q, want %q", c.text, c.room, got, c.want)
		}
	}
}
