// Package sweep asks many targets at once, and always ends in time.
//
// That it does is proved before the first packet leaves. [NewPlan] plays the sweep with
// every answer as late as it can be, pass by pass, and compares the end with the budget.
//
// Why nothing that really happens ends later: write down, sorted, when each of the C
// workers is free. Giving the next job of the order to the first of them replaces the
// smallest of these times, m, by m+p and sorts again. If no time of one such vector is
// above its neighbour in another, and p is not larger either, the same holds of the two
// vectors afterwards; and leaving the job out leaves the first vector lower still. So by
// induction over the order no job starts, and no pass ends, later than in the play. A
// worker more, or a lower cap, only lowers times too: that is why bisection over workers
// and caps is exact. Starts held back by at most the slack shift the whole vector by no
// more than the slack.
//
// So jobs that may never be asked can be planned as well. A late one has its place in each
// pass that it could be in, the second at the earliest, and not to call it is to leave it
// out. Whom to call is decided between two passes, when nothing is under way, and may hang
// on anything that the first has brought. Those who are due never pay for it: they are
// planned first, as if nobody were late, and then late ones are added while the proof holds.
//
// All of it hangs on one order, the same for the play and for every pass, of which a
// worker takes the next job and never another. A sweep that skips a job that is not ready,
// or orders by what has ended, or asks one target all its attempts in a row, can end later
// though each answer comes earlier (R. L. Graham, Bounds on multiprocessing timing
// anomalies, 1969). And it hangs on checkers noticing the end of their context within
// [Grace]; one that does not is left behind, so that it breaks its own promise alone.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/internal/health"
)

// Job is one target of a sweep and how to ask it.
type Job struct {
	Target health.Target
	Missed bool      // it was due last round and was not asked: it goes first
	Asked  time.Time // when it was asked last; of the missed, the one longest ago goes first
	Late   bool      // it is asked from pass 2 on at the earliest, and only if it is called

	// Ask makes one attempt, in pass 1, 2 ... It returns within Grace of ctx's end, and calls
	// sent, if it can tell, when the question is on its way and it waits for the answer.
	Ask func(ctx context.Context, pass int, sent func()) health.Reading
}

// Pacer holds starts back. Held starts stay in the order: nobody overtakes.
type Pacer interface {
	// Hold returns when the next job may start, and no later than at latest or when ctx ends,
	// as it does when the sweep is stopped. Until latest no target loses by waiting. The job
	// calls sent when its question is on its way; over is called once, when it has ended.
	Hold(ctx context.Context, latest time.Time) (sent, over func())
}

// Run asks every job of the plan and returns one outcome for each, in the order in which
// NewPlan was given them; that of a Late job that was not called is empty. It returns
// within WorstCase, and within Budget when starts are held back or a checker overstays,
// whatever becomes of ctx. When ctx ends, attempts under way are cut and no more are made;
// Outcome.Missing says so. It may be called again.
func (p *Plan) Run(ctx context.Context) []health.Outcome {
	s := &sweep{plan: p, began: time.Now(), called: make([]bool, len(p.jobs)), outcomes: make([]health.Outcome, len(p.jobs))}
	for i := range p.jobs {
		s.called[i] = !p.jobs[i].Late
	}
	defer context.AfterFunc(ctx, func() { s.lasted(time.Now()) })()
	var ended time.Time
	for k := range p.passes {
		places := s.owing(k)
		if len(places) == 0 {
			break // those of later passes are among them
		}
		if k > 0 {
			wait(ctx, time.Until(ended.Add(Pause)))
		}
		s.pass(ctx, k, places)
		ended = time.Now()
		if k == 0 {
			s.call()
		}
	}
	for _, i := range p.out {
		if s.called[i] {
			s.outcomes[i].Missing = p.tooShort(&p.jobs[i])
		}
	}
	return s.outcomes
}

// sweep is a plan being run.
type sweep struct {
	plan     *Plan
	began    time.Time
	called   []bool           // by index of Plan.jobs; of those that are not Late, all
	outcomes []health.Outcome // by index of Plan.jobs; each is written by one goroutine at a time
	cut      atomic.Pointer[time.Time]
}

// lasted is when the sweep was cut from outside, at the latest now.
func (s *sweep) lasted(now time.Time) time.Time {
	s.cut.CompareAndSwap(nil, &now)
	return *s.cut.Load()
}

