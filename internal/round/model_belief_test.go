package round_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
)

// belief is what the rounds that were committed amount to, by the rules as a person would
// apply them with paper and pencil. It shares nothing with the judge but the rules.
// A belief is never changed; the next one is made of it.
type belief struct {
	sides map[side]tally
	asked map[string]time.Time // when a target was asked last
	blank map[string]bool      // it was unknown then
	open  map[health.Subject]opening

	answered map[string]time.Time // witnesses, in the last round in which they did
	shade    map[string]int       // readings of a target until no ancestor's past trouble can explain it any more
}

type side struct {
	target string
	facet  health.Facet
}

// tally counts readings of one side in a row.
type tally struct {
	bad, good int
	since     time.Time // of the bad ones
	changes   []int64   // of sides, in the last hour, in minutes since 1970
}

// opening is when an incident began and was opened, and how severe it has become.
type opening struct {
	since, opened time.Time
	severity      health.Severity
}

// heard is one round as it was judged.
type heard struct {
	at     time.Time
	fleet  *fleet.Fleet
	asked  map[string]string // the mood each attempt met, of witnesses too
	quiet  quiet
	faults []string
}

// after is what is believed after a round.
func (b belief) after(h heard) belief {
	before := b
	b = b.upTo(h.at)
	kept := map[string]fleet.Target{}
	for _, t := range h.fleet.Targets {
		if t.Enabled {
			kept[t.Name] = t
		}
	}
	gone := func(name string) bool { _, is := kept[name]; return !is }
	maps.DeleteFunc(b.sides, func(s side, _ tally) bool { return gone(s.target) })
	maps.DeleteFunc(b.asked, func(name string, _ time.Time) bool { return gone(name) })
	maps.DeleteFunc(b.open, func(s health.Subject, _ opening) bool {
		return (s.Kind == health.OfTarget || s.Kind == health.OfFlapping) && gone(s.Name)
	})
	cannotSee := b.sees(h)
	for name, met := range h.asked {
		if t, is := kept[name]; is {
			_, ever := b.asked[name]
			if cannotSee && nothingCame(met, t.Attempts) {
				met = string(unasked)
			}
			b.asked[name] = h.at
			b.blank[name] = b.hear(h.at, t.Target, met, !ever)
		}
	}
	b.hearFaults(h, cannotSee)
	b.hearGroups(h)
	b.darken(before, h)
	return b
}

func (b belief) hearFaults(h heard, cannotSee bool) {
	faults := h.faults
	if cannotSee {
		faults = append(slices.Clone(faults), health.FaultBlind)
	}
	for _, fault := range faults {
		s := health.Subject{Kind: health.OfChecker, Name: fault}
		if _, is := b.open[s]; !is {
			b.open[s] = opening{h.at, h.at, health.Critical}
		}
	}
	maps.DeleteFunc(b.open, func(s health.Subject, _ opening) bool {
		return s.Kind == health.OfChecker && !slices.Contains(faults, s.Name)
	})
}

// upTo is a copy in which times that are yet to come are now: a clock was ahead.
func (b belief) upTo(now time.Time) belief {
	c := newBelief()
	maps.Copy(c.asked, b.asked)
	maps.Copy(c.blank, b.blank)
	maps.Copy(c.answered, b.answered)
	maps.Copy(c.shade, b.shade)
	for s, t := range b.sides {
		t.since = earlier(t.since, now)
		c.sides[s] = t
	}
	for s, o := range b.open {
		o.since, o.opened = earlier(o.since, now), earlier(o.opened, now)
		c.open[s] = o
	}
	return c
}

