package judge

import (
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
	matter  *matter   // its incident
}

// least is how many members must be up for the group to be up. As the parent of others
// a group that does not count is up as long as one member is.
func (g *group) least() int { return min(max(g.MinUp, 1), len(g.members)) }

// failing are the members in an open incident.
func (g *group) failing() []*member {
	var failing []*member
	for _, t := range g.members {
		if t.matters[0].open() {
			failing = append(failing, t)
		}
	}
	return failing
}

// hearGroups opens and closes the incidents of groups that count. Members in a window, and
// unknown ones, are never held against a group; but that work has begun on members which
// are down does not make the group recover.
func (r *round) hearGroups() {
	for i := range r.in.Groups {
		if g := r.groups[r.in.Groups[i].Name]; g.MinUp > 0 {
			r.hearGroup(g)
		}
	}
	for _, m := range r.matters { // what is no longer a group that counts, or has nobody left to ask
		if g := r.groups[m.Subject.Name]; m.Subject.Kind == health.OfGroup && (g == nil || g.MinUp == 0 || len(g.members) == 0) {
			m.end(health.Unchecked, r.now)
		}
	}
}

func (r *round) hearGroup(g *group) {
	failing := g.failing()
	short := len(g.members)-len(failing) < g.least()
	if !short {
		if g.matter != nil {
			g.matter.end(health.Recovered, r.now)
		}
		return
	}
	if g.matter == nil {
		if len(g.members)-len(r.held(failing)) >= g.least() {
			return
		}
		subject := health.Subject{Kind: health.OfGroup, Name: g.Name}
		g.matter = r.begin(subject, g.began(failing))
		g.matter.ID = r.incidentID(subject, r.now) // it may fall short twice while one member stays down
	}
	m := g.matter
	m.Severity = health.Critical
	if g.Severity != "" {
		m.Severity = g.Severity
	}
	m.Rounds++
	m.Group, m.Runbook, m.Tags = g.Name, g.Runbook, g.Tags
	m.Class, m.Cause = g.cause(failing)
}

// held are the members that are held against their group: those in no window.
func (r *round) held(failing []*member) []*member {
	return slices.DeleteFunc(slices.Clone(failing), func(t *member) bool { return r.quietAbout(t.Name, t.Group) != "" })
}

// began is when so many members had failed that too few were left.
func (g *group) began(failing []*member) time.Time {
	times := make([]time.Time, len(failing))
	for i, t := range failing {
		times[i] = t.matters[0].Since
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[len(g.members)-g.least()]
}

// mostNamed is how many failing members a cause names.
const mostNamed = 5

// cause is the class most of the failing have, and how the group stands in words.
func (g *group) cause(failing []*member) (health.Class, string) {
	counts := map[health.Class]int{}
	var class health.Class
	names := make([]string, len(failing))
	for i, t := range failing {
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
	return class, fmt.Sprintf("%d of %d up, want at least %d; down: %s", len(g.members)-len(failing), len(g.members), g.least(), list)
}
