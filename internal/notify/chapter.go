package notify

import (
	"slices"

	"rollcall/internal/health"
)

// pile is incidents that are told together.
type pile struct {
	incidents []*health.Incident
	more      int // besides, left out of the event that the digest was read from
}

func (p *pile) total() int { return len(p.incidents) + p.more }

// sort puts every incident of a list where it belongs, and counts there what was left out of
// the list; what nobody knows more of than its number belongs to rest.
func sort(all []health.Incident, left []health.LeftOut, rest *pile, place func(*health.Incident) *pile) {
	for _, i := range refer(all) {
		p := place(i)
		p.incidents = append(p.incidents, i)
	}
	for n := range left {
		if unknown(left[n]) {
			rest.more += left[n].N
		} else {
			place(&left[n].Like).more += left[n].N
		}
	}
}

// chapter is a list of incidents that are told in the same words.
type chapter struct {
	title string
	pile  // the loudest first, never none
	item  func(health.Digest, *health.Incident) Item
}

// chapters sorts what d tells, the gravest first.
func chapters(d health.Digest) []chapter {
	var critical, worse, warning, still, rest pile
	var over endings
	sort(d.Opened, d.Cut.Opened, &rest, func(i *health.Incident) *pile {
		if i.Severity == health.Critical {
			return &critical
		}
		return &warning
	})
	sort(d.Closed, d.Cut.Closed, &rest, over.place)
	sort(d.Reminded, d.Cut.Reminded, &rest, func(i *health.Incident) *pile {
		if worsened(d, i) {
			return &worse
		}
		return &still
	})
	var some []chapter
	for _, c := range [...]chapter{
		{"OPENED, CRITICAL", critical, openedItem},
		{"NOW CRITICAL", worse, remindedItem},
		{"OPENED, WARNING", warning, openedItem},
		{"CALM, BUT BAD", over.bad, closedItem},
		{"RECOVERED", over.recovered, closedItem},
		{"CALM AGAIN", over.calm, closedItem},
		{"NO LONGER CHECKED", over.unchecked, closedItem},
		{"STILL OPEN", still, remindedItem},
		{"ALSO OPEN NOW", openBefore(d), openItem},
	} {
		if c.total() > 0 {
			loudest(c.incidents)
			some = append(some, c)
		}
	}
	return some
}

// openBefore is what is open in a catch-up, and not opened in it.
func openBefore(d health.Digest) (p pile) {
	opened := openedIn(d)
	for _, i := range refer(d.Open) {
		if !opened[i.ID] {
			p.incidents = append(p.incidents, i)
		}
	}
	if (d.Cut.Open != nil || d.Cut.Opened != nil) && !slices.ContainsFunc(d.Cut.Open, unknown) {
		all := max(total(d.Open, d.Cut.Open)-d.Cut.Both, 0)
		p.incidents = p.incidents[:min(len(p.incidents), all)] // of some the opening was left out
		p.more = all - len(p.incidents)
	}
	return p
}

// refer is the incidents of a list, none of them copied: they are large.
func refer(incidents []health.Incident) []*health.Incident {
	refs := make([]*health.Incident, len(incidents))
	for n := range incidents {
		refs[n] = &incidents[n]
	}
	return refs
}

// endings are what d closes, by what that means for whoever reads of it.
type endings struct {
	recovered pile
	calm, bad pile // no longer flapping: well, and not
	unchecked pile
}

func (e *endings) place(i *health.Incident) *pile {
	switch i.Closing {
	case health.Unchecked:
		return &e.unchecked
	case health.CalmUp:
		return &e.calm
	case health.CalmDown:
		return &e.bad
	default:
		return &e.recovered
	}
}
