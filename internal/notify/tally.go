package notify

import "rollcall/internal/health"

// bundle is what a headline counts together.
type bundle struct {
	word  string // "2 down"
	whole string // instead of a count
	pile
}

func (b bundle) String() string {
	switch {
	case b.whole != "":
		return b.whole
	case b.word == "":
		return counted(b.total(), "fault") + " of rollcall"
	default:
		return number(b.total()) + " " + b.word
	}
}

// named is the names of some of a bundle in brackets: " (checkout, search and 5 more)".
func (b bundle) named(most int) string {
	if b.whole != "" || len(b.incidents) == 0 {
		return ""
	}
	return " (" + b.names(most) + ")"
}

// names are the names of the loudest most of a bundle, and how many there are besides.
func (b bundle) names(most int) string {
	first := loudest(b.incidents)[:min(most, len(b.incidents))]
	names := make([]string, len(first))
	for n, i := range first {
		names[n] = terse(i)
	}
	return and(names, b.total()-len(names))
}

// tally counts what d tells, the gravest bundle first; those without incidents are left out.
func tally(d health.Digest) []bundle {
	if d.Kind == health.CatchUp {
		return some(
			bundle{word: "open now", pile: pile{refer(d.Open), sum(d.Cut.Open)}},
			bundle{word: "opened", pile: pile{refer(d.Opened), sum(d.Cut.Opened)}},
			bundle{word: "closed", pile: pile{refer(d.Closed), sum(d.Cut.Closed)}},
		)
	}
	var rest pile
	var begun beginnings
	sort(d.Opened, d.Cut.Opened, &rest, begun.place)
	var over endings
	var sighted, worse, still pile
	sort(d.Closed, d.Cut.Closed, &rest, func(i *health.Incident) *pile {
		if p := over.place(i); p != &over.recovered || !blind(i) {
			return p
		}
		return &sighted
	})
	sort(d.Reminded, d.Cut.Reminded, &rest, func(i *health.Incident) *pile {
		if worsened(d, i) {
			return &worse
		}
		return &still
	})
	first, consequence := leading(d.Opened)
	return some(
		bundle{word: "down", pile: begun.down},
		bundle{whole: consequence, pile: first},
		bundle{whole: "rollcall cannot see", pile: begun.sight},
		bundle{word: "now critical", pile: worse},
		bundle{word: "flapping", pile: begun.flapping},
		bundle{word: "calm but bad", pile: over.bad},
		bundle{word: "degraded", pile: begun.degraded},
		bundle{word: "", pile: begun.faults},
		bundle{whole: "rollcall can see again", pile: sighted},
		bundle{word: "recovered", pile: over.recovered},
		bundle{word: "calm again", pile: over.calm},
		bundle{word: "no longer checked", pile: over.unchecked},
		bundle{word: "still open", pile: still},
		bundle{word: "more", pile: rest},
	)
}

// beginnings are what d opens, by what people call it.
type beginnings struct{ down, sight, flapping, degraded, faults pile }

func (b *beginnings) place(i *health.Incident) *pile {
	switch {
	case blind(i):
		return &b.sight
	case ofChecker(i):
		return &b.faults
	case flaps(i):
		return &b.flapping
	case degrades(i):
		return &b.degraded
	default:
		return &b.down
	}
}

// leading is the loudest of what was opened on which others depend, and says so.
func leading(opened []health.Incident) (p pile, consequence string) {
	for _, i := range refer(opened) {
		if n := dependents(i); n > 0 && (p.incidents == nil || louder(i, p.incidents[0]) < 0) {
			p.incidents = []*health.Incident{i}
			consequence = number(n) + " depend on " + terse(i)
		}
	}
	return p, consequence
}

// some are the bundles that are not empty.
func some(all ...bundle) []bundle {
	var few []bundle
	for _, b := range all {
		if b.total() > 0 {
			few = append(few, b)
		}
	}
	return few
}
