// Package round tells the story of one round, top to bottom.
//
// A round is named by its scheduled time, and that is the only clock of judgement. It
// reads the targets file, remembers the last round, asks what is due, judges, commits what
// it concluded together with what it owes to people, tells them, and only then crosses
// off what was accepted. Whatever breaks, and wherever: no alert is lost, and a copy
// carries the id of the original.
//
// Every later step still gets its chance when one fails. A failing target is never an
// error; an error is something of ours.
package round

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/store"
	"rollcall/internal/sweep"
)

// Memory is what the last round left for this one, and what people wish of it.
type Memory interface {
	// Load returns the stored state; an empty one with store.Absent when there is none.
	Load(ctx context.Context) (health.State, store.Version, error)
	// Commit stores s if the stored version is still v. Only without an error is it sure
	// that s was stored; with one, it may have been all the same.
	Commit(ctx context.Context, s health.State, v store.Version) (store.Version, error)
	// Silences are what people asked not to be told of; nil when there is none.
	Silences(ctx context.Context) ([]health.Silence, error)
}

// Archive keeps the last targets file that worked.
type Archive interface {
	LastGood(ctx context.Context) ([]byte, error) // store.ErrNotFound when there is none
	KeepGood(ctx context.Context, file []byte) error
}

// Network asks one target once, as one attempt of a sweep, and is closed with its round.
type Network interface {
	// Ask calls sent when the question is on its way and it waits for the answer.
	Ask(ctx context.Context, t fleet.Target, pass int, sent func()) health.Reading
	Close()
}

// Voice tells a digest to people.
type Voice interface {
	Publish(ctx context.Context, d health.Digest) (health.Delivery, error)
}

// Meter writes what a monitoring system sees of a round.
type Meter interface {
	Results(r health.Report) error // once the results are judged
	Finish(r health.Report) error  // the last line of the round
}

// Round is one round of one shard, and all it needs.
type Round struct {
	Scheduled time.Time
	By        string        // this invocation's id
	Shard     string        // "0-1": number and count
	Interval  time.Duration // of the schedule
	Fleet     string        // what the targets file must be called; empty: whatever it says
	Topic     string        // where Voice speaks; empty: nobody is told

	Read    func(ctx context.Context) ([]byte, error) // the targets file
	Parse   func(file []byte) (*fleet.Fleet, error)
	Memory  func(fleet string) Memory
	Archive func(fleet string) Archive
	Network func(f *fleet.Fleet, asked int) Network // for a round that asks so many targets
	Limits  func(*fleet.Fleet) sweep.Limits
	Meter   func(*fleet.Fleet) Meter
	Voice   Voice

	Processor Processor
}

const (
	loadShare = 3 * time.Second // the most that loading the state may take
	maxAhead  = 2 * time.Minute // how far in the future a scheduled time may lie
	maxOld    = 2               // how many intervals in the past
	maxDrift  = 5 * time.Minute // how far ahead of now a stored round is believed
)

// Reserve is the part of a round's whole time that is kept for commit, publish and clear:
// the larger of 5 s and 15 %.
func Reserve(whole time.Duration) time.Duration {
	return max(5*time.Second, whole*15/100)
}

// Budget is what a round of a function with this timeout can count on for its sweep.
func Budget(timeout time.Duration) time.Duration {
	return timeout - Reserve(timeout) - loadShare
}

// Run plays the round. ctx must carry the deadline at which it would be killed. The report
// is whole whatever the error, and the error joins everything of ours that went wrong.
func (o Round) Run(ctx context.Context) (health.Report, error) {
	r := &run{Round: o, cpu: o.Processor.Used()}
	r.report = health.Report{Shard: o.Shard, Scheduled: o.Scheduled, Started: time.Now()}
	deadline, ok := ctx.Deadline()
	if !ok {
		return r.report, errors.New("round: no deadline, want a context that ends when the round would be killed")
	}
	r.report.Deadline = deadline
	r.report.Reserve = Reserve(time.Until(deadline))
	err := r.play(ctx)
	return r.report, err
}

// run is a Round under way.
type run struct {
	Round
	report    health.Report
	cpu       time.Duration // when the round began
	fleet     *fleet.Fleet
	targets   []health.Target
	witnesses []health.Witness
	file      []byte // the targets file, when it is worth keeping
	meter     Meter
	memory    Memory
	faults    []health.Fault
	watched   bool // there was a state of this fleet before this round

	silences *[]health.Silence         // nil: they were not to be had, and those of the state hold
	results  []health.Result           // of the targets that were asked, or due, as they were read
	seen     map[string]health.Outcome // of the witnesses that were asked
}

