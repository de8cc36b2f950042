package rollcall

import (
	"context"
	"strings"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

// Check asks now, remembers nothing and tells nobody. Asked are targets of the file by their
// name or group, and bare URLs, which need no file; no names at all are the whole file. No
// witness is asked: whoever asks now sees for himself.
// The sweep has the budget. When ctx ends early, the report holds what was read by then and
// is not Completed.
func (r *Rollcall) Check(ctx context.Context, names []string, budget time.Duration) (health.Report, error) {
	started, cpu := time.Now(), cpuTime()
	f, targets, err := r.choose(ctx, names)
	if err != nil {
		return health.Report{}, err
	}
	var network *watched
	jobs := make([]sweep.Job, 0, len(targets))
	for _, t := range targets {
		if t.Enabled {
			jobs = append(jobs, sweep.Job{Target: t.Target, Ask: func(ctx context.Context, pass int, sent func()) health.Reading {
				return network.Ask(ctx, t, pass, sent)
			}})
		}
	}
	plan := sweep.NewPlan(jobs, budget, r.limits(targets).MaxWorkers())
	network = r.network(f, len(jobs)-len(plan.Beyond))
	defer network.Close()
	report := health.Report{Fleet: f.Name, Shard: Whole, Scheduled: started.UTC(), Started: started}
	outcomes := r.processor().Sweep(ctx, plan, &report)
	report.Completed = ctx.Err() == nil // else attempts were cut
	swept := judge.Sweep{Scheduled: report.Scheduled, Saturation: report.Saturation}
	for i, outcome := range outcomes {
		result := swept.Read(jobs[i].Target, outcome)
		report.Results = append(report.Results, result)
		report.Counts.Add(result.Status)
		report.Completed = report.Completed && outcome.Missing == ""
	}
	for range len(targets) - len(jobs) {
		report.Counts.Add(health.Paused)
	}
	report.Elapsed, report.CPU = time.Since(started), cpuTime()-cpu
	return report, nil
}

// choose finds what the names mean.
func (r *Rollcall) choose(ctx context.Context, names []string) (*fleet.Fleet, []fleet.Target, error) {
	var urls, known []string
	for _, n := range names {
		if strings.Contains(n, "://") {
			urls = append(urls, n)
		} else {
			known = append(known, n)
		}
	}
	if len(urls) > 0 && len(known) == 0 {
		f, err := fleet.OfURLs(urls)
		if err != nil {
			return nil, nil, err
		}
		return f, f.Targets, nil
	}
	f, err := r.load(ctx, fromEnvironment)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return f, f.Targets, nil
	}
	targets, err := f.Select(known)
	if err != nil {
		return nil, nil, err
	}
	if len(urls) > 0 {
		bare, err := fleet.OfURLs(urls)
		if err != nil {
			return nil, nil, err
		}
		targets = append(targets, bare.Targets...)
	}
	return f, targets, nil
}
