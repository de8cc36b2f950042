package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// A reminder comes the target's remind after the telling, then twice as long after
// that, and so on, but no two are further apart than maxReminder.
const maxReminder = 24 * time.Hour

// checkerRemind spaces the first reminder of the checker's own incidents, which have no
// target to say so: the built-in remind.
const checkerRemind = 6 * time.Hour

// utterance is what is done about an open incident in a round.
type utterance int

const (
	silence  utterance = iota
	news               // its opening is told
	worse              // told again because it became critical
	reminder           // told again because time has passed
)

// rules decide whether an open incident is spoken of: the first that applies. What
// mutes stands above what speaks; its reason is what the result line shows.
var rules = [...]struct {
	applies func(s *standing) bool
	do      utterance
	reason  func(s *standing) string
}{
	{(*standing).untold, news, func(s *standing) string {
		return "told, open since " + s.clock(s.Since)
	}},
	{(*standing).gotWorse, worse, func(s *standing) string {
		return "told again, now " + string(s.Severity)
	}},
	{(*standing).neverReminded, silence, func(s *standing) string {
		return "told at " + s.clock(s.Told) + ", no reminders"
	}},
	{(*standing).reminderDue, reminder, func(s *standing) string {
		return "reminded, told at " + s.clock(s.Told)
	}},
	{(*standing).toldAlready, silence, func(s *standing) string {
		return "told at " + s.clock(s.Told) + ", next reminder after " + s.clock(s.next())
	}},
}

// standing is an open incident and what the rules need to know to decide about it.
type standing struct {
	*matter
	now    time.Time
	remind time.Duration
}

func (s *standing) untold() bool        { return s.Told.IsZero() }
func (s *standing) gotWorse() bool      { return s.worse }
func (s *standing) neverReminded() bool { return s.remind <= 0 }
func (s *standing) reminderDue() bool   { return !s.now.Before(s.next()) }
func (s *standing) toldAlready() bool   { return !s.Told.IsZero() }

// next is when the next reminder is due, counted from when it was last told.
func (s *standing) next() time.Time {
	last := s.Told
	if s.Reminded.After(last) {
		last = s.Reminded
	}
	apart := s.remind
	for n := 0; n < s.Reminders && apart < maxReminder; n++ {
		apart *= 2
	}
	return last.Add(min(apart, maxReminder))
}

// clock is t as a reason names it, in UTC: the time of day, with the date when it is
// not the round's own.
func (s *standing) clock(t time.Time) string {
	if t.UTC().Format(time.DateOnly) == s.now.Format(time.DateOnly) {
		return t.UTC().Format("15:04")
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// speak goes through every incident and puts what is to be told into one digest; nil
// when there is nothing to tell. The first commit of an empty state always speaks, so
// that people learn how they will be reached.
func (r *round) speak(counts health.Counts) *health.Digest {
	d := &health.Digest{
		ID:     health.DigestID(r.in.Fleet, r.in.Shard, r.now),
		Kind:   health.News,
		Fleet:  r.in.Fleet,
		Shard:  r.in.Shard,
		Round:  r.now,
		Counts: counts,
	}
	slices.SortFunc(r.matters, byWeight)
	for _, m := range r.matters {
		if m.Closing != "" {
			r.conclude(d, m)
		} else {
			r.decide(d, m)
		}
	}
	if r.in.State.Round.IsZero() && len(r.in.State.Targets) == 0 {
		d.Kind = health.First
		return d
	}
	if len(d.Opened)+len(d.Closed)+len(d.Reminded) == 0 {
		return nil
	}
	return d
}

// conclude tells the end of every incident whose opening was told, and of no other.
func (r *round) conclude(d *health.Digest, m *matter) {
	if m.Told.IsZero() {
		m.said = string(m.Closing) + ", its opening was not told"
		return
	}
	d.Closed = append(d.Closed, m.Incident)
	m.said = "told, " + string(m.Closing)
}

// decide lets the rules say what to do about an incident that is open.
func (r *round) decide(d *health.Digest, m *matter) {
	s := &standing{matter: m, now: r.now, remind: checkerRemind}
	if m.Subject.Kind == health.OfTarget {
		s.remind = r.fleet[m.Subject.Name].Remind
	}
	for _, rule := range rules {
		if !rule.applies(s) {
			continue
		}
		m.said = rule.reason(s)
		switch rule.do {
		case news:
			m.Told = r.now
			d.Opened = append(d.Opened, m.Incident)
		case worse: // as good as news: the reminders start over
			m.Reminded = r.now
			m.Reminders = 0
			d.Reminded = append(d.Reminded, m.Incident)
		case reminder:
			m.Reminded = r.now
			m.Reminders++
			d.Reminded = append(d.Reminded, m.Incident)
		}
		return
	}
}

// explain writes on a result why people were told of it or not.
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

	var reasons []string
	if result.Status == health.Unknown {
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
	case len(reasons) == 1:
		result.Reason = reasons[0]
	case len(reasons) > 1:
		result.Reason = strings.Join(reasons, "; ")
	case t.fresh:
		result.Reason = "first reading, up is silent"
	default:
		result.Reason = "up"
	}
}

// why tells what became of a facet, given by its rank; empty when it is well.
func (t *member) why(facet int) string {
	f := health.AllFacets[facet]
	failAfter, recoverAfter := thresholds(t.Target, f)
	belief := t.state.Facets[f]
	m := t.matters[facet]
	switch {
	case m != nil && belief.Good > 0:
		return fmt.Sprintf("%d of %d good rounds, %s", belief.Good, recoverAfter, m.said)
	case m != nil:
		return m.said
	case belief.Bad > 0:
		return fmt.Sprintf("%d of %d bad rounds", belief.Bad, failAfter)
	default:
		return ""
	}
}
