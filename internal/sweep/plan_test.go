package sweep_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rollcall/internal/sweep"
)

// Plans small enough to be drawn. A letter is a job, a column half a second, a dot a
// worker at rest, and "|" the second between two passes.
func TestPlansWorkedByHand(t *testing.T) {
	for _, c := range []struct {
		name    string
		jobs    []sweep.Job
		budget  time.Duration
		workers int
		want    plan
	}{
		{"nobody to ask", nil, 5 * s, 8,
			plan{Workers: 1, Needed: 1, Slack: 5 * s}},

		// aaaa
		{"one, once", fleet(lasting("a", 2*s, 1)), 5 * s, 8,
			plan{Workers: 1, Needed: 1, Wanted: 2 * s, WorstCase: 2 * s, Slack: 3 * s}},

		// aaaa|aaaa|aaaa
		{"one, three times, and two pauses", fleet(lasting("a", 2*s, 3)), 8 * s, 8,
			plan{Workers: 1, Needed: 1, Wanted: 8 * s, WorstCase: 8 * s}},

		// aaaaaaaadd
		// bbbbbbcc..      the largest first: in the order of the file, d c b a, it would be 6.5 s
		{"the largest first", fleet(lasting("d", 1*s, 1), lasting("c", 1*s, 1), lasting("b", 3*s, 1), lasting("a", 4*s, 1)), 5 * s, 2,
			plan{Workers: 2, Needed: 2, Wanted: 5 * s, WorstCase: 5 * s}},

		// ddaaaaaaaa
		// bbbbbbcc..      it was not asked last round, so it does not wait again
		{"who was missed goes first", fleet(missed(lasting("d", 1*s, 1)), lasting("c", 1*s, 1), lasting("b", 3*s, 1), lasting("a", 4*s, 1)), 6 * s, 2,
			plan{Workers: 2, Needed: 2, Wanted: 5 * s, WorstCase: 5 * s, Slack: 1 * s}},

		// aaaaaaaa|bbbb
		// bbbb....|....   b's two attempts in a row would look like 5 s beside a's 4
		{"a pass waits for the longest of the pass before", fleet(lasting("a", 4*s, 1), lasting("b", 2*s, 2)), 7 * s, 2,
			plan{Workers: 2, Needed: 2, Wanted: 7 * s, WorstCase: 7 * s}},

		// aaaabbbb        8 s with one worker, 4 s with two, and 5 s are there
		// ccccdddd
		{"as many workers as there may be, however few are needed", fleet(lasting("a", 2*s, 1), lasting("b", 2*s, 1), lasting("c", 2*s, 1), lasting("d", 2*s, 1)), 5 * s, 3,
			plan{Workers: 3, Needed: 2, Wanted: 4 * s, WorstCase: 4 * s, Slack: 1 * s}},

		// aaaaaaaacccc    with one worker for each: 4 s
		// bbbbbbbbb...    with two: a and b can have 2.5 s each, c keeps its 2 s
		{"cut short, and who", fleet(lasting("b", 4500*time.Millisecond, 1), lasting("c", 2*s, 1), lasting("a", 4*s, 1)), 4500 * time.Millisecond, 2,
			plan{Workers: 2, Needed: 3, Wanted: 6 * s, WorstCase: 4500 * time.Millisecond, Cap: 2450 * time.Millisecond, Cut: []string{"b", "a"}}},

		// aaaaaaaa|aaaaaaaa   no number of workers makes 8 s of 9; 3.5 s an attempt do
		{"no number of workers is enough", fleet(lasting("a", 4*s, 2)), 8 * s, 9,
			plan{Workers: 1, Wanted: 9 * s, WorstCase: 8 * s, Cap: 3450 * time.Millisecond, Cut: []string{"a"}}},

		// Each takes 1.05 s at the floor, and 3.2 s hold three of them, in the order.
		{"beyond, though all are cut to the floor", fleet(lasting("e", 2*s, 1), lasting("d", 2*s, 1), lasting("c", 2*s, 1), missed(lasting("b", 2*s, 1)), lasting("a", 5*s, 1)), 3200 * time.Millisecond, 1,
			plan{Workers: 1, Wanted: 13 * s, WorstCase: 3150 * time.Millisecond, Slack: 50 * time.Millisecond,
				Cap: 1 * s, Cut: []string{"b", "a", "c"}, Beyond: []string{"d", "e"}, Missing: 2050 * time.Millisecond}},

		// The floor raises nobody: half a second stays half a second.
		{"beyond, and nobody is long enough to cut", fleet(lasting("a", 500*time.Millisecond, 1), lasting("b", 500*time.Millisecond, 1)), 700 * time.Millisecond, 1,
			plan{Workers: 1, Needed: 2, Wanted: 1 * s, WorstCase: 500 * time.Millisecond, Slack: 200 * time.Millisecond,
				Beyond: []string{"b"}, Missing: 300 * time.Millisecond}},

		// aaaa|bb|bb
		{"who is late is a pass behind", fleet(lasting("a", 2*s, 1), late(lasting("b", 1*s, 2))), 8 * s, 2,
			plan{Workers: 2, Needed: 1, Wanted: 6 * s, WorstCase: 6 * s, Slack: 2 * s}},

		// aaaa|aaaabb
		// cccc|cccc..
		{"and keeps its place in the order", fleet(late(lasting("b", 1*s, 1)), lasting("c", 2*s, 2), lasting("a", 2*s, 2)), 6 * s, 2,
			plan{Workers: 2, Needed: 2, Wanted: 6 * s, WorstCase: 6 * s}},

		// aaaa|cccc      with b too it would be 11 s: who can take longest is left out
		{"as many of the late as fit", fleet(missed(late(lasting("b", 4*s, 1))), lasting("a", 2*s, 1), late(lasting("c", 2*s, 1))), 6 * s, 1,
			plan{Workers: 1, Wanted: 9 * s, WorstCase: 5 * s, Slack: 1 * s, LeftOut: []string{"b"}}},

		// aaaa|cccc      b is shorter, but has three attempts
		{"who can take longest has all his attempts counted", fleet(late(lasting("b", 1*s, 3)), lasting("a", 2*s, 1), late(lasting("c", 2*s, 1))), 6 * s, 2,
			plan{Workers: 2, Wanted: 9 * s, WorstCase: 5 * s, Slack: 1 * s, LeftOut: []string{"b"}}},

		// At the floor all would fit, but a would pay for it.
		{"nobody is cut for the late", fleet(lasting("a", 2*s, 1), late(lasting("b", 2*s, 1))), 4 * s, 1,
			plan{Workers: 1, Wanted: 5 * s, WorstCase: 2 * s, Slack: 2 * s, LeftOut: []string{"b"}}},

		// aaaaaa|aaaaaa  a alone needs the cap of 2.95 s, and b fits beside it under the same
		// bb....|bbbbbb
		{"the late have the cap of the others", fleet(lasting("a", 4*s, 2), late(lasting("b", 5*s, 1))), 7 * s, 2,
			plan{Workers: 2, Wanted: 10 * s, WorstCase: 7 * s, Cap: 2950 * time.Millisecond, Cut: []string{"b", "a"}}},

		// Worked out with all twenty, the ten late ones would push out everybody else.
		{"late ones push nobody out", append(many(10, 1*s), fleet(late(lasting("x", 2*s, 1)), late(lasting("y", 2*s, 1)))...), 11 * s, 1,
			plan{Workers: 1, Needed: 2, Wanted: 15 * s, WorstCase: 10 * s, Slack: 1 * s, LeftOut: []string{"x", "y"}}},

		{"who is beyond, and who is left out", fleet(late(lasting("c", 500*time.Millisecond, 1)), lasting("a", 2*s, 1), lasting("b", 2*s, 1)), 1500 * time.Millisecond, 1,
			plan{Workers: 1, Wanted: 5500 * time.Millisecond, WorstCase: 1050 * time.Millisecond, Slack: 450 * time.Millisecond,
				Cap: 1 * s, Cut: []string{"a"}, Beyond: []string{"b"}, Missing: 600 * time.Millisecond, LeftOut: []string{"c"}}},

		{"no time for who could call", fleet(late(lasting("b", 1*s, 1)), lasting("a", 2*s, 1)), 1 * s, 1,
			plan{Workers: 1, Wanted: 4 * s, Slack: 1 * s, Beyond: []string{"a"}, Missing: 50 * time.Millisecond, LeftOut: []string{"b"}}},

		{"nobody who could call", fleet(late(lasting("a", 2*s, 2))), 5 * s, 8,
			plan{Workers: 1, Needed: 1, Slack: 5 * s}},

		{"nobody who could call, and no time", fleet(late(lasting("a", 2*s, 2))), -1 * s, 8,
			plan{Workers: 1}},

		{"no time at all", fleet(lasting("a", 2*s, 1)), -1 * s, 8,
			plan{Workers: 1, Wanted: 2 * s, Beyond: []string{"a"}, Missing: 2050 * time.Millisecond}},

		{"a limit below one worker", fleet(lasting("a", 2*s, 1), lasting("b", 2*s, 1)), 4 * s, -3,
			plan{Workers: 1, Needed: 1, Wanted: 4 * s, WorstCase: 4 * s}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Budget = c.budget
			p := sweep.NewPlan(c.jobs, c.budget, c.workers)
			if got, want := fmt.Sprintf("%+v", numbers(p)), fmt.Sprintf("%+v", c.want); got != want {
				t.Errorf("the plan is\n%s, want\n%s", got, want)
			}
			examine(t, c.jobs, c.budget, c.workers, p)
		})
	}
}

