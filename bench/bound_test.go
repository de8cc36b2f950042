package main

import (
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"rollcall/bench/mock"
)

// rowOf is a row with runs that took so long and reported so much.
func rowOf(who string, door mock.Door, n, memory int, runs ...sample) *row {
	r := newRow(named(who), heat{door: door, n: n, memory: memory})
	r.Runs = runs
	return r
}

// reported is a run whose every latency was l.
func reported(l float64) sample {
	s := sample{}
	for range quantiles {
		s.Quantiles = append(s.Quantiles, l)
	}
	return s
}

// Whatever is asked of rollcall is measured in every `make bench`.
func TestBoundsAreInTheProgram(t *testing.T) {
	t.Parallel()
	for _, b := range bounds {
		names := map[string]bool{}
		for _, h := range program {
			if h.door == b.door && h.n == b.n && h.memory == b.memory {
				for _, e := range h.who {
					names[e.name] = !e.all
				}
			}
		}
		if !names[b.who] || b.beside != "" && !names[b.beside] {
			t.Errorf("%s %s, %s: %q beside %q is not run", b.who, b.heat(), b.what, b.who, b.beside)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	over := bound{rollcallName, mock.HTTP, 100, 1769, "wall", "", overLimit, 1.06, "x"}
	beside := bound{rollcallName, mock.HTTP, 100, 1769, "cpu", naiveName, overProcessor, 0.9, "x"}
	failures := bound{rollcallName, mock.HTTP, 100, 1769, "failures", "", falseFailures, 0, ""}
	honest := bound{rollcallName, mock.HTTP, 100, 1769, "p50", "", offMedian, 0.1, ""}
	ours := func(s ...sample) *row { return rowOf(rollcallName, mock.HTTP, 100, 1769, s...) }
	plain := rowOf(naiveName, mock.HTTP, 100, 1769, sample{CPUMS: 10})
	for _, c := range []struct {
		name string
		b    bound
		rows []*row
		want verdict
	}{
		{"at the bound", over, []*row{ours(sample{WallMS: 212})}, met},
		{"above it", over, []*row{ours(sample{WallMS: 213})}, missed},
		{"the median counts", over, []*row{ours(sample{WallMS: 900}, sample{WallMS: 201}, sample{WallMS: 202})}, met},
		{"two waves are allowed who has fewer workers", over, []*row{ours(sample{WallMS: 400, Workers: 60})}, met},
		{"nobody ran", over, nil, notMeasured},
		{"no run ended well", over, []*row{ours()}, notMeasured},
		{"another memory", over, []*row{rowOf(rollcallName, mock.HTTP, 100, 512, sample{WallMS: 1})}, notMeasured},
		{"less than who is beside it", beside, []*row{ours(sample{CPUMS: 9}), plain}, met},
		{"as much", beside, []*row{ours(sample{CPUMS: 10}), plain}, missed},
		{"nobody is beside it", beside, []*row{ours(sample{CPUMS: 1})}, notMeasured},
		{"nothing over nothing", beside, []*row{ours(sample{}), rowOf(naiveName, mock.HTTP, 100, 1769, sample{})}, missed},
		{"one false failure in one run", failures, []*row{ours(sample{}, sample{Failed: 1}, sample{})}, missed},
		{"none", failures, []*row{ours(sample{}, sample{})}, met},
		{"too high", honest, []*row{ours(reported(221))}, missed},
		{"too low is as wrong", honest, []*row{ours(reported(179))}, missed},
		{"about right", honest, []*row{ours(reported(219))}, met},
		{"nothing reported", honest, []*row{ours(sample{Failed: 100})}, missed},
	} {
		if got := c.b.judge(c.rows); got.verdict != c.want {
			t.Errorf("%s: %s with %g, want %s", c.name, got.verdict, got.value, c.want)
		}
	}
}

// The wall is compared with the processor time that the share buys in it.
func TestTimesCPU(t *testing.T) {
	t.Parallel()
	r := rowOf(rollcallName, mock.HTTPS, 1000, 1769/4, sample{WallMS: 4400, CPUMS: 1000})
	if got := r.timesCPU().Median; math.Abs(got-1.1) > 0.01 {
		t.Errorf("4.4 s for 1 s of work with a quarter of a core is %gx, want 1.1x", got)
	}
}

func TestVerdictOfARow(t *testing.T) {
	t.Parallel()
	r := rowOf(rollcallName, mock.HTTP, 100, 1769)
	of := func(verdicts ...verdict) []finding {
		all := []finding{{bound: bound{who: "somebody else"}, verdict: missed}}
		for _, v := range verdicts {
			all = append(all, finding{bound: bound{who: r.Contender, door: r.Door, n: r.N, memory: r.Memory}, verdict: v})
		}
		return all
	}
	for _, c := range []struct {
		findings []finding
		want     verdict
	}{
		{of(), unbounded},
		{of(met, met), met},
		{of(met, missed, met), missed},
		{of(met, notMeasured), notMeasured},
		{of(notMeasured, met), notMeasured},
	} {
		if got := verdictOf(r, c.findings); got != c.want {
			t.Errorf("verdict %q, want %q, of %v", got, c.want, c.findings)
		}
	}
}

// A bound that is missed is an exit status; so is one that a whole run did not measure.
func TestReportFails(t *testing.T) {
	t.Parallel()
	some := regexp.MustCompile("some")
	for _, c := range []struct {
		name    string
		only    *regexp.Regexp
		verdict verdict
		want    error
	}{
		{"all is met", nil, met, nil},
		{"one is missed", nil, missed, errMissed},
		{"one is missed of some", some, missed, errMissed},
		{"one is not measured", nil, notMeasured, errMissed},
		{"one is not measured, nor was it wanted", some, notMeasured, nil},
	} {
		r := results{findings: []finding{{bound: bounds[0], verdict: met}, {bound: bounds[1], verdict: c.verdict}}}
		if err := report(flags{choice: choice{only: c.only}}, r, io.Discard); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// The page has every bound and every row, each with its verdict.
func TestPage(t *testing.T) {
	t.Parallel()
	r := results{rows: made()}
	r.findings = findingsOf(r.rows)
	page := r.markdown(true)
	for _, f := range r.findings {
		if f.verdict == notMeasured {
			t.Errorf("%s %s: %s is not measured", f.who, f.heat(), f.what)
		}
	}
	if got := strings.Count(page, "| met ") + strings.Count(page, "| missed "); got < len(bounds)*3/2 {
		t.Errorf("%d verdicts on the page, want one for each of %d bounds, and for their rows", got, len(bounds))
	}
	for _, want := range []string{timesFile, latenciesFile, "| blackbox_exporter ", "10,000 https, 100 % of a core", "not simulated"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
