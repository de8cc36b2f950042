package rollcall

import (
	"fmt"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/notify"
)

// BenchmarkVerdict is what a round thinks and says at its worst: 10,000 targets of which
// 1,000 have just broken, judged, and told in every form of a message.
func BenchmarkVerdict(b *testing.B) {
	at := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	in := judge.Input{Fleet: "shop", Shard: Whole, Scheduled: at}
	for i := range 10_000 {
		t := health.Target{Name: fmt.Sprintf("service-%05d", i), Group: fmt.Sprintf("group-%02d", i%50), Kind: "http", Policy: health.Policy{
			Enabled: true, Every: time.Minute, Timeout: 5 * time.Second, Attempts: 1, FailAfter: 2, RecoverAfter: 1, Remind: 6 * time.Hour,
		}}
		t.Host = t.Name + ".example.com"
		t.URL = "https://" + t.Host + "/health"
		reading := health.Reading{Status: health.Up, Latency: 200 * time.Millisecond}
		if i%10 == 0 {
			reading = health.Failing(health.ClassStatus, "get %q: status 503, want 2xx", t.URL)
		}
		in.Targets = append(in.Targets, t)
		in.Results = append(in.Results, judge.Sweep{Scheduled: at}.Read(t, health.Outcome{Attempts: []health.Attempt{{Reading: reading, Allowed: t.Timeout}}}))
	}
	in.State = judge.Round(in).State
	in.Scheduled = at.Add(time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		d := judge.Round(in).Digest
		if len(d.Opened) != 1000 {
			b.Fatalf("%d opened, want 1000", len(d.Opened))
		}
		for _, c := range notify.Channels {
			c.Render(*d, c.Most)
		}
		notify.Subject(*d)
	}
}
