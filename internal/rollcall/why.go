package rollcall

import (
	"cmp"
	"context"
	"slices"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/notify"
)

// Why is what is known of why people were told of something or not, "rollcall.why/1": of a
// target, of a group, or of the checker itself. Times are RFC 3339 in UTC.
type Why struct {
	Schema string    `json:"schema"`
	Fleet  string    `json:"fleet"`
	Name   string    `json:"name"`
	Kind   string    `json:"kind"`  // "target", "group" or "checker"
	Round  time.Time `json:"round"` // the last that was judged

	Target    *WhyTarget        `json:"target,omitempty"`
	Group     *WhyGroup         `json:"group,omitempty"`
	Witnesses []WhyWitness      `json:"witnesses,omitempty"` // of the checker only
	Incidents []health.Incident `json:"incidents"`           // open ones of it
	Quiet     []WhyQuiet        `json:"quiet"`               // for what it is not told now
	Above     []WhyOther        `json:"above"`               // what it depends on, directly or not
	Missing   []string          `json:"missing"`             // until people are told of it next
	Query     string            `json:"query"`               // for CloudWatch Logs Insights
}

// WhyTarget is what is believed of a target.
type WhyTarget struct {
	URL     string        `json:"url"`
	Group   string        `json:"group,omitempty"`
	Status  health.Status `json:"status"`
	Asked   time.Time     `json:"asked,omitzero"` // the last round that asked it
	EveryS  int           `json:"every_s"`
	NeverUp bool          `json:"never_up,omitempty"`
	Trail   string        `json:"trail"` // of the last rounds that asked it, oldest first; empty when all were up
	Facets  []WhyFacet    `json:"facets"`
	Notes   []health.Note `json:"notes"`
}

// WhyFacet is what was counted of a facet, against what opens and closes an incident of it.
type WhyFacet struct {
	Facet        health.Facet `json:"facet"`
	Bad          int          `json:"bad"`  // rounds in a row
	Good         int          `json:"good"` // in a row, while an incident is open
	Since        time.Time    `json:"since,omitzero"`
	FailAfter    int          `json:"fail_after"`
	RecoverAfter int          `json:"recover_after"`
	Changes      int          `json:"changes"` // of sides, in the last hour
}

// WhyGroup is how a group stands.
type WhyGroup struct {
	MinUp   int        `json:"min_up,omitempty"` // 0: it does not count
	Members int        `json:"members"`          // without paused ones
	Up      int        `json:"up"`               // those in no open incident of their availability
	Down    []WhyOther `json:"down"`             // the others
}

// WhyOther is another target.
type WhyOther struct {
	Name   string        `json:"name"`
	Status health.Status `json:"status"`
	Since  time.Time     `json:"since,omitzero"` // of its availability incident, when one is open
	Told   time.Time     `json:"told,omitzero"`
}

// WhyQuiet is a window that is open, or a silence.
type WhyQuiet struct {
	Kind  string    `json:"kind"` // "maintenance" or "silence"
	Of    string    `json:"of"`   // the name that it was given for
	Why   string    `json:"why"`
	Until time.Time `json:"until,omitzero"` // of silences
}

// WhyWitness is what is known of a witness.
type WhyWitness struct {
	URL      string    `json:"url"`
	Answered time.Time `json:"answered,omitzero"` // the last round in which it did
}

// faults are the sides of the checker itself that can be asked about.
var faults = [...]string{health.FaultBlind, health.FaultBudget, health.FaultClock, health.FaultConfig, health.FaultDelivery, health.FaultHistory}

