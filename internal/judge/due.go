package judge

import (
	"encoding/binary"
	"hash/fnv"
	"iter"
	"time"

	"rollcall/internal/health"
)

// Due gives the indexes of the targets to ask in the round of the scheduled time.
//
// A target's every is for when it is well: one that was unknown, that failed and is
// undecided, or that is down, is due every round. A target that is well is due once in
// each slot of its every; slots are counted, not waited for, so rounds that were missed
// make it due in the next one. So does an asking that is yet to come: a clock that was
// ahead wrote it, and believing it would leave the target alone until real time has caught
// up. Paused targets are never due.
func Due(state health.State, targets []health.Target, scheduled time.Time) []int {
	open := make(map[health.Subject]bool, len(state.Incidents))
	for i := range state.Incidents {
		open[state.Incidents[i].Subject] = true
	}
	due := make([]int, 0, len(targets))
	for i := range targets {
		t := &targets[i]
		before := state.Targets[t.Name]
		switch {
		case !t.Enabled:
			continue
		case before.Asked.IsZero(), before.Asked.After(scheduled), before.Missed, unwell(t.Name, before, open):
		case slot(t, scheduled) <= slot(t, before.Asked):
			continue
		}
		due = append(due, i)
	}
	return due
}

// unwell reports whether a target is down, or failed on a facet that is not decided yet.
// One with an open incident of another facet answers: it is asked at its own every.
func unwell(name string, state health.TargetState, open map[health.Subject]bool) bool {
	if len(open) > 0 && open[health.Subject{Kind: health.OfTarget, Name: name, Facet: health.Availability}] {
		return true
	}
	for f, b := range state.Facets {
		if b.Bad > 0 && !open[health.Subject{Kind: health.OfTarget, Name: name, Facet: f}] {
			return true
		}
	}
	return false
}

// slot numbers the stretch of the target's every that a round falls into.
func slot(t *health.Target, scheduled time.Time) int64 {
	return (minute(scheduled) + int64(offset(t))) / int64(minutes(t))
}

// offset shifts a target's slots by whole minutes, less than its every, so that targets
// of one every are spread over its rounds. It hangs on the name alone.
func offset(t *health.Target) int {
	h := fnv.New64a()
	h.Write([]byte(t.Name))
	return int(h.Sum64() % uint64(minutes(t)))
}

func minutes(t *health.Target) int { return max(int(t.Every/time.Minute), 1) }

func minute(t time.Time) int64 { return t.Unix() / 60 }

// maxCycle is how many minutes of a cycle are looked at: a week. Only everys without
// common measure, such as 7m beside 11m and 24h, make longer ones.
const maxCycle = 7 * 24 * 60

// Cycle yields the rounds of one whole cycle in which every target is well, each as a
// minute and the indexes of the targets due in it. A minute stands for all the Unix
// times whose minutes leave the same remainder on division by the cycle's length, the
// least common multiple of the everys. A round that asks the same targets as one before,
// or none, is left out. When the cycle is longer than a week, only its first week is
// yielded and whole is false.
func Cycle(targets []health.Target) (rounds iter.Seq2[int, []int], whole bool) {
	c := newCycle(targets)
	return c.rounds, c.whole
}

// cycle is where in its every each target is due.
type cycle struct {
	everys []int          // the different ones, in minutes
	taken  []map[int]bool // of each every: the minutes of it in which a target is due
	places []place        // of each target that is not paused
	length int            // in minutes, at most maxCycle
	whole  bool
}

type place struct {
	target int // its index
	every  int // its index among the everys
	minute int // of its every
}

func newCycle(targets []health.Target) *cycle {
	c := &cycle{length: 1, whole: true}
	known := make(map[int]int)
	for i := range targets {
		t := &targets[i]
		if !t.Enabled {
			continue
		}
		n := minutes(t)
		e, seen := known[n]
		if !seen {
			e = len(c.everys)
			known[n] = e
			c.everys = append(c.everys, n)
			c.taken = append(c.taken, make(map[int]bool))
			c.stretch(n)
		}
		at := (n - offset(t)) % n
		c.taken[e][at] = true
		c.places = append(c.places, place{i, e, at})
	}
	return c
}

// stretch makes the cycle a multiple of n minutes.
func (c *cycle) stretch(n int) {
	a, b := c.length, n
	for b != 0 {
		a, b = b, a%b
	}
	c.length *= n / a
	if c.length > maxCycle {
		c.length, c.whole = maxCycle, false
	}
}

func (c *cycle) rounds(yield func(int, []int) bool) {
	seen := make(map[string]bool)
	now := make([]int, len(c.everys)) // the minute of each every; -1 when nobody is due in it
	var key []byte
	largest := 0 // of the rounds so far
	for m := range c.length {
		key = key[:0]
		for e, n := range c.everys {
			now[e] = m % n
			if !c.taken[e][now[e]] {
				now[e] = -1
			}
			key = binary.AppendVarint(key, int64(now[e]))
		}
		if seen[string(key)] {
			continue
		}
		seen[string(key)] = true
		due := make([]int, 0, largest)
		for _, p := range c.places {
			if now[p.every] == p.minute {
				due = append(due, p.target)
			}
		}
		largest = max(largest, len(due))
		if len(due) > 0 && !yield(m, due) {
			return
		}
	}
}
