package rollcall

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/check"
	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/metric"
	"rollcall/internal/store"
)

// traces are what a calm round leaves behind: one in which all targets were asked and all
// were up, as in the round before.
type traces struct {
	results int // bytes of the lines of all results
	fleet   trace
	groups  trace
	targets trace // of all targets
	state   int   // bytes of the stored state
}

// trace is what is written of metrics that share their dimensions.
type trace struct{ metrics, bytes int }

// rehearse judges two rounds of a fleet, and lets the second be written as it would be: so a
// forecast weighs the lines themselves, with the names of this fleet, and nothing has to be
// kept in step by hand. Nobody is asked. Of the report the numbers of the round are taken.
func rehearse(ctx context.Context, f *fleet.Fleet, like health.Report) (traces, error) {
	state := health.State{Schema: health.StateSchema}
	var v judge.Verdict
	for n := range 2 {
		like.Scheduled = rehearsed.Add(time.Duration(n) * time.Minute)
		v = judge.Round(asUp(f, state, like.Scheduled))
		state = v.State
	}
	like.Fleet, like.Shard, like.Started = f.Name, Whole, like.Scheduled.Add(time.Second)
	like.Results, like.Counts, like.Groups, like.Completed = v.Results, v.Counts, v.Groups, true
	s := scales{seen: map[string]bool{}}
	w := metric.New(&s, metric.ByTarget, metric.AllResults)
	if err := w.Results(like); err != nil {
		return traces{}, err
	}
	if err := w.Finish(like); err != nil {
		return traces{}, err
	}
	state.Seq = 1
	for range health.CommitsKept {
		state.Commits = append(state.Commits, health.Commit{Round: like.Scheduled, By: strings.Repeat("0", 36)}) // as long as Lambda's ids
	}
	if _, err := store.NewStates(&s, f.Name, Whole).Commit(ctx, state, store.Absent); err != nil {
		return traces{}, err
	}
	return s.traces, nil
}

// rehearsed is a round like any other.
var rehearsed = time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)

// asUp is a round in which all targets are asked and all are up.
func asUp(f *fleet.Fleet, state health.State, scheduled time.Time) judge.Input {
	in := judge.Input{Fleet: f.Name, Shard: Whole, Scheduled: scheduled, Groups: f.Groups, State: state}
	sweep := judge.Sweep{Scheduled: scheduled}
	for _, t := range f.Targets {
		in.Targets = append(in.Targets, t.Target)
		if !t.Enabled {
			continue
		}
		r := health.Reading{Status: health.Up, Scope: health.Public, Latency: 200*time.Millisecond + 100*time.Microsecond}
		if t.SlowAfter > 0 {
			r.Latency = min(r.Latency, t.SlowAfter)
		}
		if secure(t.Target) {
			r.Certificate = &health.Cert{NotBefore: scheduled.AddDate(0, 0, -1), NotAfter: scheduled.AddDate(10, 0, 0)}
		}
		in.Results = append(in.Results, sweep.Read(t.Target, health.Outcome{Attempts: []health.Attempt{{Reading: r, Allowed: t.Timeout}}}))
	}
	return in
}

// secure reports whether a target is asked by TLS.
func secure(t health.Target) bool {
	scheme, _, _ := strings.Cut(t.URL, "://")
	return slices.ContainsFunc(check.Kinds[:], func(k check.Kind) bool { return slices.Contains(k.Secure, scheme) })
}

// scales weigh what is written onto them: the lines of a log, and the state.
type scales struct {
	traces
	seen map[string]bool // metrics with their dimensions
}

// Write weighs one line.
func (s *scales) Write(line []byte) (int, error) {
	var l struct {
		Msg, Group, Target string
		AWS                struct {
			CloudWatchMetrics []struct{ Metrics []struct{ Name string } }
		} `json:"_aws"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return 0, fmt.Errorf("weigh a line of the log: %w", err)
	}
	t := &s.fleet
	switch {
	case l.Msg == "result":
		s.results += len(line)
		return len(line), nil
	case l.Target != "":
		t = &s.targets
	case l.Group != "":
		t = &s.groups
	}
	t.bytes += len(line)
	for _, d := range l.AWS.CloudWatchMetrics {
		for _, m := range d.Metrics {
			if key := m.Name + "\x00" + l.Group + "\x00" + l.Target; !s.seen[key] {
				s.seen[key] = true
				t.metrics++
			}
		}
	}
	return len(line), nil
}

// Get finds nothing.
func (s *scales) Get(context.Context, string) ([]byte, store.Version, error) {
	return nil, store.Absent, store.ErrNotFound
}

// Put weighs a state.
func (s *scales) Put(_ context.Context, _ string, data []byte, _ store.Version) (store.Version, error) {
	s.state = len(data)
	return "1", nil
}
