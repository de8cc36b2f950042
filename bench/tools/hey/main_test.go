package main

import (
	"bytes"
	"testing"

	"rollcall/bench/contest"
)

// Only what came with status 200 succeeded.
func TestRead(t *testing.T) {
	t.Parallel()
	said := bytes.NewBufferString("response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n" +
		"0.2005,0.0004,0.0000,0.0000,0.2001,0.0000,200,0.0020\n0.3000,0.0004,0.0000,0.0000,0.2001,0.0000,503,0.0020")
	var s contest.Score
	if err := read(said, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.LatencyMS) != 1 || s.LatencyMS[0] != 200.5 || s.Failed != 1 {
		t.Errorf("the score is %+v", s)
	}
}