// play is the story.
func (r *run) play(ctx context.Context) error {
	if ahead := r.Scheduled.Sub(r.report.Started); ahead > maxAhead {
		return fmt.Errorf("round %s: scheduled %s ahead, want at most %s", name(r.Scheduled), ahead.Round(time.Second), maxAhead)
	}
	if err := r.open(ctx); err != nil {
		return err // the dead-man alarm speaks: there is nobody else left to
	}
	if r.report.Started.Sub(r.Scheduled) > maxOld*r.Interval {
		r.report.Late = true
		return r.finish()
	}
	state, version, unread := r.load(ctx)
	if unread == nil && r.judgedAlready(state) {
		r.report.Repeated = true
		return r.finish()
	}
	r.sweep(ctx, state)
	if unread != nil {
		r.see(judge.Verdict{Results: r.results, Counts: count(r.results)})
		return errors.Join(unread, r.meter.Results(r.report), r.finish())
	}
	verdict := r.judge(state)
	r.see(verdict)
	measured := r.meter.Results(r.report)

	ledger, lost := r.commit(ctx, version, verdict)
	if lost != nil || ledger == nil {
		return errors.Join(measured, lost, r.finish())
	}
	told := r.publish(ctx, ledger)
	cleared := r.clear(ctx, ledger)
	r.report.Outbox = len(ledger.state.Outbox)
	kept := r.keep(ctx)
	r.report.Completed = everyAsked(r.results)
	return errors.Join(measured, told, cleared, kept, r.finish())
}

// load reads the last round's state within its share, and notes what is wrong with it.
// Meanwhile it reads the silences.
func (r *run) load(ctx context.Context) (health.State, store.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, loadShare)
	defer cancel()
	var beside sync.WaitGroup
	beside.Go(func() { r.listen(ctx) })
	defer beside.Wait()
	state, version, err := r.memory.Load(ctx)
	if err != nil {
		return health.State{}, version, fmt.Errorf("load state of %s: %w", r.fleet.Name, err)
	}
	r.watched = true
	if version == store.Absent {
		switch _, err := r.Archive(r.fleet.Name).LastGood(ctx); {
		case errors.Is(err, store.ErrNotFound):
			r.watched = false
		case err != nil: // then nobody can tell a lost state from a first one
			return health.State{}, version, fmt.Errorf("find out whether fleet %s was watched before: %w", r.fleet.Name, err)
		}
	}
	return state, version, nil
}

// listen reads what people asked not to be told of. When it is not to be had, what was read
// last holds, and nothing is the worse for it.
func (r *run) listen(ctx context.Context) {
	silences, err := r.memory.Silences(ctx)
	if errors.Is(err, context.Canceled) {
		return // the round was stopped
	}
	if err != nil {
		slog.Warn("the silences cannot be read, those last read hold", "round", name(r.Scheduled), "why", err.Error())
		return
	}
	r.silences = &silences
}

// judge concludes what the round means on top of a state. It may be asked again on another,
// and always judges what was read, never what it has made of it.
func (r *run) judge(state health.State) judge.Verdict {
	in := judge.Input{
		Fleet: r.fleet.Name, Shard: r.Shard, Scheduled: r.Scheduled,
		Targets: r.targets, Groups: r.fleet.Groups, Maintenance: r.fleet.Maintenance, Silences: state.Silences, Witnesses: r.witnesses,
		State: state, Results: r.results, Seen: r.seen, Faults: append(r.faultsOf(state), r.faults...),
	}
	if r.silences != nil {
		in.Silences = *r.silences
	}
	return judge.Round(in)
}

// faultsOf is what a state itself shows to be wrong with us.
func (r *run) faultsOf(state health.State) (faults []health.Fault) {
	if r.watched && state.Round.IsZero() { // whenever it went: it may have gone while we asked
		faults = append(faults, health.Fault{Name: health.FaultHistory, Cause: "the stored state is gone though this fleet was watched before; what was open is forgotten and will be told anew"})
	}
	if r.fromFuture(state) {
		faults = append(faults, health.Fault{Name: health.FaultClock, Cause: fmt.Sprintf(
			"the stored state speaks of round %s, which is still to come: check the clock that wrote it", name(state.Round))})
	}
	for _, e := range state.Outbox {
		if e.Refused != "" {
			return append(faults, health.Fault{Name: health.FaultDelivery, Cause: fmt.Sprintf(
				"the topic refuses digest %s: %s", e.ID, e.Refused)})
		}
	}
	return faults
}

func (r *run) see(v judge.Verdict) {
	r.report.Results, r.report.Counts, r.report.Critical = v.Results, v.Counts, v.Critical
	r.report.Groups = v.Groups
	r.tick()
}

// tick brings the report's clocks up to now.
func (r *run) tick() {
	now := time.Now()
	r.report.Elapsed = now.Sub(r.report.Started)
	r.report.CPU = r.Processor.Used() - r.cpu
	if over := now.Sub(r.report.Deadline.Add(-r.report.Reserve)); over > 0 {
		r.report.Finishing = over
	}
}

// finish writes the last line.
func (r *run) finish() error {
	r.tick()
	return r.meter.Finish(r.report)
}

func (r *run) fault(name, format string, args ...any) {
	r.faults = append(r.faults, health.Fault{Name: name, Cause: fmt.Sprintf(format, args...)})
}

// fromFuture reports whether the stored round lies further ahead than any clock of ours may.
func (r *run) fromFuture(state health.State) bool {
	return time.Until(state.Round) > maxDrift
}

// judgedAlready reports whether this round, or a later one, stands in the state.
func (r *run) judgedAlready(state health.State) bool {
	return !state.Round.Before(r.Scheduled) && !r.fromFuture(state)
}

func everyAsked(results []health.Result) bool {
	for _, result := range results {
		if len(result.Attempts) == 0 {
			return false
		}
	}
	return true
}

func count(results []health.Result) (c health.Counts) {
	for _, result := range results {
		c.Add(result.Status)
	}
	return c
}

// name is how a round is called.
func name(t time.Time) string { return t.UTC().Format(time.RFC3339) }