// owing are the places in pass k (from 0) of the jobs to ask in it: those that are called,
// not up yet, and not given up.
func (s *sweep) owing(k int) []int {
	jobs := s.plan.passes[k].jobs
	places := make([]int, 0, len(jobs))
	for place, i := range jobs {
		if o := &s.outcomes[i]; s.called[i] && o.Missing == "" && !up(o) {
			places = append(places, place)
		}
	}
	return places
}

// call asks, after the first pass, which late jobs to ask beside its suspects.
func (s *sweep) call() {
	var suspects []int
	for _, i := range s.plan.passes[0].jobs {
		if o := &s.outcomes[i]; len(o.Attempts) > 0 && !up(o) {
			suspects = append(suspects, i)
		}
	}
	if s.plan.Call == nil || len(suspects) == 0 {
		return
	}
	for _, i := range s.plan.Call(suspects) {
		if i >= 0 && i < len(s.called) {
			s.called[i] = true
		}
	}
}

// up reports whether the last attempt was up.
func up(o *health.Outcome) bool {
	n := len(o.Attempts)
	return n > 0 && o.Attempts[n-1].Status == health.Up
}

// pass asks the jobs at the given places of pass k and returns when the last has ended.
func (s *sweep) pass(ctx context.Context, k int, places []int) {
	workers := make(chan struct{}, s.plan.Workers)
	next := make(chan turn) // for whoever has just asked: a stack that has grown is worth keeping
	var asking sync.WaitGroup
	for _, place := range places {
		workers <- struct{}{} // the first to be free takes this job; no later job is looked at before
		t := s.turn(k, place)
		if s.plan.Pacer != nil {
			t.sent, t.over = s.plan.Pacer.Hold(ctx, t.start)
		}
		if why := s.allow(ctx, &t); why != "" {
			t.over()
			s.outcomes[t.job].Missing = s.owed(t.job, t.attempt, why)
			<-workers
			continue
		}
		asking.Add(1)
		over := t.over
		t.over = func() {
			over()
			<-workers
			asking.Done()
		}
		select {
		case next <- t:
		default:
			go func() {
				s.ask(ctx, t)
				for t := range next {
					s.ask(ctx, t)
				}
			}()
		}
	}
	asking.Wait()
	close(next)
}

// turn is one attempt: the latest times that the proof leaves it, and what it was allowed.
type turn struct {
	job        int // index of Plan.jobs
	pass       int // from 1, as checkers count
	attempt    int // from 1; behind the pass when the job is late
	start, end time.Time

	sent    func() // the pacer's
	over    func() // the pacer's, then the pass's too
	began   time.Time
	allowed time.Duration
}

func (s *sweep) turn(k, place int) turn {
	p, at := s.plan, &s.plan.passes[k]
	t := turn{job: at.jobs[place], pass: k + 1, sent: func() {}, over: func() {}}
	t.attempt = t.pass - skipped(&p.jobs[t.job])
	t.start = s.began.Add(at.starts[place] + p.Slack)
	t.end = t.start.Add(worst(timeoutOf(&p.jobs[t.job].Target), p.limit))
	return t
}

// allow sets from when and for how long turn t may ask, or says why it may not. The end of the
// turn has Grace in it, so a start that is a little late, as real clocks have it, still
// gets its timeout in full; one that is later gets less, and nobody behind it suffers.
func (s *sweep) allow(ctx context.Context, t *turn) (why string) {
	t.began = time.Now()
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return "the time for asking was over"
		}
		return "the round was stopped"
	}
	t.allowed = min(timeoutOf(&s.plan.jobs[t.job].Target), s.plan.limit, t.end.Sub(t.began))
	if deadline, ok := ctx.Deadline(); ok {
		t.allowed = min(t.allowed, deadline.Sub(t.began))
	}
	if t.allowed <= 0 {
		return "the time for asking was over"
	}
	return ""
}

// owed says that an attempt of a job, and with it all later ones, was not made.
func (s *sweep) owed(job, attempt int, why string) string {
	return fmt.Sprintf("attempt %d of %d was not made: %s", attempt, attemptsOf(&s.plan.jobs[job].Target), why)
}

// wait waits for d, or for the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
