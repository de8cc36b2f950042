package sweep_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// Worked by hand: a column is half a second.
//
//	aaaabb..|ddddddbb
//	cc......|........|dddd
//
// a is asked once and hangs, b is down at first, c is up. Of those who are late d is
// called, and needs its second attempt, a pass later than others; e is not.
func TestWhoIsLateIsAskedFromTheSecondPassOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("c", 1*s, 2), late(lasting("e", 9*s, 5)), lasting("b", 1500*time.Millisecond, 2), late(lasting("d", 4*s, 2)), lasting("a", 2*s, 1))
		w := newWorld(jobs, [][]answer{
			{at(1*s/2, health.Up)},
			nil,
			{at(1*s, health.Down), at(1*s, health.Up)},
			{{}, at(3*s, health.Down), at(2*s, health.Up)},
			{worst},
		})
		p := sweep.NewPlan(w.jobs, time.Minute, 1)
		var suspects [][]int
		p.Call = func(s []int) []int {
			suspects = append(suspects, s)
			return []int{3, 3}
		}
		outcomes := w.run(t.Context(), p)
		want := "1/a 0s-2s, 1/b 2s-3s, 1/c 3s-3.5s, 2/d 4.5s-7.5s, 2/b 7.5s-8.5s, 3/d 9.5s-11.5s"
		if got := w.timeline(); got != want {
			t.Errorf("they were asked\n%s, want\n%s", got, want)
		}
		if got := fmt.Sprint(suspects); got != "[[4 2]]" {
			t.Errorf("the suspects were %s, want a and b, once", got)
		}
		if o := outcomes[1]; len(o.Attempts) != 0 || o.Missing != "" {
			t.Errorf("nobody called e, and it reads %+v", o)
		}
	})
}

// A round of which everybody has one attempt has a second pass for those who are called,
// and for nobody else.
func TestWhenTheLateAreCalled(t *testing.T) {
	const notMade = "attempt 1 of 1 was not made: "
	for _, c := range []struct {
		name    string
		first   answer // of a, which lasts 2 s; b is late and lasts 1 s
		budget  time.Duration
		call    []int // nil: there is no Call
		stopped time.Duration
		want    string // who was asked when
		calls   int
		missing string // why b was not asked
	}{
		{"called", worst, time.Minute, []int{1}, 0, "1/a 0s-2s, 2/b 3s-4s", 1, ""},
		{"unknown is a suspect too", at(1*s, health.Unknown), time.Minute, []int{1}, 0, "1/a 0s-1s, 2/b 2s-3s", 1, ""},
		{"no suspect, so nobody is", at(1*s, health.Up), time.Minute, []int{1}, 0, "1/a 0s-1s", 0, ""},
		{"not called", worst, time.Minute, []int{}, 0, "1/a 0s-2s", 1, ""},
		{"only who is late can be", worst, time.Minute, []int{0, -1, 2}, 0, "1/a 0s-2s", 1, ""},
		{"nobody to ask whom to call", worst, time.Minute, nil, 0, "1/a 0s-2s", 0, ""},
		{"stopped in the pause", worst, time.Minute, []int{1}, 2500 * time.Millisecond, "1/a 0s-2s", 1, notMade + "the round was stopped"},
		{"stopped before, and not called", worst, time.Minute, []int{}, 1 * s, "1/a 0s-1.05s", 1, ""},
		{"no time beside those due", worst, 2 * s, []int{1}, 0, "1/a 0s-2s", 1, "not asked: it was called, and the time is too short for it beside those that are due"},
		{"no time, and not called", worst, 2 * s, []int{}, 0, "1/a 0s-2s", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				jobs := fleet(lasting("a", 2*s, 1), late(lasting("b", 1*s, 1)))
				w := newWorld(jobs, [][]answer{{c.first}, {{}, worst}})
				p := sweep.NewPlan(w.jobs, c.budget, 1)
				calls := 0
				if c.call != nil {
					p.Call = func([]int) []int { calls++; return c.call }
				}
				ctx, cancel := context.WithCancel(t.Context())
				if c.stopped > 0 {
					ctx, cancel = stopped(t.Context(), c.stopped)
				}
				defer cancel()
				outcomes := w.run(ctx, p)
				if got := w.timeline(); got != c.want || calls != c.calls {
					t.Errorf("they were asked %s, with %d calls; want %s, with %d", got, calls, c.want, c.calls)
				}
				if got := outcomes[1].Missing; got != c.missing {
					t.Errorf("b is missing %q, want %q", got, c.missing)
				}
				if _, last, _ := strings.Cut(w.timeline(), "-"); !strings.HasSuffix(last, w.elapsed.String()) && c.stopped == 0 {
					t.Errorf("the sweep ended after %v, its last attempt says %s", w.elapsed, last)
				}
			})
		})
	}
}

// The pause goes on while it is decided whom to call.
func TestACallTakesItsTimeOfThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("a", 2*s, 1), late(lasting("b", 1*s, 1)))
		w := newWorld(jobs, [][]answer{{worst}, {{}, worst}})
		p := sweep.NewPlan(w.jobs, time.Minute, 1)
		p.Call = func([]int) []int { time.Sleep(1*s - 1); return []int{1} }
		w.run(t.Context(), p)
		if w.elapsed != p.WorstCase {
			t.Errorf("the sweep took %v, its worst case is %v", w.elapsed, p.WorstCase)
		}
	})
}

// Who was never asked is no suspect, who was left behind is.
func TestSuspectsWereAsked(t *testing.T) {
	quiet(t)
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("a", 2*s, 2), lasting("b", 1*s, 1), late(lasting("c", 1*s, 1)))
		w := newWorld(jobs, answersOf(nil, jobs, atWorst))
		w.jobs[0].Ask = func(context.Context, int, func()) health.Reading { time.Sleep(time.Hour); return health.Reading{} }
		p := sweep.NewPlan(w.jobs, 8*s, 1)
		var got []int
		p.Call = func(suspects []int) []int { got = slices.Clone(suspects); return nil }
		ctx, cancel := stopped(t.Context(), 1*s)
		defer cancel()
		w.run(ctx, p)
		if fmt.Sprint(got) != "[0]" {
			t.Errorf("the suspects were %v, want a alone: b was not asked", got)
		}
		time.Sleep(2 * time.Hour) // let it return
	})
}
