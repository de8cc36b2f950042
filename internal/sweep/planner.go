package sweep

import (
	"cmp"
	"slices"
	"time"

	"rollcall/internal/health"
)

// Planner foresees many sweeps of one fleet, of which each asks some. What a sweep can take
// hangs on how many of its targets are alike, so it is enough to count them: ten thousand
// sweeps are foreseen in the time in which some hundred would be planned. It is for one
// goroutine.
type Planner struct {
	targets []health.Target
	budget  time.Duration
	workers int

	shapes []shape // in the order: the longest timeout first
	of     []int   // the shape of each target, an index of shapes
	counts []count // of each shape, in the sweep that is looked at
	queues []queue
	stage  stage
}

// shape is all that a play asks of a target.
type shape struct {
	timeout  time.Duration
	attempts int
}

func shapeOf(t *health.Target) shape { return shape{timeoutOf(t), attemptsOf(t)} }

func (s shape) compare(t shape) int {
	return cmp.Or(cmp.Compare(t.timeout, s.timeout), cmp.Compare(s.attempts, t.attempts))
}

// count is how many targets of one shape are asked in pass 1, and how many are late.
type count struct{ due, late int }

// NewPlanner plans sweeps of these targets that have budget and ask at most maxWorkers at
// once, see [NewPlan].
func NewPlanner(targets []health.Target, budget time.Duration, maxWorkers int) *Planner {
	p := &Planner{targets: targets, budget: budget, workers: maxWorkers, of: make([]int, len(targets))}
	for i := range targets {
		p.shapes = append(p.shapes, shapeOf(&targets[i]))
	}
	slices.SortFunc(p.shapes, shape.compare)
	p.shapes = slices.Compact(p.shapes)
	for i := range targets {
		p.of[i], _ = slices.BinarySearchFunc(p.shapes, shapeOf(&targets[i]), shape.compare)
	}
	p.counts = make([]count, len(p.shapes))
	return p
}

// Plan is the plan of a sweep of the targets with these indexes. Who is named in both may be
// called after all that it is owed when due, and is counted as two; none may be named twice
// in one.
func (p *Planner) Plan(due, late []int) *Plan {
	jobs := make([]Job, 0, len(due)+len(late))
	for _, i := range due {
		jobs = append(jobs, Job{Target: p.targets[i]})
	}
	for _, i := range late {
		jobs = append(jobs, Job{Target: p.targets[i], Late: true})
	}
	return NewPlan(jobs, p.budget, p.workers)
}

// Foresee is what [Planner.Plan] would find: its Wanted and its Missing, and by how much those
// who are due want more than the budget, every timeout in full: 0 when none of them is cut.
func (p *Planner) Foresee(due, late []int) (wanted, short, missing time.Duration) {
	clear(p.counts)
	for _, i := range due {
		p.counts[p.of[i]].due++
	}
	for _, i := range late {
		p.counts[p.of[i]].late++
	}
	workers := max(1, min(len(due)+len(late), p.workers))
	if wanted = p.stage.worstCase(p.line(), workers, uncut); wanted <= max(0, p.budget) {
		return wanted, 0, 0
	}
	for i := range p.counts {
		p.counts[i].late = 0
	}
	queues := p.line()
	short = max(0, p.stage.worstCase(queues, workers, uncut)-p.budget)
	missing = max(0, p.stage.worstCase(queues, workers, Floor)-p.budget)
	return wanted, short, missing
}

// line makes the queue of each pass of the sweep that was counted.
func (p *Planner) line() []queue {
	for k := 0; ; k++ {
		if k == len(p.queues) {
			p.queues = append(p.queues, queue{})
		}
		q := &p.queues[k]
		q.runs, q.jobs = q.runs[:0], 0
		for i, s := range p.shapes {
			n := 0
			if k < s.attempts {
				n = p.counts[i].due
			}
			if k > 0 && k <= s.attempts {
				n += p.counts[i].late
			}
			q.add(s.timeout, n)
		}
		if q.jobs == 0 { // and so in all that would follow
			return p.queues[:k]
		}
	}
}
