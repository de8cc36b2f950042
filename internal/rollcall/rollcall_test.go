package rollcall

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/sweep"
)

func TestOpenRefusesWhatCannotBeAStore(t *testing.T) {
	list := file(t, "")
	for _, c := range []struct{ store, want string }{
		{"s3://", `store "s3://": want s3://BUCKET`},
		{"s3://bucket/folder", `store "s3://bucket/folder": want s3://BUCKET`},
		{filepath.Join(list, "below a file"), "not a directory"},
	} {
		if _, err := Open(t.Context(), Settings{Store: c.store}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.store, err, c.want)
		}
	}
}

// A deployment with a location that is none does not start: every round would fail of it. All
// else starts, also what is not there now.
func TestOpenRefusesALocationThatIsNone(t *testing.T) {
	for _, config := range []string{"https://example.com/targets.yaml", "s3://bucket", "s3://bucket/" + strings.Repeat("k", 1025), "ssm:/aws/targets"} {
		if _, err := Open(t.Context(), Settings{Config: config}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("location %q", config)) {
			t.Errorf("%s: %v, want an error that names it", config, err)
		}
	}
	for _, config := range []string{"", "-", "nowhere.yaml", "file:targets.yaml", "s3://bucket/targets.yaml", "ssm:/shop/targets"} {
		open(t, Settings{Config: config})
	}
}

// With nothing said, a round has the time of the deployed function and the memory of this
// process, and tells nobody.
func TestZeroSettings(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	r := open(t, Settings{Config: file(t, fmt.Sprintf("fleet: shop\ntargets: [%q]\n", well.URL))})
	now := thisMinute()
	report := play(t, r, now, "i1")
	if left := report.Deadline.Sub(report.Started); left < FunctionTimeout-time.Second || left > FunctionTimeout || report.Outbox != 0 {
		t.Errorf("it had %s, and %d are owed, want %s and nothing", left, report.Outbox, FunctionTimeout)
	}
	if again, err := r.Round(t.Context(), now, "i2"); err != nil || !again.Repeated {
		t.Errorf("the round again: repeated %v, %v", again.Repeated, err)
	}
}

// What a sweep may take is what its targets need; those that are paused need nothing.
func TestLimits(t *testing.T) {
	const list = `fleet: shop
targets:
  - {name: plain, url: https://a.example.com}
  - {name: body, url: https://b.example.com, enabled: %v, http: {max_body: 1MiB, expect: {body: {contains: ready}}}}
  - {name: racing, url: https://c.example.com, enabled: %v, http: {ip: any}}
`
	for paused, want := range map[bool]sweep.Limits{
		false: {Sockets: 2, Memory: 512 << 20, Workers: 7},
		true:  {Sockets: 1, Memory: 512 << 20, Workers: 7},
	} {
		r := open(t, Settings{Config: file(t, fmt.Sprintf(list, !paused, !paused)), Memory: 512 << 20, Workers: 7})
		f, err := r.load(t.Context(), fromEnvironment)
		if err != nil {
			t.Fatal(err)
		}
		want.Files = openFiles()
		if !paused {
			want.Body = f.Targets[1].Check.Needs().Body
		}
		if got := r.limits(f.Targets); got != want {
			t.Errorf("paused %v: %+v, want %+v", paused, got, want)
		}
	}
}

// mute is a topic that takes nothing.
type mute health.Delivery

func (m mute) Publish(context.Context, health.Digest) (health.Delivery, error) {
	return health.Delivery(m), errors.New("as the test wanted it")
}

func TestTestMessage(t *testing.T) {
	list := file(t, "fleet: shop\ntargets: [https://a.example.com]\n")
	now := time.Date(2026, 11, 22, 14, 5, 30, 0, time.UTC)
	var told voice
	if err := open(t, Settings{Config: list, Voice: &told}).Test(t.Context(), now); err != nil || len(told.told) != 1 {
		t.Fatalf("%v, told %d", err, len(told.told))
	}
	if d := told.told[0]; d.Kind != health.Test || d.Fleet != "shop" || d.ID == health.DigestID("shop", Whole, now) || d.ID != health.DigestID("shop", Whole, now)+"/test" {
		t.Errorf("told %+v, want a digest of its own, marked as a test", d)
	}
	// A list that cannot be read is no reason not to try the way to people.
	if err := open(t, Settings{Config: "nowhere.yaml", Fleet: "shop", Voice: &told}).Test(t.Context(), now); err != nil || told.told[1].Fleet != "shop" {
		t.Errorf("without the list: %v, of fleet %q", err, told.told[1].Fleet)
	}
	if err := open(t, Settings{Config: list}).Test(t.Context(), now); err == nil || !strings.Contains(err.Error(), "want a topic") {
		t.Errorf("without a topic: %v", err)
	}
	for _, answer := range []health.Delivery{health.Unsure, health.Refused, health.Denied} {
		if err := open(t, Settings{Config: list, Voice: mute(answer)}).Test(t.Context(), now); err == nil || !strings.Contains(err.Error(), string(answer)) {
			t.Errorf("%s: %v, want an error", answer, err)
		}
	}
}
