package fleet

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bounds are what a duration of the file may be.
type bounds struct {
	least, most time.Duration
	step        time.Duration // it is a multiple of this; 0: of anything
	none        bool          // the word none is 0
}

// hold says what is wrong with d, and what to write instead.
func (b bounds) hold(d time.Duration) flaw {
	switch {
	case d < b.least:
		return flaw{"is less than " + spell(b.least), "write " + b.span()}
	case d > b.most:
		return flaw{"is more than " + spell(b.most), "write " + b.span()}
	case b.step > 0 && d%b.step != 0:
		down := d.Truncate(b.step)
		return flaw{"is not a multiple of " + spell(b.step), "write " + spell(down) + " or " + spell(down+b.step)}
	}
	return flaw{}
}

// span is the bounds in words.
func (b bounds) span() string {
	s := spell(b.least) + " to " + spell(b.most)
	if b.none {
		s += ", or none"
	}
	return s
}

var (
	durationPattern = regexp.MustCompile(`^([0-9]+(ms|s|m|h|d))+$`)
	durationPart    = regexp.MustCompile(`([0-9]+)(ms|s|m|h|d)`)
	loosely         = regexp.MustCompile(`(?i)^([0-9]{1,6}(?:\.[0-9]{1,6})?) ?(ms|millis|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$`)
)

// units are the units of durations, and beyond them those that people write.
var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// parseDuration reads [0-9]+(ms|s|m|h|d), once or more. What is longer than 290 years is
// no duration.
func parseDuration(s string) (time.Duration, bool) {
	if !durationPattern.MatchString(s) {
		return 0, false
	}
	var sum time.Duration
	for _, part := range durationPart.FindAllStringSubmatch(s, -1) {
		n, err := strconv.ParseInt(part[1], 10, 64)
		unit := units[part[2]]
		if err != nil || n > int64(math.MaxInt64/unit) || time.Duration(n)*unit > math.MaxInt64-sum {
			return 0, false
		}
		sum += time.Duration(n) * unit
	}
	return sum, true
}

// spell is d as the targets file spells durations: 1m30s. Whole days are days from two on.
func spell(d time.Duration) string {
	if day := units["d"]; d >= 2*day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	var b strings.Builder
	for _, unit := range []string{"h", "m", "s", "ms"} {
		if n := d / units[unit]; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit)
			d -= n * units[unit]
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// duration reads a duration within bounds.
func (r *reader) duration(e entry, to *time.Duration, b bounds) {
	if !e.value.scalar() {
		r.wrongKind(e, b.example())
		return
	}
	if b.none && e.value.text == "none" {
		*to = 0
		return
	}
	d, ok := parseDuration(e.value.text)
	if !ok {
		r.problem(e.at(), e.key+" "+spelled(e.value)+" is not a duration", "write "+cmp.Or(meant(e.value.text, b), b.example()))
		return
	}
	if f := b.hold(d); f.found() {
		r.problem(e.at(), e.key+" "+e.value.text+" "+f.what, f.remedy)
		return
	}
	*to = d
}

// example is a duration that keeps the bounds, in words.
func (b bounds) example() string {
	s := "a duration such as 5s"
	if f := b.hold(5 * time.Second); f.found() {
		s = "a duration such as 5m"
	}
	if b.none {
		s += ", or none"
	}
	return s
}

// meant is how the duration is spelled that someone who wrote s had in mind, or "".
func meant(s string, b bounds) string {
	if n, err := strconv.ParseInt(s, 10, 32); err == nil && n > 0 { // without a unit: the first that fits
		for _, unit := range []string{"s", "m", "ms", "h"} {
			if f := b.hold(time.Duration(n) * units[unit]); !f.found() {
				return fmt.Sprintf("it with its unit: %d%s", n, unit)
			}
		}
		return ""
	}
	m := loosely.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return ""
	}
	n, err := strconv.ParseFloat(m[1], 64)
	unit := strings.ToLower(m[2])
	if strings.HasPrefix(unit, "mil") {
		unit = "ms"
	} else if unit != "ms" {
		unit = unit[:1]
	}
	d := time.Duration(n * float64(units[unit])).Round(time.Millisecond)
	if err != nil || d <= 0 {
		return ""
	}
	if seconds := d / time.Second; d%time.Minute == 0 && d < time.Hour {
		return fmt.Sprintf("%s or %ds", spell(d), seconds)
	}
	return spell(d)
}
