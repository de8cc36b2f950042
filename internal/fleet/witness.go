package fleet

import (
	"net/netip"

	"rollcall/internal/check"
	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// Witness is a place that shows whether we can see at all. It is asked as a target is, with
// the built-in policy; its name is its URL.
type Witness struct {
	Target
	Scope health.Scope // of its address; empty: it has a name
}

// Words are what the judge needs to know of it.
func (w Witness) Words() health.Witness {
	return health.Witness{Name: w.Name, Host: w.Host, Scope: w.Scope, Timeout: w.Timeout}
}

// readWitnesses reads the list of witnesses, or none.
func (r *reader) readWitnesses(e entry) []Witness {
	if e.value == nil || e.value.scalar() && e.value.text == "none" {
		return nil
	}
	if e.value.kind != list {
		r.wrongKind(e, "a list of URLs such as tcp://1.1.1.1:443, or none")
		return nil
	}
	var witnesses []Witness
	first := make(map[string]place, len(e.value.items))
	for _, i := range e.value.items {
		one := entry{"witness", i.at, i.value}
		link, ok := r.textOf(one, "a URL such as tcp://1.1.1.1:443")
		if !ok {
			continue
		}
		if at, taken := first[link]; taken {
			r.problem(one.at(), "witness "+quoteURL(link)+" is that at "+r.position(at).String()+" already", "remove one: the same place twice shows no more than once")
			continue
		}
		first[link] = one.at()
		if w, ok := r.witness(one, link); ok {
			witnesses = append(witnesses, w)
		}
	}
	return witnesses
}

// witness reads one of them.
func (r *reader) witness(e entry, link string) (Witness, bool) {
	a, f := readAddress(link, r.kinds)
	if f.found() {
		r.problem(e.at(), "witness "+quoteURL(link)+" "+f.what, f.remedy)
		return Witness{}, false
	}
	t, problems := bare(link, a)
	for _, p := range problems {
		r.problem(e.at(), p.What, p.Remedy)
	}
	t.Name, t.At = link, r.position(e.at())
	w := Witness{Target: t}
	if literal, err := netip.ParseAddr(a.host); err == nil {
		w.Scope = check.ScopeOf(literal)
	}
	return w, len(problems) == 0
}

// bare is what a URL alone says of a target, all but its name, with the built-in policy; and
// what its kind finds wrong with it.
func bare(link string, a address) (Target, []check.Problem) {
	t := Target{Check: a.kind.New()}
	problems := t.Check.Prepare(secret.Plain(link))
	t.URL, t.Host, t.Kind, t.Policy = link, a.host, a.kind.Name, builtin()
	t.Attempts = attempts(t.Check)
	return t, problems
}
