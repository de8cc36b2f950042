package notify

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/health"
)

// attemptsMost is how many attempts are told: as many as there can be in one round.
const attemptsMost = 5

// evidence is what the attempts of the round came to, and where the time went. What all of
// them have in common, with each other or with the cause of i, is not said twice.
func evidence(i *health.Incident) []Line {
	e := i.Evidence
	if e == nil {
		return nil
	}
	var lines []Line
	n := len(e.Attempts)
	switch {
	case n == 0:
	case unanimous(e):
		text := "one"
		if n == 2 {
			text = "both"
		} else if n > 2 {
			text = "all " + number(n)
		}
		switch a := e.Attempts[0]; {
		case succeeded(a):
			text += ", up"
		case !strings.HasSuffix(clean(i.Cause, causeMost), clean(a.Cause, causeMost)):
			text += ": " + ending(i, a) + ","
		case n > 1:
			text += " ended so,"
		default:
			text += ","
		}
		lines = append(lines, Line{Label: "Attempts", Text: strings.TrimSuffix(text+after(e.MS), ",")})
	default:
		for k, a := range e.Attempts[:min(n, attemptsMost)] {
			took := e.MS[min(k, len(e.MS)):min(k+1, len(e.MS))]
			lines = append(lines, Line{Label: "Attempt " + number(k+1), Text: strings.TrimSuffix(ending(i, a)+","+after(took), ",")})
		}
	}
	if phases := phasesOf(e.Phases); phases != "" {
		what := "Phases"
		if n > 1 {
			what = "Phases of the last" // an attempt that is up is the last
		}
		lines = append(lines, Line{Label: what, Text: phases})
	}
	return lines
}

func succeeded(a health.Reading) bool {
	return a.Status == health.Up || a.Status == "" && a.Class == "" && a.Cause == ""
}

// unanimous reports whether every attempt ended in the same way.
func unanimous(e *health.Evidence) bool {
	for _, a := range e.Attempts[1:] {
		if a.Status != e.Attempts[0].Status || a.Class != e.Attempts[0].Class || a.Cause != e.Attempts[0].Cause {
			return false
		}
	}
	return true
}

// ending is how one attempt ended: "no complete answer within 5s (timeout)".
func ending(i *health.Incident, a health.Reading) string {
	if succeeded(a) {
		return "up"
	}
	text, class := briefly(i, a.Cause), clean(string(a.Class), 32)
	switch {
	case text == "" && class == "":
		return "without a word"
	case text == "":
		return class
	case class == "":
		return text
	default:
		return text + " (" + class + ")"
	}
}

// after is how long attempts took: " after 212 and 198 ms".
func after(took []float64) string {
	if len(took) == 0 {
		return ""
	}
	var words []string
	for _, ms := range took[:min(len(took), attemptsMost)] {
		words = append(words, milliseconds(ms))
	}
	if same := slices.Compact(slices.Clone(words)); len(same) == 1 && len(words) > 1 {
		return " after " + same[0] + " ms each"
	}
	return " after " + and(words, len(took)-len(words)) + " ms"
}

// phasesOf is where the time of an attempt went, without the phases that did not happen.
func phasesOf(p health.PhasesMS) string {
	var words []string
	for _, phase := range [...]struct {
		name string
		ms   float64
	}{{"look-up", p.DNS}, {"connect", p.Connect}, {"TLS", p.TLS}, {"wait", p.Wait}, {"read", p.Read}} {
		if phase.ms > 0 {
			words = append(words, phase.name+" "+milliseconds(phase.ms))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, ", ") + " ms"
}

// milliseconds writes them as people do: whole ones, and below 10 with one digit more.
func milliseconds(ms float64) string {
	switch {
	case !(ms > 0): // no number at all, too
		return "0"
	case ms < 9.95:
		return strconv.FormatFloat(math.Round(ms*10)/10, 'f', -1, 64)
	default:
		return number(int(math.Round(min(ms, 1e9))))
	}
}
