package main

import (
	"testing"
	"time"

	"rollcall/internal/health"
)

// A second attempt that was up does not undo a false failure.
func TestScore(t *testing.T) {
	t.Parallel()
	once := []health.Attempt{{}}
	s := score(health.Report{Workers: 860, Swept: time.Second, Results: []health.Result{
		{Status: health.Up, Attempts: once, Latency: 200 * time.Millisecond},
		{Status: health.Up, Attempts: append(once, health.Attempt{}), Latency: 200 * time.Millisecond},
		{Status: health.Down, Attempts: once, Cause: "refused"},
		{Status: health.Unknown},
	}})
	if s.Failed != 3 || len(s.LatencyMS) != 1 || s.LatencyMS[0] != 200 || s.Workers != 860 || s.WallMS != 1000 {
		t.Errorf("the score is %+v", s)
	}
}
