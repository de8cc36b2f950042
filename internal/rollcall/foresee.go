package rollcall

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// foresight asks the judge itself what would come of rounds that have not been: so it can
// never say anything else than they will. It knows only those targets that matter.
type foresight struct {
	running
	w        *Why
	silences []health.Silence
	targets  []health.Target
	bad      map[string]bool // whose rounds are bad from now on
	above    map[string]bool // what those depend on
	state    health.State
	rounds   int // how many are foreseen
}

// Bounds of what is foreseen: enough rounds for the largest fail_after and for what an
// ancestor's trouble explains afterwards, fewer where they would judge more targets than a
// person waits for; and the longest time between two reminders.
const (
	foreseenRounds  = 210
	foreseenAtLeast = 10
	foreseenWork    = 200_000
	foreseenTime    = 25 * time.Hour
)

// missing is what must come until people are told of w, in sentences.
func (r running) missing(w *Why, silences []health.Silence, members []string) []string {
	switch {
	case w.Target != nil && w.Target.Status == health.Paused:
		return []string{"it is paused: nobody asks it, and nobody is told"}
	case w.Group != nil && w.Group.MinUp == 0:
		return []string{"nobody is told of it as a whole: it has no min_up"}
	case w.Group != nil && w.Group.Up >= w.Group.MinUp:
		return []string{fmt.Sprintf("people are told when fewer than %d are up: that is %d more in an incident", w.Group.MinUp, w.Group.Up-w.Group.MinUp+1)}
	case w.Kind == "checker":
		return nil
	}
	f := r.foresight(w, silences, members)
	if i := slices.IndexFunc(w.Incidents, func(i health.Incident) bool { return !i.Told.IsZero() && i.Muted == "" }); i >= 0 {
		return []string{f.reminder(w.Incidents[i].Told)}
	}
	return f.scenarios()
}

// foresight leaves out all that has no part in what becomes of w.
func (r running) foresight(w *Why, silences []health.Silence, members []string) foresight {
	f := foresight{running: r, w: w, silences: silences, bad: map[string]bool{}, above: map[string]bool{}, state: r.state}
	matters := map[string]bool{}
	for _, name := range members {
		f.bad[name], matters[name] = w.Target != nil || r.state.Targets[name].Status == health.Down, true
	}
	for _, name := range kin(r.Fleet).Ancestors(append(members, w.Name)...) {
		f.above[name], matters[name] = true, true
	}
	counts := func(g health.Group) bool { return g.MinUp > 0 && w.Target != nil && g.Name == w.Target.Group }
	siblings := slices.ContainsFunc(r.Groups, counts) // they decide with it whether people are told
	for _, t := range r.Targets {
		if matters[t.Name] || siblings && t.Group == w.Target.Group {
			f.targets = append(f.targets, t.Target)
			matters[t.Name] = true
		}
	}
	f.rounds = min(foreseenRounds, max(foreseenAtLeast, foreseenWork/max(len(f.targets), 1)))
	f.state.Targets = map[string]health.TargetState{}
	for name := range matters {
		if known, ok := r.state.Targets[name]; ok {
			f.state.Targets[name] = known
		}
	}
	f.state.Incidents = slices.DeleteFunc(slices.Clone(r.state.Incidents), func(i health.Incident) bool {
		ours := i.Subject.Kind == health.OfGroup || matters[i.Subject.Name] && slices.Contains(health.AllFacets[:], i.Subject.Facet)
		return i.Subject.Kind == health.OfChecker || !ours
	})
	return f
}

// scenarios let what is in the way go, one after the other, until people hear of it.
func (f *foresight) scenarios() []string {
	var lines []string
	open := len(f.w.Incidents) > 0
	if why := f.muted(); why != "" && open {
		lines = append(lines, "kept back: "+why)
	} else if why != "" {
		lines = append(lines, "it would be kept back: "+why)
	}
	rounds, who := f.told(false)
	risen := rounds == 0 && len(f.above) > 0
	if risen {
		rounds, who = f.told(true)
	}
	if rounds == 0 {
		return lines
	}
	text := "people are told"
	if who != f.w.Name {
		text += " of group " + who
	}
	switch counted := noun(rounds, "bad round"); {
	case risen && rounds == 1:
		text += " when what it depends on is up, if it is still bad"
	case risen: // the first is the one in which that is up
		text += fmt.Sprintf(" %d %s after the one in which what it depends on is up", rounds-1, noun(rounds-1, "bad round"))
	case open || f.counting():
		text += fmt.Sprintf(" after %d more %s", rounds, counted)
	default:
		text += fmt.Sprintf(" after %d %s in a row", rounds, counted)
	}
	return append(lines, text+f.unless(time.Time{}))
}

// counting reports whether bad rounds have been counted already.
func (f *foresight) counting() bool {
	return f.w.Target != nil && slices.ContainsFunc(f.w.Target.Facets, func(w WhyFacet) bool { return w.Bad > 0 })
}

