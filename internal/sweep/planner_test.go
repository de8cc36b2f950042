package sweep_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// Sweeps are compared without planning them: by what the plan would find.
func TestPlannerFindsWhatPlansFind(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 6))
		var targets []health.Target
		for len(targets) < 40 {
			jobs, _, _ := draw(r)
			for _, j := range jobs {
				j.Target.Attempts = r.IntN(4) // none at all is one
				targets = append(targets, j.Target)
			}
		}
		p := sweep.NewPlanner(targets, time.Duration(r.Int64N(int64(150*s))), 1+r.IntN(len(targets)))
		for range 25 { // one after another, because a planner keeps what it counted with
			chosen := r.Perm(len(targets))[:r.IntN(len(targets)+1)]
			n := r.IntN(len(chosen) + 1)
			due, late := chosen[:n], chosen[n:]
			plan := p.Plan(due, late)
			short := max(0, p.Plan(due, nil).Wanted-plan.Budget)
			want := fmt.Sprint(plan.Wanted, short, plan.Missing)
			wanted, foreseen, missing := p.Foresee(due, late)
			if got := fmt.Sprint(wanted, foreseen, missing); got != want {
				t.Fatalf("seed %d: foreseen %s, the plan says %s; %d due, %d late, budget %v, %d workers",
					seed, got, want, len(due), len(late), plan.Budget, plan.Workers)
			}
			if len(plan.Beyond) == 0 != (missing == 0) && n > 0 {
				t.Fatalf("seed %d: %v are missing and %d are beyond", seed, missing, len(plan.Beyond))
			}
		}
	}
}
