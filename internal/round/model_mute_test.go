package round_test

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
)

// quiet is what keeps alerts back at one time by somebody's wish.
type quiet struct {
	windows  []health.Maintenance // those that are open
	silences []health.Silence     // those that hold
}

// any reports whether there is anything at all.
func (q quiet) any() bool { return len(q.windows)+len(q.silences) > 0 }

// about reports whether somebody wished to hear nothing of a name.
func (q quiet) about(names ...string) bool {
	for _, name := range names {
		if name == "" {
			continue
		}
		for _, w := range q.windows {
			if w.Names[name] {
				return true
			}
		}
		for _, s := range q.silences {
			if s.Name == name || s.Name == health.Everybody {
				return true
			}
		}
	}
	return false
}

// quietAt is what keeps alerts back in a round of this fleet.
func quietAt(at time.Time, f *fleet.Fleet, silences []health.Silence) (q quiet) {
	for _, w := range f.Maintenance {
		if w.Window.Open(at) {
			q.windows = append(q.windows, w)
		}
	}
	for _, s := range silences {
		if !at.Before(s.From) && at.Before(s.Until) {
			q.silences = append(q.silences, s)
		}
	}
	return q
}

// nothingCame reports whether all attempts that were owed met nobody.
func nothingCame(met string, attempts int) bool {
	return len(met) >= attempts && strings.Trim(met, string(hidden)) == "" && met != ""
}

// sees notes which witnesses answered, and reports whether we cannot see: nothing came back
// from most of the hosts, nor from any witness that had answered in the day before.
func (b belief) sees(h heard) (blind bool) {
	began := h.at
	if o, is := b.open[health.Subject{Kind: health.OfChecker, Name: health.FaultBlind}]; is {
		began = o.since
	}
	credible, silent := 0, 0
	answered := map[string]time.Time{} // of a witness that the file names no more nothing is remembered
	for _, w := range h.fleet.Witnesses {
		last, ever := b.answered[w.Name]
		if ever && !last.After(began) && began.Sub(last) <= 24*time.Hour {
			credible++
			if nothingCame(h.asked[w.Name], 1) {
				silent++
			}
		}
		if strings.ContainsAny(h.asked[w.Name], ".~cC") {
			last, ever = h.at, true
		}
		if ever {
			answered[w.Name] = last
		}
	}
	hosts, dark := 0, 0
	for _, t := range h.fleet.Targets {
		met := h.asked[t.Name]
		if strings.Trim(met, string(unasked)) != "" {
			hosts++
		}
		if nothingCame(met, t.Attempts) {
			dark++
		}
	}
	clear(b.answered)
	for name, at := range answered {
		b.answered[name] = at
	}
	return credible > 0 && credible == silent && 2*dark > hosts
}

// hearGroups opens and closes the incident of the group, if it counts.
func (b belief) hearGroups(h heard) {
	for _, g := range h.fleet.Groups {
		members, failing, held := 0, 0, 0
		for _, t := range h.fleet.Targets {
			if t.Group != g.Name || !t.Enabled {
				continue
			}
			members++
			if _, open := b.open[health.Subject{Kind: health.OfTarget, Name: t.Name, Facet: health.Availability}]; open {
				failing++
				if !h.quiet.about(t.Name, t.Group) {
					held++
				}
			}
		}
		subject := health.Subject{Kind: health.OfGroup, Name: g.Name}
		_, open := b.open[subject]
		least := min(g.MinUp, members)
		switch {
		case g.MinUp == 0 || members-failing >= least:
			delete(b.open, subject)
		case !open && members-held < least:
			b.open[subject] = opening{h.at, h.at, g.Severity}
		}
	}
}

// darken counts for how long what is above a target, or was, may yet explain its trouble.
func (b belief) darken(before belief, h heard) {
	for _, t := range h.fleet.Targets {
		known := h.asked[t.Name] != "" && !b.blank[t.Name]
		switch {
		case slices.ContainsFunc(above(h.fleet, t.Name), func(name string) bool { return b.troubled(name) || before.troubled(name) }):
			b.shade[t.Name] = 5 // the largest fail_after there is, and two more
		case known && b.shade[t.Name] > 0:
			b.shade[t.Name]--
		}
	}
}

// troubled reports whether anything is wrong with a target that may explain others' trouble.
func (b belief) troubled(name string) bool {
	if b.sides[side{name, health.Availability}].bad > 0 {
		return true
	}
	for _, kind := range []health.SubjectKind{health.OfTarget, health.OfFlapping} {
		if _, open := b.open[health.Subject{Kind: kind, Name: name, Facet: health.Availability}]; open {
			return true
		}
	}
	return false
}

// above are the targets that one depends on, directly or not, the members of groups among them.
func above(f *fleet.Fleet, name string) (found []string) {
	next := []string{name}
	for len(next) > 0 {
		name, next = next[0], next[1:]
		for _, t := range f.Targets {
			if t.Name != name {
				continue
			}
			for _, parent := range t.DependsOn {
				for _, p := range f.Targets {
					if (p.Name == parent || p.Group == parent) && !slices.Contains(found, p.Name) {
						found, next = append(found, p.Name), append(next, p.Name)
					}
				}
			}
		}
	}
	return found
}

// mayMute reports whether anything can keep an incident back; must, whether somebody's wish
// does.
func (b belief) mayMute(h heard, s health.Subject) (may, must bool) {
	if s.Kind == health.OfChecker {
		return false, false
	}
	may = h.quiet.any()
	for _, t := range h.fleet.Targets {
		if s.Kind == health.OfGroup && t.Group == s.Name && b.shade[t.Name] > 0 {
			may = true
		}
		if s.Kind == health.OfGroup || t.Name != s.Name {
			continue
		}
		_, flaps := b.open[health.Subject{Kind: health.OfFlapping, Name: s.Name, Facet: s.Facet}]
		may = may || b.shade[t.Name] > 0 || flaps && s.Kind == health.OfTarget
		may = may || t.Group != "" && s.Facet == health.Availability && h.fleet.Groups[0].MinUp > 0
		must = h.quiet.about(t.Name, t.Group)
	}
	if s.Kind == health.OfGroup {
		must = h.quiet.about(s.Name)
	}
	return may, must
}

// remind is the spacing of the first reminder; 0: there is none.
func (h heard) remind(s health.Subject) time.Duration {
	for _, t := range h.fleet.Targets {
		if t.Name == s.Name {
			return t.Remind
		}
	}
	return 6 * time.Hour
}

// hearsQuiet notes the silences that an invocation has read.
func (i *invocation) hearsQuiet(data []byte) {
	var stored struct{ Silences []health.Silence }
	if data != nil {
		if err := json.Unmarshal(data, &stored); err != nil {
			panic(err)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.quietly = &stored.Silences
}

// silence makes these the silences that people have asked for.
func (l *life) silence(silences ...health.Silence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiets = silences
	l.begun++ // stands in for seq: equal bytes never share a version
	l.objects[quietKey] = []byte(text(map[string]any{"schema": "rollcall.silences/1", "seq": l.begun, "silences": silences}))
	l.note("silences: %v", silences)
}
