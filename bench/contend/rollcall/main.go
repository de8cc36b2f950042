// Command rollcall is rollcall as a contender: the whole product, opened over a targets file
// and asked once, as `rollcall check` does, and limited as its function is. With -plan it
// plans that many targets and asks nobody.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"rollcall/bench/contest"
	"rollcall/internal/health"
	"rollcall/internal/rollcall"
	"rollcall/internal/round"
	"rollcall/internal/sweep"
)

// budget is the time for asking, as `rollcall check` has it by itself: 2.25 s more than a function
// that is deployed for every minute.
const budget = 46 * time.Second

func main() {
	plan := flag.Int("plan", 0, "plan so many `TARGETS`, ask nobody")
	contest.Main(func(t contest.Task) (contest.Score, error) {
		if *plan > 0 {
			return planned(*plan), nil
		}
		return run(t)
	})
}

func run(t contest.Task) (contest.Score, error) {
	file, err := targetsFile(t)
	if err != nil {
		return contest.Score{}, err
	}
	defer os.Remove(file)
	memory := functionMemory()
	if memory > 0 {
		debug.SetMemoryLimit(memory * 80 / 100) // as functions/check does
	}
	ctx := context.Background()
	r, err := rollcall.Open(ctx, rollcall.Settings{
		Version: rollcall.Version(), Config: file, Roots: t.Roots, Workers: t.Workers,
		Memory: memory, Processors: round.ProcessorsOf(memory >> 20),
	})
	if err != nil {
		return contest.Score{}, err
	}
	report, err := r.Check(ctx, nil, budget)
	return score(report), err
}

// functionMemory is the memory in bytes that Lambda says the function has; 0: it is none.
func functionMemory() int64 {
	mib, _ := strconv.ParseInt(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64)
	return mib << 20
}

// score counts a target as failed unless its first attempt was up: a second one that mends a
// false failure is a false failure all the same.
func score(report health.Report) contest.Score {
	s := contest.Score{
		WallMS: contest.Milliseconds(report.Swept), CPUMS: contest.Milliseconds(report.SweptCPU), Workers: report.Workers,
	}
	for _, r := range report.Results {
		switch {
		case r.Status == health.Up && len(r.Attempts) == 1:
			s.LatencyMS = append(s.LatencyMS, contest.Milliseconds(r.Latency))
		case len(r.Attempts) > 1:
			s.Fail("first attempt: " + r.Attempts[0].Cause)
		default:
			s.Fail(r.Cause)
		}
	}
	return s
}

// targetsFile writes the targets file that asks every URL of the task.
func targetsFile(t contest.Task) (string, error) {
	f, err := os.CreateTemp("", "bench-*.yaml")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(contest.TargetsFile(t.URLs, t.Timeout))
	return f.Name(), errors.Join(err, f.Close())
}

// planned plans n targets of five timeouts, which do not fit as they are, for ten thousand
// workers.
func planned(n int) contest.Score {
	timeouts := [...]time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}
	jobs := make([]sweep.Job, n)
	for i := range jobs {
		// Names in no order, as a file has them.
		jobs[i].Target = health.Target{
			Name:   fmt.Sprintf("target-%06d", i*7919%n),
			Policy: health.Policy{Timeout: timeouts[i*31%len(timeouts)], Attempts: 1 + i%3},
		}
	}
	var s contest.Score
	watch := contest.Begin()
	sweep.NewPlan(jobs, 105*time.Second, 10_000)
	watch.End(&s)
	return s
}
