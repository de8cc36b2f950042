package fleet

import "rollcall/internal/health"

// kin is who depends on whom, as the judge asks it: a target on what its depends_on names;
// a group on what its own names and on each of its members, since it is they who make it
// up or down.
//
// What defaults say is for all but those it names, and those on which these depend in
// their turn, which do not inherit it. So defaults with depends_on: [edge] mean that all
// depend on edge, and edge on nobody; and defaults never close a circle: what leads from
// edge back to a target is written in targets and groups, so that target does not inherit
// the link to edge.
//
// It is a graph of targets, groups and lists of names, so that a list that ten thousand
// inherit is ten thousand links and not ten thousand lists.
type kin struct {
	vertices []vertex
	named    map[string]int // targets and groups
	lists    map[*node]int
}

type vertex struct {
	name  string // of a target or group; "" for a list
	by    string // the group that a target has its list from
	links []link
}

// link leads from whoever has a list to the list, from a list to whom it names, and from
// a group to its members.
type link struct {
	to int
	at place // where a list names whom it does
}

// relate checks what depends_on says, now that all are known, and settles who inherits
// that of the defaults. items are the targets as the file has them.
func (r *reader) relate(f *Fleet, items []item) {
	k := &kin{named: map[string]int{}, lists: map[*node]int{}}
	groups, targets := make([]int, len(f.Groups)), make([]int, len(f.Targets))
	for i := range f.Groups {
		groups[i] = k.add(f.Groups[i].Name)
	}
	for i := range f.Targets {
		targets[i] = k.add(f.Targets[i].Name)
	}
	said := func(level *node) bool { return level.get("depends_on").value != nil }
	common := k.list(r, r.defaults.get("depends_on"))
	for i, g := range groups {
		k.give(r, g, r.groups[f.Groups[i].Name], "")
	}
	for i, t := range targets {
		group := f.Targets[i].Group
		if own := items[i].value; said(own) {
			k.give(r, t, own, "")
		} else {
			k.give(r, t, r.groups[group], group)
		}
		if g, ok := k.named[group]; ok && group != "" && t >= 0 {
			k.vertices[g].links = append(k.vertices[g].links, link{to: t})
		}
	}
	above := k.from(common)
	settle := func(v int, p *health.Policy, inherits bool) {
		if inherits && above[v] {
			p.DependsOn = nil
		}
	}
	for i, g := range groups {
		settle(g, &f.Groups[i].Policy, !said(r.groups[f.Groups[i].Name]))
	}
	for i, t := range targets {
		settle(t, &f.Targets[i].Policy, !said(items[i].value) && !said(r.groups[f.Targets[i].Group]))
	}
	k.circles(r)
}

// add is the vertex of a target or group; -1 when it has no name of its own, which was
// reported.
func (k *kin) add(name string) int {
	if _, taken := k.named[name]; taken || nameFlaw(name).found() {
		return -1
	}
	k.named[name] = len(k.vertices)
	k.vertices = append(k.vertices, vertex{name: name})
	return len(k.vertices) - 1
}

// give links a target or group to the list that level has, which may be none. A target has
// it by its group, or by itself.
func (k *kin) give(r *reader, to int, level *node, by string) {
	if l := k.list(r, level.get("depends_on")); l >= 0 && to >= 0 {
		k.vertices[to].links = append(k.vertices[to].links, link{to: l})
		k.vertices[to].by = by
	}
}

// list is the vertex of a list of names, or -1. Names that nobody has are problems, told
// once for each list.
func (k *kin) list(r *reader, e entry) int {
	if e.value == nil || e.value.kind != list {
		return -1
	}
	if l, ok := k.lists[e.value]; ok {
		return l
	}
	var l vertex
	m := r.dependsOn(e)
	for i, name := range m.names {
		if to, ok := k.named[name]; ok {
			l.links = append(l.links, link{to, m.at[i]})
		} else {
			r.stranger(e.key, name, m.at[i])
		}
	}
	k.lists[e.value] = len(k.vertices)
	k.vertices = append(k.vertices, l)
	return len(k.vertices) - 1
}

// from is all that can be reached from a vertex; from -1, nothing.
func (k *kin) from(start int) map[int]bool {
	reached := map[int]bool{}
	if start < 0 {
		return reached
	}
	for next := []int{start}; len(next) > 0; {
		v := next[len(next)-1]
		next = next[:len(next)-1]
		for _, l := range k.vertices[v].links {
			if !reached[l.to] {
				reached[l.to] = true
				next = append(next, l.to)
			}
		}
	}
	return reached
}
