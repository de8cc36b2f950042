package main

import (
	"math"

	"rollcall/bench/mock"
)

// bound is a number that rollcall has to reach.
type bound struct {
	who    string
	door   mock.Door
	n      int
	memory int // MB

	what   string
	beside string // the contender of the same heat that it is measured by; empty: none
	of     func(r, beside *row) float64
	most   float64
	unit   string // after the number
}

// bounds are all of them.
var bounds = [...]bound{
	{rollcallName, mock.HTTP, 100, 1769, "wall over the limit of 200 ms", "", overLimit, 1.06, "x"},
	{commandName, mock.HTTP, 100, 1769, "the whole process, from exec to exit", "", processTime, 240, " ms"},
	{rollcallName, mock.HTTP, 1000, 1769, "wall over the limit of its workers' waves", "", overLimit, 1.20, "x"},
	{rollcallName, mock.HTTP, 10_000, 1769, "wall over the limit of its workers' waves, at 1,024 descriptors", "", overLimit, 1.12, "x"},

	{rollcallName, mock.HTTP, 1000, 1769, "processor time a check over plain net/http's", pool860Name, overProcessor, 0.90, "x"},
	{rollcallName, mock.HTTPS, 1000, 1769, "processor time a check over plain net/http's", pool860Name, overProcessor, 0.80, "x"},

	{rollcallName, mock.HTTPS, 100, 512, "reported p50 off the truth", "", offMedian, 0.10, ""},
	{rollcallName, mock.HTTPS, 100, 512, "reported p99 off the truth", "", offLatest, 0.25, ""},
	{rollcallName, mock.HTTPS, 100, 512, "wall over net/http all at once", naiveName, overWall, 1.20, "x"},
	{rollcallName, mock.HTTPS, 100, 128, "reported p50 off the truth", "", offMedian, 0.25, ""},
	{rollcallName, mock.HTTPS, 100, 128, "wall over net/http all at once", naiveName, overWall, 1.20, "x"},
	{rollcallName, mock.HTTPS, 1000, 512, "reported p50 off the truth", "", offMedian, 0.15, ""},
	{rollcallName, mock.HTTPS, 1000, 512, "wall over its processor time at this share", "", overWork, 1.10, "x"},
	{rollcallName, mock.HTTPS, 1000, 128, "false failures", "", falseFailures, 0, ""},
	{rollcallName, mock.HTTPS, 1000, 128, "reported p50 off the truth", "", offMedian, 0.50, ""},
	{rollcallName, mock.HTTPS, 10_000, 1769, "false failures", "", falseFailures, 0, ""},
	{rollcallName, mock.HTTPS, 10_000, 1769, "wall over its processor time at this share", "", overWork, 1.10, "x"},

	{rollcallName, mock.FarHTTPS, 100, 512, "reported p50 off the truth", "", offMedian, 0.10, ""},
	{rollcallName, mock.FarHTTPS, 100, 512, "reported p99 off the truth", "", offLatest, 0.25, ""},
	{rollcallName, mock.FarHTTPS, 100, 512, "wall over net/http all at once", naiveName, overWall, 1.20, "x"},
	{rollcallName, mock.FarHTTPS, 100, 128, "reported p50 off the truth", "", offMedian, 0.25, ""},
	{rollcallName, mock.FarHTTPS, 100, 128, "wall over net/http all at once", naiveName, overWall, 1.20, "x"},
	{rollcallName, mock.FarHTTPS, 1000, 512, "reported p50 off the truth", "", offMedian, 0.15, ""},
	{rollcallName, mock.FarHTTPS, 1000, 512, "wall over its processor time at this share", "", overWork, 1.10, "x"},
	{rollcallName, mock.FarHTTPS, 1000, 128, "false failures", "", falseFailures, 0, ""},
	{rollcallName, mock.FarHTTPS, 1000, 128, "reported p50 off the truth", "", offMedian, 0.50, ""},
	{rollcallName, mock.FarHTTPS, 10_000, 1769, "false failures", "", falseFailures, 0, ""},
	{rollcallName, mock.FarHTTPS, 10_000, 1769, "wall over its processor time at this share", "", overWork, 1.10, "x"},

	{rollcallName, mock.HTTP, 1000, 1769, "peak memory", "", peak, 48, " MB"},
	{rollcallName, mock.HTTPS, 1000, 1769, "peak memory", "", peak, 48, " MB"},
	{plannerName, nobody, 100_000, 1769, "the plan", "", wallTime, 150, " ms"},
}

// What bounds are of: medians of all runs, but the most false failures of any.
func overLimit(r, _ *row) float64     { return r.wall().Median / r.limit() }
func processTime(r, _ *row) float64   { return r.process().Median }
func wallTime(r, _ *row) float64      { return r.wall().Median }
func overProcessor(r, b *row) float64 { return r.each().Median / b.each().Median }
func overWall(r, b *row) float64      { return r.wall().Median / b.wall().Median }
func overWork(r, _ *row) float64      { return r.timesCPU().Median }
func offMedian(r, _ *row) float64     { return off(r, 0.5) }
func offLatest(r, _ *row) float64     { return off(r, 0.99) }
func falseFailures(r, _ *row) float64 { return r.failed().Max }
func peak(r, _ *row) float64          { return r.megabytes().Median }

// off is how far the reported latency at quantile q is from the truth, as a share of it.
func off(r *row, q float64) float64 { return math.Abs(r.latency(q).Median-r.truth()) / r.truth() }

// verdict is what became of a bound.
type verdict string

// The verdicts.
const (
	met         verdict = "met"
	missed      verdict = "missed"
	notMeasured verdict = "not measured"
	unbounded   verdict = "-" // of a row of which nothing is asked
)

// finding is a bound and what was measured.
type finding struct {
	bound
	value   float64
	verdict verdict
}

// findingsOf is what became of every bound.
func findingsOf(rows []*row) []finding {
	all := make([]finding, len(bounds))
	for i, b := range bounds {
		all[i] = b.judge(rows)
	}
	return all
}

func (b bound) judge(rows []*row) finding {
	f := finding{bound: b, verdict: notMeasured}
	r := find(rows, b.who, b.door, b.n, b.memory)
	var beside *row
	if b.beside != "" {
		if beside = find(rows, b.beside, b.door, b.n, b.memory); beside == nil {
			return f
		}
	}
	if r == nil {
		return f
	}
	f.value, f.verdict = b.of(r, beside), missed
	if f.value <= b.most { // never so of a NaN
		f.verdict = met
	}
	return f
}

// find is a row that was run; nil: there is none.
func find(rows []*row, who string, door mock.Door, n, memory int) *row {
	for _, r := range rows {
		if r.Contender == who && r.Door == door && r.N == n && r.Memory == memory && len(r.Runs) > 0 {
			return r
		}
	}
	return nil
}

// verdictOf is the verdict on a row: the worst of its bounds.
func verdictOf(r *row, findings []finding) verdict {
	worst := unbounded
	for _, f := range findings {
		if f.who != r.Contender || f.door != r.Door || f.n != r.N || f.memory != r.Memory {
			continue
		}
		switch {
		case f.verdict == missed:
			return missed
		case f.verdict == notMeasured || worst == unbounded:
			worst = f.verdict
		}
	}
	return worst
}
