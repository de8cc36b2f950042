package fleet

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"rollcall/internal/health"
)

// certificateKeys are what a certificate may have left before people are told.
var certificateKeys = []string{"warn", "critical"}

// certificate reads what a certificate must have left. Of a mapping, what it does not say
// stays as it is.
func (r *reader) certificate(e entry, to *health.Lasting) {
	const want = "none, or a mapping of warn and critical"
	switch {
	case e.value.scalar() && e.value.text == "none":
		*to = health.Lasting{}
		return
	case e.value.kind != mapping:
		r.wrongKind(e, want)
		return
	}
	for _, k := range e.value.entries {
		switch k.key {
		case "warn":
			r.remainder(k, &to.Warn)
		case "critical":
			r.remainder(k, &to.Critical)
		default:
			r.unknownKey(k, certificateKeys)
		}
	}
	warn, critical := e.value.get("warn"), e.value.get("critical")
	if !louder(to.Critical, to.Warn) {
		return
	}
	if critical.value != nil {
		r.problem(critical.at(), fmt.Sprintf("critical %s is more than warn, %s", told(to.Critical), told(to.Warn)),
			"write less, or a larger warn: the warning comes first")
	} else {
		r.problem(warn.at(), fmt.Sprintf("warn %s is less than critical, %s", told(to.Warn), told(to.Critical)),
			"write more, or a smaller critical beside it: the warning comes first")
	}
}

// louder reports whether critical would come before warn. Only the lifetime of a
// certificate decides between a share and a time.
func louder(critical, warn health.Remainder) bool {
	return warn.Share > 0 && critical.Share > warn.Share || warn.Time > 0 && critical.Time > warn.Time
}

// told is a remainder as the targets file spells it.
func told(m health.Remainder) string {
	if m.Time > 0 {
		return spell(m.Time)
	}
	return strconv.FormatFloat(m.Share*100, 'g', 6, 64) + "%"
}

// lifetimes bound what a certificate may be asked to have left.
var lifetimes = bounds{least: time.Hour, most: 3650 * 24 * time.Hour, none: true}

var sharePattern = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?%$`)

// remainder reads a duration, or a share of a lifetime.
func (r *reader) remainder(e entry, to *health.Remainder) {
	const want = "a duration such as 21d, or a share such as 33%"
	if !e.value.scalar() {
		r.wrongKind(e, want)
		return
	}
	text := e.value.text
	d, timed := parseDuration(text)
	switch f := lifetimes.hold(d); {
	case text == "none":
		*to = health.Remainder{}
	case sharePattern.MatchString(text):
		share, _ := strconv.ParseFloat(text[:len(text)-1], 64) // the pattern saw that it is a number
		if share > 100 {
			r.problem(e.at(), e.key+" "+text+" is more than the whole lifetime", "write 0% to 100%")
			return
		}
		*to = health.Remainder{Share: share / 100}
	case !timed:
		r.problem(e.at(), e.key+" "+spelled(e.value)+" is neither a duration nor a share of the lifetime", "write "+cmp.Or(meantRemainder(e.value), want))
	case f.found():
		r.problem(e.at(), e.key+" "+text+" "+f.what, f.remedy+", or a share such as 33%")
	default:
		*to = health.Remainder{Time: d}
	}
}

// meantRemainder is how the remainder is spelled that someone who wrote n had in mind, or
// "". A number alone is days, or percent.
func meantRemainder(n *node) string {
	number, err := strconv.ParseFloat(n.text, 64)
	switch {
	case err == nil && n.kind == integer && 0 < number && number <= 100:
		return fmt.Sprintf("it with its unit: %sd or %s%%", n.text, n.text)
	case err == nil && 0 < number && number < 1:
		return strconv.FormatFloat(number*100, 'g', 6, 64) + "%"
	case err == nil:
		return ""
	default:
		return meant(n.text, lifetimes)
	}
}
