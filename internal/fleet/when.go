package fleet

import (
	"strings"
	"time"

	"rollcall/internal/health"
)

// lengths bound how long a window that recurs stays open.
var lengths = bounds{least: time.Minute, most: 31 * 24 * time.Hour}

// window reads when a maintenance is.
func (r *reader) window(m *node, at place) health.Window {
	has := func(key string) bool { return m.get(key).value != nil }
	switch {
	case (has("cron") || has("lasts") || has("zone")) && (has("from") || has("until")):
		r.problem(at, "this maintenance is both by cron and by dates", "keep cron, lasts and zone, or from and until")
	case has("cron"), has("lasts"), has("zone"):
		return r.recurring(m, at)
	case has("from"), has("until"):
		return r.span(m, at)
	default:
		r.problem(at, "this maintenance is at no time", "write cron: and lasts:, or from: and until:")
	}
	return nil
}

// recurring reads cron, lasts and zone.
func (r *reader) recurring(m *node, at place) health.Window {
	w := recurring{zone: time.UTC}
	if e := m.get("cron"); e.value != nil {
		w.expression = r.expression(e)
	} else {
		r.problem(at, "this maintenance has no cron", "write when it begins, such as cron: 0 2 * * sun")
	}
	if e := m.get("lasts"); e.value != nil {
		r.duration(e, &w.lasts, lengths)
	} else {
		r.problem(at, "this maintenance has no lasts", "write how long it lasts, such as lasts: 2h")
	}
	if e := m.get("zone"); e.value != nil {
		w.zone = r.zone(e)
	}
	return w
}

// span reads from and until.
func (r *reader) span(m *node, at place) health.Window {
	from, until := m.get("from"), m.get("until")
	var s span
	ok := true
	for _, end := range []struct {
		e  entry
		to *time.Time
		is string
	}{{from, &s.from, "from"}, {until, &s.until, "until"}} {
		if end.e.value == nil {
			r.problem(at, "this maintenance has no "+end.is, "write it as "+end.is+": 2026-11-22T22:00:00Z")
			ok = false
		} else if !r.moment(end.e, end.to) {
			ok = false
		}
	}
	if ok && !s.until.After(s.from) {
		r.problem(until.at(), "until "+quote(until.value.text)+" is not after from", "write a later time")
	}
	return s
}

// moment reads a date and time with its offset, RFC 3339.
func (r *reader) moment(e entry, to *time.Time) bool {
	text, ok := r.textOf(e, "a date and time such as 2026-11-22T22:00:00Z")
	if !ok {
		return false
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.problem(e.at(), e.key+" "+quote(text)+" is not a date and time as in RFC 3339", "write "+meantMoment(text))
		return false
	}
	*to = t
	return true
}

// meantMoment is how the date and time is spelled that someone who wrote s had in mind. A
// zone that is missing is not guessed.
func meantMoment(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	for _, layout := range []string{"2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.RFC3339)
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			plain := t.Format("2006-01-02T15:04:05")
			return plain + "Z, or with the offset of its zone: " + plain + "+01:00"
		}
	}
	return "one such as 2026-11-22T22:00:00Z or 2026-11-22T23:00:00+01:00"
}
