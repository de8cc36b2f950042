// Package judge decides what a round means: first what to believe, then what to say.
//
// Before both it asks whether we could see at all (sight.go): what our own blindness
// explains is unknown, and changes nothing.
//
// Belief is never muted: readings in a row open and close incidents whether anybody
// hears of it or not. Speech then goes through what is open and what has just closed,
// and says at most one digest a round. Every branch of it gives its reason in words.
//
// The only clock is the scheduled time of the round. So the same input gives the same
// verdict, byte by byte, and a round that lost a race can be judged again on the state
// that won. Nothing it is given is changed.
package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// Input is everything a round is judged on.
type Input struct {
	Fleet       string
	Shard       string // "0-1": number and count
	Scheduled   time.Time
	Targets     []health.Target // the whole fleet, due or not, paused ones too
	Groups      []health.Group  // all of them, those that count and those that do not
	Maintenance []health.Maintenance
	Silences    []health.Silence
	Witnesses   []health.Witness
	State       health.State              // what the last round left
	Results     []health.Result           // of what was asked, or due and missed, as [Sweep.Read] gives them
	Seen        map[string]health.Outcome // what the witnesses that were asked brought, by their names
	Faults      []health.Fault            // what is wrong with the checker itself in this round
}

// Verdict is what a round came to.
type Verdict struct {
	State    health.State             // to be stored; Schema, Seq, Commits and Outbox are the input's
	ID       string                   // of this round's digest, whether or not there is one
	Digest   *health.Digest           // nil: there is nothing to tell
	Results  []health.Result          // the input's, with Changed and Reason; unknown where we could not see
	Counts   health.Counts            // of the whole fleet, by latest status
	Groups   map[string]health.Counts // the same of each group that has a target
	Critical int                      // open critical incidents, told or not
}

// Round judges one round: sight, then belief, then speech.
func Round(in Input) Verdict {
	r := open(in)
	for i := range r.results {
		r.hear(&r.results[i])
	}
	r.hearFaults()
	r.letGo()
	r.hearGroups()
	r.darken()
	counts, groups := r.counts()
	digest := r.speak(counts)
	for i := range r.results {
		r.explain(&r.results[i])
	}
	r.remember()
	v := r.verdict()
	v.Digest, v.Counts, v.Groups = digest, counts, groups
	return v
}

// round is one round while it is being judged.
type round struct {
	in        Input
	now       time.Time          // the scheduled time, in UTC
	members   []member           // in the order of the targets
	fleet     map[string]*member // by name
	groups    map[string]*group  // by name
	results   []health.Result
	faults    []health.Fault
	sightings map[string]health.Sighting
	matters   []*matter // everything open before, then what opens now
	kin       lineage
	quiets    []quiet
	furthest  time.Time // the furthest round that was ever judged, when it is not before this one
}

// member is a target of the fleet in the course of one round.
type member struct {
	*health.Target
	fresh   bool                           // no reading of it counted before this round
	state   health.TargetState             // as it will be stored
	matters [len(health.AllFacets)]*matter // its incidents, by the rank of their facet
	flaps   [len(health.AllFacets)]*matter // likewise, of flapping
	result  *health.Result                 // of this round; nil when it was not asked
}

// matter is an incident in the course of one round. It is closed when it has a Closing.
type matter struct {
	health.Incident
	said string // why people were told or not
}

func (m *matter) open() bool { return m != nil && m.Closing == "" }

// open takes over what the last round left, without touching it. Times that are yet to come
// count as now: a clock that was ahead wrote them, and believed they would put reminders
// off until real time has caught up, and end incidents before they began.
func open(in Input) *round {
	r := &round{
		in:      in,
		now:     in.Scheduled.UTC(),
		members: make([]member, len(in.Targets)),
		fleet:   make(map[string]*member, len(in.Targets)),
		groups:  make(map[string]*group, len(in.Groups)),
		matters: make([]*matter, 0, len(in.State.Incidents)),
	}
	if r.furthest = latest(in.State.Round, in.State.Furthest); r.furthest.Before(r.now) {
		r.furthest = time.Time{}
	}
	results, faults, sightings := See(in)
	r.results, r.faults, r.sightings = results, slices.Concat(in.Faults, faults), sightings
	for i := range in.Targets {
		t := &in.Targets[i]
		state := carry(t, in.State.Targets[t.Name], r.now)
		r.members[i] = member{Target: t, state: state, fresh: state.Status == health.Pending}
		r.fleet[t.Name] = &r.members[i]
	}
	for i := range in.Groups {
		r.groups[in.Groups[i].Name] = &group{Group: &in.Groups[i]}
	}
	for i := range r.members {
		if g := r.groups[r.members[i].Group]; g != nil && r.members[i].Enabled {
			g.members = append(g.members, &r.members[i])
		}
	}
	r.kin = lineage{Family: Kin(in.Targets, in.Groups), ask: r.trouble, asked: map[string]trouble{}, above: map[string]trouble{}}
	r.quiets = quietsOf(in, r.now)
	for _, incident := range in.State.Incidents {
		r.takeOver(incident)
	}
	return r
}