func newBelief() belief {
	return belief{
		sides: map[side]tally{}, asked: map[string]time.Time{}, blank: map[string]bool{}, open: map[health.Subject]opening{},
		answered: map[string]time.Time{}, shade: map[string]int{},
	}
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

// hear takes one target's round in, and reports whether it was unknown.
func (b belief) hear(at time.Time, t health.Target, met string, first bool) (unknown bool) {
	up := strings.IndexAny(met, ".~cC")
	count := func(f health.Facet, severity health.Severity) { b.count(at, t, f, severity, first) }
	switch {
	case up < 0 && (len(met) < t.Attempts || strings.Contains(met, string(unasked))):
		return true // and says nothing of any side
	case up < 0:
		count(health.Availability, t.Severity)
		return false
	}
	count(health.Availability, "")
	count(health.Latency, map[mood]health.Severity{slowly: health.Warning}[mood(met[up])])
	count(health.Certificate, map[mood]health.Severity{ending: health.Warning, ended: health.Critical}[mood(met[up])])
	return false
}

// count counts one reading of a side, bad if it has a severity.
func (b belief) count(at time.Time, t health.Target, f health.Facet, severity health.Severity, first bool) {
	s := side{t.Name, f}
	failAfter, recoverAfter := t.FailAfter, t.RecoverAfter
	if f == health.Certificate {
		failAfter, recoverAfter = 1, 1
	}
	subject := health.Subject{Kind: health.OfTarget, Name: t.Name, Facet: f}
	incident, open := b.open[subject]
	n := b.sides[s]
	changes := b.flap(at, t, f, n, severity, first)
	if severity != "" {
		if n.bad == 0 {
			n.since = at
		}
		n = tally{bad: n.bad + 1, since: n.since}
		if !open && n.bad >= failAfter {
			incident, open = opening{n.since, at, severity}, true
		}
		if severity == health.Critical {
			incident.severity = severity
		}
	} else {
		n = tally{good: n.good + 1}
		open = open && n.good < recoverAfter
	}
	n.changes = changes
	b.sides[s] = n
	if open {
		b.open[subject] = incident
	} else {
		delete(b.open, subject)
	}
}

// flap counts the changes of a side: more than 6 in an hour are flapping, and half an hour
// without one is calm. It gives those that still count.
func (b belief) flap(at time.Time, t health.Target, f health.Facet, n tally, severity health.Severity, first bool) []int64 {
	now := at.Unix() / 60
	var changes []int64
	for _, c := range n.changes {
		if c > now-60 && c <= now {
			changes = append(changes, c)
		}
	}
	if (n.bad > 0) != (severity != "") && !first {
		changes = append(changes, now)
	}
	subject := health.Subject{Kind: health.OfFlapping, Name: t.Name, Facet: f}
	_, flaps := b.open[subject]
	switch {
	case !flaps && len(changes) > 6:
		o := opening{time.Unix(changes[0]*60, 0), at, health.Warning}
		if f == health.Availability {
			o.severity = t.Severity
		}
		if incident, open := b.open[health.Subject{Kind: health.OfTarget, Name: t.Name, Facet: f}]; open {
			o.severity = incident.severity
		}
		if severity == health.Critical {
			o.severity = severity
		}
		b.open[subject] = o
	case flaps && (len(changes) == 0 || now-changes[len(changes)-1] >= 30):
		delete(b.open, subject)
		return nil
	case flaps && severity == health.Critical:
		o := b.open[subject]
		o.severity = severity
		b.open[subject] = o
	}
	return changes
}

// mustAsk says why a target may not be left out of a round, or nothing.
func (b belief) mustAsk(t health.Target, at time.Time) string {
	last, ever := b.asked[t.Name]
	availability := health.Subject{Kind: health.OfTarget, Name: t.Name, Facet: health.Availability}
	switch _, isDown := b.open[availability]; {
	case !t.Enabled:
		return ""
	case !ever:
		return "it was never asked"
	case last.After(at):
		return "it was last asked in the future"
	case b.blank[t.Name]:
		return "it was unknown"
	case isDown:
		return "it is down"
	case at.Sub(last) >= t.Every:
		return "it is as old as its every"
	}
	for _, f := range health.AllFacets {
		_, open := b.open[health.Subject{Kind: health.OfTarget, Name: t.Name, Facet: f}]
		if !open && b.sides[side{t.Name, f}].bad > 0 {
			return "it failed and is undecided"
		}
	}
	return ""
}

// shifted is a belief as a clock that was set back by d sees it.
func (b belief) shifted(d time.Duration) belief {
	c := newBelief()
	for s, t := range b.sides {
		t.since = t.since.Add(d)
		t.changes = slices.Clone(t.changes)
		for n := range t.changes {
			t.changes[n] += int64(d / time.Minute)
		}
		c.sides[s] = t
	}
	for name, at := range b.asked {
		c.asked[name] = at.Add(d)
	}
	for name, at := range b.answered {
		c.answered[name] = at.Add(d)
	}
	for s, o := range b.open {
		o.since, o.opened = o.since.Add(d), o.opened.Add(d)
		c.open[s] = o
	}
	maps.Copy(c.blank, b.blank)
	maps.Copy(c.shade, b.shade)
	return c
}
