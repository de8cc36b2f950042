package sweep_test

import (
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// However small the share of the processor, the latencies told are those of the targets,
// and the sweep takes hardly longer than its work.
func TestPaceTellsTheTruth(t *testing.T) {
	for _, c := range []struct {
		name  string
		q     question
		n     int
		share float64
		off   float64 // how much of the truth the median may be off
	}{
		{"100 near on 7 %", near, 100, 0.07, 0.25},
		{"100 near on 29 %", near, 100, 0.29, 0.1},
		{"1,000 near on 29 %", near, 1000, 0.29, 0.15},
		{"1,000 near on 7 %", near, 1000, 0.07, 0.25},
		{"10,000 near on a whole one", near, 10_000, 1, 0.25},
		{"100 far on 7 %", far, 100, 0.07, 0.25},
		{"100 far on 29 %", far, 100, 0.29, 0.1},
		{"1,000 far on 29 %", far, 1000, 0.29, 0.15},
		{"10,000 far on a whole one", far, 10_000, 1, 0.25},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runs(t, c.n, c.q, c.share, c.share, 46*s)
			work := time.Duration(float64(r.spent) / c.share)
			off := float64(r.at(0.5)-c.q.truth()) / float64(c.q.truth())
			t.Logf("wall %v, work %v, p50 %v, p99 %v, failed %d, delay %v", r.wall, work, r.at(0.5), r.at(0.99), r.failed, r.delay)
			if r.failed > 0 || off > c.off {
				t.Errorf("%d failed, the median is %v, %.0f %% off the truth of %v", r.failed, r.at(0.5), 100*off, c.q.truth())
			}
			if most := work + work/10 + c.q.truth() + 50*ms; r.wall > most {
				t.Errorf("it took %v for work of %v, want at most %v", r.wall, work, most)
			}
		})
	}
}

// What is held against a checker without a pace.
func TestWithoutPaceLatencyIsTheQueue(t *testing.T) {
	r := runs(t, 100, near, 0.07, 0, 46*s)
	if r.at(0.5) < 3*near.truth() {
		t.Errorf("the median is %v: this processor starves nobody", r.at(0.5))
	}
}

// Who believes in more of a processor than there is still tells the truth: nothing starts
// while something older waits.
func TestPaceOfAWrongBelief(t *testing.T) {
	for _, q := range []question{near, far} {
		r := runs(t, 1000, q, 0.29, 2, 46*s)
		if off := float64(r.at(0.5)-q.truth()) / float64(q.truth()); r.failed > 0 || off > 0.5 {
			t.Errorf("%d failed, the median is %v, %.0f %% off the truth of %v", r.failed, r.at(0.5), 100*off, q.truth())
		}
	}
}

// Targets that do not let us connect cost no processor and hold up nobody for long.
func TestPaceWaitsForNoNetwork(t *testing.T) {
	dead := near
	dead.way = 10 * s
	r := runs(t, 500, dead, 0.29, 0.29, 46*s)
	if r.failed != 500 || r.wall > 8*s {
		t.Errorf("%d failed in %v, want all 500 not long after their timeout of 5s", r.failed, r.wall)
	}
}

// Pacing spends slack and nothing else: with none left it is as if there were no pace.
func TestPaceSpendsSlackAlone(t *testing.T) {
	var walls [2]time.Duration
	for i, believed := range []float64{0, 0.07} {
		jobs := many(200, 2*s)
		w := newWorld(jobs, answersOf(nil, jobs, atWorst))
		synctest.Test(t, func(t *testing.T) {
			p := sweep.NewPlan(w.jobs, 20*s, 20) // ten rows of 20, 2 s each
			if p.Slack != 0 {
				t.Fatalf("the plan has a slack of %v, want none", p.Slack)
			}
			if believed > 0 {
				spent := time.Duration(0)
				pace := sweep.NewPaceOf(believed, func() time.Duration { spent += s; return spent }, func() { t.Error("it waited for its turn") })
				defer pace.Close()
				p.Pacer = pace
			}
			for _, o := range w.run(t.Context(), p) {
				if len(o.Attempts) != 1 || o.Attempts[0].Allowed != 2*s-sweep.Grace {
					t.Errorf("it reads %+v, want one attempt with its timeout in full", o)
				}
			}
		})
		walls[i] = w.elapsed
	}
	if walls[0] != walls[1] {
		t.Errorf("with a pace it took %v, without %v", walls[1], walls[0])
	}
}

