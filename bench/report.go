package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"rollcall/bench/mock"
)

// results are everything that was found.
type results struct {
	machine  machine
	rows     []*row
	findings []finding
}

// report prints and writes what was found. The error is errMissed when a bound was, or, of a
// whole run, when one could not be measured.
func report(f flags, r results, out io.Writer) error {
	text := r.markdown(f.results != "")
	fmt.Fprintf(out, "\n%s", text)
	if f.results != "" {
		if err := r.write(f.results, text); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nwritten to %s\n", f.results)
	}
	var count [2]int
	for _, finding := range r.findings {
		switch finding.verdict {
		case missed:
			count[0]++
		case notMeasured:
			count[1]++
		}
	}
	fmt.Fprintf(out, "%d of %d bounds missed, %d not measured\n", count[0], len(r.findings), count[1])
	if count[0] > 0 || count[1] > 0 && f.only == nil {
		return errMissed
	}
	return nil
}

// write writes the results into a folder.
func (r results) write(folder, text string) error {
	raw, err := json.MarshalIndent(r.document(), "", " ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.MkdirAll(folder, 0o755),
		os.WriteFile(filepath.Join(folder, "results.md"), []byte(text), 0o644),
		os.WriteFile(filepath.Join(folder, "results.json"), append(raw, '\n'), 0o644),
		r.plotTimes(filepath.Join(folder, timesFile)),
		r.plotLatencies(filepath.Join(folder, latenciesFile)),
	)
}

// document is the raw JSON: each run of each row.
func (r results) document() any {
	type boundJSON struct {
		Row     string  `json:"row"`
		What    string  `json:"what"`
		Beside  string  `json:"beside,omitempty"`
		Most    float64 `json:"most"`
		Value   float64 `json:"value"`
		Verdict verdict `json:"verdict"`
	}
	found := make([]boundJSON, len(r.findings))
	for i, f := range r.findings {
		found[i] = boundJSON{f.who + " " + f.heat().String(), f.what, f.beside, f.most, f.value, f.verdict}
	}
	return struct {
		Machine   machine     `json:"machine"`
		Quantiles []float64   `json:"quantiles"` // at which latencies are given
		Bounds    []boundJSON `json:"bounds"`
		Rows      []*row      `json:"rows"`
	}{r.machine, quantiles[:], found, r.rows}
}

func (b bound) heat() heat { return heat{door: b.door, n: b.n, memory: b.memory} }

// markdown is the page: bounds, then every heat.
func (r results) markdown(plots bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What was measured\n\n%s\n\n", r.machine)
	if plots {
		fmt.Fprintf(&b, "![Time against number of endpoints](%s)\n\n![Reported against true latency by memory size](%s)\n\n", timesFile, latenciesFile)
	}
	fmt.Fprintf(&b, "## What rollcall has to reach\n\n%s\n", r.boundTable())
	fmt.Fprintf(&b, "## Everybody\n\n%s\n", legend)
	b.WriteString(r.heats())
	fmt.Fprintf(&b, "## Who they are\n\n%s\n%s", r.contenderTable(), simulated)
	return b.String()
}

func (r results) boundTable() string {
	t := table{head: []string{"work", "what", "bound", "measured", "verdict"}}
	for _, f := range r.findings {
		if f.verdict == notMeasured && f.absent(r.rows) {
			continue
		}
		measured := "-"
		if f.verdict != notMeasured {
			measured = f.show(f.value)
		}
		t.add(fmt.Sprintf("%s %s, %s of a core", thousands(f.n), f.door, f.heat().percent()), f.what, "<= "+f.show(f.most), measured, string(f.verdict))
	}
	return t.String()
}

// absent reports whether nobody wanted the row of a finding measured.
func (f finding) absent(rows []*row) bool {
	for _, r := range rows {
		if r.Contender == f.who && r.Door == f.door && r.N == f.n && r.Memory == f.memory {
			return false
		}
	}
	return true
}

// show is a value of a bound as a reader knows it: shares of the truth in per cent.
func (b bound) show(value float64) string {
	switch {
	case b.unit == "x":
		return fmt.Sprintf("%.3fx", value)
	case b.unit != "":
		return fmt.Sprintf("%.1f%s", value, b.unit)
	case b.most == 0:
		return fmt.Sprintf("%.0f", value)
	default:
		return fmt.Sprintf("%.1f %%", 100*value)
	}
}

