package rollcall

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/peer"
	"rollcall/internal/round"
	"rollcall/internal/sweep"
)

// threads lets Go run on so many until the test ends, with GOMAXPROCS as a person set it.
func threads(t *testing.T, n int, set string) {
	t.Helper()
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	t.Setenv("GOMAXPROCS", set) // so that it comes back after the test
	if set == "" {
		os.Unsetenv("GOMAXPROCS")
	}
}

// With less than a whole processor there is one thread, unless a person has said otherwise.
func TestOneThread(t *testing.T) {
	for _, c := range []struct {
		share float64
		set   string
		want  int
	}{
		{0.02, "", 1}, {0.99, "", 1}, {1, "", 1}, {1.01, "", 3}, {2, "", 3}, {0.02, "3", 3},
	} {
		t.Run(fmt.Sprint(c.share, c.set), func(t *testing.T) {
			threads(t, 3, c.set)
			if oneThread(c.share); runtime.GOMAXPROCS(0) != c.want {
				t.Errorf("%d threads on %v of a processor, with GOMAXPROCS %q; want %d", runtime.GOMAXPROCS(0), c.share, c.set, c.want)
			}
		})
	}
	t.Run("opened", func(t *testing.T) {
		threads(t, 3, "")
		if open(t, Settings{Processors: 0.5}); runtime.GOMAXPROCS(0) != 1 {
			t.Errorf("%d threads on half a processor, want one", runtime.GOMAXPROCS(0))
		}
	})
}

// What is granted counts where it is less than what is there.
func TestProcessors(t *testing.T) {
	there := processors(0)
	if there <= 0 || there > float64(runtime.NumCPU()) {
		t.Fatalf("%v of %d processors", there, runtime.NumCPU())
	}
	for granted, want := range map[float64]float64{-1: there, there / 4: there / 4, there * 4: there} {
		if got := processors(granted); got != want {
			t.Errorf("%v granted of %v: %v, want %v", granted, there, got, want)
		}
	}
}

// On next to no processor everybody is asked all the same, in the time there is: holding
// starts back costs slack, and nobody's timeout.
func TestCheckOnNextToNoProcessor(t *testing.T) {
	threads(t, runtime.GOMAXPROCS(0), "")
	var list strings.Builder
	list.WriteString("fleet: shop\ndefaults: {attempts: 1, timeout: 1s}\ntargets:\n")
	well := stand(t, peer.Answering(10*time.Millisecond, http.StatusOK, ""))
	for i := range 40 {
		fmt.Fprintf(&list, "  - {name: a%d, url: %q}\n", i, well.URL)
	}
	const budget = 3 * time.Second
	r := open(t, Settings{Config: file(t, list.String()), Processors: 0.02})
	report, err := r.Check(t.Context(), nil, budget)
	if err != nil || !report.Completed || report.Counts.Up+report.Counts.Degraded != 40 || report.Swept > budget {
		t.Errorf("%v, completed %v after %s, counts %+v; want all 40 up within %s", err, report.Completed, report.Swept, report.Counts, budget)
	}
	if report.Processors != 0.02 || report.CPU <= 0 {
		t.Errorf("reckoned with %v of a processor, %s used; want 0.02, and some", report.Processors, report.CPU)
	}
}

// noting is a real pace that counts, and tells of a delay as the test wants it.
type noting struct {
	round.Pacer
	delay  time.Duration
	closed *int
}

func (n noting) Delay() time.Duration { return n.delay }
func (n noting) Close()               { n.Pacer.Close(); *n.closed++ }

// A pace of their own have a check and a round, by the share of processors, and what it
// measures decides whether anybody is called slow.
func TestPaceOfEachSweep(t *testing.T) {
	threads(t, runtime.GOMAXPROCS(0), "")
	slow := stand(t, peer.Answering(200*time.Millisecond, http.StatusOK, ""))
	list := file(t, fmt.Sprintf("fleet: shop\ndefaults: {attempts: 1, fail_after: 1}\ntargets: [{name: a, url: %q, slow_after: 100ms}]\n", slow.URL))
	for _, starved := range []bool{false, true} {
		var made, closed int
		n := noting{closed: &closed}
		if starved {
			n.delay = time.Second
		}
		r := open(t, Settings{Config: list, Processors: 0.5, Pace: func() round.Pacer {
			made++
			n.Pacer = sweep.NewPace(0.5, cpuTime)
			return n
		}})
		checked, err := r.Check(t.Context(), nil, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		for i, report := range []health.Report{checked, play(t, r, thisMinute(), "i1")} {
			if made != 2 || closed != 2 {
				t.Errorf("a check and a round had %d paces and closed %d, want two", made, closed)
			}
			status := result(t, report, "a").Status
			if (report.Saturation > judge.MostSaturation) != starved || (report.Enough > 0.5) != starved || (status == health.Up) != starved {
				t.Errorf("%d starved %v: saturation %v, enough %v, a is %s", i, starved, report.Saturation, report.Enough, status)
			}
		}
	}
	if p, ours := open(t, Settings{Processors: 0.5}).processor().Pace().(*sweep.Pace); !ours {
		t.Errorf("without one in the settings it is %T", p)
	} else {
		p.Close()
	}
}
