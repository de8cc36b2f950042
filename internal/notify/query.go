package notify

import (
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

const (
	mostNamed   = 8  // the most targets and groups a query asks for by name
	longestName = 64 // characters of such a name
	mostRounds  = 4  // the most rounds a query asks for
)

// query finds what d tells in the result lines in the log of the function that checks. Of a
// few targets and groups it shows the latest rounds, this one among them; of many, and of
// trouble of rollcall's own, this round and those in which it began: there whatever changed
// is logged even where only changes are. What is up comes last.
//
// Only names that need no quoting are asked for: those of a targets file do not.
func query(d health.Digest) string {
	if d.Kind == health.Test {
		return ""
	}
	const fields = `fields round, target, status, class, cause, ms, reason | filter msg = "result" and `
	if names := subjects(d); names != "" {
		return fields + names + " | sort @timestamp desc | limit 200"
	}
	return fields + among("round", began(d)) + " | sort status | limit 10000"
}

// subjects is the condition that a result line is of one of those d tells of; empty when
// they are too many, none, or not to be asked for by name.
func subjects(d health.Digest) string {
	if d.Kind != health.News || tellings(d) > len(d.Opened)+len(d.Closed)+len(d.Reminded) {
		return ""
	}
	var targets, groups []string
	seen := map[health.Subject]bool{}
	for _, all := range [...][]health.Incident{d.Opened, d.Closed, d.Reminded} {
		for n := range all {
			s := health.Subject{Kind: all[n].Subject.Kind, Name: all[n].Subject.Name}
			if s.Kind == health.OfFlapping {
				s.Kind = health.OfTarget
			}
			if seen[s] {
				continue
			}
			if seen[s] = true; len(seen) > mostNamed || !unquoted(s.Name) {
				return ""
			}
			switch s.Kind {
			case health.OfTarget:
				targets = append(targets, s.Name)
			case health.OfGroup:
				groups = append(groups, s.Name)
			default:
				return ""
			}
		}
	}
	switch {
	case len(targets) == 0 && len(groups) == 0:
		return ""
	case len(groups) == 0:
		return among("target", targets)
	case len(targets) == 0:
		return among("group", groups)
	default:
		return "(" + among("target", targets) + " or " + among("group", groups) + ")"
	}
}

// began is the round of d and the last few others in which something it tells of began, as
// result lines have them.
func began(d health.Digest) []string {
	times := []string{d.Round.UTC().Format(time.RFC3339)}
	for _, all := range [...][]health.Incident{d.Opened, d.Reminded, d.Closed, d.Open} {
		for n := range all {
			if len(times) == mostRounds {
				return times
			}
			if t := all[n].Since.UTC().Format(time.RFC3339); !all[n].Since.IsZero() && !slices.Contains(times, t) {
				times = append(times, t)
			}
		}
	}
	return times
}

// among is the condition that field is one of values.
func among(field string, values []string) string {
	if len(values) == 1 {
		return field + ` = "` + values[0] + `"`
	}
	return field + ` in ["` + strings.Join(values, `", "`) + `"]`
}

// unquoted reports whether a name means itself between the quotation marks of a query: it
// has the letters that names of the targets file have.
func unquoted(name string) bool {
	if name == "" || len(name) > longestName {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(" ._/:@-", c) >= 0:
		default:
			return false
		}
	}
	return true
}
