package notify

import "rollcall/internal/health"

// bundle is what a headline counts together.
type bundle struct {
	word      string // "2 down"
	whole     string // instead of a count
	incidents []*health.Incident
}

func (b bundle) String() string {
	switch {
	case b.whole != "":
		return b.whole
	case b.word == "":
		return counted(len(b.incidents), "fault") + " of rollcall"
	default:
		return number(len(b.incidents)) + " " + b.word
	}
}

// named is the names of some of a bundle in brackets: " (checkout, search and 5 more)".
func (b bundle) named(most int) string {
	if b.whole != "" {
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
	return and(names, len(b.incidents)-len(names))
}

// tally counts what d tells, the gravest bundle first; those without incidents are left out.
func tally(d health.Digest) []bundle {
	if d.Kind == health.CatchUp {
		return some(
			bundle{word: "open now", incidents: refer(d.Open)},
			bundle{word: "opened", incidents: refer(d.Opened)},
			bundle{word: "closed", incidents: refer(d.Closed)},
		)
	}
	var down, leading, sight, flapping, degraded, faults []*health.Incident
	for _, i := range refer(d.Opened) {
		if n := dependents(i); n > 0 && (leading == nil || louder(i, leading[0]) < 0) {
			leading = []*health.Incident{i}
		}
		switch {
		case blind(i):
			sight = append(sight, i)
		case ofChecker(i):
			faults = append(faults, i)
		case flaps(i):
			flapping = append(flapping, i)
		case degrades(i):
			degraded = append(degraded, i)
		default:
			down = append(down, i)
		}
	}
	var sighted, recovered []*health.Incident
	ended := endings(d)
	for _, i := range ended.recovered {
		if blind(i) {
			sighted = append(sighted, i)
		} else {
			recovered = append(recovered, i)
		}
	}
	consequence := ""
	if leading != nil {
		consequence = number(dependents(leading[0])) + " depend on " + terse(leading[0])
	}
	worse, still := again(d)
	return some(
		bundle{word: "down", incidents: down},
		bundle{whole: consequence, incidents: leading},
		bundle{whole: "rollcall cannot see", incidents: sight},
		bundle{word: "now critical", incidents: worse},
		bundle{word: "flapping", incidents: flapping},
		bundle{word: "calm but bad", incidents: ended.bad},
		bundle{word: "degraded", incidents: degraded},
		bundle{word: "", incidents: faults},
		bundle{whole: "rollcall can see again", incidents: sighted},
		bundle{word: "recovered", incidents: recovered},
		bundle{word: "calm again", incidents: ended.calm},
		bundle{word: "no longer checked", incidents: ended.unchecked},
		bundle{word: "still open", incidents: still},
	)
}

// some are the bundles that are not empty.
func some(all ...bundle) []bundle {
	var few []bundle
	for _, b := range all {
		if len(b.incidents) > 0 {
			few = append(few, b)
		}
	}
	return few
}
