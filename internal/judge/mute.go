package judge

import (
	"fmt"
	"time"

	"rollcall/internal/health"
)

// mutes are why an open incident is kept back: the first that gives a reason. It is still
// believed, and told as soon as none does. The checker's own incidents are never kept back.
var mutes = [...]func(*standing) string{
	(*standing).quiet,
	(*standing).flapping,
	(*standing).spokenFor,
	(*standing).explained,
}

// quiet is a time in which some are not spoken of: a window that is open, or a silence.
type quiet struct {
	about  func(name string) bool // of a target or a group
	reason string
}

// quietsOf are the windows and silences of this moment, windows first.
func quietsOf(in Input, now time.Time) []quiet {
	var quiets []quiet
	for _, m := range in.Maintenance {
		if m.Window.Open(now) {
			quiets = append(quiets, quiet{func(name string) bool { return m.Names[name] }, "maintenance: " + m.Why})
		}
	}
	for _, s := range in.Silences {
		if !now.Before(s.From) && now.Before(s.Until) {
			quiets = append(quiets, quiet{
				func(name string) bool { return s.Name == name || s.Name == health.Everybody },
				fmt.Sprintf("silenced until %s: %s", clock(s.Until, now), s.Why),
			})
		}
	}
	return quiets
}

// quietAbout says why a target is not spoken of now, or a group when it has no group of its
// own; empty when nothing is in the way.
func (r *round) quietAbout(name, group string) string {
	for _, q := range r.quiets {
		if q.about(name) || group != "" && q.about(group) {
			return q.reason
		}
	}
	return ""
}

// quiet is a window or a silence. A group is also kept back while it falls short only
// because of members that are.
func (s *standing) quiet() string {
	if s.group == nil {
		return s.round.quietAbout(s.member.Name, s.member.Group)
	}
	if why := s.round.quietAbout(s.group.Name, ""); why != "" {
		return why
	}
	if s.group.short(s.group.held) {
		return ""
	}
	for _, t := range s.group.failing {
		if why := s.round.quietAbout(t.Name, t.Group); why != "" {
			return why
		}
	}
	return ""
}

// flapping keeps the ups and downs of a facet back while it flaps: the flapping is told.
func (s *standing) flapping() string {
	if s.Subject.Kind != health.OfTarget || !s.member.flaps[rank(s.Subject.Facet)].open() {
		return ""
	}
	return "flapping: its ups and downs are not told one by one"
}

// spokenFor keeps the members of a group that counts back: the group speaks for them.
func (s *standing) spokenFor() string {
	if s.member == nil || s.Subject.Facet != health.Availability {
		return ""
	}
	g := s.round.groups[s.member.Group]
	if g == nil || !g.speaks() {
		return ""
	}
	return fmt.Sprintf("group %s speaks for it, %d of %d up", g.Name, len(g.members)-len(g.failing), len(g.members))
}

// explained keeps back what something it depends on explains, or explained a moment ago. A
// group is explained when all its failing members are.
func (s *standing) explained() string {
	if s.group == nil {
		return s.round.explained(s.member)
	}
	why := ""
	for _, t := range s.group.failing {
		if why = s.round.explained(t); why == "" {
			return ""
		}
	}
	return why
}

func (r *round) explained(t *member) string {
	switch over := r.kin.over(t.Name); {
	case over.name != "":
		return over.reason
	case t.state.Shadow == 1:
		return "what it depends on has just recovered, told after 1 more bad round"
	case t.state.Shadow > 1:
		return fmt.Sprintf("what it depends on has just recovered, told after %d more bad rounds", t.state.Shadow)
	default:
		return ""
	}
}

// trouble is what a target or a group shows by itself that explains those below it. What
// could not be asked explains nobody.
func (r *round) trouble(name string) trouble {
	if t := r.fleet[name]; t != nil {
		return r.troubleOf(t)
	}
	if g := r.groups[name]; g != nil {
		return g.trouble()
	}
	return trouble{}
}

func (g *group) trouble() trouble {
	down, before := 0, 0
	for _, t := range g.members {
		if t.state.Status == health.Down || t.matters[0].open() {
			down++
		}
		if m := t.matters[0]; m != nil { // closed in this round, or still open
			before++
		}
	}
	name := g.Name
	switch {
	case g.matter.open(), g.short(len(g.failing)):
		return trouble{name, "depends on group " + name + ", which is down", true}
	case g.matter != nil, g.short(before):
		return trouble{name, "depends on group " + name + ", which has just recovered", true}
	case g.short(down):
		return trouble{name, "depends on group " + name + ", which is down", false}
	default:
		return trouble{}
	}
}

// troubleOf is that of a target. One whose group speaks for it, and is not down, explains
// nobody: people do not hear of it.
func (r *round) troubleOf(t *member) trouble {
	m, flap := t.matters[0], t.flaps[0]
	g := r.groups[t.Group]
	switch {
	case !t.Enabled, g != nil && g.counts() && r.kin.of(g.Name).name == "":
		return trouble{}
	case m.open():
		return trouble{t.Name, "depends on " + t.Name + ", which is down since " + clock(m.Since, r.now), true}
	case flap.open():
		return trouble{t.Name, "depends on " + t.Name + ", which is flapping", true}
	case m != nil, flap != nil:
		return trouble{t.Name, "depends on " + t.Name + ", which has just recovered", true}
	case t.state.Status == health.Down:
		return trouble{t.Name, "depends on " + t.Name + ", which is down", false}
	default:
		return trouble{}
	}
}

// darken notes, on what is bad, that the incident of an ancestor explains it: it does until
// it was asked fail_after times after the round that closed the incident. Its own failures
// may have begun below that incident, and its recovery may take that long.
func (r *round) darken() {
	for i := range r.members {
		t := &r.members[i]
		switch shadow := &t.state.Shadow; {
		case *shadow == 0 && len(r.kin.parents[t.Name]) == 0:
		case !t.bad():
			*shadow = 0
		case r.kin.over(t.Name).lasts:
			*shadow, _ = Thresholds(*t.Target, health.Availability)
		case *shadow > 0 && t.result != nil && t.result.Facets[health.Availability].Status != health.Unknown:
			*shadow--
		}
	}
}

// bad reports whether anything of a target is, or is believed to be.
func (t *member) bad() bool {
	for i, f := range health.AllFacets {
		if t.state.Facets[f].Bad > 0 || t.matters[i].open() || t.flaps[i].open() {
			return true
		}
	}
	return false
}
