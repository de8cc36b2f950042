package round

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

// sweep asks what is due, within what is left of the budget, and with it whoever may explain
// what is found. It keeps what was found as it was: the judge may have to look again.
func (r *run) sweep(ctx context.Context, state health.State) {
	end := r.report.Deadline.Add(-r.report.Reserve)
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	var network Network
	l := r.lineUp(state, func(ctx context.Context, t fleet.Target, pass int, sent func()) health.Reading {
		return network.Ask(ctx, t, pass, sent)
	})
	plan := sweep.NewPlan(l.jobs, time.Until(end), r.Limits(r.fleet).MaxWorkers())
	plan.Call = l.call
	r.admit(plan)
	network = r.Network(r.fleet, l.asked(plan))
	defer network.Close()
	outcomes := r.Processor.Sweep(ctx, plan, &r.report)
	WarnOfShortage(r.report)
	r.results, r.seen = l.read(outcomes, judge.Sweep{Scheduled: r.Scheduled, Saturation: r.report.Saturation})
}

// admit says aloud what a plan cannot promise: a cut timeout, and who is not asked though it
// may be called, are for the log; what is due and not asked at all is an incident.
func (r *run) admit(plan *sweep.Plan) {
	err := plan.Err()
	if err == nil {
		return
	}
	level := slog.LevelWarn
	if len(plan.Beyond) > 0 {
		level = slog.LevelError // the round will not count as completed
	}
	slog.Log(context.Background(), level, "the round is short of time", "round", name(r.Scheduled), "why", err.Error(), "cut", plan.Cut, "beyond", plan.Beyond, "left_out", plan.LeftOut)
	if len(plan.Beyond) > 0 {
		r.fault(health.FaultBudget, "%v", err)
		r.file = nil // the last good copy is one that fits
	}
}

// lineup is who may be asked in a round: the targets that are due, then those that something
// due depends on, then the witnesses. The last two are late, and asked when they are called:
// a target that is not due when something that depends on it is a suspect, a witness when
// so many are that it may be us who cannot see. A witness whose last answer is old is
// asked with those that are due.
type lineup struct {
	jobs  []sweep.Job
	due   int            // the first so many jobs are targets that are due
	since int            // from here on they are witnesses
	late  map[string]int // the jobs between, by the target's name
	kin   *judge.Family

	mu    sync.Mutex
	first []health.Reading // of the first pass, of those due; a checker that was left behind may still come
}

// ask asks a target or a witness once.
type ask func(ctx context.Context, t fleet.Target, pass int, sent func()) health.Reading

func (r *run) lineUp(state health.State, ask ask) *lineup {
	due := judge.Due(state, r.targets, r.Scheduled)
	l := &lineup{due: len(due), kin: judge.Kin(r.targets, r.fleet.Groups), late: map[string]int{}, first: make([]health.Reading, len(due))}
	names := make([]string, len(due))
	for i, at := range due {
		t := r.fleet.Targets[at]
		names[i] = t.Name
		before := state.Targets[t.Name]
		l.add(sweep.Job{Target: t.Target, Missed: before.Missed, Asked: before.Asked}, t, ask)
	}
	for _, t := range r.unasked(names, l.kin.Ancestors(names...)) {
		l.late[t.Name] = len(l.jobs)
		l.add(sweep.Job{Target: t.Target, Late: true}, t, ask)
	}
	l.since = len(l.jobs)
	for _, w := range r.fleet.Witnesses {
		l.add(sweep.Job{Target: w.Target.Target, Late: !judge.WitnessDue(state.Witnesses[w.Name], r.Scheduled)}, w.Target, ask)
	}
	return l
}

// unasked are the targets of these names that are not among those due, and not paused.
func (r *run) unasked(due, names []string) (targets []fleet.Target) {
	if len(names) == 0 {
		return nil
	}
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	for _, n := range due {
		delete(wanted, n)
	}
	for _, t := range r.fleet.Targets {
		if wanted[t.Name] && t.Enabled {
			targets = append(targets, t)
		}
	}
	return targets
}

// add gives a job its deed. What the first pass brings of a target that is due is noted.
func (l *lineup) add(job sweep.Job, t fleet.Target, ask ask) {
	at := len(l.jobs)
	job.Ask = func(ctx context.Context, pass int, sent func()) health.Reading {
		reading := ask(ctx, t, pass, sent)
		if pass == 1 && at < l.due {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.first[at] = reading
		}
		return reading
	}
	l.jobs = append(l.jobs, job)
}

// asked is how many of the targets that are due a plan asks.
func (l *lineup) asked(p *sweep.Plan) int {
	beyond := make(map[string]bool, len(p.Beyond))
	for _, name := range p.Beyond {
		beyond[name] = true
	}
	asked := 0
	for i := range l.due {
		if !beyond[l.jobs[i].Target.Name] {
			asked++
		}
	}
	return asked
}

// call gives the late jobs that the suspects of the first pass make worth asking.
func (l *lineup) call(suspects []int) (called []int) {
	var names []string
	for _, i := range suspects {
		if i < l.due {
			names = append(names, l.jobs[i].Target.Name)
		}
	}
	for _, name := range l.kin.Ancestors(names...) {
		if i, ok := l.late[name]; ok {
			called = append(called, i)
		}
	}
	if judge.Call(l.glances(suspects)) {
		for i := l.since; i < len(l.jobs); i++ {
			called = append(called, i)
		}
	}
	return called
}

// glances are what the first pass brought of the targets that it asked. Of a checker that was
// left behind nobody knows more than that its target is a suspect.
func (l *lineup) glances(suspects []int) []judge.Glance {
	suspect := make(map[int]bool, len(suspects))
	for _, i := range suspects {
		suspect[i] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	glances := make([]judge.Glance, 0, l.due)
	for i, reading := range l.first {
		if suspect[i] || reading.Status != "" {
			glances = append(glances, judge.Glance{Host: l.jobs[i].Target.Host, Reading: reading})
		}
	}
	return glances
}

// read makes results of what was brought of the targets, and gives what was brought of the
// witnesses by their names. One that was not due and was not asked has no result.
func (l *lineup) read(outcomes []health.Outcome, s judge.Sweep) (results []health.Result, seen map[string]health.Outcome) {
	results = make([]health.Result, 0, l.due)
	seen = map[string]health.Outcome{}
	for i, o := range outcomes {
		t := l.jobs[i].Target
		switch {
		case i >= l.due && len(o.Attempts) == 0:
		case i >= l.since:
			seen[t.Name] = o
		default:
			results = append(results, s.Read(t, o))
		}
	}
	return results, seen
}