// Why tells why people were told of what has this name, or not: from the state that the last
// round left, the last good copy of the targets file, and the silences as they are now. It
// writes nothing. A name that nobody has is an error of [fleet.Problems].
func (r *Rollcall) Why(ctx context.Context, name string, now time.Time) (Why, error) {
	running, err := r.running(ctx)
	switch {
	case err != nil:
		return Why{}, err
	case running.foreign != nil:
		return Why{}, running.foreign
	case running.unseen:
		return Why{}, &AccessError{Deed: "store", Place: r.settings.Store, What: "no state of fleet " + running.Name, Remedy: "no round has run there, or it is another store"}
	}
	silences, err := r.states(running.Name).Silences(ctx)
	if err != nil {
		silences = running.state.Silences // as a round does
	}
	w := Why{
		Schema: "rollcall.why/1", Fleet: running.Name, Name: name, Round: running.state.Round,
		Incidents: []health.Incident{}, Quiet: []WhyQuiet{}, Above: []WhyOther{}, Missing: []string{},
	}
	subject := health.Subject{Name: name}
	targets, err := running.find(name)
	switch {
	case err != nil && slices.Contains(faults[:], name):
		w.Kind, subject.Kind = "checker", health.OfChecker
		w.Witnesses = running.seen()
	case err != nil:
		return Why{}, err
	case len(targets) == 1 && targets[0].Name == name:
		w.Kind, subject.Kind = "target", health.OfTarget
		w.Target = running.target(targets[0].Target)
		w.quiet(running, silences, now, name, targets[0].Group)
	default:
		w.Kind, subject.Kind = "group", health.OfGroup
		w.Group = running.group(name, targets)
		w.quiet(running, silences, now, name)
	}
	for _, i := range running.state.Incidents {
		if i.Subject.Name == name && (i.Subject.Kind == subject.Kind || i.Subject.Kind == health.OfFlapping && subject.Kind == health.OfTarget) {
			w.Incidents = append(w.Incidents, i)
		}
	}
	for _, above := range kin(running.Fleet).Ancestors(name) {
		w.Above = append(w.Above, running.other(above))
	}
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Name
	}
	w.Missing = append(w.Missing, running.missing(&w, silences, names)...)
	w.Query = notify.PageOf(health.Digest{Kind: health.News, Round: w.Round, Opened: []health.Incident{{Subject: subject}}}).Query
	return w, nil
}

// target is what the state holds of a target.
func (r running) target(t health.Target) *WhyTarget {
	state := r.state.Targets[t.Name]
	w := &WhyTarget{
		URL: t.URL, Group: t.Group, Status: cmp.Or(state.Status, health.Pending), Asked: state.Asked, EveryS: int(t.Every / time.Second),
		NeverUp: !state.SeenUp, Trail: state.Trail, Facets: []WhyFacet{}, Notes: append([]health.Note{}, state.Notes...),
	}
	if !t.Enabled {
		w.Status = health.Paused
	}
	for _, f := range health.AllFacets {
		b, known := state.Facets[f]
		if !known {
			continue
		}
		facet := WhyFacet{Facet: f, Bad: b.Bad, Good: b.Good, Since: b.Since}
		facet.FailAfter, facet.RecoverAfter = judge.Thresholds(t, f)
		for _, minute := range b.Changes {
			if r.state.Round.Unix()/60-minute < 60 {
				facet.Changes++
			}
		}
		w.Facets = append(w.Facets, facet)
	}
	return w
}

// group is how a group with these members stands.
func (r running) group(name string, members []fleet.Target) *WhyGroup {
	w := &WhyGroup{Down: []WhyOther{}}
	for _, g := range r.Groups {
		if g.Name == name {
			w.MinUp = g.MinUp
		}
	}
	for _, t := range members {
		if !t.Enabled {
			continue
		}
		w.Members++
		if other := r.other(t.Name); !other.Since.IsZero() {
			w.Down = append(w.Down, other)
		}
	}
	w.Up = w.Members - len(w.Down)
	return w
}

// other is how another target stands.
func (r running) other(name string) WhyOther {
	o := WhyOther{Name: name, Status: cmp.Or(r.state.Targets[name].Status, health.Pending)}
	for _, i := range r.state.Incidents {
		if i.Subject == (health.Subject{Kind: health.OfTarget, Name: name, Facet: health.Availability}) {
			o.Since, o.Told = i.Since, i.Told
		}
	}
	return o
}

// seen are the witnesses.
func (r running) seen() []WhyWitness {
	var seen []WhyWitness
	for _, w := range r.Witnesses {
		seen = append(seen, WhyWitness{w.Name, r.state.Witnesses[w.Name].Answered})
	}
	return seen
}

// quiet notes the windows and silences that are about one of these names now.
func (w *Why) quiet(r running, silences []health.Silence, now time.Time, names ...string) {
	for _, m := range r.Maintenance {
		for _, name := range names {
			if name != "" && m.Names[name] && m.Window.Open(now) {
				w.Quiet = append(w.Quiet, WhyQuiet{Kind: "maintenance", Of: name, Why: m.Why, Until: closes(m.Window, now)})
				break
			}
		}
	}
	for _, s := range silences {
		if !now.Before(s.From) && now.Before(s.Until) && (s.Name == health.Everybody || slices.Contains(names, s.Name)) {
			w.Quiet = append(w.Quiet, WhyQuiet{"silence", s.Name, s.Why, s.Until})
		}
	}
}

// closes is when an open window closes; zero when it does not within a day.
func closes(w health.Window, now time.Time) time.Time {
	now = now.UTC().Truncate(time.Minute)
	for m := time.Minute; m <= 24*time.Hour; m += time.Minute {
		if !w.Open(now.Add(m)) {
			return now.Add(m)
		}
	}
	return time.Time{}
}
