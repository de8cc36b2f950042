package fleet

import (
	"fmt"
	"slices"
	"strings"
)

// circles reports who depends on themselves by way of others. A walk in depth follows each
// link once; each that leads back onto the walk closes a circle, and without those there
// is none.
func (k *kin) circles(r *reader) {
	const most = 100_000 // steps in all that are told: a file with more has enough to mend
	told := 0
	depth := make([]int, len(k.vertices)) // 0: not walked yet; -1: done; else how deep in the walk
	next := make([]int, len(k.vertices))  // the link to follow
	for start := range k.vertices {
		if depth[start] != 0 {
			continue
		}
		walk := []int{start}
		depth[start] = 1
		for len(walk) > 0 {
			v := walk[len(walk)-1]
			if next[v] == len(k.vertices[v].links) {
				depth[v] = -1
				walk = walk[:len(walk)-1]
				continue
			}
			to := k.vertices[v].links[next[v]].to
			next[v]++
			switch {
			case depth[to] == 0:
				depth[to] = len(walk) + 1
				walk = append(walk, to)
			case depth[to] > 0 && told < most:
				circle := walk[depth[to]-1:]
				told += len(circle)
				r.tellCircle(k.steps(circle, next))
			}
		}
	}
}

// step is one step of a circle, from a name to a name.
type step struct {
	from, to string
	by       string // the group whose list it is
	member   bool   // from a group to its member
	at       place  // where it is written; none for a member
}

// steps are the steps of a circle of vertices, each of which is left by the link before
// its next one. The first is one that is written somewhere: a circle has such a step,
// since members lead to no members.
func (k *kin) steps(circle []int, next []int) []step {
	leaving := func(v int) link { return k.vertices[v].links[next[v]-1] }
	var steps []step
	for _, v := range circle {
		if k.vertices[v].name == "" {
			continue // a list, part of a step
		}
		l := leaving(v)
		s := step{from: k.vertices[v].name, member: k.vertices[l.to].name != ""}
		if !s.member {
			s.by = k.vertices[v].by
			l = leaving(l.to)
			s.at = l.at
		}
		s.to = k.vertices[l.to].name
		steps = append(steps, s)
	}
	first := slices.IndexFunc(steps, func(s step) bool { return !s.member })
	return slices.Concat(steps[first:], steps[:first])
}

// tellCircle reports a circle at the place of its first step.
func (r *reader) tellCircle(steps []step) {
	first := steps[0]
	switch {
	case len(steps) > 1:
		r.problem(first.at, "depends_on runs in a circle: "+inWords(steps), "take one of these links out")
	case first.by != "":
		r.problem(first.at, first.from+" depends on itself by its group "+first.by, "write depends_on: none in the target, or take it off this list")
	default:
		r.problem(first.at, first.from+" depends on itself", "take it off this list")
	}
}

// inWords is a circle as a sentence has it: a depends on b, b on c, c on a.
func inWords(steps []step) string {
	const shown = 20
	var b strings.Builder
	for i, s := range steps {
		left := len(steps) - shown
		if i == shown-1 && left > 0 {
			fmt.Fprintf(&b, ", and so on by %d more", left)
		}
		if i >= shown-1 && i < len(steps)-1 {
			continue
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.from)
		switch {
		case i == 0:
			b.WriteString(" depends on ")
		case s.member:
			b.WriteString(" on its member ")
		default:
			b.WriteString(" on ")
		}
		b.WriteString(s.to)
		if s.by != "" {
			b.WriteString(" by its group " + s.by)
		}
	}
	return b.String()
}
