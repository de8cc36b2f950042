package judge

import "rollcall/internal/health"

// hearFaults takes the checker's own faults into belief: one round opens an incident,
// one round without closes it. A name given twice counts once.
func (r *round) hearFaults() {
	present := make(map[string]bool, len(r.faults))
	for _, fault := range r.faults {
		if present[fault.Name] {
			continue
		}
		present[fault.Name] = true
		m := r.fault(fault.Name)
		m.Cause = fault.Cause
		m.Rounds++
	}
	for _, m := range r.matters {
		if m.Subject.Kind == health.OfChecker && !present[m.Subject.Name] {
			m.end(health.Recovered, r.now)
		}
	}
}

// fault is the checker incident of that name, opened now if it is not open.
func (r *round) fault(name string) *matter {
	subject := health.Subject{Kind: health.OfChecker, Name: name}
	for _, m := range r.matters {
		if m.Subject == subject {
			return m
		}
	}
	m := r.begin(subject, r.now)
	m.Severity, m.Class = health.Critical, health.ClassChecker
	return m
}
