package judge

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// hear takes one result into belief, facet by facet.
func (r *round) hear(result *health.Result) {
	t := r.fleet[result.Target.Name]
	if t == nil || !t.Enabled {
		return
	}
	t.result = result
	state := &t.state
	result.Changed = state.Status != result.Status
	state.Status = result.Status
	state.Missed = result.Status == health.Unknown
	if len(result.Attempts) > 0 {
		state.Asked = r.now
	}
	if result.Facets[health.Availability].Status == health.Up {
		state.SeenUp = true
	}

	beliefs := maps.Clone(state.Facets)
	for i, f := range health.AllFacets {
		before := beliefs[f]
		after := r.weigh(t, i, before, result)
		switch {
		case same(after, before):
		case same(after, health.Belief{}):
			delete(beliefs, f)
		default:
			if beliefs == nil {
				beliefs = make(map[health.Facet]health.Belief, 1)
			}
			beliefs[f] = after
		}
	}
	if len(beliefs) == 0 {
		beliefs = nil
	}
	state.Facets = beliefs
	state.Trail = extend(state.Trail, result.Status)
}

func same(a, b health.Belief) bool {
	return a.Bad == b.Bad && a.Good == b.Good && a.Since.Equal(b.Since) && slices.Equal(a.Changes, b.Changes)
}

// weigh is what is believed of a facet, given by its rank, after a result. Of one that
// is well, has no incident and has kept still nothing is remembered: a calm state stays
// small.
func (r *round) weigh(t *member, facet int, b health.Belief, result *health.Result) health.Belief {
	reading := result.Facets[health.AllFacets[facet]]
	switch reading.Status {
	case health.Down, health.Degraded:
		return r.weighBad(t, facet, r.weighChange(t, facet, b, reading), reading)
	case health.Up:
		return r.weighGood(t, facet, r.weighChange(t, facet, b, reading))
	}
	if health.AllFacets[facet] == health.Certificate && result.Facets[health.Availability].Status == health.Up {
		return r.uncertify(t, facet)
	}
	return b
}

// uncertify closes what is open about the certificate of a target that is up and shows none:
// it moved, or redirects no more to where it had one, and nothing else could ever close that.
func (r *round) uncertify(t *member, facet int) health.Belief {
	for _, m := range [...]*matter{t.matters[facet], t.flaps[facet]} {
		if m != nil {
			m.end(health.Unchecked, r.now)
		}
	}
	return health.Belief{}
}

func (r *round) weighBad(t *member, facet int, b health.Belief, reading health.FacetReading) health.Belief {
	f := health.AllFacets[facet]
	failAfter, _ := Thresholds(*t.Target, f)
	if b.Bad == 0 {
		b.Since = r.now
	}
	b.Bad++
	b.Good = 0
	m := t.matters[facet]
	if m == nil && b.Bad >= failAfter {
		m = r.begin(health.Subject{Kind: health.OfTarget, Name: t.Name, Facet: f}, b.Since)
		m.NeverUp = f == health.Availability && !t.state.SeenUp
		t.matters[facet] = m
	}
	if m != nil {
		m.worsen(t.Target, reading, b.Bad)
	}
	return b
}

func (r *round) weighGood(t *member, facet int, b health.Belief) health.Belief {
	_, recoverAfter := Thresholds(*t.Target, health.AllFacets[facet])
	well := health.Belief{Changes: b.Changes}
	m := t.matters[facet]
	if m == nil {
		return well
	}
	if b.Good+1 >= recoverAfter {
		m.end(health.Recovered, r.now)
		return well
	}
	well.Good = b.Good + 1
	return well
}

// Thresholds are the readings in a row that open and close an incident. A certificate
// is what it says it is: one reading is enough.
func Thresholds(t health.Target, f health.Facet) (failAfter, recoverAfter int) {
	if f == health.Certificate {
		return 1, 1
	}
	return max(t.FailAfter, 1), max(t.RecoverAfter, 1)
}

// begin opens an incident that began at since.
func (r *round) begin(subject health.Subject, since time.Time) *matter {
	m := &matter{Incident: health.Incident{
		ID:      r.incidentID(subject, since),
		Subject: subject,
		Since:   since,
		Opened:  r.now,
	}}
	r.matters = append(r.matters, m)
	return m
}

// worsen brings an incident up to its latest bad reading. Its severity only ever rises:
// two servers behind one name, one certificate ending sooner than the other, would
// otherwise be news every round.
func (m *matter) worsen(t *health.Target, reading health.FacetReading, rounds int) {
	if m.Severity == "" || weight(reading.Severity) > weight(m.Severity) {
		m.Severity = reading.Severity
	}
	m.Class, m.Cause, m.Rounds = reading.Class, reading.Cause, rounds
	m.describe(t)
}

// describe says what people need to know of the target.
func (m *matter) describe(t *health.Target) {
	m.Title, m.Group, m.URL, m.Runbook, m.Tags = t.Title, t.Group, t.URL, t.Runbook, t.Tags
}

func (m *matter) end(how health.Closing, now time.Time) {
	m.Closing, m.Closed = how, now
}

// letGo closes the incidents of targets that are no longer asked: removed, renamed or
// paused; and what another version of rollcall concluded of a side that this one does not
// know. What was believed of them went when the round was opened.
func (r *round) letGo() {
	for _, m := range r.matters {
		switch m.Subject.Kind {
		case health.OfTarget, health.OfFlapping:
			if t := r.fleet[m.Subject.Name]; t == nil || !t.Enabled || rank(m.Subject.Facet) < 0 {
				m.end(health.Unchecked, r.now)
			}
		case health.OfGroup, health.OfChecker:
		default:
			m.end(health.Unchecked, r.now)
		}
	}
}

// incidentID is the same whenever and wherever the same incident is concluded.
func (r *round) incidentID(s health.Subject, since time.Time) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		r.in.Fleet, string(s.Kind), s.Name, string(s.Facet), since.UTC().Format(time.RFC3339Nano) + r.again(),
	}, "\x00")))
	return hex.EncodeToString(sum[:6])
}
