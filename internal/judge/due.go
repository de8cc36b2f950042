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

// Cycle yields the rounds of one whole cycle of a schedule with a round so often (whole
// minutes, at least one) in which every target is well, each as a minute and the indexes
// of the targets due in it. Rounds are in the minutes since 1970 that the schedule divides,
// and a target is due in the first of them that falls into a slot of its every, so in each
// when its every is no longer. A minute stands for all the Unix times whose minutes leave
// the same remainder on division by the cycle's length, the least common multiple of the
// everys and the schedule's. A round that asks the same targets as one before, or none, is
// left out. When the cycle is longer than a week, only its first week is yielded and whole
// is false.
func Cycle(targets []health.Target, every time.Duration) (rounds iter.Seq2[int, []int], whole bool) {
	c := newCycle(targets, max(int(every/time.Minute), 1))
	return c.rounds, c.whole
}

// cycle is where in its every each target is due.
type cycle struct {
	step   int            // minutes from one round to the next
	everys []int          // the different ones, in minutes; 1 stands for all that are no longer than a step
	taken  []map[int]bool // of each every: the minutes of it in which a slot of a target begins
	places []place        // of each target that is not paused
	length int            // in minutes, at most maxCycle
	whole  bool
}

type place struct {
	target int // its index
	every  int // its index among the everys
	minute int // of its every
}

func newCycle(targets []health.Target, step int) *cycle {
	c := &cycle{step: step, length: 1, whole: true}
	c.stretch(step)
	known := make(map[int]int)
	for i := range targets {
		t := &targets[i]
		if !t.Enabled {
			continue
		}
		n := minutes(t)
		if n <= step {
			n = 1 // due in every round
		}
		e, seen := known[n]
		if !seen {
			e = len(c.everys)
			known[n] = e
			c.everys = append(c.everys, n)
			c.taken = append(c.taken, make(map[int]bool))
			c.stretch(n)
		}
		at := (n - offset(t)%n) % n
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

// due reports whether a slot of n minutes that began in one minute of them began in the
// step that ends in another.
func (c *cycle) due(began, now, n int) bool { return (now-began+n)%n < c.step }

// alike numbers the minutes of one of the everys by whom a round in them asks: where the
// number is the same it is the same targets. 0 is nobody.
func (c *cycle) alike(every int) []int {
	n := c.everys[every]
	numbers := make([]int, n)
	known := map[string]int{"": 0}
	var key []byte
	for now := range numbers {
		key = key[:0]
		for back := range min(c.step, n) {
			if began := (now - back + n) % n; c.taken[every][began] {
				key = binary.AppendVarint(key, int64(began))
			}
		}
		if _, seen := known[string(key)]; !seen {
			known[string(key)] = len(known)
		}
		numbers[now] = known[string(key)]
	}
	return numbers
}

func (c *cycle) rounds(yield func(int, []int) bool) {
	alike := make([][]int, len(c.everys))
	for e := range c.everys {
		alike[e] = c.alike(e)
	}
	seen := make(map[string]bool)
	var key []byte
	largest := 0 // of the rounds so far
	for m := 0; m < c.length; m += c.step {
		key = key[:0]
		for e, n := range c.everys {
			key = binary.AppendVarint(key, int64(alike[e][m%n]))
		}
		if seen[string(key)] {
			continue
		}
		seen[string(key)] = true
		due := make([]int, 0, largest)
		for _, p := range c.places {
			if n := c.everys[p.every]; c.due(p.minute, m%n, n) {
				due = append(due, p.target)
			}
		}
		largest = max(largest, len(due))
		if len(due) > 0 && !yield(m, due) {
			return
		}
	}
}
