package rollcall

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]float64{
		0:                                0,
		49 * time.Microsecond:            0,
		50 * time.Microsecond:            0.1,
		203*time.Millisecond + 149_999:   203.1,
		time.Hour + 50*time.Microsecond:  3_600_000.1,
		-1500 * time.Microsecond:         -1.5,
		2*time.Second - time.Nanosecond:  2000,
		100*time.Millisecond + 1_250_000: 101.3,
	} {
		if got := health.MS(d); got != want {
			t.Errorf("%s: %v ms, want %v", d, got, want)
		}
		if text, _ := json.Marshal(health.MS(d)); len(text) > len("3600000.1") {
			t.Errorf("%s is written as %s", d, text)
		}
	}
}

func TestDocument(t *testing.T) {
	zone := time.FixedZone("somewhere", 3600)
	scheduled := time.Date(2026, 11, 22, 15, 5, 0, 0, zone)
	expires := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)
	report := health.Report{
		Fleet: "shop", Scheduled: scheduled, Started: scheduled.Add(700 * time.Millisecond),
		Elapsed: 213 * time.Millisecond, Budget: 46 * time.Second, WorstCase: 11100 * time.Millisecond, Workers: 100, Saturation: 62.1499, Completed: true,
		Counts: health.Counts{Targets: 7, Up: 1, Degraded: 2, Down: 1, Unknown: 1, Pending: 1, Paused: 1},
		Results: []health.Result{{
			Target: health.Target{Name: "checkout", Title: "Check-out", Group: "payments", URL: "https://checkout.example.com/${env:KEY}"},
			Status: health.Down, Class: health.ClassStatus, Cause: "status 503, want 2xx",
			Attempts: []health.Attempt{
				{Reading: health.Reading{Status: health.Down, Class: health.ClassTimeout, Cause: "no answer within 5s", Latency: 5*time.Second + 200*time.Microsecond}},
				{Reading: health.Reading{Status: health.Down, Class: health.ClassStatus, Cause: "status 503, want 2xx", Latency: 203*time.Millisecond + 149*time.Microsecond}},
			},
			Facets: map[health.Facet]health.FacetReading{
				health.Availability: {Status: health.Down, Class: health.ClassStatus, Cause: "status 503, want 2xx", Severity: health.Critical},
				health.Certificate:  {Status: health.Up, Expires: expires},
			},
			Latency: 203*time.Millisecond + 149*time.Microsecond,
			Phases:  health.Phases{DNS: 1200 * time.Microsecond, Connect: 10100 * time.Microsecond, TLS: 22 * time.Millisecond, Wait: 160200 * time.Microsecond, Read: 300 * time.Microsecond},
		}},
	}
	got, err := json.Marshal(NewDocument(report))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"rollcall.check/1",` +
		`"round":{"fleet":"shop","scheduled":"2026-11-22T14:05:00Z","started":"2026-11-22T14:05:00.7Z","elapsed_ms":213,"budget_ms":46000,"worst_case_ms":11100,"workers":100,"saturation":62.1,"completed":true},` +
		`"summary":{"targets":7,"up":1,"degraded":2,"down":1,"unknown":1,"paused":1},` +
		`"results":[{"target":"checkout","group":"payments","url":"https://checkout.example.com/${env:KEY}","status":"down","class":"status","cause":"status 503, want 2xx",` +
		`"attempts":[{"class":"timeout","cause":"no answer within 5s","ms":5000.2},{"class":"status","cause":"status 503, want 2xx","ms":203.1}],` +
		`"facets":{"availability":{"status":"down","class":"status","cause":"status 503, want 2xx"},"certificate":{"status":"up","expires":"2027-01-04T00:00:00Z"}},` +
		`"latency_ms":203.1,"phases_ms":{"dns":1.2,"connect":10.1,"tls":22,"wait":160.2,"read":0.3}}]}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Whoever reads results in a loop gets a list, also when there are none; and a target that
// is paused is counted, though it has no result.
func TestDocumentOfNobody(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	list := fmt.Sprintf("fleet: shop\ntargets: [{name: a, url: %q, enabled: false}]\n", well.URL)
	report, err := open(t, Settings{Config: file(t, list)}).Check(t.Context(), nil, time.Second)
	if err != nil || !report.Completed {
		t.Fatalf("completed %v, %v", report.Completed, err)
	}
	d := NewDocument(report)
	if d.Results == nil || len(d.Results) != 0 || d.Summary != (DocumentSummary{Targets: 1, Paused: 1}) {
		t.Errorf("%+v, want an empty list, and one paused", d)
	}
}
