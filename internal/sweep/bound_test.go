package sweep_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// The promise. With everybody called and at the worst it is exact: the plan does not
// exaggerate.
func TestNeverEndsAfterWorstCase(t *testing.T) {
	random(t, 400, 0, asEver, func(w *world, p *sweep.Plan, _ []health.Outcome) {
		if w.elapsed > p.WorstCase {
			t.Errorf("the sweep took %v, its worst case is %v", w.elapsed, p.WorstCase)
		}
	})
	random(t, 300, 0, atWorst, func(w *world, p *sweep.Plan, _ []health.Outcome) {
		if everybody := !slices.Contains(w.called, false); everybody && w.elapsed != p.WorstCase {
			t.Errorf("with everybody at the worst the sweep took %v, its worst case is %v", w.elapsed, p.WorstCase)
		} else if w.elapsed > p.WorstCase {
			t.Errorf("with some not called the sweep took %v, its worst case is %v", w.elapsed, p.WorstCase)
		}
	})
}

// Fleets whose real end passes a bound that is worked out less carefully.
func TestNeverEndsAfterWorstCaseOfKnownHardFleets(t *testing.T) {
	for _, c := range []struct {
		name    string
		jobs    []sweep.Job
		workers int
		want    time.Duration
	}{
		// aaaaaaaa|bbbb      attempts in a row: bbbb|bbbb is 5 s, and aaaaaaaa beside it 4 s
		// bbbb....|....
		{"the second pass waits for the slowest of the first",
			fleet(lasting("a", 4*s, 1), lasting("b", 2*s, 2)), 2, 7 * s},

		// aaaaaaaaaa|bb|bb   b's three in a row are 5 s, as long as a beside them
		// ccccccccbb|..|..
		{"and the third for the slowest of the second",
			fleet(lasting("a", 5*s, 1), lasting("c", 4*s, 1), lasting("b", 1*s, 3)), 2, 9 * s},

		// aaaaaaaa           taking b, c, d, e first, because a is not ready: 6 s
		// bbccddee
		{"the largest one first, ready or not",
			fleet(lasting("a", 4*s, 1), lasting("b", 1*s, 1), lasting("c", 1*s, 1), lasting("d", 1*s, 1), lasting("e", 1*s, 1)), 2, 4 * s},

		// a b c d ...        thirty times 50 ms are 1.5 s
		{"many short ones on one worker",
			many(30, 150*time.Millisecond), 1, 4500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(c.jobs, answersOf(nil, c.jobs, atWorst))
				p := sweep.NewPlan(w.jobs, c.want, c.workers)
				w.run(t.Context(), p)
				if w.elapsed > p.WorstCase || w.elapsed != c.want {
					t.Errorf("the sweep took %v, want %v; its worst case is %v", w.elapsed, c.want, p.WorstCase)
				}
			})
		})
	}
}

// Whatever holds starts back, up to the slack: the budget stands, and nobody pays for it
// with a shorter timeout.
func TestNeverEndsAfterBudgetWhenHeldBack(t *testing.T) {
	for _, c := range []struct {
		how   temper
		hold  float64
		seeds uint64
	}{{asEver, 1, 350}, {atWorst, 1, 200}, {atWorst, 0.05, 150}} {
		random(t, c.seeds, c.hold, c.how, func(w *world, p *sweep.Plan, outcomes []health.Outcome) {
			if w.elapsed > p.Budget {
				t.Errorf("the sweep took %v of a budget of %v, slack %v", w.elapsed, p.Budget, p.Slack)
			}
			wholeTimeouts(t, w, p, outcomes)
		})
	}
}

// wholeTimeouts checks that every attempt that was due was made, with everything it was
// due, and that readings came back to their own targets; and that nobody was asked who was
// not called.
func wholeTimeouts(t *testing.T, w *world, p *sweep.Plan, outcomes []health.Outcome) {
	t.Helper()
	due := map[[2]int]time.Duration{}
	for _, a := range w.asked {
		due[[2]int{a.job, a.pass}] = a.due - a.start
	}
	made := 0
	for i, o := range outcomes {
		j := w.jobs[i]
		if !w.called[i] {
			if len(o.Attempts) > 0 || o.Missing != "" {
				t.Errorf("%s was not called and has %d attempts, missing %q", j.Target.Name, len(o.Attempts), o.Missing)
			}
			continue
		}
		if slices.Contains(p.Beyond, j.Target.Name) {
			if len(o.Attempts) > 0 || !strings.Contains(o.Missing, "too short for all targets") || strings.Contains(o.Missing, "next round") || j.Late {
				t.Errorf("%s is beyond the plan and has %d attempts, missing %q", j.Target.Name, len(o.Attempts), o.Missing)
			}
			continue
		}
		if slices.Contains(p.LeftOut, j.Target.Name) {
			if len(o.Attempts) > 0 || !strings.Contains(o.Missing, "too short for it beside those") || !j.Late {
				t.Errorf("%s is left out and has %d attempts, missing %q", j.Target.Name, len(o.Attempts), o.Missing)
			}
			continue
		}
		want := allowed(j, p.Cap)
		for k, a := range o.Attempts {
			pass := lost(j) + k + 1
			if given := due[[2]int{i, pass}]; a.Allowed != want || given != want {
				t.Errorf("attempt %d of %s was allowed %v and given %v, want %v", k+1, j.Target.Name, a.Allowed, given, want)
			}
			if cause := fmt.Sprintf("job %d pass %d", i, pass); a.Cause != cause {
				t.Errorf("attempt %d of %s reads %q, want %q", k+1, j.Target.Name, a.Cause, cause)
			}
			if a.Status == health.Up && k < len(o.Attempts)-1 {
				t.Errorf("%s was up at attempt %d and asked %d times", j.Target.Name, k+1, len(o.Attempts))
			}
			made++
		}
		last := health.Pending
		if n := len(o.Attempts); n > 0 {
			last = o.Attempts[n-1].Status
		}
		if last != health.Up && len(o.Attempts) != j.Target.Attempts || o.Missing != "" {
			t.Errorf("%s ended %s after %d of %d attempts, missing %q", j.Target.Name, last, len(o.Attempts), j.Target.Attempts, o.Missing)
		}
	}
	if made != len(w.asked) {
		t.Errorf("%d attempts were made, %d were brought back", len(w.asked), made)
	}
}

