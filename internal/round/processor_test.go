package round

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// logged is what is logged from now on, until the test ends.
func logged(t *testing.T) *bytes.Buffer {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	return &log
}

// sluggish is a target that is called slow in the first round that can tell.
func sluggish(w *world) {
	slow := target("a")
	slow.SlowAfter = 200 * time.Millisecond
	files["sluggish"] = []health.Target{slow}
	w.file = "sluggish"
	w.brings["a"] = health.Reading{Status: health.Up, Scope: health.Public, Latency: 300 * time.Millisecond}
}

// A starved round tells nobody that a target is slow, or that it is no longer; it says once
// that it was itself, and what would do.
func TestStarvedRound(t *testing.T) {
	log := logged(t)
	bubble(t, func(w *world) {
		sluggish(w)
		w.delay = 100 * time.Millisecond
		report := w.must("starved")
		latency := report.Results[0].Facets[health.Latency]
		if report.Saturation < 99 || report.Processors != 0.25 || report.Enough < 0.99 || !report.Completed {
			t.Errorf("saturation %v, enough %v of %v, completed %v; want all of 100, four times as much, and all else as ever", report.Saturation, report.Enough, report.Processors, report.Completed)
		}
		if report.Counts.Up != 1 || latency.Status != health.Unknown {
			t.Errorf("counts %+v, latency %+v; want it up, with no word of how quick", report.Counts, latency)
		}
		w.wantHeard("first")
		if want := `msg="the checker is short of processor" round=2000-01-01T00:00:00Z saturation=100 processors=0.25 enough=1 memory_mb=1792`; strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), want) {
			t.Errorf("logged\n%s\nwant one line with\n%s", log, want)
		}
		log.Reset()
		w.delay = 0
		w.must("calm")
		w.wantHeard("first", "news +a")
		w.delay = 100 * time.Millisecond
		w.brings["a"] = health.Reading{Status: health.Up, Scope: health.Public, Latency: 100 * time.Millisecond}
		w.must("starved again")
		w.wantHeard("first", "news +a")
		w.delay, log = 0, logged(t)
		if report := w.must("calm again"); report.Saturation != 0 || report.Enough != 0 || log.Len() > 0 {
			t.Errorf("saturation %v, enough %v, logged %q; want none", report.Saturation, report.Enough, log)
		}
		w.wantHeard("first", "news +a", "news -a")
	})
}

// A little of what is told may be ours: then it is judged, and the number says how much.
func TestSaturatedALittle(t *testing.T) {
	log := logged(t)
	bubble(t, func(w *world) {
		sluggish(w)
		w.delay = 20 * time.Millisecond // thrice in 300 ms
		report := w.must("i1")
		if report.Saturation < 15 || report.Saturation > judge.MostSaturation || report.Enough != 0 || log.Len() > 0 {
			t.Errorf("saturation %v, enough %v, logged %q; want a fifth, and nothing said", report.Saturation, report.Enough, log)
		}
		if report.Counts.Degraded != 1 {
			t.Errorf("counts %+v, want it slow", report.Counts)
		}
	})
}

// Each sweep has a pacer of its own, which holds every start of its two passes, hears that
// each is on its way and that it has ended, and is closed with it.
func TestPacerOfEachSweep(t *testing.T) {
	bubble(t, func(w *world) {
		again := target("b")
		again.Attempts = 2
		files["again"] = []health.Target{target("a"), again}
		w.file, w.down["b"] = "again", true
		for n := range 2 {
			report := w.must("i")
			if len(w.pacers) != n+1 {
				t.Fatalf("%d sweeps had %d pacers", n+1, len(w.pacers))
			}
			if p := w.pacers[n]; p.held != 3 || p.sent != 3 || p.over != 3 || p.closed != 1 {
				t.Errorf("held %d starts, heard of %d and the end of %d, closed %d times; want 3 and once", p.held, p.sent, p.over, p.closed)
			}
			if report.CPU != 30*time.Millisecond {
				t.Errorf("processor time %s, want 30ms", report.CPU)
			}
		}
	})
}

// Memory of a function is the next multiple of 128 MB that gives so much, as long as there is one.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		share float64
		want  int64
	}{
		{-1, 128}, {0, 128}, {0.01, 128}, {128.0 / 1769, 128}, {128.1 / 1769, 256}, {0.29, 640}, {0.5788, 1024}, {1, 1792}, {5, 8960}, {6, 10240}, {1e300, 10240},
	} {
		if got := MemoryFor(c.share); got != c.want {
			t.Errorf("%v of a processor comes with %d MB, want %d", c.share, got, c.want)
		}
	}
	for memory, want := range map[int64]float64{-5: 0, 0: 0, 512: 512.0 / 1769, 1769: 1, 3538: 2, 10240: 10240.0 / 1769, 1 << 40: 6} {
		if got := ProcessorsOf(memory); got != want {
			t.Errorf("%d MB come with %v processors, want %v", memory, got, want)
		}
	}
}
