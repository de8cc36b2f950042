package sweep_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// A plan is made before each round, so 100,000 targets must plan within 150 ms. Budgets
// and limits are chosen so that every search takes place: for Needed always, for a cap or
// for the largest prefix where the name says so.
func BenchmarkPlanOf100000(b *testing.B) {
	few := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}
	mixes := []struct {
		name    string
		timeout func(r *rand.Rand) time.Duration
	}{
		{"one timeout", func(*rand.Rand) time.Duration { return 5 * time.Second }},
		{"five timeouts", func(r *rand.Rand) time.Duration { return few[r.IntN(len(few))] }},
		{"all different", func(r *rand.Rand) time.Duration { return time.Duration(100+r.IntN(30_000)) * time.Millisecond }},
	}
	limits := []struct {
		name    string
		workers int
	}{{"fits", 100_000}, {"cut short", 10_000}, {"beyond", 860}}
	for _, mix := range mixes {
		r := rand.New(rand.NewPCG(1, 2))
		jobs := make([]sweep.Job, 100_000)
		for i := range jobs {
			jobs[i].Target = health.Target{Name: fmt.Sprintf("target-%06d", r.IntN(1_000_000)), Policy: health.Policy{
				Timeout: mix.timeout(r), Attempts: 1 + r.IntN(3)}}
			jobs[i].Missed = r.IntN(20) == 0
		}
		for _, limit := range limits {
			b.Run(mix.name+"/"+limit.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					sweep.NewPlan(jobs, 105*time.Second, limit.workers)
				}
			})
		}
	}
}

// What asking itself costs: 10,000 targets that answer at once, 860 at a time.
func BenchmarkSweepOf10000(b *testing.B) {
	jobs := make([]sweep.Job, 10_000)
	for i := range jobs {
		jobs[i] = sweep.Job{
			Target: health.Target{Name: fmt.Sprintf("target-%05d", i), Policy: health.Policy{Timeout: time.Second, Attempts: 2}},
			Ask:    func(context.Context, int, func()) health.Reading { return health.Reading{Status: health.Up} },
		}
	}
	plan := sweep.NewPlan(jobs, time.Minute, 860)
	b.ReportAllocs()
	for b.Loop() {
		plan.Run(context.Background())
	}
}
