package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// notesLast is for how long what was decided about a target is remembered once it is well.
const notesLast = 24 * time.Hour

// explain writes on a result why people were told of it or not, and keeps the reason.
func (r *round) explain(result *health.Result) {
	t := r.fleet[result.Target.Name]
	switch {
	case t == nil:
		result.Reason = "not in the fleet, not judged"
		return
	case !t.Enabled:
		result.Reason = "paused, not judged"
		return
	}
	result.Reason = t.reason()
	r.note(t, result.Reason, result.Status == health.Up && !t.bad())
}

// remember keeps the reasons of what was decided about targets that were not asked.
func (r *round) remember() {
	for i := range r.members {
		if t := &r.members[i]; t.result == nil && t.Enabled && t.bad() {
			r.note(t, t.reason(), false)
		}
	}
}

// reason says what was decided about a target, facet by facet.
func (t *member) reason() string {
	var reasons []string
	if t.result != nil && t.result.Status == health.Unknown {
		reasons = append(reasons, "unknown changes nothing")
	}
	for i, f := range health.AllFacets {
		why := t.why(i)
		if why == "" {
			continue
		}
		if f != health.Availability {
			why = string(f) + ": " + why
		}
		reasons = append(reasons, why)
	}
	switch {
	case len(reasons) > 0:
		return strings.Join(reasons, "; ")
	case t.fresh:
		return "first reading, up is silent"
	default:
		return "up"
	}
}

// why tells what became of a facet, given by its rank; empty when it is well.
func (t *member) why(facet int) string {
	f := health.AllFacets[facet]
	failAfter, recoverAfter := Thresholds(*t.Target, f)
	belief := t.state.Facets[f]
	m, flap := t.matters[facet], t.flaps[facet]
	var reasons []string
	if flap != nil {
		reasons = append(reasons, "flapping: "+flap.said)
	}
	switch {
	case m != nil && belief.Good > 0:
		reasons = append(reasons, fmt.Sprintf("%d of %d good rounds, %s", belief.Good, recoverAfter, m.said))
	case m != nil:
		reasons = append(reasons, m.said)
	case belief.Bad > 0:
		reasons = append(reasons, fmt.Sprintf("%d of %d bad rounds", belief.Bad, failAfter))
	}
	return strings.Join(reasons, "; ")
}

// note keeps a reason that is not the one before it. Of a target that was always well
// nothing is kept, and once it is well again what is past is forgotten in time.
func (r *round) note(t *member, reason string, well bool) {
	notes := t.state.Notes
	switch last := len(notes) - 1; {
	case last < 0 && well:
		return
	case last < 0:
	case notes[last].Reason == reason && well && r.now.Sub(notes[last].Round) > notesLast:
		t.state.Notes = nil
		return
	case notes[last].Reason == reason:
		return
	}
	kept := notes[max(0, len(notes)-health.NotesKept+1):]
	t.state.Notes = append(slices.Clone(kept), health.Note{Round: r.now, Reason: reason})
}

// extend writes the mark of a status behind a trail. One on which every round was up is
// none.
func extend(trail string, s health.Status) string {
	mark := byte(health.MarkUp)
	switch s {
	case health.Down:
		mark = health.MarkDown
	case health.Degraded:
		mark = health.MarkDegraded
	case health.Unknown:
		mark = health.MarkUnknown
	}
	if trail == "" && mark == health.MarkUp {
		return ""
	}
	trail += string(rune(mark))
	trail = trail[max(0, len(trail)-health.TrailKept):]
	if strings.Trim(trail, string(rune(health.MarkUp))) == "" {
		return ""
	}
	return trail
}
