package judge

import (
	"slices"
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

// rules decide what is said of an open incident that nothing mutes: the first that
// applies. Its reason is what the result line shows.
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
	{(*standing).unseen, silence, func(s *standing) string {
		return "told at " + s.clock(s.Told) + ", not measured while it is down"
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
	round  *round
	member *member // whose it is; nil of a group and of the checker
	group  *group  // whose it is; nil of a target and of the checker
	remind time.Duration
}

func (s *standing) untold() bool { return s.Told.IsZero() }

// gotWorse compares with what people were told: it may have become critical while it was
// kept back.
func (s *standing) gotWorse() bool      { return s.ToldAs != "" && weight(s.Severity) > weight(s.ToldAs) }
func (s *standing) neverReminded() bool { return s.remind <= 0 }

// unseen is a facet of a target that is down: what was told of it may be long over.
func (s *standing) unseen() bool {
	return s.member != nil && s.Subject.Facet != health.Availability && s.member.matters[0].open()
}
func (s *standing) reminderDue() bool { return !s.round.now.Before(s.next()) }
func (s *standing) toldAlready() bool { return !s.Told.IsZero() }

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

func (s *standing) clock(t time.Time) string { return clock(t, s.round.now) }

// clock is t as a reason names it, in UTC: the time of day, with the date when it is
// not that of now.
func clock(t, now time.Time) string {
	if t.UTC().Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.UTC().Format("15:04")
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// speak goes through every incident and puts what is to be told into one digest; nil
// when there is nothing to tell. The first commit of an empty state always speaks, so
// that people learn how they will be reached.
func (r *round) speak(counts health.Counts) *health.Digest {
	d := &health.Digest{
		ID:     r.digestID(),
		Kind:   health.News,
		Fleet:  r.in.Fleet,
		Shard:  r.in.Shard,
		Round:  r.now,
		Counts: counts,
	}
	slices.SortFunc(r.matters, byWeight)
	for _, m := range r.matters {
		if m.open() {
			r.decide(d, m)
		}
	}
	for _, m := range r.matters { // afterwards: what was just told to be flapping absorbs its ends
		if !m.open() {
			r.conclude(d, m)
		}
	}
	r.substantiate(d)
	if r.in.State.Round.IsZero() && len(r.in.State.Targets) == 0 {
		d.Kind = health.First
		return d
	}
	if len(d.Opened)+len(d.Closed)+len(d.Reminded) == 0 {
		return nil
	}
	return d
}

func (r *round) digestID() string {
	return health.DigestID(r.in.Fleet, r.in.Shard, r.now) + r.again()
}

// conclude tells the end of every incident whose opening was told, muted or not, and of no
// other. But of a facet that people know to be flapping, ends are not told: they will hear
// where it is once it is calm.
func (r *round) conclude(d *health.Digest, m *matter) {
	m.Muted = ""
	switch {
	case m.Told.IsZero():
		m.said = string(m.Closing) + ", its opening was not told"
	case r.absorbed(m):
		m.said = string(m.Closing) + ", not told: it is flapping"
	default:
		d.Closed = append(d.Closed, m.Incident)
		m.said = "told, " + string(m.Closing)
	}
}

func (r *round) absorbed(m *matter) bool {
	if m.Subject.Kind != health.OfTarget || m.Closing != health.Recovered {
		return false
	}
	t := r.fleet[m.Subject.Name]
	if t == nil {
		return false
	}
	flap := t.flaps[rank(m.Subject.Facet)]
	return flap != nil && !flap.Told.IsZero()
}

// decide lets the mutes and the rules say what to do about an incident that is open.
func (r *round) decide(d *health.Digest, m *matter) {
	s := r.standing(m)
	if s.member != nil || s.group != nil {
		for _, mute := range mutes {
			if why := mute(s); why != "" {
				m.Muted, m.said = why, why
				return
			}
		}
	}
	for _, rule := range rules {
		if !rule.applies(s) {
			continue
		}
		m.said = rule.reason(s)
		r.utter(d, m, rule.do)
		return
	}
}

// standing finds out whose an incident is.
func (r *round) standing(m *matter) *standing {
	s := &standing{matter: m, round: r, remind: checkerRemind}
	switch m.Subject.Kind {
	case health.OfTarget, health.OfFlapping:
		s.member = r.fleet[m.Subject.Name]
		s.remind = s.member.Remind
	case health.OfGroup:
		s.group = r.groups[m.Subject.Name]
		s.remind = s.group.Remind
	}
	return s
}

// utter tells an open incident. People also learn why they did not hear of it before; the
// state forgets that with the telling.
func (r *round) utter(d *health.Digest, m *matter, what utterance) {
	heldBack := m.Muted
	m.Muted = ""
	switch what {
	case news:
		m.Told, m.ToldAs = r.now, m.Severity
		told := m.Incident
		told.Muted = heldBack
		d.Opened = append(d.Opened, told)
	case worse: // as good as news: the reminders start over
		m.Reminded, m.ToldAs = r.now, m.Severity
		m.Reminders = 0
		d.Reminded = append(d.Reminded, m.Incident)
	case reminder:
		m.Reminded = r.now
		m.Reminders++
		d.Reminded = append(d.Reminded, m.Incident)
	}
}