// unless is what keeps people from being told at that time: a window, or a silence, that has
// not ended by then. Empty: nothing does.
func (f *foresight) unless(at time.Time) string {
	last := at
	for _, q := range f.w.Quiet {
		if q.Until.IsZero() {
			return ", but not while it is quiet"
		}
		if q.Until.After(last) {
			last = q.Until
		}
	}
	if last.Equal(at) {
		return ""
	}
	return ", but not before " + moment(last)
}

// told is the first of the next rounds that tells people of it, or in its place of its
// group, when no window is open and nothing is silenced; 0 when none does. With risen, what
// it depends on is up.
func (f *foresight) told(risen bool) (rounds int, who string) {
	state := f.state
	for n := 1; n <= f.rounds; n++ {
		in := f.input(state, n, risen)
		in.Maintenance, in.Silences = nil, nil
		v := judge.Round(in)
		if who := f.tells(v.Digest); who != "" {
			return n, who
		}
		state = v.State
	}
	return 0, ""
}

// muted is why the next rounds keep it back at first; empty when they do not.
func (f *foresight) muted() string {
	state := f.state
	for n := 1; n <= f.rounds; n++ {
		v := judge.Round(f.input(state, n, false))
		for _, i := range v.State.Incidents {
			if i.Subject.Name == f.w.Name && i.Muted != "" {
				return i.Muted
			}
		}
		if f.tells(v.Digest) != "" {
			return ""
		}
		state = v.State
	}
	return ""
}

// reminder is when people are told again of what they were told then.
func (f *foresight) reminder(told time.Time) string {
	most := int(foreseenTime / f.every())
	rounds := 1 + sort.Search(most, func(n int) bool {
		in := f.input(f.state, n+1, false)
		in.Maintenance, in.Silences = nil, nil
		return f.tells(judge.Round(in).Digest) != ""
	})
	text := "people were told at " + moment(told)
	if rounds > most {
		return text + "; there are no reminders"
	}
	again := f.state.Round.Add(time.Duration(rounds) * f.every())
	return text + "; if it is still bad, again at " + moment(again) + f.unless(again)
}

// tells is who of it and its group a digest is about; empty when it is about neither.
func (f *foresight) tells(d *health.Digest) string {
	if d == nil {
		return ""
	}
	for _, i := range slices.Concat(d.Opened, d.Reminded, d.Closed) {
		switch kind := i.Subject.Kind; {
		case i.Subject.Name == f.w.Name && (i.Closing == "" || kind == health.OfFlapping):
			return f.w.Name
		case kind == health.OfGroup && f.w.Target != nil && i.Subject.Name == f.w.Target.Group && i.Closing == "":
			return i.Subject.Name
		}
	}
	return ""
}

// every is from one round to the next, by the rounds that were judged last: the least, since
// some of them may have been missed.
func (r running) every() time.Duration {
	least := time.Duration(0)
	for i := 1; i < len(r.state.Commits); i++ {
		if gap := r.state.Commits[i].Round.Sub(r.state.Commits[i-1].Round); gap > 0 && (least == 0 || gap < least) {
			least = gap
		}
	}
	return cmp.Or(least, time.Minute)
}

// input is the n-th of the next rounds: what it is about is bad, everything else as it was.
func (f *foresight) input(state health.State, n int, risen bool) judge.Input {
	in := judge.Input{
		Fleet: f.Name, Shard: Whole, Scheduled: f.state.Round.Add(time.Duration(n) * f.every()), State: state,
		Targets: f.targets, Groups: f.Groups, Maintenance: f.Maintenance, Silences: f.silences,
	}
	for _, t := range f.targets {
		if !t.Enabled {
			continue
		}
		r := health.Result{Target: t, Status: f.state.Targets[t.Name].Status, Attempts: make([]health.Attempt, 1), Facets: map[health.Facet]health.FacetReading{}}
		switch {
		case risen && f.above[t.Name]:
			r.Status = health.Up
		case f.bad[t.Name] && r.Status != health.Degraded:
			r.Status = health.Down
		}
		f.read(&r)
		in.Results = append(in.Results, r)
	}
	return in
}

// read gives a result the facets that its status stands for.
func (f *foresight) read(r *health.Result) {
	r.Attempts[0].Status = r.Status
	r.Facets[health.Availability] = health.FacetReading{Status: health.Up}
	switch r.Status {
	case health.Down:
		r.Class, r.Cause = health.ClassConnect, "it is still so"
		r.Facets[health.Availability] = health.FacetReading{Status: health.Down, Class: r.Class, Cause: r.Cause, Severity: r.Target.Severity}
	case health.Unknown:
		r.Facets[health.Availability] = health.FacetReading{Status: health.Unknown}
	case health.Degraded:
		r.Attempts[0].Status = health.Up
		for facet, b := range f.state.Targets[r.Target.Name].Facets {
			if facet != health.Availability && b.Bad > 0 {
				r.Facets[facet] = health.FacetReading{Status: health.Degraded, Cause: "it is still so", Severity: health.Warning}
			}
		}
	default:
		r.Status = health.Up
	}
}

// moment is a time for people, in UTC as messages have it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func noun(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}
