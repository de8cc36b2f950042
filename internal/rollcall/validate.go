package rollcall

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/source"
	"rollcall/internal/sweep"
)

// Proof is what is known of a targets file without asking anybody.
type Proof struct {
	Fleet   *fleet.Fleet
	Unset   []fleet.Reference // references that cannot be resolved on this machine
	Largest *sweep.Plan       // of the rounds of one whole cycle, the one with the longest worst case
	Whole   bool              // Largest was sought in a whole cycle, not only in its first week
	CatchUp *sweep.Plan       // everything at once, as after a pause
}

// Validate reads the targets file and plans its rounds for a function with this memory and
// budget. A file that is wrong is an error of [fleet.Problems], all of them; a fleet that
// does not fit is no error: the plans say so.
func (r *Rollcall) Validate(ctx context.Context, budget time.Duration) (Proof, error) {
	file, err := r.read(ctx)
	if err != nil {
		return Proof{}, err
	}
	f, err := fleet.Parse(source.Name(r.settings.Config), file, nil)
	if err != nil {
		return Proof{}, err
	}
	proof := Proof{Fleet: f}
	for _, ref := range f.References {
		if _, err := fromEnvironment(ref.Reference); err != nil {
			proof.Unset = append(proof.Unset, ref)
		}
	}
	r.prove(&proof, budget)
	return proof, nil
}

// prove plans every round that differs from those before it, and the catch-up round.
func (r *Rollcall) prove(p *Proof, budget time.Duration) {
	workers := r.limits(p.Fleet.Targets).MaxWorkers()
	targets := p.Fleet.Asked()
	plan := func(due []int) *sweep.Plan {
		jobs := make([]sweep.Job, len(due))
		for i, at := range due {
			jobs[i].Target = targets[at]
		}
		return sweep.NewPlan(jobs, budget, workers)
	}
	all := make([]int, len(targets))
	for i := range all {
		all[i] = i
	}
	p.CatchUp = plan(all)

	rounds, whole := judge.Cycle(targets)
	p.Whole, p.Largest = whole, plan(nil)
	for _, due := range byMost(targets, workers, rounds) {
		if due.most <= p.Largest.WorstCase {
			break // nor can any that follows be larger
		}
		if one := plan(due.targets); one.WorstCase > p.Largest.WorstCase {
			p.Largest = one
		}
	}
}

// dueRound is a round's targets, and a bound of its worst case that is cheap to have: a list
// schedule ends before the sum of its jobs shared out evenly, and the longest of them.
type dueRound struct {
	targets []int
	most    time.Duration
}

// byMost sorts rounds by that bound, the largest first, so that only few need a plan.
func byMost(targets []health.Target, workers int, rounds iter.Seq2[int, []int]) []dueRound {
	var sorted []dueRound
	for _, due := range rounds {
		r := dueRound{targets: due}
		c := time.Duration(min(workers, len(due)))
		for pass := 1; ; pass++ {
			var sum, longest time.Duration
			for _, at := range due {
				if t := &targets[at]; t.Attempts >= pass {
					worst := t.Timeout + sweep.Grace
					sum += worst
					longest = max(longest, worst)
				}
			}
			if sum == 0 {
				break
			}
			r.most += sum/c + longest + sweep.Pause
		}
		sorted = append(sorted, r)
	}
	slices.SortStableFunc(sorted, func(a, b dueRound) int { return cmp.Compare(b.most, a.most) })
	return sorted
}
