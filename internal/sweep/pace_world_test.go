package sweep_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

const ms = time.Millisecond

// processor is one that works for whoever came first, at full speed until a quota is used
// up, and not at all then until the next period begins.
type processor struct {
	share  float64
	line   chan struct{} // of those who wait for it
	period time.Time     // the beginning of the latest
	left   time.Duration // of the quota, in that period

	mu    sync.Mutex
	spent time.Duration
}

const period = 20 * ms

// work takes so much processor time.
func (p *processor) work(d time.Duration) {
	p.line <- struct{}{}
	defer func() { <-p.line }()
	for {
		if now := time.Now().Truncate(period); now != p.period {
			p.period, p.left = now, time.Duration(p.share*float64(period))
		}
		step := min(d, p.left)
		time.Sleep(step)
		p.left -= step
		p.mu.Lock()
		p.spent += step
		p.mu.Unlock()
		if d -= step; d == 0 {
			return
		}
		time.Sleep(time.Until(p.period.Add(period)))
	}
}

func (p *processor) used() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spent
}

// question is what one attempt takes of the processor and of the network.
type question struct {
	dial, shake, read time.Duration // processor time before, after and at the end of the ways
	way               time.Duration // there and back
	answer            time.Duration // what the target itself takes
}

// truth is how long it lasts when nobody else wants the processor.
func (q question) truth() time.Duration { return 3*q.way + q.answer }

// race is what a sweep brought.
type race struct {
	wall, spent time.Duration
	latencies   []time.Duration // sorted
	failed      int
	delay       time.Duration
}

func (r race) at(quantile float64) time.Duration {
	return r.latencies[int(quantile*float64(len(r.latencies)-1))]
}

// runs sweeps n targets that are asked q on a share of a processor, with a pace that
// believes in a share, or with none for 0.
func runs(t *testing.T, n int, q question, share, believed float64, budget time.Duration) (r race) {
	t.Helper()
	cpu := &processor{share: share}
	latencies := make([]time.Duration, n)
	jobs := make([]sweep.Job, n)
	for i := range jobs {
		jobs[i] = sweep.Job{Target: health.Target{Name: fmt.Sprint(i), Policy: health.Policy{Timeout: 5 * s, Attempts: 1}}}
		jobs[i].Ask = func(ctx context.Context, _ int, sent func()) health.Reading {
			began := time.Now()
			cpu.work(q.dial)
			pause(ctx, q.way)
			cpu.work(q.shake / 2)
			pause(ctx, q.way)
			cpu.work(q.shake / 2)
			sent()
			pause(ctx, q.way+q.answer)
			cpu.work(q.read)
			if ctx.Err() != nil {
				return health.Failing(health.ClassTimeout, "no answer")
			}
			latencies[i] = time.Since(began)
			return health.Reading{Status: health.Up, Latency: latencies[i]}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		cpu.line = make(chan struct{}, 1)
		p := sweep.NewPlan(jobs, budget, 860)
		if believed > 0 {
			pace := sweep.NewPaceOf(believed, cpu.used, func() { cpu.work(0) })
			p.Pacer = pace
			defer func() { r.delay = pace.Delay(); pace.Close() }()
		}
		began := time.Now()
		outcomes := p.Run(t.Context())
		r.wall, r.spent = time.Since(began), cpu.used()
		for i, o := range outcomes {
			if len(o.Attempts) == 1 && o.Attempts[0].Status == health.Up {
				r.latencies = append(r.latencies, latencies[i])
			} else {
				r.failed++
			}
		}
	})
	slices.Sort(r.latencies)
	return r
}

// pause waits for the network.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

var (
	near = question{dial: 100 * time.Microsecond, shake: 500 * time.Microsecond, read: 50 * time.Microsecond, answer: 200 * ms}
	far  = question{dial: 100 * time.Microsecond, shake: 500 * time.Microsecond, read: 50 * time.Microsecond, answer: 200 * ms, way: 20 * ms}
)
