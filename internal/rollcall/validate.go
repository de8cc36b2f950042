package rollcall

import (
	"context"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

// Proof is what is known of a targets file without asking anybody.
type Proof struct {
	Fleet   *fleet.Fleet
	Unset   []fleet.Reference // references that cannot be resolved on this machine
	Largest *sweep.Plan       // of the rounds of one whole cycle, each with all that it may have to ask, the one that fits least
	Due     []health.Target   // in that round
	Whole   bool              // Largest was sought in a whole cycle, not only in its first week
	CatchUp *sweep.Plan       // everything at once, witnesses too, as after a pause
}

// Validate reads the targets file and plans its rounds, at the interval of the settings, for
// a function whose sweep has this budget, whatever the machine it runs on now. A file that
// is wrong is an error of [fleet.Problems], all of them; a fleet that does not fit is no
// error: the plans say so.
func (r *Rollcall) Validate(ctx context.Context, budget time.Duration) (Proof, error) {
	f, err := r.load(ctx, nil)
	if err != nil {
		return Proof{}, err
	}
	return r.prove(f, budget), nil
}

// prove plans the rounds of a fleet.
func (r *Rollcall) prove(f *fleet.Fleet, budget time.Duration) Proof {
	proof := Proof{Fleet: f}
	for _, ref := range f.References {
		if _, err := fromEnvironment(ref.Reference); err != nil {
			proof.Unset = append(proof.Unset, ref)
		}
	}
	targets := f.Asked()
	p := newPlanner(f, budget, r.inFunction(f).MaxWorkers())
	proof.CatchUp = p.everybody()
	rounds, whole := judge.Cycle(targets, r.settings.Interval)
	due := p.largest(rounds)
	proof.Largest, proof.Whole = p.plan(due), whole
	for _, i := range due {
		proof.Due = append(proof.Due, targets[i])
	}
	return proof
}

// inFunction is what a function allows a sweep of a fleet, with the memory of the settings.
func (r *Rollcall) inFunction(f *fleet.Fleet) sweep.Limits {
	limits := r.limits(withWitnesses(f))
	limits.Files = functionFiles
	return limits
}
