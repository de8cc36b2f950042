package fleet

import (
	"fmt"
	"slices"

	"rollcall/internal/check"
	"rollcall/internal/health"
)

// groupKeys are a group's own keys.
var groupKeys = []string{"min_up"}

// readGroups reads the groups.
func (r *reader) readGroups(e entry) []health.Group {
	if e.value == nil || !r.isMapping(e, "names and their policy keys") {
		return nil
	}
	r.groups = make(map[string]*node, len(e.value.entries))
	groups := make([]health.Group, 0, len(e.value.entries))
	for _, g := range e.value.entries {
		if f := nameFlaw(g.key); f.found() {
			r.problem(g.keyAt, "group "+quote(g.key)+" "+f.what, f.remedy)
			continue
		}
		r.names[g.key] = named{at: g.keyAt, group: true}
		r.groups[g.key] = nil
		r.known = append(r.known, g.key)
		group := health.Group{Name: g.key}
		if r.isMapping(g, "policy keys, such as severity: warning") {
			r.groups[g.key] = g.value
			r.groupKeys(g.value)
			group.Policy = r.policy(g.value, r.defaults)
		}
		groups = append(groups, group)
	}
	r.groupNames = slices.Clone(r.known)
	return groups
}

// groupKeys finds what does not belong into a group.
func (r *reader) groupKeys(group *node) {
	for _, k := range group.entries {
		switch {
		case slices.Contains(groupKeys, k.key), policyOf(k.key) != nil:
		case k.key == tlsKey:
			r.fill(new(check.TLS), k)
		case r.kind(k.key) != nil, slices.Contains(targetKeys, k.key):
			r.problem(k.keyAt, "key "+quote(k.key)+" does not stand in a group", "write it in the targets, or an anchor for all of them under x-...")
		default:
			r.unknownKey(k, slices.Concat(groupKeys, policyNames(), []string{tlsKey}))
		}
	}
}

// countGroups reads how many members groups need, now that these are known. Paused ones do
// not count. Without targets, which was reported, nobody knows how many there are.
func (r *reader) countGroups(f *Fleet) {
	asked := map[string]int{}
	for _, t := range f.Targets {
		if t.Enabled {
			asked[t.Group]++
		}
	}
	for i := range f.Groups {
		g := &f.Groups[i]
		e := r.groups[g.Name].get("min_up")
		if e.value == nil {
			continue
		}
		n, ok := r.whole(e, "how many members must be up, a whole number")
		members := asked[g.Name]
		switch {
		case !ok || f.Targets == nil:
		case members == 0:
			r.problem(e.at(), "min_up counts members, and no target that is asked is in group "+quote(g.Name), "remove it, or write group: "+g.Name+" in its targets")
		case n < 1:
			r.problem(e.at(), fmt.Sprintf("min_up %d is out of bounds", n), fmt.Sprintf("write a whole number from 1 to %d", members))
		case n > int64(members):
			r.problem(e.at(), fmt.Sprintf("min_up %d is more than the members of group %s that are asked, which are %d", n, quote(g.Name), members),
				fmt.Sprintf("write a whole number from 1 to %d", members))
		default:
			g.MinUp = int(n)
		}
	}
}
