package judge

import (
	"slices"

	"rollcall/internal/health"
)

// substantiate adds to what is told what this round measured, and what hangs on it. Only
// the first of a crowd get it: nobody reads it of five thousand, and each has a line in
// the log.
func (r *round) substantiate(d *health.Digest) {
	left := health.EvidenceTold
	for _, told := range [...][]health.Incident{d.Opened, d.Reminded} {
		for i := range told {
			if left == 0 {
				return
			}
			left--
			r.back(&told[i])
		}
	}
}

func (r *round) back(i *health.Incident) {
	switch i.Subject.Kind {
	case health.OfTarget, health.OfFlapping:
		if t := r.fleet[i.Subject.Name]; t.result != nil {
			i.Evidence = evidenceOf(t.result)
		}
		if i.Subject.Facet != health.Availability {
			return // what is slow, or near its end, explains nobody
		}
	case health.OfChecker:
		return
	}
	names := r.dependants(i.Subject.Name)
	i.Dependent = len(names)
	i.Dependants = names[:min(len(names), health.DependantsTold)]
}

// evidenceOf is what a round measured; nil when it asked nobody.
func evidenceOf(result *health.Result) *health.Evidence {
	if len(result.Attempts) == 0 {
		return nil
	}
	p := result.Phases
	e := &health.Evidence{Phases: health.PhasesMS{
		DNS: health.MS(p.DNS), Connect: health.MS(p.Connect), TLS: health.MS(p.TLS), Wait: health.MS(p.Wait), Read: health.MS(p.Read),
	}}
	for _, a := range result.Attempts {
		e.Attempts = append(e.Attempts, health.Reading{Status: a.Status, Class: a.Class, Cause: a.Cause})
		e.MS = append(e.MS, health.MS(a.Latency))
	}
	return e
}

// passesOn reports whether what is wrong with a group's members is wrong with those that
// depend on the group.
func (r *round) passesOn(group string) bool {
	return r.kin.of(group).name != "" || r.kin.over(group).name != ""
}

// dependants are the targets that are bad and depend on the named target or group, by
// name. A group that is down passes on what hangs on it, and speaks for what hangs on its
// members.
func (r *round) dependants(name string) []string {
	seen := map[string]bool{name: true}
	var found []string
	var descend func(name string)
	descend = func(name string) {
		if t := r.fleet[name]; t != nil && !seen[t.Group] && r.passesOn(t.Group) {
			seen[t.Group] = true
			descend(t.Group)
		}
		for _, child := range r.kin.children[name] {
			if seen[child] {
				continue
			}
			seen[child] = true
			if t := r.fleet[child]; t != nil && t.Enabled && t.bad() {
				found = append(found, child)
			}
			descend(child)
		}
	}
	descend(name)
	if g := r.groups[name]; g != nil {
		for _, t := range g.failing {
			seen[t.Name] = true
			descend(t.Name)
		}
	}
	slices.Sort(found)
	return found
}
