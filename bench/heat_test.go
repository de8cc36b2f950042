package main

import (
	"slices"
	"testing"
	"time"

	"rollcall/bench/mock"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		door    mock.Door
		n, at   int
		want    time.Duration
		because string
	}{
		{mock.HTTP, 100, 0, 200 * time.Millisecond, "all at once are one wave"},
		{mock.HTTP, 100, 1, 20 * time.Second, "one after another"},
		{mock.HTTP, 1000, 860, 400 * time.Millisecond, "a few in a second wave"},
		{mock.HTTP, 860, 860, 200 * time.Millisecond, "just one wave"},
		{mock.HTTP, 10_000, 860, 2400 * time.Millisecond, "twelve waves"},
		{mock.FarHTTPS, 1000, 860, 480 * time.Millisecond, "a far answer takes 240 ms"},
	} {
		if got := (heat{door: c.door, n: c.n}).limit(c.at); got != c.want {
			t.Errorf("%d %s, %d at a time: the limit is %s, want %s: %s", c.n, c.door, c.at, got, c.want, c.because)
		}
	}
}

// The shares are those that Lambda gives for the memory.
func TestShare(t *testing.T) {
	t.Parallel()
	for memory, want := range map[int]string{128: "7 %", 512: "29 %", 1769: "100 %"} {
		if got := (heat{memory: memory}).percent(); got != want {
			t.Errorf("%d MB are %s of a core, want %s", memory, got, want)
		}
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	if runs(4999*time.Millisecond) != 5 || runs(5*time.Second) != 3 {
		t.Error("what takes under 5 s runs five times, else three times")
	}
}

// Every name in the program is a contender's, once a heat; and no heat comes twice.
func TestProgram(t *testing.T) {
	t.Parallel()
	var heats []string
	for _, h := range program {
		heats = append(heats, h.String())
		var names []string
		for _, e := range h.who {
			if named(e.name).name == "" {
				t.Errorf("%s: nobody is called %q", h, e.name)
			}
			names = append(names, e.name)
		}
		slices.Sort(names)
		if len(slices.Compact(names)) != len(h.who) {
			t.Errorf("%s: somebody runs twice: %v", h, names)
		}
	}
	slices.Sort(heats)
	if len(slices.Compact(heats)) != len(program) {
		t.Errorf("a heat comes twice: %v", heats)
	}
}

// The runs are to end within 15 minutes, of which a fresh clone spends 4 on building.
func TestForecast(t *testing.T) {
	t.Parallel()
	var total time.Duration
	for _, h := range program {
		_, forecast := choice{}.lanes(h)
		total += forecast
	}
	if total > 11*time.Minute {
		t.Errorf("the runs should take %s, want at most 11m", total)
	}
}
