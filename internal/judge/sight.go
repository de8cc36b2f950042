package judge

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

const (
	// askedAfter is the age of its last answer at which a witness is asked though nothing
	// seems to be wrong, so that it is known to be good when it is needed.
	askedAfter = time.Hour
	// credibleFor is how long before a blindness a witness may have answered last and still
	// be believed. One that was silent before has nothing to say about what is new.
	credibleFor = 24 * time.Hour
)

// WitnessDue reports whether a witness, last seen so, is asked in the first pass of a round.
func WitnessDue(seen health.Sighting, scheduled time.Time) bool {
	return seen.Answered.After(scheduled) || scheduled.Sub(seen.Answered) > askedAfter
}

// Glance is what the first pass of a sweep brought of one target.
type Glance struct {
	Host string
	health.Reading
}

// Call reports whether the witnesses that were not due are called after the first pass:
// when more than half of the hosts are suspects, of all that were asked or of those that
// one kind of blindness would hide. To call them excuses nothing yet.
func Call(first []Glance) bool {
	looks := make([]look, len(first))
	for i, g := range first {
		looks[i] = look{g.Host, g.Scope, g.Status != health.Up, nothingCame(g.Reading), notFound(g.Reading)}
	}
	all := blindness{among: func(look) bool { return true }, hides: func(l look) bool { return l.suspect }}
	for _, b := range append(kinds(), all) {
		if b.survey(looks); b.most() {
			return true
		}
	}
	return false
}

// See tells what is wrong with the targets from what is wrong with our own sight. Results
// are copies of the input's; those of targets that we cannot have seen are unknown, and one
// fault says so. Sightings are what is known of the witnesses after this round.
//
// We are blind, in one of its kinds, when every credible witness of it was asked in full
// and failed, and more than half of the hosts did likewise. Without a credible witness
// nothing is excused, ever: then what looks like an outage is told as one.
func See(in Input) (results []health.Result, faults []health.Fault, sightings map[string]health.Sighting) {
	results, sightings = slices.Clone(in.Results), in.sightings()
	var blind []string
	var looks []look
	for _, b := range kinds() {
		if b.witnesses = in.allFailed(b); b.witnesses == 0 {
			continue
		}
		if looks == nil {
			looks = looksOf(in.Results)
		}
		if b.survey(looks); !b.most() {
			continue
		}
		unknown := 0
		for i, l := range looks {
			if !b.hidden[l.host] || !b.among(l) {
				continue
			}
			results[i] = b.excuse(results[i])
			unknown++
		}
		blind = append(blind, b.words(unknown))
	}
	if blind != nil {
		faults = []health.Fault{{Name: health.FaultBlind, Cause: strings.Join(blind, " and ") + ": check the network that this runs in"}}
	}
	return results, faults, sightings
}

// look is what one target that was asked tells of our sight.
type look struct {
	host    string
	scope   health.Scope // where it was dialled; empty: nowhere
	suspect bool         // it was not up
	blank   bool         // nothing came back of any attempt, though each had its chance
	lost    bool         // likewise, and none got beyond its look-up
}

func looksOf(results []health.Result) []look {
	looks := make([]look, len(results))
	for i := range results {
		r := &results[i]
		looks[i] = lookAt(&r.Target, r.Attempts)
	}
	return looks
}

// lookAt reads the attempts on a target. Those it is owed and did not get make its look
// worth nothing; one without any was not asked, and looks like nobody.
func lookAt(t *health.Target, attempts []health.Attempt) look {
	if len(attempts) == 0 {
		return look{}
	}
	enough := len(attempts) >= max(t.Attempts, 1)
	l := look{host: t.Host, suspect: true, blank: enough, lost: enough}
	for _, a := range attempts {
		if l.scope == "" {
			l.scope = a.Scope
		}
		l.suspect = l.suspect && a.Status != health.Up
		sure := a.Gap != "" && a.Status == health.Unknown || doubtful(*t, a) == ""
		l.blank = l.blank && sure && nothingCame(a.Reading)
		l.lost = l.lost && sure && notFound(a.Reading)
	}
	return l
}

// nothingCame reports whether an attempt met nobody, as it would without a network. A host
// that answered, however badly or slowly, was seen.
func nothingCame(r health.Reading) bool {
	if r.Status == health.Up || r.Phases.Wait > 0 {
		return false
	}
	return r.Gap != "" || r.Class == health.ClassConnect || r.Class == health.ClassTLS || r.Class == health.ClassTimeout
}

// notFound reports whether an attempt ended in the look-up of its own host, unanswered.
func notFound(r health.Reading) bool { return r.Gap == health.GapResolver && r.Scope == "" }

// blindness is one kind of it: what it would hide, and what this round shows of it.
type blindness struct {
	scope  health.Scope      // no network; empty: no resolver
	among  func(l look) bool // the targets that it is about
	hides  func(l look) bool // one of them looks as it would
	hidden map[string]bool   // the hosts of which all targets do
	hosts  int               // all that it is about

	witnesses int // credible ones
}

