package fleet

import (
	"slices"

	"rollcall/internal/health"
)

// crowd is everybody whom maintenance can be about.
type crowd struct {
	all     map[string]bool     // targets and groups
	targets map[string]bool     // targets alone
	members map[string][]string // of groups
	tagged  map[string][]string // whoever has a tag: targets, and groups as a whole
	tags    []string            // of targets, in the file's order
}

// crowdOf is nil for a fleet without targets.
func crowdOf(f *Fleet) *crowd {
	if f.Targets == nil {
		return nil
	}
	c := &crowd{all: map[string]bool{}, targets: map[string]bool{}, members: map[string][]string{}, tagged: map[string][]string{}}
	for _, t := range f.Targets {
		c.all[t.Name], c.targets[t.Name] = true, true
		c.members[t.Group] = append(c.members[t.Group], t.Name)
		for _, tag := range t.Tags {
			if c.tagged[tag] == nil {
				c.tags = append(c.tags, tag)
			}
			c.tagged[tag] = append(c.tagged[tag], t.Name)
		}
	}
	for _, g := range f.Groups {
		c.all[g.Name] = true
		for _, tag := range g.Tags {
			if c.tagged[tag] != nil { // one that no target has is nobody's
				c.tagged[tag] = append(c.tagged[tag], g.Name)
			}
		}
	}
	return c
}

// selected are the names of those a maintenance is about: whom its targets name, a group
// as a whole and each of its members, and whoever has one of its tags. Nobody changes
// them: they may be shared. Without a crowd only what can be said without it is.
func (r *reader) selected(m *node, at place, c *crowd) map[string]bool {
	targets, tags := m.get("targets"), m.get("tags")
	if targets.value == nil && tags.value == nil {
		r.problem(at, "this maintenance is about nobody", "write targets: or tags:, or targets: '*' for all")
		return nil
	}
	before := r.problems.reports
	var named, tagged mentions
	everybody := false
	if targets.value != nil {
		if everybody = targets.value.scalar() && targets.value.text == health.Everybody; !everybody {
			named = r.mentions(targets, "a list of names of targets or groups, or '*' for all", "the name of a target or group")
			everybody = slices.Contains(named.names, health.Everybody)
		}
	}
	if tags.value != nil {
		tagged = r.mentions(tags, "a list of tags, such as [prod]", "a tag")
	}
	switch {
	case c == nil:
		return nil
	case everybody:
		return c.all
	}
	chosen := map[string]bool{}
	take := func(names ...string) {
		if r.meter.spend(len(names)) {
			r.problem(at, tooMany, tooManyRemedy)
		}
		for i := 0; i < len(names) && !r.meter.over(); i++ {
			chosen[names[i]] = true
		}
	}
	for i, name := range named.names {
		if c.all[name] {
			take(name)
		} else {
			r.stranger(targets.key, name, named.at[i])
		}
		if !c.targets[name] {
			take(c.members[name]...)
		}
	}
	for i, tag := range tagged.names {
		if c.tagged[tag] == nil {
			r.problem(tagged.at[i], "tags names "+quote(tag)+", which no target has", r.instead(tag, c.tags, "give it to one, or remove it"))
		}
		take(c.tagged[tag]...)
	}
	if r.problems.reports == before && !c.anyTarget(chosen) {
		r.problem(at, "this maintenance is about nobody: no target is among those it names", "name a target, a group that has some, or '*' for all")
	}
	return chosen
}

// anyTarget reports whether a target is among names.
func (c *crowd) anyTarget(names map[string]bool) bool {
	for name := range names {
		if c.targets[name] {
			return true
		}
	}
	return false
}
