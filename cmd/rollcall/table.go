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
	screen
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

const (
	statusWide = 8  // columns of the longest status
	nameMost   = 40 // columns, and a third of a terminal's; longer names push their line
	gap        = 2  // between one column and the next
)

// print writes the rows and the sum. A quiet table of targets that are all up is empty.
func (t table) print(w io.Writer, r health.Report) error {
	results := slices.SortedStableFunc(slices.Values(r.Results), func(a, b health.Result) int {
		return cmp.Or(cmp.Compare(rankOf(a.Status), rankOf(b.Status)), strings.Compare(a.Target.Name, b.Target.Name))
	})
	if t.quiet {
		results = slices.DeleteFunc(results, func(r health.Result) bool { return r.Status == health.Up })
		if len(results) == 0 {
			return nil
		}
	}
	var wide widths
	most := nameMost
	if t.columns > 0 {
		most = min(most, t.columns/3)
	}
	for _, result := range results {
		wide.name = max(wide.name, min(len(result.Target.Name), most))
		wide.took = max(wide.took, len(took(result)))
	}
	out := bufio.NewWriter(w)
	for _, result := range results {
		fmt.Fprintln(out, t.row(result, wide))
	}
	fmt.Fprintln(out, t.beside(sum(r), 0, 0))
	return out.Flush()
}

// widths are those of the columns that depend on what is in them.
type widths struct{ name, took int }

// row is one target: its status, its name, and then what there is to say, so that the cause
// of a target that did not answer stands where the latency of another does.
func (t table) row(r health.Result, wide widths) string {
	line := fmt.Sprintf("%s%*s%-*s", t.status(r.Status), gap, "", wide.name, r.Target.Name)
	at := statusWide + gap + max(wide.name, len(r.Target.Name))
	if took := took(r); took != "" {
		line += fmt.Sprintf("%*s%*s", gap, "", wide.took, took)
		at += gap + wide.took
	}
	remark := t.beside(remark(r), at+gap, statusWide+gap)
	if remark == "" || remark[0] == '\n' {
		return strings.TrimRight(line, " ") + remark
	}
	return line + strings.Repeat(" ", gap) + remark
}

// status is a status in its colour, padded to its column.
func (t table) status(s health.Status) string {
	padded := fmt.Sprintf("%-*s", statusWide, s)
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
func sum(r health.Report) string {
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
	return fmt.Sprintf("%s: %s; asked in %s (worst case %s)",
		plural(r.Counts.Targets, "target"), strings.Join(counts, ", "), seconds(r.Swept), seconds(r.WorstCase))
}

// seconds is a duration as people compare them.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
