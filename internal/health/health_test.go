package health

import (
	"encoding/json"
	"testing"
	"time"
)

func TestCountsAdd(t *testing.T) {
	var c Counts
	for _, s := range []Status{Up, Up, Degraded, Down, Unknown, Pending, Paused, ""} {
		c.Add(s)
	}
	want := Counts{Targets: 8, Up: 2, Degraded: 1, Down: 1, Unknown: 1, Pending: 2, Paused: 1}
	if c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

// One round of one shard has one id, wherever its time was written down.
func TestDigestID(t *testing.T) {
	at := time.Date(2026, 11, 22, 15, 5, 0, 0, time.FixedZone("CET", 3600))
	if got, want := DigestID("shop", "0-1", at), "shop/0-1/2026-11-22T14:05:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A calm target takes little room in a state.
func TestCalmTargetIsSmall(t *testing.T) {
	calm := TargetState{Asked: time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC), Status: Up, SeenUp: true}
	text, err := json.Marshal(calm)
	if err != nil || string(text) != `{"asked":"2026-11-22T14:05:00Z","status":"up","seen_up":true}` {
		t.Errorf("got %s, %v", text, err)
	}
}
