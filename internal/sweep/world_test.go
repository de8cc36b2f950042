package sweep_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// answer is how one attempt will go.
type answer struct {
	after  time.Duration // the answer comes, if the attempt may last that long
	notice time.Duration // else the checker comes back so long after its end; at most Grace
	status health.Status
}

// worst takes all its timeout, and all the 50 ms on top.
var worst = answer{after: time.Hour, notice: sweep.Grace}

// asked is one attempt as its checker saw it, times since the sweep began.
type asked struct {
	job, pass       int
	start, end, due time.Duration // due is the end of its context
}

// world is a fleet whose answers are known, and a witness of how it was asked. It is used
// inside a bubble, where time passes only while everybody waits.
type world struct {
	jobs    []sweep.Job
	answers [][]answer // by job, by pass
	called  []bool     // by job; who is not late need not be

	mu        sync.Mutex
	began     time.Time
	asked     []asked // in the order of their ends
	busy, top int     // asked at once: now, and at most
	elapsed   time.Duration
}

func newWorld(jobs []sweep.Job, answers [][]answer) *world {
	w := &world{jobs: slices.Clone(jobs), answers: answers, called: make([]bool, len(jobs))}
	for i := range w.jobs {
		w.called[i] = !w.jobs[i].Late
		w.jobs[i].Ask = func(ctx context.Context, pass int, _ func()) health.Reading { return w.ask(ctx, i, pass) }
	}
	return w
}

func (w *world) ask(ctx context.Context, job, pass int) health.Reading {
	a := w.answers[job][pass-1]
	due, _ := ctx.Deadline()
	seen := asked{job: job, pass: pass, start: time.Since(w.began), due: due.Sub(w.began)}
	w.mu.Lock()
	w.busy++
	w.top = max(w.top, w.busy)
	w.mu.Unlock()

	r := health.Reading{Status: a.status, Cause: fmt.Sprintf("job %d pass %d", job, pass)}
	timer := time.NewTimer(a.after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		time.Sleep(a.notice)
		r.Status, r.Class = health.Down, health.ClassTimeout
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	seen.end = time.Since(w.began)
	w.asked = append(w.asked, seen)
	return r
}

// calls answers a plan's Call: each late job is called with the given chance, and with them
// come some that cannot be.
func (w *world) calls(r *rand.Rand, chance float64) func([]int) []int {
	return func(suspects []int) []int {
		called := []int{-1, len(w.jobs), suspects[0], suspects[0]}
		for i, j := range w.jobs {
			if j.Late && r.Float64() < chance {
				w.called[i] = true
				called = append(called, i)
			}
		}
		return called
	}
}

// run runs a plan of the world's jobs.
func (w *world) run(ctx context.Context, p *sweep.Plan) []health.Outcome {
	w.began = time.Now()
	defer func() { w.elapsed = time.Since(w.began) }()
	return p.Run(ctx)
}

// passes are the attempts by pass, in the order of their starts; of equal starts, in the
// plan's order.
func (w *world) passes() [][]asked {
	place := make([]int, len(w.jobs))
	for at, j := range ordered(w.jobs) {
		place[slices.IndexFunc(w.jobs, func(k sweep.Job) bool { return k.Target.Name == j.Target.Name })] = at
	}
	var passes [][]asked
	for _, a := range w.asked {
		for len(passes) < a.pass {
			passes = append(passes, nil)
		}
		passes[a.pass-1] = append(passes[a.pass-1], a)
	}
	for _, p := range passes {
		slices.SortFunc(p, func(a, b asked) int {
			if a.start != b.start {
				return int(a.start - b.start)
			}
			return place[a.job] - place[b.job]
		})
	}
	return passes
}

// temper is how a fleet answers.
type temper func(r *rand.Rand, j sweep.Job) answer

func atWorst(*rand.Rand, sweep.Job) answer { return worst }

// asEver is anything from an answer at once to the worst.
func asEver(r *rand.Rand, j sweep.Job) answer {
	if r.IntN(3) == 0 {
		return worst
	}
	return answer{
		after:  time.Duration(r.Int64N(int64(j.Target.Timeout) * 5 / 4)),
		notice: time.Duration(r.Int64N(int64(sweep.Grace) + 1)),
		status: []health.Status{health.Up, health.Down, health.Down, health.Unknown}[r.IntN(4)],
	}
}

func answersOf(r *rand.Rand, jobs []sweep.Job, how temper) [][]answer {
	answers := make([][]answer, len(jobs))
	for i, j := range jobs {
		for range lost(j) + j.Target.Attempts {
			answers[i] = append(answers[i], how(r, j))
		}
	}
	return answers
}

// random runs random fleets, one a seed, and gives each to check. hold is how far into the
// slack the pacer may go each time it is asked; 0: there is none. Of those who are late half
// are called, or all.
func random(t *testing.T, seeds uint64, hold float64, how temper, check func(w *world, p *sweep.Plan, outcomes []health.Outcome)) {
	t.Helper()
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 4))
		jobs, budget, workers := draw(r)
		w := newWorld(jobs, answersOf(r, jobs, how))
		p := sweep.NewPlan(w.jobs, budget, workers)
		p.Call = w.calls(r, []float64{0.5, 1}[r.IntN(2)])
		if hold > 0 {
			p.Pacer = &moody{r, hold}
		}
		synctest.Test(t, func(t *testing.T) {
			outcomes := w.run(t.Context(), p)
			check(w, p, outcomes)
		})
		if t.Failed() {
			t.Fatalf("seed %d: %s in %v with %d workers, cap %v, beyond %v", seed, told(jobs), budget, workers, p.Cap, p.Beyond)
		}
	}
}

// moody holds each start back for as long as it likes, up to the latest moment.
type moody struct {
	r    *rand.Rand
	hold float64
}

func (m *moody) Hold(ctx context.Context, latest time.Time) (sent, over func()) {
	left := time.Until(latest)
	if left <= 0 || m.r.IntN(3) == 0 {
		return func() {}, func() {}
	}
	if m.r.IntN(3) > 0 {
		left = time.Duration(float64(left) * m.hold * m.r.Float64())
	}
	select {
	case <-time.After(left):
	case <-ctx.Done():
	}
	return func() {}, func() {}
}

// timeline tells how the world was asked: pass/name start-end.
func (w *world) timeline() string {
	var told []string
	for _, pass := range w.passes() {
		for _, a := range pass {
			told = append(told, fmt.Sprintf("%d/%s %v-%v", a.pass, w.jobs[a.job].Target.Name, a.start, a.end))
		}
	}
	return strings.Join(told, ", ")
}

// at answers after d.
func at(d time.Duration, status health.Status) answer { return answer{after: d, status: status} }

// stopped is a context that a person ends.
func stopped(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if after == 0 {
		cancel()
	}
	time.AfterFunc(after, cancel)
	return ctx, cancel
}

// quiet gives what is logged meanwhile.
func quiet(t *testing.T) *bytes.Buffer {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}
