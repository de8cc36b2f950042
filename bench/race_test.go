package main

import (
	"slices"
	"testing"
	"time"

	"rollcall/bench/mock"
)

// Who is behind time runs less often, and least those of whom nothing is asked.
func TestHurry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	if (choice{}).behind(now, time.Hour) || (choice{end: now.Add(time.Minute)}).behind(now, time.Minute) {
		t.Error("nobody is behind without an end, nor with just enough time")
	}
	if !(choice{end: now.Add(time.Minute)}).behind(now, 61*time.Second) {
		t.Error("61 s in a minute are too much")
	}
	at := heat{door: mock.HTTPS, n: 100, memory: 512}
	for name, want := range map[string]int{rollcallName: 3, naiveName: 3, "vegeta": 1} {
		l := &lane{row: newRow(named(name), at), runs: 5}
		if l.hurry(); l.runs != want {
			t.Errorf("%s runs %d times in a hurry, want %d", name, l.runs, want)
		}
	}
	l := &lane{row: newRow(named(rollcallName), at), runs: 1}
	if l.hurry(); l.runs != 1 {
		t.Errorf("what was to run once runs %d times in a hurry", l.runs)
	}
}

// A choice by name takes what takes longer too, and runs it as often as it was told.
func TestChoice(t *testing.T) {
	t.Parallel()
	count := func(c choice) (rows int, names []string) {
		for _, h := range program {
			lanes, _ := c.lanes(h)
			rows += len(lanes)
			for _, l := range lanes {
				names = append(names, l.String())
			}
		}
		return rows, names
	}
	some, _ := count(choice{})
	all, names := count(choice{all: true})
	if some == 0 || some >= all {
		t.Errorf("%d rows, and %d with what takes longer", some, all)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != all {
		t.Error("two rows have one name")
	}
	f, err := parse([]string{"-only", "^rollcall https 100 @128MB$", "-runs", "2"})
	if err != nil {
		t.Fatal(err)
	}
	if rows, names := count(f.choice); rows != 1 || f.results != "" || !f.end.IsZero() {
		t.Errorf("chosen are %v, written to %q", names, f.results)
	}
	if f, err := parse(nil); err != nil || f.results != "results" || f.end.IsZero() {
		t.Errorf("a whole run is written to %q and has to end at %s, %v", f.results, f.end, err)
	}
}
