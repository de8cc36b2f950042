package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// group is a group of the fleet in the course of one round.
type group struct {
	*health.Group
	members []*member // not the paused ones
	failing []*member // those in an open incident; with their results heard
	held    int       // how many of these are held against the group: those in no window
	matter  *matter   // its incident
}

// least is how many members must be up for the group to be up. As the parent of others
// a group that does not count is up as long as one member is.
func (g *group) least() int { return min(max(g.MinUp, 1), len(g.members)) }

// short reports whether too few members are left when so many are not up.
func (g *group) short(down int) bool {
	return len(g.members) > 0 && len(g.members)-down < g.least()
}

// counts reports whether the group is judged as a whole.
func (g *group) counts() bool { return g.MinUp > 0 }

// speaks reports whether people hear of the group in place of its members. It does not when
// none of them is left and yet it is not down, because some are in a window: then nobody
// would hear of the others.
func (g *group) speaks() bool {
	return g.counts() && (g.matter.open() || len(g.failing) < len(g.members))
}

// hearGroups opens and closes the incidents of groups that count. Members in a window, and
// unknown ones, are never held against a group; but that work has begun on members which
// are down does not make the group recover.
func (r *round) hearGroups() {
	for i := range r.in.Groups {
		g := r.groups[r.in.Groups[i].Name]
		for _, t := range g.members {
			if !t.matters[0].open() {
				continue
			}
			g.failing = append(g.failing, t)
			if r.quietAbout(t.Name, t.Group) == "" {
				g.held++
			}
		}
		if g.counts() {
			r.hearGroup(g)
		}
	}
	for _, m := range r.matters { // what is no longer a group that counts, or has nobody left to ask
		if g := r.groups[m.Subject.Name]; m.Subject.Kind == health.OfGroup && (g == nil || !g.counts() || len(g.members) == 0) {
			m.end(health.Unchecked, r.now)
		}
	}
}

func (r *round) hearGroup(g *group) {
	switch {
	case !g.short(len(g.failing)):
		if g.matter != nil {
			g.matter.end(health.Recovered, r.now)
		}
		return
	case g.matter == nil && !g.short(g.held):
		return
	case g.matter == nil:
		subject := health.Subject{Kind: health.OfGroup, Name: g.Name}
		g.matter = r.begin(subject, g.began())
		g.matter.ID = r.incidentID(subject, r.now) // it may fall short twice while one member stays down
	}
	m := g.matter
	m.Severity = cmp.Or(g.Severity, health.Critical)
	m.Rounds++
	m.Group, m.Runbook, m.Tags = g.Name, g.Runbook, g.Tags
	m.Class, m.Cause = g.cause()
}

// began is when so many members had failed that too few were left.
func (g *group) began() time.Time {
	times := make([]time.Time, len(g.failing))
	for i, t := range g.failing {
		times[i] = t.matters[0].Since
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[len(g.members)-g.least()]
}

// mostNamed is how many failing members a cause names.
const mostNamed = 5

// cause is the class most of the failing have, and how the group stands in words.
func (g *group) cause() (health.Class, string) {
	counts := map[health.Class]int{}
	var class health.Class
	names := make([]string, len(g.failing))
	for i, t := range g.failing {
		names[i] = t.Name
		c := t.matters[0].Class
		if counts[c]++; counts[c] > counts[class] || counts[c] == counts[class] && c < class {
			class = c
		}
	}
	slices.Sort(names)
	list := strings.Join(names[:min(len(names), mostNamed)], ", ")
	if more := len(names) - mostNamed; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return class, fmt.Sprintf("%d of %d up, want at least %d; down: %s", len(g.members)-len(g.failing), len(g.members), g.least(), list)
}
