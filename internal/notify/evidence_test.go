package notify

import (
	"strings"
	"testing"

	"rollcall/internal/health"
)

// TestEvidence: what attempts have in common is said once, what tells them apart each time.
func TestEvidence(t *testing.T) {
	i := checkout()
	so := health.Reading{Status: health.Down, Class: health.ClassStatus, Cause: i.Cause}
	late := health.Reading{Status: health.Down, Class: health.ClassTimeout, Cause: `post "https://checkout.example.com/health": no complete answer within 5s`}
	up := health.Reading{Status: health.Up}
	type readings = []health.Reading
	for _, c := range []struct {
		what string
		e    *health.Evidence
		want string
	}{
		{"nothing was asked", nil, ""},
		{"one", &health.Evidence{Attempts: readings{so}, MS: []float64{211.6}}, "Attempts: one, after 212 ms"},
		{"both", &health.Evidence{Attempts: readings{so, so}, MS: []float64{211.6, 9.94}}, "Attempts: both ended so, after 212 and 9.9 ms"},
		{"both as slow", &health.Evidence{Attempts: readings{so, so}, MS: []float64{5000.2, 5000.4}}, "Attempts: both ended so, after 5,000 ms each"},
		{"all three", &health.Evidence{Attempts: readings{so, so, so}, MS: []float64{1, 2, 0.04}}, "Attempts: all 3 ended so, after 1, 2 and 0 ms"},
		{"one that was up", &health.Evidence{Attempts: readings{up}, MS: []float64{1214}, Phases: health.PhasesMS{Connect: 3.25, Wait: 1200}}, "Attempts: one, up after 1,214 ms|Phases: connect 3.3, wait 1,200 ms"},
		{"both otherwise", &health.Evidence{Attempts: readings{late, late}, MS: []float64{5000, 4999.6}}, "Attempts: both: no complete answer within 5s (timeout), after 5,000 ms each"},
		{"each in its way", &health.Evidence{Attempts: readings{late, so}, MS: []float64{5000, 31}, Phases: health.PhasesMS{DNS: 9.96}},
			"Attempt 1: no complete answer within 5s (timeout), after 5,000 ms|Attempt 2: status 503, want 200, 204 or 3xx (status), after 31 ms|Phases of the last: look-up 10 ms"},
		{"up in the end", &health.Evidence{Attempts: readings{late, up}, MS: []float64{5000, 31}}, "Attempt 1: no complete answer within 5s (timeout), after 5,000 ms|Attempt 2: up, after 31 ms"},
		{"nobody measured", &health.Evidence{Attempts: readings{so, so}}, "Attempts: both ended so"},
		{"nobody measured the second", &health.Evidence{Attempts: readings{late, so}, MS: []float64{5000}}, "Attempt 1: no complete answer within 5s (timeout), after 5,000 ms|Attempt 2: status 503, want 200, 204 or 3xx (status)"},
	} {
		i.Evidence = c.e
		var lines []string
		for _, l := range evidence(&i) {
			lines = append(lines, l.String())
		}
		if got := strings.Join(lines, "|"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}