// kinds are no network, by how far away an address is, and no resolver.
func kinds() []blindness {
	var all []blindness
	for _, s := range [...]health.Scope{health.Public, health.Private, health.Local} {
		all = append(all, blindness{
			scope: s,
			among: func(l look) bool { return l.scope == s },
			hides: func(l look) bool { return l.blank },
		})
	}
	return append(all, blindness{
		among: func(l look) bool { return named(l.host) },
		hides: func(l look) bool { return l.lost },
	})
}

// named reports whether a host has to be looked up.
func named(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && host != "" && strings.TrimSuffix(host, ".") != "localhost"
}

// survey finds the hosts that the blindness is about, and those that it hides.
func (b *blindness) survey(looks []look) {
	hidden := map[string]bool{}
	for _, l := range looks {
		if l.host == "" || !b.among(l) {
			continue
		}
		before, known := hidden[l.host]
		hidden[l.host] = b.hides(l) && (before || !known)
	}
	b.hosts = len(hidden)
	maps.DeleteFunc(hidden, func(_ string, all bool) bool { return !all })
	b.hidden = hidden
}

// most reports whether more than half of the hosts are hidden.
func (b *blindness) most() bool { return 2*len(b.hidden) > b.hosts }

// vouches reports whether a witness can tell of this kind.
func (b *blindness) vouches(w health.Witness) bool { return w.Scope == b.scope }

// allFailed is how many credible witnesses of a kind there are, if all of them were asked in
// this round, made all their attempts, and failed as the blindness would have it; else 0.
func (in *Input) allFailed(b blindness) (credible int) {
	began := in.blindSince()
	for _, w := range in.Witnesses {
		if !b.vouches(w) || !believed(in.State.Witnesses[w.Name], began) {
			continue
		}
		o := in.Seen[w.Name]
		l := lookAt(&health.Target{Host: w.Host, Policy: health.Policy{Timeout: w.Timeout}}, o.Attempts)
		if o.Missing != "" || !b.hides(l) {
			return 0
		}
		credible++
	}
	return credible
}

// believed reports whether a witness had answered shortly before a blindness began.
func believed(s health.Sighting, began time.Time) bool {
	return !s.Answered.IsZero() && !s.Answered.After(began) && began.Sub(s.Answered) <= credibleFor
}

// blindSince is when the blindness began that this round may be in: a long one is judged by
// what was known before it, not by what nobody could know since.
func (in *Input) blindSince() time.Time {
	for _, i := range in.State.Incidents {
		if i.Subject == (health.Subject{Kind: health.OfChecker, Name: health.FaultBlind}) {
			return atMost(i.Since, in.Scheduled)
		}
	}
	return in.Scheduled
}

// sightings are when the witnesses answered last, of those that did. One that the file names
// no more is forgotten.
func (in *Input) sightings() map[string]health.Sighting {
	var all map[string]health.Sighting
	for _, w := range in.Witnesses {
		seen := in.State.Witnesses[w.Name]
		if slices.ContainsFunc(in.Seen[w.Name].Attempts, func(a health.Attempt) bool { return a.Status == health.Up }) {
			seen.Answered = in.Scheduled.UTC()
		}
		if seen.Answered.IsZero() {
			continue
		}
		if all == nil {
			all = make(map[string]health.Sighting, len(in.Witnesses))
		}
		all[w.Name] = seen
	}
	return all
}

// excuse makes a result unknown, and keeps in its cause what was seen.
func (b *blindness) excuse(r health.Result) health.Result {
	r.Status, r.Class = health.Unknown, health.ClassChecker
	r.Cause = "cannot see: " + b.silence() + "; " + r.Facets[health.Availability].Cause
	r.Facets = map[health.Facet]health.FacetReading{
		health.Availability: {Status: health.Unknown, Class: r.Class, Cause: r.Cause},
		health.Latency:      {Status: health.Unknown},
		health.Certificate:  {Status: health.Unknown},
	}
	return r
}

// silence says what of the witnesses.
func (b *blindness) silence() string {
	does, do := "answers", "does not answer"
	if b.scope == "" {
		does, do = "can be looked up", "cannot be looked up"
	}
	if b.witnesses == 1 {
		return "the one witness " + do
	}
	return fmt.Sprintf("none of %d witnesses %s", b.witnesses, does)
}

// words are what people are told of a blindness that leaves so many targets unknown.
func (b *blindness) words(unknown int) string {
	what, hosts := "no network to "+string(b.scope)+" addresses", "hosts out of reach"
	if b.scope == "" {
		what, hosts = "no resolver", "names without an answer"
	}
	targets := "targets"
	if unknown == 1 {
		targets = "target"
	}
	return fmt.Sprintf("%s (%s, %d of %d %s, %d %s unknown)", what, b.silence(), len(b.hidden), b.hosts, hosts, unknown, targets)
}
