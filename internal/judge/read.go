package judge

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/health"
)

// gateShare is the part of its timeout that an attempt may have waited at our own gates
// and still blame the target for running out of it.
const gateShare = 10

// MostSaturation is the saturation of a sweep, in percent, above which it cannot tell how
// quick its targets are. At a quarter a target that takes 200 ms is told with 267: limits
// are further from what is usual than that. Beyond it we would page people about ourselves.
const MostSaturation = 25

// Sweep is what all the outcomes of one sweep have in common.
type Sweep struct {
	Scheduled  time.Time // "now" for certificates
	Saturation float64   // percent of the latency told that we spent waiting for a processor
}

// Read makes a result of what the sweep brought back of one target. Up needs one attempt
// that was up. Down needs every attempt the target is owed, each a definite failure or
// timed out after its full configured timeout. All else is Unknown, of class checker: what
// we did not see is not held against a target. Nor is how slow it was, when it was us.
func (s Sweep) Read(t health.Target, o health.Outcome) health.Result {
	availability, shown := available(t, o)
	r := health.Result{
		Target:   t,
		Attempts: o.Attempts,
		Latency:  shown.Latency,
		Phases:   shown.Phases,
		Facets: map[health.Facet]health.FacetReading{
			health.Availability: availability,
			health.Latency:      s.quick(t, availability, shown.Latency),
			health.Certificate:  lasting(t, o, s.Scheduled),
		},
	}
	gave := availability
	if availability.Status == health.Up {
		for _, f := range health.AllFacets {
			if facet := r.Facets[f]; facet.Status == health.Degraded {
				gave = facet
				break
			}
		}
	}
	r.Status, r.Class, r.Cause = gave.Status, gave.Class, gave.Cause
	return r
}

// available reads the availability facet, and gives the attempt whose numbers are shown:
// the one that was up, else the last.
func available(t health.Target, o health.Outcome) (health.FacetReading, health.Attempt) {
	var last health.Attempt
	var doubt string
	for _, a := range o.Attempts {
		if a.Status == health.Up {
			return health.FacetReading{Status: health.Up}, a
		}
		last = a
		if d := doubtful(t, a); d != "" {
			doubt = d
		}
	}
	owed := max(t.Attempts, 1)
	switch {
	case o.Missing != "":
		doubt = o.Missing
	case len(o.Attempts) < owed:
		doubt = fmt.Sprintf("%d of %d attempts made", len(o.Attempts), owed)
	}
	if doubt != "" {
		return health.FacetReading{Status: health.Unknown, Class: health.ClassChecker, Cause: doubt}, last
	}
	return health.FacetReading{Status: health.Down, Class: last.Class, Cause: last.Cause, Severity: cmp.Or(t.Severity, health.Critical)}, last
}

// doubtful says why an attempt that was not up proves nothing against its target; empty
// when it does. A definite failure is one however little time it was given.
func doubtful(t health.Target, a health.Attempt) string {
	switch {
	case a.Status != health.Down && a.Cause == "":
		return "an attempt without a reading"
	case a.Status != health.Down:
		return a.Cause
	case a.Class != health.ClassTimeout:
		return ""
	case a.Allowed < t.Timeout:
		return fmt.Sprintf("cut short after %s of its timeout of %s: %s", exactly(a.Allowed.Truncate(time.Millisecond)), exactly(t.Timeout), a.Cause)
	case a.Waited > t.Timeout/gateShare:
		return fmt.Sprintf("waited %s of its timeout of %s for our own turn: %s", words(a.Waited), exactly(t.Timeout), a.Cause)
	default:
		return ""
	}
}

// quick reads the latency facet: only of a target that is up, and only when the checker
// itself was not starved. Without slow_after no answer is slow, so an incident from before
// it was taken out closes.
func (s Sweep) quick(t health.Target, availability health.FacetReading, latency time.Duration) health.FacetReading {
	switch {
	case availability.Status != health.Up:
		return health.FacetReading{Status: health.Unknown}
	case s.Saturation > MostSaturation:
		return health.FacetReading{Status: health.Unknown, Class: health.ClassChecker, Cause: "the checker itself was short of processor"}
	case t.SlowAfter <= 0 || latency <= t.SlowAfter:
		return health.FacetReading{Status: health.Up}
	}
	return health.FacetReading{
		Status:   health.Degraded,
		Class:    health.ClassLatency,
		Cause:    fmt.Sprintf("answered in %s, want at most %s", words(latency), exactly(t.SlowAfter)),
		Severity: health.Warning,
	}
}

// lasting reads the certificate facet off the latest verified handshake. Without limits
// no certificate is near its end, so an incident from before they were taken out closes.
func lasting(t health.Target, o health.Outcome, scheduled time.Time) health.FacetReading {
	var cert *health.Cert
	for _, a := range o.Attempts {
		if a.Certificate != nil {
			cert = a.Certificate
		}
	}
	if cert == nil {
		return health.FacetReading{Status: health.Unknown}
	}
	reading := health.FacetReading{Status: health.Up, Expires: cert.NotAfter.UTC()}
	lifetime, left := cert.NotAfter.Sub(cert.NotBefore), cert.NotAfter.Sub(scheduled)
	want := t.Certificate.Critical
	switch {
	case tooShort(left, want, lifetime):
		reading.Severity = health.Critical
	case tooShort(left, t.Certificate.Warn, lifetime):
		reading.Severity, want = health.Warning, t.Certificate.Warn
	default:
		return reading
	}
	reading.Status, reading.Class = health.Degraded, health.ClassCertificate
	reading.Cause = fmt.Sprintf("certificate of %s %s, on %s, want %s left",
		cert.Subject, ending(left), cert.NotAfter.UTC().Format(time.DateOnly), wanted(want, lifetime))
	return reading
}

// tooShort reports whether less of a lifetime is left than is wanted.
func tooShort(left time.Duration, want health.Remainder, lifetime time.Duration) bool {
	return want != health.Remainder{} && left < max(want.Time, time.Duration(want.Share*float64(lifetime)))
}

// wanted is what must be left, in words: "21d", or "33% of 90d".
func wanted(want health.Remainder, lifetime time.Duration) string {
	const day = 24 * time.Hour
	if want.Share == 0 {
		return days(want.Time)
	}
	return strconv.FormatFloat(math.Round(want.Share*10000)/100, 'f', -1, 64) + "% of " + days(max(lifetime.Round(day), day))
}

// days is a duration as the targets file would spell it, whole days as such.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return exactly(d)
}

// ending tells how long a certificate has left, in whole hours below two days.
func ending(left time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case left <= 0:
		return "has ended"
	case left < time.Hour:
		return "ends within the hour"
	case left < 2*time.Hour:
		return "ends in 1 hour"
	case left < 2*day:
		return fmt.Sprintf("ends in %d hours", left/time.Hour)
	default:
		return fmt.Sprintf("ends in %d days", left/day)
	}
}

// words is a measured duration as a person reads it, rounded up so that what is over a
// limit never reads as at it.
func words(d time.Duration) string {
	unit := time.Millisecond
	if d > time.Second {
		unit = 10 * time.Millisecond
	}
	return exactly((d + unit - 1).Truncate(unit))
}

// exactly is a duration as the targets file would spell it: 6h, not 6h0m0s.
func exactly(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
