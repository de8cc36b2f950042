package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"rollcall/internal/health"
)

// table prints a report for a person: the worst first, then the sum of it.
type table struct {
	painter
	quiet bool // leaves out what is up
}

// rank is the order of statuses, worst first, and their colours.
var rank = [...]struct {
	status health.Status
	colour color.Attribute
}{
	{health.Down, color.FgRed},
	{health.Unknown, color.FgMagenta},
	{health.Degraded, color.FgYellow},
	{health.Up, color.FgGreen},
}

func rankOf(s health.Status) int {
	for i, r := range rank {
		if r.status == s {
			return i
		}
	}
	return len(rank)
}

const maxName = 40 // columns; longer names push their line

func (t table) print(w io.Writer, r health.Report) error {
	results := slices.SortedStableFunc(slices.Values(r.Results), func(a, b health.Result) int {
		return cmp.Or(cmp.Compare(rankOf(a.Status), rankOf(b.Status)), strings.Compare(a.Target.Name, b.Target.Name))
	})
	width := 0
	for _, result := range results {
		width = max(width, min(len(result.Target.Name), maxName))
	}
	out := bufio.NewWriter(w)
	for _, result := range results {
		if !t.quiet || result.Status != health.Up {
			fmt.Fprintln(out, t.row(result, width))
		}
	}
	fmt.Fprintln(out, t.sum(r))
	return out.Flush()
}

func (t table) row(r health.Result, width int) string {
	line := fmt.Sprintf("%s  %-*s  %8s  %s", t.status(r.Status), width, r.Target.Name, took(r), remark(r))
	return strings.TrimRight(line, " ")
}

func (t table) status(s health.Status) string {
	padded := fmt.Sprintf("%-8s", s)
	if i := rankOf(s); i < len(rank) {
		return t.paint(padded, rank[i].colour)
	}
	return padded
}

// took is the latency of a target that answered.
func took(r health.Result) string {
	if r.Status != health.Up && r.Status != health.Degraded {
		return ""
	}
	return fmt.Sprintf("%.0f ms", float64(r.Latency)/float64(time.Millisecond))
}

// remark is why a target is not up, or that it took more than one attempt.
func remark(r health.Result) string {
	if r.Cause != "" {
		return r.Cause
	}
	if n := len(r.Attempts); n > 1 {
		return fmt.Sprintf("on attempt %d; before: %s", n, r.Attempts[0].Cause)
	}
	return ""
}

// sum is one line for the whole report.
func (t table) sum(r health.Report) string {
	counts := []string{}
	for _, c := range []struct {
		n int
		s health.Status
	}{
		{r.Counts.Up, health.Up}, {r.Counts.Degraded, health.Degraded}, {r.Counts.Down, health.Down},
		{r.Counts.Unknown, health.Unknown}, {r.Counts.Paused, health.Paused},
	} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.s))
		}
	}
	return fmt.Sprintf("%s: %s; asked in %s, at worst %s of %s",
		plural(r.Counts.Targets, "target"), strings.Join(counts, ", "),
		seconds(r.Swept), seconds(r.WorstCase), seconds(r.Budget))
}

// seconds is a duration as people compare them.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
