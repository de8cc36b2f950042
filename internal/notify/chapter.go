package notify

import "rollcall/internal/health"

// chapter is a list of incidents that are told in the same words.
type chapter struct {
	title     string
	incidents []*health.Incident // the loudest first, never none
	item      func(health.Digest, *health.Incident) Item
}

// chapters sorts what d tells, the gravest first.
func chapters(d health.Digest) []chapter {
	var critical, warning []*health.Incident
	told := make(map[string]bool, len(d.Opened))
	for _, i := range loudest(refer(d.Opened)) {
		told[i.ID] = true
		if i.Severity == health.Critical {
			critical = append(critical, i)
		} else {
			warning = append(warning, i)
		}
	}
	ended := endings(d)
	var before []*health.Incident // open in a catch-up, and not opened in it
	for _, i := range loudest(refer(d.Open)) {
		if !told[i.ID] {
			before = append(before, i)
		}
	}
	worse, still := again(d)
	all := [...]chapter{
		{"OPENED, CRITICAL", critical, openedItem},
		{"NOW CRITICAL", loudest(worse), remindedItem},
		{"OPENED, WARNING", warning, openedItem},
		{"CALM, BUT BAD", loudest(ended.bad), closedItem},
		{"RECOVERED", loudest(ended.recovered), closedItem},
		{"CALM AGAIN", loudest(ended.calm), closedItem},
		{"NO LONGER CHECKED", loudest(ended.unchecked), closedItem},
		{"STILL OPEN", loudest(still), remindedItem},
		{"ALSO OPEN NOW", before, openItem},
	}
	var some []chapter
	for _, c := range all {
		if len(c.incidents) > 0 {
			some = append(some, c)
		}
	}
	return some
}

// refer is the incidents of a list, none of them copied: they are large.
func refer(incidents []health.Incident) []*health.Incident {
	refs := make([]*health.Incident, len(incidents))
	for n := range incidents {
		refs[n] = &incidents[n]
	}
	return refs
}

// again splits what d tells again into what became critical and what merely goes on.
func again(d health.Digest) (worse, still []*health.Incident) {
	for _, i := range refer(d.Reminded) {
		if worsened(d, i) {
			worse = append(worse, i)
		} else {
			still = append(still, i)
		}
	}
	return worse, still
}

// ended is what d closes, by what that means for whoever reads of it.
type ended struct {
	recovered []*health.Incident
	calm, bad []*health.Incident // no longer flapping: well, and not
	unchecked []*health.Incident
}

func endings(d health.Digest) ended {
	var e ended
	for _, i := range refer(d.Closed) {
		switch i.Closing {
		case health.Unchecked:
			e.unchecked = append(e.unchecked, i)
		case health.CalmUp:
			e.calm = append(e.calm, i)
		case health.CalmDown:
			e.bad = append(e.bad, i)
		default:
			e.recovered = append(e.recovered, i)
		}
	}
	return e
}