// takeOver puts an incident of the last round where it belongs.
func (r *round) takeOver(incident health.Incident) {
	m := &matter{Incident: incident}
	for _, t := range [...]*time.Time{&m.Since, &m.Opened, &m.Told, &m.Reminded} {
		*t = atMost(*t, r.now)
	}
	r.matters = append(r.matters, m)
	t, g, facet := r.fleet[m.Subject.Name], r.groups[m.Subject.Name], rank(m.Subject.Facet)
	switch {
	case m.Subject.Kind == health.OfTarget && t != nil && facet >= 0:
		t.matters[facet] = m
	case m.Subject.Kind == health.OfFlapping && t != nil && facet >= 0:
		t.flaps[facet] = m
	case m.Subject.Kind == health.OfGroup && g != nil:
		g.matter = m
	}
}

// rank is where a facet stands in the order of facets; -1 for the checker's own.
func rank(f health.Facet) int { return slices.Index(health.AllFacets[:], f) }

// carry is what a target brings into the round. One that comes back from a pause starts
// anew: what was believed of it is old, but whether it was ever up stays true.
func carry(t *health.Target, before health.TargetState, now time.Time) health.TargetState {
	switch {
	case !t.Enabled:
		return health.TargetState{Status: health.Paused, SeenUp: before.SeenUp}
	case before.Status == "" || before.Status == health.Paused:
		return health.TargetState{Status: health.Pending, SeenUp: before.SeenUp}
	}
	for f, b := range before.Facets {
		if b.Since.After(now) {
			before.Facets = maps.Clone(before.Facets)
			b.Since = now
			before.Facets[f] = b
		}
	}
	return before
}

// again tells what a round concludes from what another of the same time has concluded, before
// clocks were set back: it is the number of the write that this round is, and is empty as
// long as time goes forward.
func (r *round) again() string {
	if r.furthest.IsZero() {
		return ""
	}
	return fmt.Sprintf("/%d", r.in.State.Seq+1)
}

func latest(t, u time.Time) time.Time {
	if u.After(t) {
		return u
	}
	return t
}

// atMost is the earlier of t and now.
func atMost(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}

// verdict puts together what is to be stored, and the results.
func (r *round) verdict() Verdict {
	v := Verdict{State: r.in.State, ID: r.digestID(), Results: r.results}
	v.State.Round, v.State.Furthest = r.now, r.furthest
	v.State.Witnesses, v.State.Silences = r.sightings, r.in.Silences
	v.State.Targets = make(map[string]health.TargetState, len(r.members))
	for i := range r.members {
		v.State.Targets[r.members[i].Name] = r.members[i].state
	}
	v.State.Incidents = nil
	for _, m := range r.matters {
		if !m.open() {
			continue
		}
		v.State.Incidents = append(v.State.Incidents, m.Incident)
		if m.Severity == health.Critical {
			v.Critical++
		}
	}
	slices.SortFunc(v.State.Incidents, func(a, b health.Incident) int { return strings.Compare(a.ID, b.ID) })
	return v
}

// counts counts the targets, all together and by group, asked in this round or not.
func (r *round) counts() (all health.Counts, groups map[string]health.Counts) {
	groups = make(map[string]health.Counts)
	for i := range r.members {
		t := &r.members[i]
		all.Add(t.state.Status)
		if t.Group != "" {
			g := groups[t.Group]
			g.Add(t.state.Status)
			groups[t.Group] = g
		}
	}
	return all, groups
}

// byWeight orders incidents as people should read them: critical ones first, then by
// name, then in the order of the facets.
func byWeight(a, b *matter) int {
	return cmp.Or(
		cmp.Compare(weight(b.Severity), weight(a.Severity)),
		strings.Compare(a.Subject.Name, b.Subject.Name),
		cmp.Compare(rank(a.Subject.Facet), rank(b.Subject.Facet)),
		strings.Compare(string(a.Subject.Kind), string(b.Subject.Kind)),
	)
}

func weight(s health.Severity) int {
	if s == health.Critical {
		return 1
	}
	return 0
}
