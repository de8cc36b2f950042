package rollcall

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/round"
)

// A round of any interval ends before the next begins, and its invocation within what Lambda
// allows; the longer the interval, the more time there is to ask.
func TestIntervals(t *testing.T) {
	before := Interval{}
	for _, in := range Intervals {
		if in.Every <= before.Every || in.Every%time.Minute != 0 || time.Hour%in.Every != 0 {
			t.Errorf("a round every %s after %s, want whole minutes that divide the hour, in order", in.Every, before.Every)
		}
		if in.Timeout >= in.Every || in.Timeout > 900*time.Second || in.Timeout < before.Timeout || round.Budget(in.Timeout) < in.Timeout/2 {
			t.Errorf("every %s: a Timeout of %s", in.Every, in.Timeout)
		}
		if got, err := IntervalOf(in.Every); got != in || err != nil {
			t.Errorf("the interval of %s is %v, %v", in.Every, got, err)
		}
		before = in
	}
	if Intervals[0].Timeout != FunctionTimeout {
		t.Errorf("a round every minute has %s, want %s", Intervals[0].Timeout, FunctionTimeout)
	}
	for _, every := range []time.Duration{0, -time.Minute, 30 * time.Second, 3 * time.Minute, 24 * time.Hour} {
		if _, err := IntervalOf(every); err == nil || !strings.HasSuffix(err.Error(), "want one of 1m, 2m, 5m, 10m, 15m, 30m, 60m") {
			t.Errorf("every %s: %v, want those that are offered", every, err)
		}
	}
}

// How long a round has, where nobody limits it, goes with the interval.
func TestOpenKnowsTheInterval(t *testing.T) {
	for every, timeout := range map[time.Duration]time.Duration{0: 55 * time.Second, 5 * time.Minute: 290 * time.Second, 74 * time.Minute: 55 * time.Second} {
		r, err := Open(t.Context(), Settings{Interval: every})
		if err != nil || r.settings.Timeout != timeout {
			t.Errorf("every %s: %v, a round has %s, want %s", every, err, r.settings.Timeout, timeout)
		}
	}
	for _, every := range []time.Duration{-time.Minute, 90 * time.Second, time.Second} {
		if _, err := Open(t.Context(), Settings{Interval: every}); err == nil || !strings.Contains(err.Error(), "want whole minutes") {
			t.Errorf("every %s: %v, want it refused", every, err)
		}
	}
}
