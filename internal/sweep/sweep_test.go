package sweep_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// Two timeouts above the cap are equal under it; b still goes first.
//
//	bbbbbbaaaaaacc
func TestACapDoesNotChangeTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("c", 1*s, 1), lasting("a", 4*s, 1), lasting("b", 5*s, 1))
		w := newWorld(jobs, answersOf(nil, jobs, atWorst))
		p := sweep.NewPlan(w.jobs, 7*s, 1)
		outcomes := w.run(t.Context(), p)
		if got := w.timeline(); got != "1/b 0s-3s, 1/a 3s-6s, 1/c 6s-7s" || p.Cap != 2950*time.Millisecond {
			t.Errorf("they were asked %s, with a cap of %v", got, p.Cap)
		}
		for i, want := range []time.Duration{950 * time.Millisecond, p.Cap, p.Cap} {
			if got := outcomes[i].Attempts[0].Allowed; got != want {
				t.Errorf("%s was allowed %v, want %v", jobs[i].Target.Name, got, want)
			}
		}
	})
}

// Worked by hand: a column is half a second.
//
//	aaaaaaaadddd|ccbb
//	bbcccccc....|aaaaaaaa|aaaaaaaa
//
// b is down at once, c is unknown, d is up, a hangs. The suspects are asked again in the
// order of their worst cases, which is not the order in which they failed.
func TestSuspectsAreAskedAgainInTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("d", 3*s, 2), lasting("b", 3500*time.Millisecond, 2), lasting("c", 3200*time.Millisecond, 3), lasting("a", 4*s, 3))
		w := newWorld(jobs, [][]answer{
			{at(2*s, health.Up)},
			{at(1*s, health.Down), at(1*s, health.Up)},
			{at(3*s, health.Unknown), at(1*s, health.Up)},
			{worst, worst, worst},
		})
		w.run(t.Context(), sweep.NewPlan(w.jobs, time.Minute, 2))
		want := "1/a 0s-4s, 1/b 0s-1s, 1/c 1s-4s, 1/d 4s-6s, 2/a 7s-11s, 2/b 7s-8s, 2/c 8s-9s, 3/a 12s-16s"
		if got := w.timeline(); got != want {
			t.Errorf("they were asked\n%s, want\n%s", got, want)
		}
	})
}

// tap lets one start go every second.
type tap struct{ latest []time.Time }

func (p *tap) Hold(ctx context.Context, latest time.Time) (sent, over func()) {
	p.latest = append(p.latest, latest)
	select {
	case <-time.After(min(s, time.Until(latest))):
	case <-ctx.Done():
	}
	return func() {}, func() {}
}

// Three workers are free, and still b and c wait until a has gone; then the slack of 1.5 s
// is spent and all go as they can.
//
//	..aaaa.
//	...bbbb
//	...cccc
func TestAHeldJobIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("a", 2*s, 1), lasting("b", 2*s, 1), lasting("c", 2*s, 1))
		w := newWorld(jobs, answersOf(nil, jobs, atWorst))
		p := sweep.NewPlan(w.jobs, 3500*time.Millisecond, 3)
		held := &tap{}
		p.Pacer = held
		w.run(t.Context(), p)
		if got := w.timeline(); got != "1/a 1s-3s, 1/b 1.5s-3.5s, 1/c 1.5s-3.5s" {
			t.Errorf("they were asked %s", got)
		}
		for _, latest := range held.latest {
			if got := latest.Sub(w.began); got != 1500*time.Millisecond {
				t.Errorf("a start could be held until %v, want 1.5s", got)
			}
		}
	})
}

// stuck does not let go in time: it holds each start until late after the latest moment.
type stuck time.Duration

func (p stuck) Hold(_ context.Context, latest time.Time) (sent, over func()) {
	time.Sleep(time.Until(latest) + time.Duration(p))
	return func() {}, func() {}
}

