package awslocal

import (
	"testing"
	"time"
)

func TestAsynchronousEvents(t *testing.T) {
	const minute = time.Minute
	never := AsyncConfig{Timeout: plenty}
	lambda := AsyncConfig{Retries: 2, Timeout: plenty}
	brief := AsyncConfig{Retries: 2, MaxAge: minute, Timeout: plenty}
	soon := AsyncConfig{Retries: 2, MaxAge: minute, Timeout: plenty, RetryAfter: []time.Duration{10 * time.Second}}
	for _, c := range []struct {
		name    string
		config  AsyncConfig
		do      string
		happens []Delivery
		want    string // of each invocation: its outcome; x: failed
		dropped int
	}{
		{"it goes well", lambda, "", nil, ".", 0},
		{"it fails for good", lambda, "fail", nil, "xxx", 1},
		{"it fails at first", lambda, "fail first", nil, "x.", 0},
		{"the function ends", lambda, "exit", nil, "xxx", 1},
		{"no retries", never, "fail", nil, "x", 1},
		{"too old for its first retry", brief, "fail", nil, "x", 1},
		{"young enough for all of them", soon, "fail", nil, "xxx", 1},
		{"too old for one of them", soon, "fail", []Delivery{Late(45 * time.Second)}, "xx", 1},
		{"as old as may be", brief, "", []Delivery{Late(minute)}, ".", 0},
		{"too old", brief, "", []Delivery{Late(minute + 1)}, "", 1},
		{"six hours", lambda, "", []Delivery{Late(6*time.Hour + 1)}, "", 1},
		{"twice", never, "", []Delivery{Duplicate}, "..", 0},
		{"twice, and failing", never, "fail", []Delivery{Duplicate}, "xx", 2},
		{"twice, and late", brief, "", []Delivery{Late(minute), Duplicate}, ".", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := NewRuntime(t, bootstrap(t)).Async(c.config)
			got := ""
			all := e.Send(event(t, order{Do: c.do}), c.happens...)
			for _, in := range all {
				if in.ID != all[0].ID {
					t.Errorf("ids %s and %s of one event", all[0].ID, in.ID)
				}
				if in.Failed() {
					got += "x"
				} else if got += "."; answered(t, in).Request.AwsRequestID != in.ID {
					t.Errorf("the function was told another id than %s", in.ID)
				}
			}
			if got != c.want || e.Dropped() != c.dropped {
				t.Errorf("%q, %d dropped, want %q, %d", got, e.Dropped(), c.want, c.dropped)
			}
		})
	}
}

// Both have the event in hand at one time.
func TestAnEventTwiceAtOnce(t *testing.T) {
	e := NewRuntime(t, bootstrap(t)).Async(AsyncConfig{Timeout: plenty})
	all := e.Send(event(t, order{Do: "meet", With: meeting(t, 2)}), AtOnce)
	if len(all) != 2 || all[0].ID != all[1].ID || answered(t, all[0]).Handled+answered(t, all[1]).Handled != 2 {
		t.Errorf("%+v, want two answers under one id, of two processes", all)
	}
}
