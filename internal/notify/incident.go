package notify

import (
	"cmp"
	"slices"
	"strings"

	"rollcall/internal/health"
)

// sides are the words for a facet that keeps changing between them.
type sides struct {
	turns    string // its changes
	up, down string // where it is once it no longer does
}

func sidesOf(i *health.Incident) sides {
	switch i.Subject.Facet {
	case health.Latency:
		return sides{"turns between fast and slow", "calm, fast", "slow"}
	case health.Certificate:
		return sides{"turns between good and bad", "calm, good", "bad"}
	default:
		return sides{"ups and downs", string(health.CalmUp), "down"}
	}
}

func flaps(i *health.Incident) bool { return i.Subject.Kind == health.OfFlapping }

// degrades reports whether the target of i works, though not well.
func degrades(i *health.Incident) bool {
	return !ofChecker(i) && i.Subject.Facet != health.Availability && i.Subject.Facet != ""
}

// sideOf is the name of i with the facet that flaps, when it is not the one that everybody
// thinks of.
func sideOf(i *health.Incident, name string) string {
	if degrades(i) {
		return name + ": " + clean(string(i.Subject.Facet), nameMost)
	}
	return name
}

// opening says that i has begun.
func opening(i *health.Incident, name string) string {
	switch {
	case ofChecker(i):
		return faultOf(i).open
	case flaps(i):
		return sideOf(i, name) + " is flapping"
	case degrades(i):
		return name + " is degraded"
	case i.NeverUp:
		return name + " has never been up since it was added"
	default:
		return name + " is down"
	}
}

// closing says that i has ended.
func closing(i *health.Incident, name string) string {
	lasted := i.Closed.Sub(i.Since)
	switch {
	case ofChecker(i):
		return faultOf(i).closed
	case i.Closing == health.Unchecked:
		return name + " is no longer checked"
	case i.Closing == health.CalmUp:
		return sideOf(i, name) + " is " + sidesOf(i).up + " after flapping for " + span(lasted)
	case i.Closing == health.CalmDown:
		return sideOf(i, name) + " is " + sidesOf(i).down + ", no longer flapping after " + span(lasted)
	default:
		return sideOf(i, name) + " recovered after " + span(lasted)
	}
}

// reminding says that i goes on, at the time of d.
func reminding(d health.Digest, i *health.Incident, name string) string {
	after := " after " + span(d.Round.Sub(i.Since))
	switch {
	case ofChecker(i):
		return opening(i, name) + ", still so" + after
	case worsened(d, i):
		return opening(i, name) + ", now critical"
	case flaps(i):
		return sideOf(i, name) + " is still flapping" + after
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
func worsened(d health.Digest, i *health.Incident) bool {
	return i.Severity == health.Critical && i.Reminders == 0 && !i.Reminded.IsZero() && i.Reminded.Equal(d.Round)
}

// unusual is the severity of an incident of a target, where its sentence alone would mislead:
// what is down is critical, and what is degraded is not, unless it says so.
func unusual(i *health.Incident) string {
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

// brief is the cause of i without what the subject of its sentence says already.
func brief(i *health.Incident) string { return briefly(i, i.Cause) }

// briefly is a cause about the target of i without the operation and the quoted URL.
func briefly(i *health.Incident, cause string) string {
	cause = clean(cause, causeMost)
	url := clean(i.URL, urlMost)
	if url == "" {
		return cause
	}
	before, after, found := strings.Cut(cause, `"`+url+`": `)
	if !found || after == "" {
		return cause
	}
	before = strings.TrimSuffix(before, " ")
	return before[:strings.LastIndexByte(before, ' ')+1] + after
}

// label is what people call the subject of an incident.
func label(i *health.Incident) string {
	name, title := clean(i.Subject.Name, nameMost), clean(i.Title, nameMost)
	if title != "" && title != name {
		name = title + " (" + name + ")"
	}
	if i.Subject.Kind == health.OfGroup {
		return "group " + name
	}
	return name
}

// groupOf is the group that i belongs to, or is about.
func groupOf(i *health.Incident) string {
	if i.Subject.Kind == health.OfGroup {
		return i.Subject.Name
	}
	return i.Group
}

// louder orders incidents as they are read: critical ones first; trouble of our own before
// that of others, because it says how far the rest can be trusted; then those that most
// depends on; and groups before targets, because they speak for many.
func louder(a, b *health.Incident) int {
	if by := cmp.Compare(quietness(a), quietness(b)); by != 0 {
		return by
	}
	if by := cmp.Compare(dependents(b), dependents(a)); by != 0 {
		return by
	}
	if group := a.Subject.Kind == health.OfGroup; group != (b.Subject.Kind == health.OfGroup) {
		if group {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Subject.Name, b.Subject.Name)
}

func quietness(i *health.Incident) int {
	rank := 0
	if i.Severity != health.Critical {
		rank += 2
	}
	if !ofChecker(i) {
		rank++
	}
	return rank
}

// loudest is incidents, sorted with the loudest first.
func loudest(incidents []*health.Incident) []*health.Incident {
	if !slices.IsSortedFunc(incidents, louder) {
		slices.SortStableFunc(incidents, louder)
	}
	return incidents
}