// plan is what a Plan says.
type plan struct {
	Workers, Needed                  int
	Budget, Wanted, WorstCase, Slack time.Duration
	Cap                              time.Duration
	Cut, Beyond                      []string
	Missing                          time.Duration
	LeftOut                          []string
}

func numbers(p *sweep.Plan) plan {
	return plan{p.Workers, p.Needed, p.Budget, p.Wanted, p.WorstCase, p.Slack, p.Cap, p.Cut, p.Beyond, p.Missing, p.LeftOut}
}

func TestPlansOfRandomFleets(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 1))
		jobs, budget, workers := draw(r)
		p := sweep.NewPlan(jobs, budget, workers)
		examine(t, jobs, budget, workers, p)
		if t.Failed() {
			t.Fatalf("seed %d: %s in %v with %d workers", seed, told(jobs), budget, workers)
		}
	}
}

func FuzzNewPlan(f *testing.F) {
	f.Add([]byte{}, int64(1000), 4)
	f.Add([]byte{136, 19, 2, 136, 19, 2, 136, 19, 11}, int64(9000), 2)
	f.Add([]byte{184, 11, 3, 232, 3, 1, 100, 0, 9, 16, 39, 33}, int64(4321), 1)
	f.Add([]byte{96, 234, 5, 1, 0, 0, 0, 0, 0}, int64(-5), -1)
	f.Fuzz(func(t *testing.T, data []byte, milliseconds int64, workers int) {
		var jobs []sweep.Job
		for len(data) >= 3 && len(jobs) < 48 {
			timeout := time.Duration(int(data[0])|int(data[1]&0x7f)<<8)*time.Millisecond - 100*time.Millisecond
			j := lasting(string('a'+rune(data[2]>>4)), timeout+sweep.Grace, int(data[2]&7))
			j.Missed, j.Late = data[2]&8 != 0, data[1]&0x80 != 0
			jobs, data = append(jobs, j), data[3:]
		}
		budget := time.Duration(milliseconds%1_000_000) * time.Millisecond
		examine(t, jobs, budget, workers, sweep.NewPlan(jobs, budget, workers))
	})
}

