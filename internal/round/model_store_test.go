package round_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

// step is a kind of step that reaches out of the function, where anything may happen to it.
type step int

const (
	reads      step = iota // the state
	readsCopy              // the last good targets file
	readsQuiet             // the silences; it never dies of that, as they are read beside the state
	writes                 // the state
	keeps                  // the last good targets file
	tells                  // a digest to people
	steps      = iota
)

func (s step) String() string {
	return [...]string{"reads", "reads the copy", "reads the silences", "writes", "keeps", "tells"}[s]
}

// deed is what becomes of a step.
type deed int

const (
	fine       deed = iota
	fails           // it does not take place, and is answered with an error
	hangs           // it does not take place, and is not answered
	slow            // it takes place after a while; if nobody waits for it any longer, all the same
	slowAnswer      // it takes place at once, and is answered after a while
	lost            // it takes place, and is answered with an error
	raced           // it takes place, is sent again, and meets itself: another version is stored
	late            // it is answered with an error, and takes place after a while
	dies            // the invocation is killed before it
	diesAfter       // the invocation is killed after it
	diesLate        // the invocation is killed, and it takes place after a while
	refuses         // the topic refuses the digest
	denies          // the topic refuses whoever asks
)

func (d deed) String() string {
	return [...]string{"fine", "fails", "hangs", "slow", "slowAnswer", "lost", "raced", "late", "dies", "diesAfter", "diesLate", "refuses", "denies"}[d]
}

// mayHappen is what may become of each kind of step.
var mayHappen = [steps][]deed{
	reads:      {fails, hangs, slow, slowAnswer, dies, diesAfter},
	readsCopy:  {fails, hangs, slow, slowAnswer, dies, diesAfter},
	readsQuiet: {fails, hangs, slow, slowAnswer},
	writes:     {fails, hangs, slow, slowAnswer, lost, raced, late, dies, diesAfter, diesLate},
	keeps:      {fails, hangs, slow, slowAnswer, lost, late, dies, diesAfter, diesLate},
	tells:      {fails, hangs, slow, slowAnswer, lost, late, dies, diesAfter, diesLate, refuses, denies},
}

// fate is what becomes of the n-th step of a kind that an invocation takes, from 0.
type fate struct {
	step step
	n    int
	deed deed
	d    time.Duration
}

func (f fate) String() string { return fmt.Sprintf("%s %d: %s %s", f.step, f.n, f.deed, f.d) }

var (
	errBroken  = errors.New("503, slow down")
	errLost    = errors.New("connection reset")
	errRefused = errors.New("400, invalid parameter")
	errDenied  = errors.New("403, access denied")
)

// take takes a step, or lets happen to it what is to happen. It never holds the lock.
func (i *invocation) take(ctx context.Context, s step, effect func() error) error {
	f := i.next(s)
	if !i.pause(ctx, time.Millisecond) || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch f.deed {
	case fails:
		return errBroken
	case hangs:
		<-ctx.Done()
		return ctx.Err()
	case slow:
		if !i.pause(ctx, f.d) {
			i.later(f.d/2, effect)
			return ctx.Err()
		}
	case slowAnswer:
		err := effect()
		if !i.pause(ctx, f.d) {
			return ctx.Err()
		}
		return err
	case lost:
		_ = effect()
		return errLost
	case raced:
		_ = effect()
		return store.ErrRaced
	case late:
		i.later(f.d, effect)
		return errLost
	case dies:
		i.dies()
	case diesAfter:
		_ = effect()
		i.dies()
	case diesLate:
		i.later(f.d, effect)
		i.dies()
	case refuses:
		return errRefused
	case denies:
		return errDenied
	}
	return effect()
}

// next is the fate of the invocation's next step of a kind: its own, or what it shares with
// all others in this weather.
func (i *invocation) next(s step) fate {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := i.done[s]
	i.done[s]++
	found := fate{step: s, n: n, d: 5 * time.Second, deed: [steps]deed{i.reads, i.reads, i.reads, i.writes, i.writes, i.topic}[s]}
	for _, f := range i.fates {
		if f.step == s && f.n == n {
			found = f
		}
	}
	if found.deed != fine {
		i.note("  %s %s", i.by, found)
	}
	return found
}

// Get reads an object.
func (p *process) Get(ctx context.Context, key string) (data []byte, v store.Version, err error) {
	i, s := p.plays, map[string]step{stateKey: reads, goodKey: readsCopy, quietKey: readsQuiet}[key]
	err = i.take(ctx, s, func() error {
		i.mu.Lock()
		defer i.mu.Unlock()
		stored, found := i.objects[key]
		if key == stateKey {
			i.loads(stored)
		}
		if !found {
			return store.ErrNotFound
		}
		data, v = bytes.Clone(stored), store.Version(stored)
		return nil
	})
	if key == quietKey && (err == nil || errors.Is(err, store.ErrNotFound)) {
		i.hearsQuiet(data)
	}
	if err != nil {
		return nil, store.Absent, err
	}
	return data, v, nil
}

// Put writes an object if the stored version is v.
func (p *process) Put(ctx context.Context, key string, data []byte, v store.Version) (store.Version, error) {
	i, s := p.plays, keeps
	if key == stateKey {
		s = writes
	}
	err := i.take(ctx, s, func() error {
		i.mu.Lock()
		defer i.mu.Unlock()
		stored := store.Version(i.objects[key])
		if v != store.Any && v != stored {
			return store.ErrRaced
		}
		if key == stateKey {
			i.lands(v, data)
		}
		i.objects[key] = data
		return nil
	})
	if err != nil {
		return store.Absent, err
	}
	return store.Version(data), nil
}

type voice struct{ i *invocation }

// Publish tells people.
func (v voice) Publish(ctx context.Context, d health.Digest) (health.Delivery, error) {
	v.i.publishes(d)
	err := v.i.take(ctx, tells, func() error {
		v.i.mu.Lock()
		defer v.i.mu.Unlock()
		v.i.hears(d)
		return nil
	})
	switch err {
	case nil:
		v.i.accepts(d)
		return health.Accepted, nil
	case errRefused:
		return health.Refused, err
	case errDenied:
		return health.Denied, err
	default:
		return health.Unsure, err
	}
}

// slip is a place for one object, in which nothing goes wrong.
type slip struct{ data []byte }

func (s *slip) Get(context.Context, string) ([]byte, store.Version, error) {
	return s.data, store.Version(s.data), nil
}

func (s *slip) Put(_ context.Context, _ string, data []byte, _ store.Version) (store.Version, error) {
	s.data = data
	return store.Version(data), nil
}

// readState reads a state as it lies in the store.
func readState(data []byte) (health.State, error) {
	s, _, err := store.NewStates(&slip{data}, fleetName, shard).Load(context.Background())
	return s, err
}

// stored is a state as it lies in the store, written by this code or by newer one.
func stored(s health.State, newer bool) []byte {
	var written slip
	s.Schema = health.StateSchema
	if _, err := store.NewStates(&written, fleetName, shard).Commit(context.Background(), s, store.Absent); err != nil {
		panic(err)
	}
	if newer {
		return bytes.Replace(written.data, []byte(health.StateSchema), []byte("rollcall.state/2"), 1)
	}
	return written.data
}
