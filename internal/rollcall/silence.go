package rollcall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/store"
)

// Silenced is what is known of the silences of a fleet.
type Silenced struct {
	Fleet    string
	Unseen   bool             // the store holds no state of the fleet: no round ran there, or it is another's
	Silences []health.Silence // those that have not ended, the next to end first
	Changed  *health.Silence  // the one that was replaced, or ended early; nil when there was none
	Targets  int              // how many targets the name stands for; 0 for a target itself, and when none is named
}

// ErrNotSilenced is the end of a silence that there is not.
var ErrNotSilenced = errors.New("not silenced")

// Silences are those of the fleet now.
func (r *Rollcall) Silences(ctx context.Context, now time.Time) (Silenced, error) {
	running, err := r.running(ctx)
	if err != nil {
		return Silenced{}, err
	}
	known, err := r.states(running.Name).Silences(ctx)
	if err != nil {
		return Silenced{}, r.ofStore(err)
	}
	return Silenced{Fleet: running.Name, Unseen: running.unseen, Silences: ongoing(known, now)}, nil
}

// Silence keeps people from being told of one target, one group or everybody, in place of
// any silence of the same name. Those that have ended are forgotten. A name that nobody has
// is an error of [fleet.Problems].
func (r *Rollcall) Silence(ctx context.Context, s health.Silence, now time.Time) (Silenced, error) {
	running, err := r.running(ctx)
	if err != nil {
		return Silenced{}, err
	}
	done := Silenced{Fleet: running.Name, Unseen: running.unseen}
	if done.Targets, err = running.count(s.Name); err != nil {
		return Silenced{}, err
	}
	err = r.states(running.Name).ChangeSilences(ctx, func(known []health.Silence) ([]health.Silence, error) {
		known, before := without(ongoing(known, now), s.Name)
		if before != nil && (before.Why != s.Why || !before.Until.Equal(s.Until)) { // else it is ours: another change came on top
			done.Changed = before
		}
		done.Silences = ongoing(append(known, s), now)
		return done.Silences, nil
	})
	if err != nil {
		return Silenced{}, r.ofStore(err)
	}
	return done, nil
}

// EndSilence ends one before its time, also of a name that nobody has any more.
// [ErrNotSilenced] means that there is none.
func (r *Rollcall) EndSilence(ctx context.Context, name string, now time.Time) (Silenced, error) {
	running, err := r.running(ctx)
	if err != nil {
		return Silenced{}, err
	}
	done := Silenced{Fleet: running.Name, Unseen: running.unseen}
	err = r.states(running.Name).ChangeSilences(ctx, func(known []health.Silence) ([]health.Silence, error) {
		var before *health.Silence
		done.Silences, before = without(ongoing(known, now), name)
		if before != nil {
			done.Changed = before
		}
		if done.Changed == nil {
			return nil, ErrNotSilenced
		}
		return done.Silences, nil
	})
	switch {
	case errors.Is(err, ErrNotSilenced):
		return done, err
	case err != nil:
		return Silenced{}, r.ofStore(err)
	}
	return done, nil
}

// ongoing are the silences that have not ended, the next to end first.
func ongoing(all []health.Silence, now time.Time) []health.Silence {
	kept := make([]health.Silence, 0, len(all))
	for _, s := range all {
		if now.Before(s.Until) {
			kept = append(kept, s)
		}
	}
	slices.SortStableFunc(kept, func(a, b health.Silence) int {
		return cmp.Or(a.Until.Compare(b.Until), strings.Compare(a.Name, b.Name))
	})
	return kept
}

// without takes the silence of a name out. What is left is a list, also when nothing is.
func without(all []health.Silence, name string) (rest []health.Silence, taken *health.Silence) {
	rest = make([]health.Silence, 0, len(all))
	for i := range all {
		if all[i].Name == name {
			taken = &all[i]
		} else {
			rest = append(rest, all[i])
		}
	}
	return rest, taken
}

// running is the fleet as its rounds know it.
type running struct {
	*fleet.Fleet
	state   health.State
	foreign error        // why the state cannot be read by this version; nil when it can
	unseen  bool         // no state is stored
	written *fleet.Fleet // the targets file as it is
}

// running is what the store holds of the fleet that the targets file names: its state and the
// last good copy of the file, which is what the rounds ask. Before the first round it is
// the file itself. References are left as they are.
func (r *Rollcall) running(ctx context.Context) (running, error) {
	f, err := r.load(ctx, nil)
	if err != nil {
		return running{}, err
	}
	states := r.states(f.Name)
	state, v, err := states.Load(ctx)
	foreign := r.ofStore(err)
	if err != nil && !errors.Is(err, store.ErrForeign) {
		return running{}, foreign
	}
	unseen, written := err == nil && v == store.Absent, f
	good, err := states.LastGood(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return running{}, r.ofStore(err)
	default:
		// One that a newer version wrote is of no use to this one; then the file must do.
		if deployed, err := fleet.Parse("the last good copy", good, nil); err == nil && deployed.Name == f.Name {
			f = deployed
		}
	}
	return running{f, state, foreign, unseen, written}, nil
}

// count is how many targets a name stands for: 0 when it is one itself.
func (r running) count(name string) (int, error) {
	if name == health.Everybody {
		return len(r.Targets), nil
	}
	targets, err := r.find(name)
	if err != nil || len(targets) == 1 && targets[0].Name == name {
		return 0, err
	}
	return len(targets), nil
}

// find is what a name stands for: a target, or those of a group.
func (r running) find(name string) ([]fleet.Target, error) {
	targets, err := r.Select([]string{name})
	if err == nil {
		return targets, nil
	}
	if _, unknown := r.written.Select([]string{name}); unknown == nil {
		return nil, fleet.Problems{{
			What:   fmt.Sprintf("%q is in the targets file, but not in the last good copy of it, which is what the rounds ask", name),
			Remedy: "deploy or push the file first",
		}}
	}
	return nil, err
}