// heats are the tables of every heat, with what is missing below each.
func (r results) heats() string {
	var b strings.Builder
	for i := 0; i < len(r.rows); {
		h := r.rows[i].heat
		t := table{head: []string{"contender", "wall ms", "limit", "CPU us a check", "peak MB", "p50", "p99", "truth", "failed", "mock late", "process ms", "runs", ""}}
		var missing []string
		for ; i < len(r.rows) && r.rows[i].heat.String() == h.String(); i++ {
			at := r.rows[i]
			if at.Missing != "" {
				missing = append(missing, fmt.Sprintf("- %s: %s", at.Contender, at.Missing))
			}
			if len(at.Runs) > 0 {
				t.add(at.cells(verdictOf(at, r.findings))...)
			}
		}
		fmt.Fprintf(&b, "### %s %s, %s of a core (%s MB)\n\n%s\n", thousands(h.n), h.door, h.percent(), thousands(h.memory), t.String())
		if len(missing) > 0 {
			fmt.Fprintf(&b, "Missing:\n%s\n\n", strings.Join(missing, "\n"))
		}
	}
	return b.String()
}

// cells are a row of a table.
func (r *row) cells(v verdict) []string {
	p50, p99, truth, limit, failed, late := "-", "-", "-", "-", "-", "-"
	if r.Runs[0].Mock.Served > 0 {
		late = fmt.Sprintf("%.1f", r.late().Median)
	}
	if named(r.Contender).asks() {
		limit, failed = thousands(int(r.limit())), r.failed().around()
		truth = fmt.Sprint(int(r.truth()))
	}
	if r.latency(0.5).Max > 0 {
		p50, p99 = r.latency(0.5).around(), r.latency(0.99).around()
	}
	return []string{
		r.Contender, r.wall().around(), limit, thousands(int(r.each().Median + 0.5)), fmt.Sprintf("%.1f", r.megabytes().Median),
		p50, p99, truth, failed, late, r.process().around(), fmt.Sprint(len(r.Runs)), string(v),
	}
}

func (r results) contenderTable() string {
	t := table{head: []string{"contender", "is"}}
	for _, c := range contenders {
		for _, at := range r.rows {
			if at.Contender == c.name {
				t.add(c.name, c.is)
				break
			}
		}
	}
	return t.String()
}

const legend = `Medians, with (least..most) of the runs; contenders of a table ran in turn. Wall is inside the process from the first
start to the last end, limit the least it can be with as many at a time as that contender has. CPU is user and system of the
process over the same time. p50 and p99 are the latencies that the contender itself reports of what succeeded; truth is what
they should be. Failed are checks that did not succeed on the first try, though every endpoint is well; peak is resident memory.
Mock late is how many ms too late the answers of the mock itself were, 99 of 100: where that is much, the machine was busy with
something else. A row of which something is asked ends with met or missed.
`

var simulated = fmt.Sprintf(`
## What is simulated, and what is not

One mock downstream answers on 127.0.0.1 to 127.0.0.%d, %d ms after it has read a request, and closes the connection. Its
certificate is ECDSA P-256, issued directly by an authority of its own. It runs outside of all shares and, where that is
allowed, before everybody else; its processor time is not counted, but the cores are the same, so where a contender has a whole
core the mock has the other one.

https-far plays a peer %d ms away: its side of the handshake comes %d ms later and so does its answer, which makes the truth
%d ms. That the TCP connection itself would take %d ms more is not simulated, nor are loss, bandwidth and a slow start.

A share is held by the kernel in periods of 20 ms, as in Lambda, and two cores are shown whatever the share. Memory is not
limited; rollcall alone is told the size of its function. Every check opens a connection of its own; the timeout is %s.

fastapi is FastAPI on uvicorn, one process, with an async def endpoint; in fastapi-def it is a plain def, which FastAPI calls
in a pool of 40 threads, so that 100 at once take three turns. Every check asks it for the same page.

net/http and the tools on it offer the post-quantum key exchange that Go offers by itself. hey verifies no certificate.
`, mock.Addresses, mock.Wait.Milliseconds(), mock.Away.Milliseconds(), mock.Away.Milliseconds(), mock.FarHTTPS.Truth().Milliseconds(), mock.Away.Milliseconds(), timeout)
