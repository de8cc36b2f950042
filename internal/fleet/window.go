package fleet

import (
	"time"

	"github.com/netresearch/go-cron"
)

// span is a window that opens once.
type span struct{ from, until time.Time }

// Open reports whether t is in it: from its first moment on, and no longer when it ends.
func (s span) Open(t time.Time) bool { return !t.Before(s.from) && t.Before(s.until) }

// recurring is a window that opens by the wall clock of a zone, and stays open for a time
// that is measured by any clock.
//
// The clock of a zone jumps. What it jumps over begins when it has jumped; what it shows
// twice begins the first time. The library decides which times an expression means, but
// of a clock that never jumps: around a change it opens windows twice, an hour late, or
// not at all (a change by half an hour), depending on what it is asked from.
type recurring struct {
	expression *cron.SpecSchedule // of times as a clock shows them, written as UTC
	zone       *time.Location
	lasts      time.Duration
}

// Open reports whether t is within lasts of the latest time it opened.
func (w recurring) Open(t time.Time) bool {
	minute := w.furthest(t).Truncate(time.Minute)
	shown := w.expression.Prev(minute.Add(time.Minute)) // the latest before the next minute
	return !shown.IsZero() && t.Before(w.first(shown, t).Add(w.lasts))
}

// furthest is the furthest that the clock of the zone has been by t, as UTC. When it was
// set back and has not caught up, that is what it showed before; nearly, because it was
// set back the moment before it would have shown it.
func (w recurring) furthest(t time.Time) time.Time {
	shown := w.shows(t)
	if change, _ := t.In(w.zone).ZoneBounds(); !change.IsZero() {
		if before := w.shows(change.Add(-1)); before.After(shown) {
			return before
		}
	}
	return shown
}

// first is when the clock of the zone first showed the given time, or a later one, if that
// was no later than t.
func (w recurring) first(shown, t time.Time) time.Time {
	for {
		at := shown.Add(t.UTC().Sub(w.shows(t))) // if no change comes between
		change, _ := t.In(w.zone).ZoneBounds()
		before := change.Add(-1)
		switch {
		case change.IsZero():
			return at
		case !w.shows(before).Before(shown):
			t = before // it was shown before the change
		case at.Before(change):
			return change // it was jumped over
		default:
			return at
		}
	}
}

// shows is what the clock of the zone shows at t, as UTC.
func (w recurring) shows(t time.Time) time.Time {
	_, ahead := t.In(w.zone).Zone()
	return t.UTC().Add(time.Duration(ahead) * time.Second)
}
