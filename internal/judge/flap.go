package judge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rollcall/internal/health"
)

// A facet that changes sides more than flapMost times within flapWithin is flapping, and
// is calm again once it has kept to one side for flapCalm.
const (
	flapMost   = 6
	flapWithin = time.Hour
	flapCalm   = 30 * time.Minute
)

// weighChange counts the changes of sides of a facet's readings, and opens and closes its
// flapping. The first reading of a target changes nothing.
func (r *round) weighChange(t *member, facet int, b health.Belief, reading health.FacetReading) health.Belief {
	bad := reading.Status != health.Up
	b.Changes = since(b.Changes, r.now.Add(-flapWithin))
	if (b.Bad > 0) != bad && !t.fresh {
		b.Changes = append(b.Changes, minute(r.now))
	}
	m := t.flaps[facet]
	switch {
	case m == nil && len(b.Changes) > flapMost:
		t.flaps[facet] = r.flap(t, facet, b.Changes, reading)
	case m == nil:
	case len(b.Changes) == 0 || minute(r.now)-b.Changes[len(b.Changes)-1] >= int64(flapCalm/time.Minute):
		m.end(health.CalmUp, r.now)
		if bad {
			m.end(health.CalmDown, r.now)
		}
		b.Changes = nil // what was told as flapping once is not counted again
	default:
		m.recount(t.Target, b.Changes, reading)
	}
	return b
}

// since is the changes after a time, in memory of its own. Changes that are yet to come
// were written by a clock that was ahead; they are believed no longer than real ones.
func since(changes []int64, after time.Time) []int64 {
	kept := slices.Clone(changes)
	return slices.DeleteFunc(kept, func(m int64) bool {
		return m <= minute(after) || m > minute(after.Add(flapWithin))
	})
}

// flap opens the flapping of a facet: it began with the first of its changes.
func (r *round) flap(t *member, facet int, changes []int64, reading health.FacetReading) *matter {
	f := health.AllFacets[facet]
	m := r.begin(health.Subject{Kind: health.OfFlapping, Name: t.Name, Facet: f}, time.Unix(changes[0]*60, 0).UTC())
	m.Severity = health.Warning
	if f == health.Availability {
		m.Severity = cmp.Or(t.Severity, health.Critical)
	}
	if ended := t.matters[facet]; ended != nil { // its end is the last of the changes
		m.Severity, m.Class = ended.Severity, ended.Class
	}
	m.recount(t.Target, changes, reading)
	return m
}

// recount brings a flapping up to the latest reading.
func (m *matter) recount(t *health.Target, changes []int64, reading health.FacetReading) {
	if reading.Status != health.Up {
		m.Class = reading.Class
		if weight(reading.Severity) > weight(m.Severity) {
			m.Severity = reading.Severity
		}
	}
	m.Cause = fmt.Sprintf("changed sides %d times in the last hour", len(changes))
	if reading.Cause != "" {
		m.Cause += ", latest: " + reading.Cause
	}
	m.describe(t)
}
