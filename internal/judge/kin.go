package judge

import (
	"slices"

	"rollcall/internal/health"
)

// Family is who cannot work without whom.
type Family struct {
	parents  map[string][]string // what targets and groups depend on; only of those that do
	children map[string][]string // the other way round
	members  map[string][]string // of groups, without paused ones
}

// Kin reads the family off a fleet. A paused target is no member of its group, but what it
// depends on goes on to those that depend on it. Names that are neither a target nor a group
// count for nothing; circles do no harm.
func Kin(targets []health.Target, groups []health.Group) *Family {
	f := &Family{parents: map[string][]string{}, children: map[string][]string{}, members: map[string][]string{}}
	for i := range targets {
		t := &targets[i]
		if t.Group != "" && t.Enabled {
			f.members[t.Group] = append(f.members[t.Group], t.Name)
		}
		f.add(t.Name, t.DependsOn)
	}
	for i := range groups {
		f.add(groups[i].Name, groups[i].DependsOn)
	}
	return f
}

func (f *Family) add(name string, parents []string) {
	if len(parents) == 0 {
		return
	}
	f.parents[name] = parents
	for _, p := range parents {
		f.children[p] = append(f.children[p], name)
	}
}

// Ancestors are the names of the targets that any of those named depends on, directly or
// through others, sorted; those named are among them only when another of them depends on
// them. A group stands for all its members, and for what they depend on.
func (f *Family) Ancestors(names ...string) []string {
	if len(f.parents) == 0 {
		return nil
	}
	seen := map[string]bool{}
	var found []string
	var climb func(name string)
	climb = func(name string) {
		for _, p := range f.parents[name] {
			if seen[p] {
				continue
			}
			seen[p] = true
			if members, isGroup := f.members[p]; isGroup {
				for _, m := range members {
					if !seen[m] {
						seen[m] = true
						found = append(found, m)
						climb(m)
					}
				}
			} else {
				found = append(found, p)
			}
			climb(p)
		}
	}
	for _, n := range names {
		climb(n)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// trouble is a target or a group that explains what is wrong with those that depend on it.
type trouble struct {
	name   string // empty: nothing above is in trouble
	reason string // "edge is down"
	lasts  bool   // it is an incident, open or closed in this round; not just a bad reading
}

// lineage answers, in one round, what above a target is in trouble. It asks about each
// target and group at most once.
type lineage struct {
	*Family
	ask   func(name string) trouble // of a target or a group by itself
	asked map[string]trouble
	above map[string]trouble
}

func (l *lineage) of(name string) trouble {
	t, known := l.asked[name]
	if !known {
		t = l.ask(name)
		l.asked[name] = t
	}
	return t
}

// over is the trouble furthest up above a target or a group: what people are, or will be,
// told of. A trouble that lasts goes before one that may be a blip. Above a group is also
// what is above all of its members.
func (l *lineage) over(name string) trouble {
	if len(l.parents) == 0 {
		return trouble{}
	}
	if known, ok := l.above[name]; ok {
		return known
	}
	l.above[name] = trouble{} // a circle ends here, and nothing explains itself
	var worst trouble
	for _, p := range l.parents[name] {
		t := l.over(p)
		if t.name == "" {
			t = l.of(p)
		} else if own := l.of(p); own.lasts && !t.lasts {
			t = own
		}
		if t.name != "" && t.name != name && (worst.name == "" || t.lasts && !worst.lasts) {
			worst = t
		}
	}
	if worst.name == "" {
		worst = l.overAll(l.members[name])
	}
	l.above[name] = worst
	return worst
}

// overAll is what is above all of the members of a group: nothing when it is not above one.
func (l *lineage) overAll(members []string) (t trouble) {
	for _, m := range members {
		if t = l.over(m); t.name == "" {
			return trouble{}
		}
	}
	return t
}
