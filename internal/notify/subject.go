package notify

import (
	"strings"

	"rollcall/internal/health"
)

// subjectMost is the length of a subject: SNS wants fewer than 100 characters, ASCII, no
// control characters, no line breaks, and a letter, a digit or punctuation first
// (API reference of Publish).
const subjectMost = 99

// Subject is d as the subject of a mail: what happened first, the fleet last, so that a
// phone's lock screen shows what matters.
func Subject(d health.Digest) string {
	from := tag(d)
	return line(d, subjectMost-len(from)) + from
}

// tag is whose d is, and how late: " [shop, 12 minutes late]".
func tag(d health.Digest) string { return " [" + ascii(d.Fleet, 32) + tardy(d) + "]" }

// tardy says that d is not the news of this minute: ", 12 minutes late".
func tardy(d health.Digest) string {
	if !past(d) {
		return ""
	}
	return ", " + span(late(d)) + " late"
}

// line tells d in at most most ASCII characters.
func line(d health.Digest, most int) string {
	switch d.Kind {
	case health.Test:
		return clip("TEST: this is how rollcall will reach you", most)
	case health.First:
		text := welcome(d)
		if news := gist(d, most-len(text)-2); news != "" {
			text += "; " + news
		}
		return clip(text, most)
	case health.CatchUp:
		what := "catch-up: "
		if total(d.Open, d.Cut.Open) == 0 {
			what += "nothing open now, "
		}
		return what + gist(d, most-len(what))
	}
	if text := only(d); text != "" {
		return clip(text, most)
	}
	if text := gist(d, most); text != "" {
		return text
	}
	return "nothing to tell"
}

func welcome(d health.Digest) string {
	return "rollcall watches " + counted(d.Counts.Targets, "target") + "; this is how it will reach you"
}

// only is the sentence of the one incident of d, with its cause; empty when there is not
// exactly one.
func only(d health.Digest) string {
	if tellings(d) != 1 || len(d.Opened)+len(d.Closed)+len(d.Reminded) != 1 {
		return ""
	}
	switch {
	case len(d.Opened) == 1:
		i := &d.Opened[0]
		return because(opening(i, terse(i))+unusual(i), i)
	case len(d.Reminded) == 1:
		i := &d.Reminded[0]
		what := reminding(d, i, terse(i))
		if !worsened(d, i) {
			what += unusual(i)
		}
		return because(what, i)
	default:
		return ascii(closing(&d.Closed[0], terse(&d.Closed[0])), nameMost)
	}
}

// because adds to a sentence how much hangs on it and why it is so. Of most trouble of our
// own the sentence is enough.
func because(what string, i *health.Incident) string {
	if n := dependents(i); n > 0 {
		what += ", " + number(n) + " depend on it"
	}
	if ofChecker(i) && !blind(i) || i.Cause == "" {
		return ascii(what, 2*nameMost)
	}
	return ascii(what+": "+brief(i), causeMost)
}

// terse is a name where every character counts.
func terse(i *health.Incident) string {
	switch i.Subject.Kind {
	case health.OfChecker:
		return ascii(faultOf(i).name, 60)
	case health.OfGroup:
		return "group " + ascii(i.Subject.Name, 60)
	default:
		return ascii(i.Subject.Name, 60)
	}
}

// gist counts what d tells in at most most characters, and names some of the first bundle:
// "7 down (checkout, search and 5 more), 2 recovered". It would rather leave out the quietest
// counts, and say so, than every name.
func gist(d health.Digest, most int) string {
	bundles := tally(d)
	if len(bundles) == 0 {
		return ""
	}
	for told := len(bundles); told > 0; told-- {
		counts := make([]string, told, told+1)
		for i := range counts {
			counts[i] = bundles[i].String()
		}
		if told < len(bundles) {
			counts = append(counts, "...")
		}
		for named := 3; named > 0; named-- {
			counts[0] = bundles[0].String() + bundles[0].named(named)
			if text := strings.Join(counts, ", "); len(text) <= most {
				return text
			}
		}
	}
	return clip(bundles[0].String(), most)
}