// One worker more never ends the whole later, and neither does a lower cap or a job less:
// bisection stands on it.
func TestMoreWorkersNeverEndLater(t *testing.T) {
	for seed := range uint64(150) {
		jobs, _, _ := draw(rand.New(rand.NewPCG(seed, 2)))
		before := time.Duration(1<<63 - 1)
		for c := 1; c <= len(jobs)+1; c++ {
			now := sweep.NewPlan(jobs, time.Hour, c).WorstCase
			if now > before {
				t.Fatalf("seed %d: %d workers take %v, %d take %v: %s", seed, c-1, before, c, now, told(jobs))
			}
			before = now
		}
	}
}

// A plan is worked out from what it is given alone: the order of the file does not matter.
func TestSameFleetSamePlan(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		jobs, budget, workers := draw(r)
		once := fmt.Sprintf("%+v", numbers(sweep.NewPlan(jobs, budget, workers)))
		r.Shuffle(len(jobs), func(i, k int) { jobs[i], jobs[k] = jobs[k], jobs[i] })
		if again := fmt.Sprintf("%+v", numbers(sweep.NewPlan(jobs, budget, workers))); again != once {
			t.Fatalf("seed %d: %s\nonce  %s\nagain %s", seed, told(jobs), once, again)
		}
	}
}

func TestErrIsASentenceWithARemedy(t *testing.T) {
	for _, c := range []struct {
		name    string
		jobs    []sweep.Job
		budget  time.Duration
		workers int
		want    string
	}{
		{"fits", many(240, 2*s), 45 * s, 300, ""},
		{"more workers would do", many(240, 5*s), 24 * s, 48,
			"240 targets need 25s with 48 workers, 24s are left, so 240 get no more than 4.75s: lower a timeout, raise the function's Timeout, or allow 60 workers"},
		{"no number of workers does", many(2, 5*s), 4990 * time.Millisecond, 300,
			"2 targets need 5s with 2 workers, 4.9s are left, so 2 get no more than 4.94s: lower a timeout or raise the function's Timeout"},
		{"under the floor", many(3, 5*s), 2120 * time.Millisecond, 1,
			"3 targets need 15s with 1 worker, 2.1s are left, so 2 get no more than 1s and 1 is not asked (1.1s are missing): lower a timeout or raise the function's Timeout"},
		{"nobody is asked", many(1, 5*s), -2 * s, 1,
			"1 target needs 5s with 1 worker, 0s are left, so 1 is not asked (3.1s are missing): lower a timeout or raise the function's Timeout"},
		{"late ones are no targets that are not asked", append(many(10, 1*s), late(lasting("x", 2*s, 1)), late(lasting("y", 2*s, 1))), 11 * s, 1,
			"10 targets and 2 more that may be called need 15s with 1 worker, 11s are left, so 2 that may be called are left out: lower a timeout, raise the function's Timeout, or allow 2 workers"},
		{"all at once", append(many(3, 5*s), late(lasting("x", 5*s, 1))), 2120 * time.Millisecond, 1,
			"3 targets and 1 more that may be called need 21s with 1 worker, 2.1s are left, so 2 get no more than 1s and 1 is not asked (1.1s are missing) and 1 that may be called is left out: lower a timeout or raise the function's Timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if err := sweep.NewPlan(c.jobs, c.budget, c.workers).Err(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("Err says\n%q, want\n%q", got, c.want)
			}
		})
	}
}
