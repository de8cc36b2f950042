package rollcall

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// planner finds the largest of the rounds of one fleet, each given as the indexes of the
// targets due in it. A cycle may have ten thousand of them, far too many to plan each. But
// what a round can take hangs only on how many of its targets are alike, so it is enough to
// count them, and to play the plan with whole groups of workers at a time.
type planner struct {
	targets []health.Target
	budget  time.Duration
	workers int

	shapes []shape // in the order of a sweep: the longest timeout first
	of     []int   // the shape of each target, an index of shapes
	count  []int   // how many targets of each shape are due in the round that is looked at
	free   []group // the soonest first
}

// shape is all that a plan sees of a target.
type shape struct {
	timeout  time.Duration
	attempts int
}

// group is workers that are free at the same time.
type group struct {
	at      time.Duration
	workers int
}

func newPlanner(targets []health.Target, budget time.Duration, workers int) *planner {
	p := &planner{targets: targets, budget: budget, workers: workers, of: make([]int, len(targets))}
	for _, t := range targets {
		p.shapes = append(p.shapes, shapeOf(t))
	}
	slices.SortFunc(p.shapes, shape.compare)
	p.shapes = slices.Compact(p.shapes)
	for i, t := range targets {
		p.of[i], _ = slices.BinarySearchFunc(p.shapes, shapeOf(t), shape.compare)
	}
	p.count = make([]int, len(p.shapes))
	return p
}

func shapeOf(t health.Target) shape { return shape{t.Timeout, t.Attempts} }

func (s shape) compare(t shape) int {
	return cmp.Or(cmp.Compare(t.timeout, s.timeout), cmp.Compare(t.attempts, s.attempts))
}

func (p *planner) everybody() []int {
	all := make([]int, len(p.targets))
	for i := range all {
		all[i] = i
	}
	return all
}

func (p *planner) plan(due []int) *sweep.Plan {
	jobs := make([]sweep.Job, len(due))
	for i, at := range due {
		jobs[i].Target = p.targets[at]
	}
	return sweep.NewPlan(jobs, p.budget, p.workers)
}

// largest is the round that fits least: the one that most time is missing for or, when every
// round fits with its timeouts cut, the one that wants most.
func (p *planner) largest(rounds iter.Seq2[int, []int]) (largest []int) {
	var missing, wanted time.Duration
	for _, due := range rounds {
		clear(p.count)
		for _, at := range due {
			p.count[p.of[at]]++
		}
		m, w := max(0, p.needs(len(due), sweep.Floor)-p.budget), p.needs(len(due), uncut)
		if cmp.Or(cmp.Compare(m, missing), cmp.Compare(w, wanted)) > 0 {
			missing, wanted, largest = m, w, due
		}
	}
	return largest
}

// uncut is above every timeout.
const uncut = time.Hour

// needs is what the round that was counted can take when no timeout is above limit: what
// [sweep.NewPlan] would find.
func (p *planner) needs(jobs int, limit time.Duration) (total time.Duration) {
	workers := max(1, min(p.workers, jobs))
	for pass := 1; ; pass++ {
		length := p.pass(pass, workers, limit)
		if length == 0 {
			return total - sweep.Pause
		}
		total += length + sweep.Pause
	}
}

// pass plays one pass: who is free first takes the next, each at its worst.
func (p *planner) pass(pass, workers int, limit time.Duration) time.Duration {
	p.free = append(p.free[:0], group{0, workers})
	for i, s := range p.shapes {
		left := p.count[i]
		if s.attempts < pass {
			left = 0
		}
		for left > 0 {
			first := &p.free[0]
			busy := group{first.at + min(s.timeout, limit) + sweep.Grace, min(left, first.workers)}
			left -= busy.workers
			if first.workers -= busy.workers; first.workers == 0 {
				p.free = append(p.free[:0], p.free[1:]...)
			}
			at, same := slices.BinarySearchFunc(p.free, busy, func(a, b group) int { return cmp.Compare(a.at, b.at) })
			if same {
				p.free[at].workers += busy.workers
			} else {
				p.free = slices.Insert(p.free, at, busy)
			}
		}
	}
	return p.free[len(p.free)-1].at
}
