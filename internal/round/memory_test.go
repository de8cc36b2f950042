package round

import (
	"context"
	"fmt"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

// faultyMemory is a real memory whose calls fail on order, before or after they did their
// work: steps "load", "silences", "commit" (before), "committed" (after), "good", "keep".
type faultyMemory struct {
	w *world
	*store.States
}

func (m *faultyMemory) Load(ctx context.Context) (health.State, store.Version, error) {
	if err := m.w.note("load", ""); err != nil {
		return health.State{}, store.Absent, err
	}
	return m.States.Load(ctx)
}

func (m *faultyMemory) Commit(ctx context.Context, s health.State, v store.Version) (store.Version, error) {
	if ctx.Err() != nil {
		return store.Absent, ctx.Err()
	}
	m.w.behind("before commit")
	if err := m.w.note("commit", fmt.Sprintf("%d owed", len(s.Outbox))); err != nil {
		return store.Absent, err
	}
	version, err := m.States.Commit(ctx, s, v)
	m.w.behind("commit")
	if err == nil {
		err = m.w.note("committed", "")
	}
	return version, err
}

func (m *faultyMemory) Silences(ctx context.Context) ([]health.Silence, error) {
	if err := m.w.note("silences", ""); err != nil {
		return nil, err
	}
	return m.States.Silences(ctx)
}

func (m *faultyMemory) LastGood(ctx context.Context) ([]byte, error) {
	if err := m.w.note("good", ""); err != nil {
		return nil, err
	}
	return m.States.LastGood(ctx)
}

func (m *faultyMemory) KeepGood(ctx context.Context, file []byte) error {
	if err := m.w.note("keep", ""); err != nil {
		return err
	}
	return m.States.KeepGood(ctx, file)
}

// once lets a step fail at its n-th call.
func once(n int, err error) func(int) error {
	return func(call int) error {
		if call == n {
			return err
		}
		return nil
	}
}

func always(err error) func(int) error { return func(int) error { return err } }