// A start that is later than the plan allows, as on a machine that stood still, costs that
// target its time and nobody else: within the 50 ms nothing, then what is lost, then the
// asking. The sweep still ends in its budget, give or take the 50 ms.
func TestALateStartCostsItsOwnTarget(t *testing.T) {
	for _, c := range []struct {
		late    time.Duration
		allowed time.Duration // 0: not asked
	}{
		{0, 1950 * time.Millisecond},
		{50 * time.Millisecond, 1950 * time.Millisecond},
		{51 * time.Millisecond, 1949 * time.Millisecond},
		{1999 * time.Millisecond, time.Millisecond},
		{2 * s, 0},
	} {
		t.Run(c.late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				jobs := fleet(lasting("a", 2*s, 1), lasting("b", 2*s, 1))
				w := newWorld(jobs, answersOf(nil, jobs, atWorst))
				p := sweep.NewPlan(w.jobs, 5*s, 1)
				p.Pacer = stuck(c.late)
				for _, o := range w.run(t.Context(), p) {
					if c.allowed == 0 {
						if len(o.Attempts) != 0 || o.Missing != "attempt 1 of 1 was not made: the time for asking was over" {
							t.Errorf("too late to be asked, it reads %+v", o)
						}
					} else if len(o.Attempts) != 1 || o.Attempts[0].Allowed != c.allowed {
						t.Errorf("it was to be allowed %v and reads %+v", c.allowed, o)
					}
				}
				if w.elapsed > 5*s+max(sweep.Grace, c.late-2*s) {
					t.Errorf("the sweep took %v", w.elapsed)
				}
			})
		})
	}
}

// When the round is stopped, nothing more starts; what is under way is cut and comes back
// within its grace; and it is told of each who is missing.
func TestAStoppedSweepReturnsAtOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		stop  func(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc)
		ends  time.Duration
		want  []string
	}{
		{"before it began", 0, stopped, 0, []string{
			"a: ; attempt 1 of 2 was not made: the round was stopped",
			"b: ; attempt 1 of 1 was not made: the round was stopped",
			"c: ; attempt 1 of 2 was not made: the round was stopped"}},
		{"in the first pass", 3 * s, stopped, 3050 * time.Millisecond, []string{
			"a: 2s; attempt 2 of 2 was not made: the round was stopped",
			"b: 950ms; ",
			"c: ; attempt 1 of 2 was not made: the round was stopped"}},
		{"by its deadline", 3 * s, context.WithTimeout, 3050 * time.Millisecond, []string{
			"a: 2s; attempt 2 of 2 was not made: the time for asking was over",
			"b: 950ms; ",
			"c: ; attempt 1 of 2 was not made: the time for asking was over"}},
		{"in the pause", 4500 * time.Millisecond, stopped, 4500 * time.Millisecond, []string{
			"a: 2s; attempt 2 of 2 was not made: the round was stopped",
			"b: 1.5s; ",
			"c: 450ms; attempt 2 of 2 was not made: the round was stopped"}},
		{"in the second pass", 6 * s, stopped, 6050 * time.Millisecond, []string{
			"a: 2s 900ms; ",
			"b: 1.5s; ",
			"c: 450ms; attempt 2 of 2 was not made: the round was stopped"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				jobs := fleet(lasting("a", 2050*time.Millisecond, 2), lasting("b", 1550*time.Millisecond, 1), lasting("c", 500*time.Millisecond, 2))
				w := newWorld(jobs, answersOf(nil, jobs, atWorst))
				p := sweep.NewPlan(w.jobs, time.Minute, 1)
				ctx, cancel := c.stop(t.Context(), c.after)
				defer cancel()
				outcomes := w.run(ctx, p)
				for i, o := range outcomes {
					var given []string
					for _, a := range o.Attempts {
						given = append(given, a.Allowed.String())
					}
					if got := fmt.Sprintf("%s: %s; %s", jobs[i].Target.Name, strings.Join(given, " "), o.Missing); got != c.want[i] {
						t.Errorf("got  %s\nwant %s", got, c.want[i])
					}
				}
				if w.elapsed != c.ends {
					t.Errorf("the sweep ended after %v, want %v", w.elapsed, c.ends)
				}
			})
		})
	}
}

