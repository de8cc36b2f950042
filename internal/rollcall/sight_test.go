package rollcall

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// A whole fleet goes silent, and with it the witness that answered a minute before: people
// hear that we cannot see. Whoever asks by hand asks no witness, and is told what was read.
func TestBlindness(t *testing.T) {
	var peers []*peer.Peer
	for range 3 {
		p, err := peer.Start(peer.Answering(0, http.StatusOK, ""))
		if err != nil {
			t.Fatal(err)
		}
		peers = append(peers, p)
	}
	witness := peers[2]
	v := &voice{}
	r := open(t, Settings{Voice: v, Config: file(t, fmt.Sprintf(`fleet: shop
targets:
  - {name: a, url: %q, fail_after: 1}
  - {name: b, url: %q, fail_after: 1}
witnesses:
  - tcp://%s
`, peers[0].URL, peers[1].URL, witness.Addr))})
	if _, err := r.Check(t.Context(), nil, time.Minute); err != nil || witness.Connections() != 0 {
		t.Errorf("asked by hand: %v, and the witness was asked %d times, want never", err, witness.Connections())
	}
	now := thisMinute()
	if report := play(t, r, now.Add(-time.Minute), "sight"); report.Counts.Up != 2 {
		t.Errorf("%+v, want both up", report.Counts)
	}
	for _, p := range peers {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	report := play(t, r, now, "blind")
	for _, name := range []string{"a", "b"} {
		got := result(t, report, name)
		if got.Status != health.Unknown || !strings.HasPrefix(got.Cause, "cannot see: the one witness does not answer; get ") {
			t.Errorf("%s is %s: %s, want it unknown, and why", name, got.Status, got.Cause)
		}
	}
	last := v.told[len(v.told)-1]
	if len(last.Opened) != 1 || last.Opened[0].Subject.Name != health.FaultBlind || !strings.HasPrefix(last.Opened[0].Cause, "no network to local addresses (") {
		t.Errorf("told %+v, want only that we cannot see", last)
	}
}
