package judge_test

import (
	"fmt"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// hourly is a target asked once an hour when it is well.
func hourly() health.Target { return every("shop", time.Hour) }

func every(name string, every time.Duration) health.Target {
	p := fail(3)
	p.Every = every
	return health.Target{Name: name, Policy: p}
}

// quiet is a minute in which target, asked the minute before and well, is not due.
func quiet(t *testing.T, target health.Target) time.Time {
	t.Helper()
	for minute := range 3 {
		at := noon.Add(time.Duration(minute) * time.Minute)
		well := asked(target, health.TargetState{Status: health.Up, Asked: at.Add(-time.Minute)})
		if len(judge.Due(well, []health.Target{target}, at)) == 0 {
			return at
		}
	}
	t.Fatalf("%s is well and is due in three minutes in a row, want once in %v", target.Name, target.Every)
	return time.Time{}
}

func asked(t health.Target, s health.TargetState, incidents ...health.Incident) health.State {
	return health.State{Round: s.Asked, Targets: map[string]health.TargetState{t.Name: s}, Incidents: incidents}
}

func TestDue(t *testing.T) {
	target := hourly()
	at := quiet(t, target)
	before := at.Add(-time.Minute)
	bad := func(f health.Facet, n int) map[health.Facet]health.Belief {
		return map[health.Facet]health.Belief{f: {Bad: n, Since: before}}
	}
	open := func(f health.Facet) health.Incident {
		return health.Incident{Subject: health.Subject{Kind: health.OfTarget, Name: target.Name, Facet: f}}
	}
	for _, c := range []struct {
		about string
		state health.State
		due   bool
	}{
		{"well, asked a minute ago", asked(target, health.TargetState{Asked: before, Status: health.Up}), false},
		{"well, asked an hour ago", asked(target, health.TargetState{Asked: at.Add(-time.Hour), Status: health.Up}), true},
		{"well, asked in a minute to come", asked(target, health.TargetState{Asked: at.Add(time.Minute), Status: health.Up}), true},
		{"well, asked tomorrow", asked(target, health.TargetState{Asked: at.Add(24 * time.Hour), Status: health.Up}), true},
		{"certificate known to end, asked tomorrow", asked(target, health.TargetState{Asked: at.Add(24 * time.Hour), Status: health.Degraded, Facets: bad(health.Certificate, 9)}, open(health.Certificate)), true},
		{"well, not asked for a day", asked(target, health.TargetState{Asked: at.Add(-24 * time.Hour), Status: health.Up}), true},
		{"never asked", health.State{Round: before}, true},
		{"known but never asked", asked(target, health.TargetState{Status: health.Pending}), true},
		{"unknown last time", asked(target, health.TargetState{Asked: before, Status: health.Unknown, Missed: true}), true},
		{"failed, undecided", asked(target, health.TargetState{Asked: before, Status: health.Down, Facets: bad(health.Availability, 1)}), true},
		{"slow, undecided", asked(target, health.TargetState{Asked: before, Status: health.Degraded, Facets: bad(health.Latency, 1)}), true},
		{"down", asked(target, health.TargetState{Asked: before, Status: health.Down, Facets: bad(health.Availability, 3)}, open(health.Availability)), true},
		{"down, recovering", asked(target, health.TargetState{Asked: before, Status: health.Up}, open(health.Availability)), true},
		{"known to be slow", asked(target, health.TargetState{Asked: before, Status: health.Degraded, Facets: bad(health.Latency, 3)}, open(health.Latency)), false},
		{"certificate known to end", asked(target, health.TargetState{Asked: before, Status: health.Degraded, Facets: bad(health.Certificate, 9)}, open(health.Certificate)), false},
		{"the same round again", asked(target, health.TargetState{Asked: at, Status: health.Up}), false},
	} {
		due := judge.Due(c.state, []health.Target{target}, at)
		if (len(due) == 1) != c.due {
			t.Errorf("%s: due %v, want %v", c.about, due, c.due)
		}
		paused := target
		paused.Enabled = false
		if due := judge.Due(c.state, []health.Target{paused}, at); len(due) != 0 {
			t.Errorf("%s, but paused: due", c.about)
		}
	}
}

// What was unknown is asked again in the next round, and when it has answered returns
// to its own slot.
func TestUnknownIsDueAgain(t *testing.T) {
	target := hourly()
	var l life
	l.state.Round = noon.Add(-time.Minute)
	l.minutes = int(quiet(t, target).Sub(noon)/time.Minute) - 1
	for i, step := range []struct {
		letter rune
		due    bool // in the round after
	}{{'?', true}, {'?', true}, {'x', true}, {'x', true}, {'x', true}, {'?', true}, {'.', false}, {' ', false}} {
		l.round(map[string]rune{target.Name: step.letter}, target)
		if due := judge.Due(l.state, []health.Target{target}, l.now()); (len(due) == 1) != step.due {
			t.Errorf("after round %d (%c): due %v, want %v", i, step.letter, due, step.due)
		}
	}
}

// A target that no attempt was made of was not asked; one that was cut short was.
func TestAskedOnlyWhenAttempted(t *testing.T) {
	target := hourly()
	target.Attempts = 2
	for _, c := range []struct {
		outcome health.Outcome
		asked   time.Time
	}{
		{health.Outcome{Missing: "out of time"}, time.Time{}},
		{health.Outcome{Missing: "out of time", Attempts: attempts(health.Failing(health.ClassConnect, "refused")).Attempts}, noon},
	} {
		result := read(target, c.outcome, noon)
		v := judge.Round(judge.Input{Scheduled: noon, Targets: []health.Target{target}, Results: []health.Result{result}})
		got := v.State.Targets[target.Name]
		if !got.Asked.Equal(c.asked) || !got.Missed || got.Status != health.Unknown {
			t.Errorf("%d attempts made: %+v, want asked %v, missed and unknown", len(c.outcome.Attempts), got, c.asked)
		}
	}
}

// Targets asked every five minutes share the rounds fairly, and each is asked exactly
// once in any five.
func TestDueIsSpread(t *testing.T) {
	targets := fleet(1000, 5*time.Minute)
	state := health.State{Targets: map[string]health.TargetState{}}
	ask(&state, targets, judge.Due(state, targets, noon), noon)
	count := make([]int, len(targets))
	for minute := 1; minute <= 60; minute++ {
		at := noon.Add(time.Duration(minute) * time.Minute)
		due := judge.Due(state, targets, at)
		if len(due) < 150 || len(due) > 250 {
			t.Errorf("minute %d: %d of 1000 due, want about 200", minute, len(due))
		}
		ask(&state, targets, due, at)
		for _, i := range due {
			count[i]++
		}
	}
	for i, n := range count {
		if n != 12 {
			t.Errorf("%s was asked %d times in an hour, want 12", targets[i].Name, n)
		}
	}
}

// After rounds that never took place everything that was missed is due at once, once.
func TestDueCatchesUp(t *testing.T) {
	targets := fleet(100, 5*time.Minute)
	state := health.State{Targets: map[string]health.TargetState{}}
	ask(&state, targets, judge.Due(state, targets, noon), noon)
	late := noon.Add(23 * time.Minute)
	due := judge.Due(state, targets, late)
	if len(due) != len(targets) {
		t.Fatalf("%d of %d due after a gap", len(due), len(targets))
	}
	ask(&state, targets, due, late)
	if due := judge.Due(state, targets, late.Add(time.Minute)); len(due) > 40 {
		t.Errorf("%d of %d due in the round after, want about 20", len(due), len(targets))
	}
}

func fleet(n int, d ...time.Duration) []health.Target {
	targets := make([]health.Target, n)
	for i := range targets {
		targets[i] = every(fmt.Sprintf("shop-%05d", i), d[i%len(d)])
	}
	return targets
}

func ask(state *health.State, targets []health.Target, due []int, at time.Time) {
	for _, i := range due {
		state.Targets[targets[i].Name] = health.TargetState{Asked: at, Status: health.Up, SeenUp: true}
	}
}

// Cycle foretells exactly the rounds that Due then makes, whatever the schedule.
func TestCycleIsWhatComesDue(t *testing.T) {
	many := fleet(40, 1*time.Minute, 2*time.Minute, 3*time.Minute, 7*time.Minute, 10*time.Minute, 15*time.Minute, 60*time.Minute)
	many[7].Enabled = false
	for _, step := range []int{1, 2, 5, 10, 15, 30, 60} {
		foretells(t, step, many)
		foretells(t, step, fleet(9, 7*time.Minute)) // no every is a multiple of the schedule's
	}
}

// foretells holds the cycle of a schedule of so many minutes against what comes due.
func foretells(t *testing.T, step int, targets []health.Target) {
	t.Helper()
	const length = 7 * 60 // of the cycle, or a multiple of it
	rounds, whole := judge.Cycle(targets, time.Duration(step)*time.Minute)
	if !whole {
		t.Fatalf("every %d minutes: a cycle of seven hours is said not to be whole", step)
	}
	foretold := make(map[string]bool)
	for minute, due := range rounds {
		key := fmt.Sprint(due)
		if foretold[key] {
			t.Errorf("every %d minutes: minute %d repeats %s", step, minute, key)
		}
		foretold[key] = true
		if due := judge.Due(calm(targets, length+minute-step), targets, unix(length+minute)); fmt.Sprint(due) != key {
			t.Errorf("every %d minutes: in minute %d %v are due, foretold %v", step, minute, due, key)
		}
	}
	state := calm(targets, length-step)
	for minute := length; minute < 2*length; minute += step {
		due := judge.Due(state, targets, unix(minute))
		if len(due) > 0 && !foretold[fmt.Sprint(due)] {
			t.Errorf("every %d minutes: in minute %d %v are due, not foretold", step, minute, due)
		}
		ask(&state, targets, due, unix(minute))
	}
}

// unix is a minute since 1970.
func unix(minute int) time.Time { return time.Unix(int64(minute)*60, 0) }

// calm is the state of a fleet of which each target was asked in one minute.
func calm(targets []health.Target, minute int) health.State {
	state := health.State{Targets: map[string]health.TargetState{}}
	for i := range targets {
		ask(&state, targets, []int{i}, unix(minute))
	}
	return state
}

// Targets whose slots begin between two rounds fall together in the next.
func TestSlotsFallTogether(t *testing.T) {
	targets := fleet(100, time.Minute, 4*time.Minute, 5*time.Minute)
	rounds, whole := judge.Cycle(targets, 5*time.Minute)
	n := 0
	for _, due := range rounds {
		n++
		if len(due) != len(targets) {
			t.Errorf("%d of %d are due, want all: no every is longer than the schedule's", len(due), len(targets))
		}
	}
	if n != 1 || !whole {
		t.Errorf("%d rounds, whole %v, want one that stands for all", n, whole)
	}
}

func TestCycleLengths(t *testing.T) {
	for _, c := range []struct {
		about   string
		targets int
		everys  []time.Duration
		rounds  int // at most, and at least one
		whole   bool
	}{
		{"one a minute, one a day: without and with the second", 2, []time.Duration{time.Minute, 24 * time.Hour}, 2, true},
		{"three a day", 3, []time.Duration{24 * time.Hour}, 3, true},
		{"every minute", 100, []time.Duration{time.Minute}, 1, true},
		{"one and five", 100, []time.Duration{time.Minute, 5 * time.Minute}, 5, true},
		{"an hour and a day", 100, []time.Duration{time.Hour, 24 * time.Hour}, 1440, true},
		{"seven and eleven", 100, []time.Duration{7 * time.Minute, 11 * time.Minute}, 77, true},
		{"no common measure", 100, []time.Duration{7 * time.Minute, 11 * time.Minute, 13 * time.Minute, 24 * time.Hour}, 10080, false},
	} {
		rounds, whole := judge.Cycle(fleet(c.targets, c.everys...), time.Minute)
		n := 0
		for range rounds {
			n++
		}
		if n < 1 || n > c.rounds || whole != c.whole {
			t.Errorf("%s: %d rounds, whole %v; want at most %d, %v", c.about, n, whole, c.rounds, c.whole)
		}
	}
	rounds, whole := judge.Cycle(nil, time.Minute)
	for minute, due := range rounds {
		t.Errorf("an empty fleet has a round at %d: %v", minute, due)
	}
	if !whole {
		t.Error("the cycle of an empty fleet is said not to be whole")
	}
}

func BenchmarkCycle(b *testing.B) {
	targets := fleet(10_000, time.Minute, time.Minute, 5*time.Minute, 7*time.Minute, 11*time.Minute, 13*time.Minute, time.Hour, 24*time.Hour)
	for b.Loop() {
		rounds, _ := judge.Cycle(targets, time.Minute)
		for range rounds {
		}
	}
}

func BenchmarkDue(b *testing.B) {
	targets := fleet(10_000, time.Minute, 5*time.Minute)
	state := health.State{Targets: map[string]health.TargetState{}}
	ask(&state, targets, judge.Due(state, targets, noon), noon)
	b.ReportAllocs()
	for b.Loop() {
		judge.Due(state, targets, noon.Add(time.Minute))
	}
}
