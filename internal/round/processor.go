package round

import (
	"context"
	"log/slog"
	"math"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

// What a Lambda function has of a processor comes with its memory: at 1,769 MB it is the
// equivalent of one, and with the most memory there is, 10,240 MB, of six (AWS, "Configure
// Lambda function memory" and "Lambda quotas").
const (
	wholeMemory    = 1769   // MB
	mostMemory     = 10_240 // MB
	mostProcessors = 6.0
	memoryStep     = 128 // MB; Lambda takes any number, people do not
)

// ProcessorsOf is the share of processors that a Lambda function of so many MB has.
func ProcessorsOf(memory int64) float64 {
	return min(mostProcessors, max(0, float64(memory)/wholeMemory))
}

// MemoryFor is how many MB a Lambda function needs for a share of processors: a multiple of
// 128, and 10,240 also where that will not do.
func MemoryFor(processors float64) int64 {
	steps := math.Ceil(max(0, processors) * wholeMemory / memoryStep)
	return int64(max(1, min(steps, mostMemory/memoryStep))) * memoryStep
}

// Pacer holds the starts of one sweep back, and measures how late this process is in it.
type Pacer interface {
	sweep.Pacer
	// Delay is how long, on the average, whatever was ready waited for a processor.
	Delay() time.Duration
	Close()
}

// Processor is what a sweep works on.
type Processor struct {
	Share float64              // of processors that this process may use: 0.29 of one, or 2
	Used  func() time.Duration // processor time of this process so far
	Pace  func() Pacer         // of one sweep; nil: starts are as early as they can be, and nothing is measured
}

// Sweep runs a plan, held back to what the processor can serve, and notes in the report how
// it went, and how much of what it tells of its targets is only ours.
func (p Processor) Sweep(ctx context.Context, plan *sweep.Plan, r *health.Report) []health.Outcome {
	var delay func() time.Duration
	if p.Pace != nil {
		pacer := p.Pace()
		defer pacer.Close()
		plan.Pacer, delay = pacer, pacer.Delay
	}
	began, before := time.Now(), p.Used()
	outcomes := plan.Run(ctx)

	r.Swept, r.SweptCPU = time.Since(began), p.Used()-before
	r.Budget, r.WorstCase, r.Workers = plan.Budget, plan.WorstCase, plan.Workers
	r.Processors = p.Share
	if delay != nil {
		r.Saturation = sweep.Saturation(delay(), outcomes)
	}
	if r.Saturation > judge.MostSaturation {
		r.Enough = plan.Enough(r.SweptCPU, p.Share, r.Saturation, judge.MostSaturation)
	}
	return outcomes
}

// WarnOfShortage writes into the log that the checker itself was short of processor, and
// with how much, or as a Lambda function with which memory, it would not have been.
func WarnOfShortage(r health.Report) {
	if r.Enough == 0 {
		return
	}
	tenths := func(v float64) float64 { return math.Round(v*10) / 10 }
	slog.Warn("the checker is short of processor", "round", name(r.Scheduled), "saturation", tenths(r.Saturation),
		"processors", math.Round(r.Processors*100)/100, "enough", math.Ceil(r.Enough*100)/100, "memory_mb", MemoryFor(r.Enough))
}