// The order is the order: of the whole timeouts, in each pass, held back or not, under a
// cap or not. Nobody starts later than the plan plus the slack, and never are there more
// at once than workers.
func TestNobodyOvertakes(t *testing.T) {
	for _, hold := range []float64{0, 1} {
		random(t, 300, hold, asEver, func(w *world, p *sweep.Plan, outcomes []health.Outcome) {
			inOrder(t, w, p)
			wholeTimeouts(t, w, p, outcomes)
		})
	}
}

func inOrder(t *testing.T, w *world, p *sweep.Plan) {
	t.Helper()
	if w.top > p.Workers {
		t.Errorf("%d were asked at once by %d workers", w.top, p.Workers)
	}
	order := slices.DeleteFunc(ordered(w.jobs), func(j sweep.Job) bool {
		return slices.Contains(p.Beyond, j.Target.Name) || slices.Contains(p.LeftOut, j.Target.Name)
	})
	limit := p.Cap
	plan := play(order, p.Workers, limit)
	end := -sweep.Pause
	for k, pass := range w.passes() {
		if first := pass[0].start; first < end+sweep.Pause || p.Pacer == nil && first != end+sweep.Pause {
			t.Errorf("pass %d began at %v, the one before ended at %v", k+1, first, end)
		}
		at, n := 0, 0 // in the order, and among those with attempts left
		for _, a := range pass {
			for at < len(order) && order[at].Target.Name != w.jobs[a.job].Target.Name {
				if inPass(order[at], k+1) {
					n++
				}
				at++
			}
			if at == len(order) {
				t.Errorf("in pass %d %s started at %v, behind its turn", k+1, w.jobs[a.job].Target.Name, a.start)
				break
			}
			if latest := plan.starts[k][n] + p.Slack; a.start > latest {
				t.Errorf("in pass %d %s started at %v, at the latest it was %v", k+1, w.jobs[a.job].Target.Name, a.start, latest)
			}
			end = max(end, a.end)
		}
	}
}

// A sweep stopped at any moment still never ends after its worst case, and an attempt that
// was cut never claims its whole timeout.
func TestStoppedAtAnyMoment(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		jobs, budget, workers := draw(r)
		w := newWorld(jobs, answersOf(r, jobs, asEver))
		p := sweep.NewPlan(w.jobs, budget, workers)
		p.Call = w.calls(r, 1)
		synctest.Test(t, func(t *testing.T) {
			after := time.Duration(r.Int64N(int64(p.WorstCase) + 1))
			ctx, cancel := stopped(t.Context(), after)
			defer cancel()
			outcomes := w.run(ctx, p)
			if w.elapsed > min(p.WorstCase, after+sweep.Grace) {
				t.Errorf("stopped after %v of at most %v, the sweep ended after %v", after, p.WorstCase, w.elapsed)
			}
			inOrder(t, w, p)
			for i, o := range outcomes {
				n := len(o.Attempts)
				owed := w.called[i] && (n == 0 || o.Attempts[n-1].Status != health.Up) && n < jobs[i].Target.Attempts
				if owed != (o.Missing != "") {
					t.Errorf("%s had %d of %d attempts, missing %q", jobs[i].Target.Name, n, jobs[i].Target.Attempts, o.Missing)
				}
			}
			for _, a := range w.asked {
				given := outcomes[a.job].Attempts[a.pass-1-lost(jobs[a.job])].Allowed
				if a.end > after && a.start+given > after {
					t.Errorf("cut after %v, an attempt that began at %v claims %v", after, a.start, given)
				}
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d: %s in %v with %d workers", seed, told(jobs), budget, workers)
		}
	}
}

// Even with checkers that come back an hour late, the budget stands, but for a nanosecond
// each.
func TestNeverEndsAfterBudgetWithCheckersThatIgnoreTheirEnd(t *testing.T) {
	quiet(t)
	deaf := func(r *rand.Rand, j sweep.Job) answer {
		if r.IntN(3) == 0 {
			return answer{after: time.Hour, notice: time.Hour}
		}
		return asEver(r, j)
	}
	for _, hold := range []float64{0, 1} {
		random(t, 150, hold, deaf, func(w *world, p *sweep.Plan, _ []health.Outcome) {
			if ticks := time.Duration(3 * len(w.jobs)); w.elapsed > p.Budget+ticks {
				t.Errorf("the sweep took %v of a budget of %v", w.elapsed, p.Budget)
			}
			time.Sleep(3 * time.Hour) // let them return
		})
	}
}
