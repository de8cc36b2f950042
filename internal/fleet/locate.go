package fleet

import (
	"strconv"

	"rollcall/internal/check"
	"rollcall/internal/secret"
)

// located reports a problem that a kind found, at the place its path leads to from n; as
// far as the path leads, when what it names is missing. Resolved values are taken out of
// its words, whatever they quote.
func (r *reader) located(n *node, at place, p check.Problem) {
	for _, step := range p.Path {
		if n == nil {
			break
		}
		n, at = n.step(step, at)
	}
	if r.redacts != len(r.resolved) {
		r.redactor, r.redacts = secret.NewRedactor(r.resolved...), len(r.resolved)
	}
	r.problem(at, r.redactor.Redact(p.What), r.redactor.Redact(p.Remedy))
}

// step is the value of a key or at an index, and where it stands; nil and from, when there
// is none.
func (n *node) step(name string, from place) (*node, place) {
	if n.kind == list {
		if i, err := strconv.Atoi(name); err == nil && 0 <= i && i < len(n.items) {
			return n.items[i].value, n.items[i].at
		}
		return nil, from
	}
	if e := n.get(name); e.value != nil {
		return e.value, e.at()
	}
	return nil, from
}
