package store

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rollcall/internal/health"
)

// text is a state as it is stored. Nearly all of a fleet is calm nearly always, and of who
// is calm the name alone is kept, beside the round that asked it last: a third of the bytes,
// and of the time.
type text struct {
	health.State
	Targets map[string]health.TargetState `json:"targets,omitempty"` // who is not calm; it goes before the state's own
	Calm    map[time.Time][]string        `json:"calm,omitempty"`    // names, sorted
}

// calm is what is remembered of a target of which there is nothing to say.
func calm(asked time.Time) health.TargetState {
	return health.TargetState{Asked: asked, Status: health.Up, SeenUp: true}
}

// isCalm reports whether t is calm, and was asked at a time that a text gives back as it is.
func isCalm(t *health.TargetState) bool {
	return t.Status == health.Up && t.SeenUp && !t.Missed && t.Shadow == 0 && t.Trail == "" && t.Facets == nil && t.Notes == nil &&
		!t.Asked.IsZero() && t.Asked == t.Asked.UTC().Round(0)
}

// textOf is the text of a state.
func textOf(state health.State) text {
	t := text{State: state}
	for name, target := range state.Targets {
		if isCalm(&target) {
			if t.Calm == nil {
				t.Calm = make(map[time.Time][]string)
			}
			t.Calm[target.Asked] = append(t.Calm[target.Asked], name)
		} else {
			if t.Targets == nil {
				t.Targets = make(map[string]health.TargetState)
			}
			t.Targets[name] = target
		}
	}
	for _, names := range t.Calm {
		slices.Sort(names)
	}
	return t
}

// state is the state of a text. A text that says two things of one target is damaged.
func (t text) state() (health.State, error) {
	state := t.State
	state.Targets = t.Targets
	if len(t.Calm) == 0 {
		return state, nil
	}
	known := len(t.Targets)
	for _, names := range t.Calm {
		known += len(names)
	}
	state.Targets = make(map[string]health.TargetState, known)
	maps.Copy(state.Targets, t.Targets)
	for asked, names := range t.Calm {
		for _, name := range names {
			state.Targets[name] = calm(asked)
		}
	}
	if len(state.Targets) != known {
		return health.State{}, fmt.Errorf("%w: %d targets are named %d times", ErrForeign, len(state.Targets), known)
	}
	return state, nil
}
