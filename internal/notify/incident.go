package notify

import (
	"cmp"
	"slices"
	"strings"

	"rollcall/internal/health"
)

// faults are the checker's own incidents, each in its own words.
var faults = map[string]fault{
	health.FaultConfig: {
		name:   "targets file",
		open:   "the targets file cannot be used",
		so:     "Targets are still asked, as the last good copy of the file says. What was changed since is not in force.",
		closed: "the targets file is good again",
	},
	health.FaultClock: {
		name:   "clock",
		open:   "its memory is from the future",
		so:     "What it remembers is kept. Only times that are yet to come are not believed: they count as now.",
		closed: "its memory and its clock agree again",
	},
	health.FaultHistory: {
		name:   "memory",
		open:   "its memory is gone",
		so:     "It started again from nothing. What was open before may be told once more.",
		closed: "it remembers again",
	},
	health.FaultDelivery: {
		name:   "delivery",
		open:   "a message was refused",
		so:     "Some news did not reach you. The log of the function has it, as result lines.",
		closed: "no refused message is waiting any more",
	},
	health.FaultBudget: {
		name:   "time",
		open:   "the fleet does not fit into the time of a round",
		so:     "Targets that were not reached are unknown, count neither as up nor as down, and go first in the next round.",
		closed: "the fleet fits into the time of a round again",
	},
}

// fault is what is said of one kind of trouble of our own.
type fault struct {
	name   string // where every character counts
	open   string // "rollcall: ..." while it lasts
	so     string // what it means for whoever reads
	closed string // "rollcall: ..." once it is over
}

func faultOf(i health.Incident) fault {
	if f, known := faults[i.Subject.Name]; known {
		return f
	}
	name := clean(i.Subject.Name, nameMost)
	return fault{name: name, open: "trouble with its own " + name, closed: "no more trouble with its own " + name}
}

func ofChecker(i health.Incident) bool { return i.Subject.Kind == health.OfChecker }

// degrades reports whether the target of i works, though not well.
func degrades(i health.Incident) bool {
	return !ofChecker(i) && i.Subject.Facet != health.Availability && i.Subject.Facet != ""
}

// opening says that i has begun.
func opening(i health.Incident, name string) string {
	switch {
	case ofChecker(i):
		return "rollcall: " + faultOf(i).open
	case degrades(i):
		return name + " is degraded"
	case i.NeverUp:
		return name + " has never been up since it was added"
	default:
		return name + " is down"
	}
}

// closing says that i has ended.
func closing(i health.Incident, name string) string {
	lasted := i.Closed.Sub(i.Since)
	switch {
	case ofChecker(i):
		return "rollcall: " + faultOf(i).closed
	case i.Closing == health.Unchecked:
		return name + " is no longer checked"
	case degrades(i):
		return name + ": " + clean(string(i.Subject.Facet), nameMost) + " recovered after " + span(lasted)
	default:
		return name + " recovered after " + span(lasted)
	}
}

// reminding says that i goes on, at the time of d.
func reminding(d health.Digest, i health.Incident, name string) string {
	after := " after " + span(d.Round.Sub(i.Since))
	switch {
	case ofChecker(i):
		return opening(i, name) + ", still so" + after
	case worsened(d, i):
		return opening(i, name) + ", now critical"
	case degrades(i):
		return name + " is still degraded" + after
	case i.NeverUp:
		return name + " has still never been up" + after
	default:
		return name + " is still down" + after
	}
}

// worsened reports whether d tells i again because it became critical, and not because time
// has passed: then its reminders start over.
func worsened(d health.Digest, i health.Incident) bool {
	return i.Severity == health.Critical && i.Reminders == 0 && !i.Reminded.IsZero() && i.Reminded.Equal(d.Round)
}

// again splits what d tells again into what became critical and what merely goes on.
func again(d health.Digest) (worse, still []health.Incident) {
	for _, i := range d.Reminded {
		if worsened(d, i) {
			worse = append(worse, i)
		} else {
			still = append(still, i)
		}
	}
	return worse, still
}

// unusual is the severity of an incident of a target, where its sentence alone would mislead:
// what is down is critical, and what is degraded is not, unless it says so.
func unusual(i health.Incident) string {
	critical := i.Severity == health.Critical
	switch {
	case ofChecker(i) || critical != degrades(i):
		return ""
	case critical:
		return " (critical)"
	default:
		return " (warning)"
	}
}

func grade(i health.Incident) string {
	if i.Severity == health.Critical {
		return "Critical."
	}
	return "Warning."
}

// brief is a cause without what the subject of its sentence says already: the operation
// and the quoted URL in front.
func brief(i health.Incident) string {
	cause := clean(i.Cause, causeMost)
	if url := clean(i.URL, urlMost); url != "" {
		if _, rest, found := strings.Cut(cause, `"`+url+`": `); found && rest != "" {
			return rest
		}
	}
	return cause
}

// louder orders incidents as they are read: critical ones first, and trouble of our own
// before that of targets, because it says how far the rest can be trusted.
func louder(a, b health.Incident) int {
	return cmp.Or(
		cmp.Compare(quietness(a), quietness(b)),
		strings.Compare(a.Subject.Name, b.Subject.Name),
	)
}

func quietness(i health.Incident) int {
	rank := 0
	if i.Severity != health.Critical {
		rank += 2
	}
	if !ofChecker(i) {
		rank++
	}
	return rank
}

// loudest is incidents, the loudest first.
func loudest(incidents []health.Incident) []health.Incident {
	if slices.IsSortedFunc(incidents, louder) {
		return incidents
	}
	sorted := slices.Clone(incidents)
	slices.SortStableFunc(sorted, louder)
	return sorted
}