// Held back, a start is let go at its latest time, and at once when the round is stopped.
func TestPaceLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := sweep.NewPaceOf(0.07, func() time.Duration { return 0 }, func() {})
		defer pace.Close()
		began := time.Now()
		for time.Since(began) == 0 { // until there are enough
			pace.Hold(t.Context(), began.Add(10*ms))
		}
		if got := time.Since(began); got != 10*ms {
			t.Errorf("it let go after %v, want 10ms", got)
		}
		ctx, cancel := stopped(t.Context(), 10*ms)
		defer cancel()
		if pace.Hold(ctx, began.Add(time.Hour)); time.Since(began) != 20*ms {
			t.Errorf("stopped after 20ms, it let go after %v", time.Since(began))
		}
	})
}

// Over a time in which nothing could wake, whatever came at any moment of it waited half of
// that time, on the average.
func TestDelayIsThatOfAnyMoment(t *testing.T) {
	if got := sweep.DelayOver(2300 * ms); got < 1095*ms || got > 1115*ms {
		t.Errorf("over a gap of 2.3s the delay is %v, want about 1.15s", got)
	}
	synctest.Test(t, func(t *testing.T) {
		pace := sweep.NewPaceOf(1, func() time.Duration { return 0 }, func() {})
		defer pace.Close()
		time.Sleep(10 * s)
		if got := pace.Delay(); got != 0 {
			t.Errorf("nobody is late and the delay is %v", got)
		}
	})
}

// One hung target, asked for half a minute when all others are done, is no comfort to them.
func TestDelayIsThatOfTheMany(t *testing.T) {
	alone := sweep.DelayWith(3*s, 1000, 0, 0)
	if got := sweep.DelayWith(3*s, 1000, 30*s, 1); got < alone*9/10 {
		t.Errorf("with one that hangs the delay is %v, without it %v", got, alone)
	}
}

// Nobody waits for a bell beyond the latest start, or when the round is stopped.
func TestBellIsNotWaitedForWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if sweep.RingUnheard(t.Context(), began.Add(10*ms)); time.Since(began) != 10*ms {
			t.Errorf("it was waited for for %v, want 10ms", time.Since(began))
		}
		ctx, cancel := stopped(t.Context(), 10*ms)
		defer cancel()
		if sweep.RingUnheard(ctx, began.Add(time.Hour)); time.Since(began) != 20*ms {
			t.Errorf("stopped after 10ms more, it was waited for for %v", time.Since(began)-10*ms)
		}
	})
}

// A real bell is heard, again and again, and its listener ends with it.
func TestPaceForReal(t *testing.T) {
	pace := sweep.NewPace(2, func() time.Duration { return 0 })
	for range 1000 {
		sent, over := pace.Hold(t.Context(), time.Now().Add(time.Hour))
		sent()
		over()
	}
	pace.Close()
}

func TestSaturation(t *testing.T) {
	took := func(latencies ...time.Duration) (outcomes []health.Outcome) {
		for _, l := range latencies {
			outcomes = append(outcomes, health.Outcome{Attempts: []health.Attempt{{Reading: health.Reading{Status: health.Up, Latency: l}}}})
		}
		return append(outcomes, health.Outcome{})
	}
	for _, c := range []struct {
		name     string
		delay    time.Duration
		outcomes []health.Outcome
		want     float64
	}{
		{"nobody was asked", s, took(), 0},
		{"a delay counts three times", 10 * ms, took(100*ms, 300*ms, 500*ms), 10},
		{"quick answers count as 50 ms", 5 * ms, took(ms, ms), 30},
		{"more than all there is not", s, took(200 * ms), 100},
	} {
		if got := sweep.Saturation(c.delay, c.outcomes); got < c.want-0.01 || got > c.want+0.01 {
			t.Errorf("%s: saturation %.2f, want %.2f", c.name, got, c.want)
		}
	}
}

func TestEnough(t *testing.T) {
	for _, c := range []struct {
		name              string
		slack, used       time.Duration
		share, saturation float64
		want              float64
	}{
		{"the slack was too short", 10 * s, 5 * s, 0.07, 30, 0.5},
		{"there was time, and twice the limit", 100 * s, 5 * s, 0.29, 50, 0.58},
		{"no slack at all", 0, s / 2, 0.29, 100, 1.16},
		{"no slack and much to do", 0, 5 * s, 0.29, 100, 5},
	} {
		p := sweep.Plan{Slack: c.slack}
		if got := p.Enough(c.used, c.share, c.saturation, 25); got < c.want-0.001 || got > c.want+0.001 {
			t.Errorf("%s: enough is %.3f, want %.3f", c.name, got, c.want)
		}
	}
}
