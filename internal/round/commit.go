package round

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/store"
)

// maxTries bounds how often one step writes, or reads, before it gives up.
const maxTries = 4

// The reserve is split by deadlines, as shares of it that must still be left: the commit
// ends with 60 % left, publishing with half of that, clearing with half of the rest, keeping
// the targets file with half of that again. The last lines have what remains.
const (
	leftByCommit  = 60
	leftByPublish = 30
	leftByClear   = 15
	leftByKeep    = 7
)

// within is ctx until left percent of the reserve are left.
func (r *run) within(ctx context.Context, left time.Duration) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, r.report.Deadline.Add(-r.report.Reserve*left/100))
}

// ledger is the stored state as this round last knew it, and what this round may tell of it.
type ledger struct {
	state    health.State
	version  store.Version
	at       time.Time         // when the commit was signed
	accepted map[string]bool   // ids of digests, once told
	refused  map[string]string // why, by the id of the digest
}

// commit stores the verdict and its outbox, or finds out who did. After anything but
// success the content of the store alone decides: our own name in it means that the write
// was applied and only its answer was lost; this round, or a later one, under another name
// means that another judged it: nil, and nothing is ours to tell. Else the round is judged
// again on what is there now.
func (r *run) commit(ctx context.Context, version store.Version, verdict judge.Verdict) (*ledger, error) {
	ctx, cancel := r.within(ctx, leftByCommit)
	defer cancel()
	var refusal error
	for range maxTries {
		signed := time.Now()
		next := r.sign(verdict, signed)
		stored, err := r.memory.Commit(ctx, next, version)
		if err == nil {
			return newLedger(next, stored, signed), nil
		}
		refusal = err
		state, found, err := r.reload(ctx)
		switch {
		case err != nil:
			return nil, fmt.Errorf("commit round %s: %w", name(r.Scheduled), errors.Join(refusal, err))
		case r.signedBy(state):
			return newLedger(state, found, signed), nil
		case r.judgedAlready(state):
			r.report.Repeated = true
			return nil, nil
		}
		verdict = r.judge(state)
		version = found
		r.see(verdict)
	}
	return nil, fmt.Errorf("commit round %s: %w, %d times over", name(r.Scheduled), refusal, maxTries)
}

func newLedger(state health.State, version store.Version, at time.Time) *ledger {
	return &ledger{state: state, version: version, at: at, accepted: map[string]bool{}, refused: map[string]string{}}
}

// reload reads the state until it gets an answer, within the same bound as writing.
func (r *run) reload(ctx context.Context) (state health.State, version store.Version, err error) {
	for range maxTries {
		state, version, err = r.memory.Load(ctx)
		if err == nil || errors.Is(err, store.ErrForeign) || ctx.Err() != nil {
			break
		}
	}
	return state, version, err
}

// sign makes of a verdict the state to store: one write further, in our name, with what we
// owe in its outbox.
func (r *run) sign(v judge.Verdict, now time.Time) health.State {
	next := v.State
	next.Schema = health.StateSchema
	next.Seq++
	kept := max(0, len(next.Commits)-health.CommitsKept+1)
	next.Commits = append(slices.Clone(next.Commits[kept:]), health.Commit{Round: r.Scheduled, By: r.By})
	next.Outbox = r.outbox(v, now)
	return next
}

// signedBy reports whether this very invocation has judged this round into the state.
func (r *run) signedBy(state health.State) bool {
	return slices.ContainsFunc(state.Commits, func(c health.Commit) bool {
		return c.By == r.By && c.Round.Equal(r.Scheduled)
	})
}

// publish tells what is ours to tell, the backlog first. What is not accepted stays owed.
func (r *run) publish(ctx context.Context, l *ledger) error {
	if r.Topic == "" {
		return nil // there is nobody to tell, and what others owe stays owed
	}
	ctx, cancel := r.within(ctx, leftByPublish)
	defer cancel()
	var wrong []error
	for _, e := range l.state.Outbox {
		if !r.mayTell(e, l.at) {
			continue
		}
		if ctx.Err() != nil {
			wrong = append(wrong, fmt.Errorf("publish digest %s: no time was left, it stays owed", e.ID))
			break
		}
		delivery, err := r.Voice.Publish(ctx, r.copyOf(e))
		switch delivery {
		case health.Accepted:
			l.accepted[e.ID] = true
		case health.Refused:
			l.refused[e.ID] = fmt.Sprint(err)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("publish digest %s: %w", e.ID, err))
		}
	}
	return errors.Join(wrong...)
}

// copyOf is the digest of an entry as this round tells it. What another invocation owed is
// the same digest by the same id, and says when it is told.
func (r *run) copyOf(e health.Entry) health.Digest {
	if e.By != r.By {
		e.Digest.Sent = r.Scheduled
	}
	return e.Digest
}

// clear crosses off what was accepted from whatever is stored by now, marks what was
// refused, and writes back nothing else.
func (r *run) clear(ctx context.Context, l *ledger) error {
	ctx, cancel := r.within(ctx, leftByClear)
	defer cancel()
	var refusal error
	for range maxTries {
		next, changed := l.settle()
		if !changed {
			return nil
		}
		version, err := r.memory.Commit(ctx, next, l.version)
		if err == nil {
			l.state, l.version = next, version
			return nil
		}
		refusal = err
		state, version, err := r.reload(ctx)
		if err != nil { // what the ledger knows is still what is owed
			return fmt.Errorf("clear the outbox after round %s: %w", name(r.Scheduled), errors.Join(refusal, err))
		}
		l.state, l.version = state, version
	}
	return fmt.Errorf("clear the outbox after round %s: %w, %d times over", name(r.Scheduled), refusal, maxTries)
}

// settle is the ledger's state without what was accepted and with what was refused marked,
// and whether that changes anything.
func (l *ledger) settle() (health.State, bool) {
	next, changed := l.state, false
	next.Outbox = nil
	for _, e := range l.state.Outbox {
		if l.accepted[e.ID] {
			changed = true
			continue
		}
		if why, ok := l.refused[e.ID]; ok && e.Refused == "" { // the first words stay: later ones differ by a request's id
			e.Refused, changed = why, true
		}
		next.Outbox = append(next.Outbox, e)
	}
	next.Seq++
	return next, changed
}