// An attempt is allowed no longer than ctx lasts, and says so even when its answer, say a
// socket's own deadline, comes a moment before ctx ends.
func TestTheEndOfTheRoundCutsWhatIsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("a", 2*s, 1))
		w := newWorld(jobs, [][]answer{{at(1*s-1, health.Down)}})
		ctx, cancel := context.WithTimeout(t.Context(), 1*s)
		defer cancel()
		outcomes := w.run(ctx, sweep.NewPlan(w.jobs, time.Minute, 1))
		if a := outcomes[0].Attempts; len(a) != 1 || a[0].Allowed != 1*s {
			t.Errorf("it reads %+v, want it allowed 1s", a)
		}
	})
}

func TestAPanicIsThatTargetsReading(t *testing.T) {
	log := quiet(t)
	synctest.Test(t, func(t *testing.T) {
		jobs := fleet(lasting("a", 2*s, 2), lasting("b", 2*s, 1))
		w := newWorld(jobs, [][]answer{nil, {at(1*s, health.Up)}})
		w.jobs[0].Ask = func(context.Context, int, func()) health.Reading { panic("no answer for this") }
		outcomes := w.run(t.Context(), sweep.NewPlan(w.jobs, time.Minute, 1))
		a := outcomes[0].Attempts
		if len(a) != 2 || a[1].Status != health.Unknown || a[1].Class != health.ClassChecker ||
			a[1].Cause != "ask a: its checker panicked, the log has the stack" {
			t.Errorf("the one that panics reads %+v", a)
		}
		if outcomes[1].Attempts[0].Status != health.Up {
			t.Errorf("its neighbour reads %+v", outcomes[1])
		}
	})
	for _, want := range []string{"checker panicked", "target=a", "no answer for this", "sweep_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
}

// A checker that does not obey its context is left behind, and not asked again; everybody
// else is asked as planned. It costs slack, at most a second of it, never the budget: with
// no slack it is left when its worker is needed.
//
//	aaaa (and on, and on)
//	....bbcc
func TestACheckerThatIgnoresItsEndIsLeftBehind(t *testing.T) {
	const tick = 1 // within 50 ms is still within at the fiftieth
	never := time.Duration(0)
	for _, c := range []struct {
		name                string
		budget, stops, ends time.Duration
	}{
		{"slack for a second of patience", time.Minute, never, 5*s + tick},
		{"half a second of slack", 7500 * time.Millisecond, never, 4500*time.Millisecond + tick},
		{"no slack at all", 7 * s, never, 4*s + tick},
		{"and the round is stopped too", time.Minute, 1 * s, 2050*time.Millisecond + tick},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := quiet(t)
			synctest.Test(t, func(t *testing.T) {
				jobs := fleet(lasting("a", 2*s, 2), lasting("b", 1*s, 1), lasting("c", 1*s, 1))
				w := newWorld(jobs, answersOf(nil, jobs, atWorst))
				var asked atomic.Int32
				w.jobs[0].Ask = func(context.Context, int, func()) health.Reading {
					asked.Add(1)
					time.Sleep(time.Hour)
					return health.Reading{Status: health.Up}
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.stops > 0 {
					time.AfterFunc(c.stops, cancel)
				}
				outcomes := w.run(ctx, sweep.NewPlan(w.jobs, c.budget, 1))
				if w.elapsed != c.ends {
					t.Errorf("the sweep ended after %v, want %v", w.elapsed, c.ends)
				}
				if a := outcomes[0].Attempts; len(a) != 1 || a[0].Status != health.Unknown ||
					a[0].Cause != "ask a: its checker did not end with its time" ||
					outcomes[0].Missing != "attempt 2 of 2 was not made: its checker did not end with its time" {
					t.Errorf("the one that hangs reads %+v", outcomes[0])
				}
				for _, o := range outcomes[1:] {
					if a := o.Attempts; c.stops == never && (len(a) != 1 || a[0].Allowed != 950*time.Millisecond) {
						t.Errorf("its neighbour reads %+v", o)
					}
				}
				time.Sleep(2 * time.Hour) // let it return
				if asked.Load() != 1 || outcomes[0].Attempts[0].Status != health.Unknown {
					t.Errorf("asked %d times; long after the sweep it reads %+v", asked.Load(), outcomes[0])
				}
			})
			if !strings.Contains(log.String(), "checker left behind") {
				t.Errorf("the log says nothing of it: %s", log)
			}
		})
	}
}
