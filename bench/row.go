package main

import "rollcall/bench/mock"

// row is a contender in a heat and what came of its runs.
type row struct {
	Contender string    `json:"contender"`
	Door      mock.Door `json:"door"`
	N         int       `json:"endpoints"`
	Memory    int       `json:"memory_mb"`
	Runs      []sample  `json:"runs"`
	Missing   string    `json:"missing,omitempty"` // why there are no runs, or fewer

	heat heat
}

func newRow(c contender, h heat) *row {
	return &row{Contender: c.name, Door: h.door, N: h.n, Memory: h.memory, Runs: []sample{}, heat: h}
}

func (r *row) String() string { return r.Contender + " " + r.heat.String() }

// over is the spread of something over the runs.
func (r *row) over(of func(sample) float64) spread {
	values := make([]float64, len(r.Runs))
	for i, s := range r.Runs {
		values[i] = of(s)
	}
	return spreadOf(values)
}

func (r *row) wall() spread    { return r.over(func(s sample) float64 { return s.WallMS }) }
func (r *row) process() spread { return r.over(func(s sample) float64 { return s.ProcessMS }) }
func (r *row) failed() spread  { return r.over(func(s sample) float64 { return float64(s.Failed) }) }

// megabytes is the peak in MB of a million bytes.
func (r *row) megabytes() spread {
	return r.over(func(s sample) float64 { return float64(s.PeakBytes) / 1e6 })
}

// each is microseconds of processor a check.
func (r *row) each() spread {
	return r.over(func(s sample) float64 { return 1000 * s.CPUMS / float64(r.N) })
}

// latency is what it reports at a quantile.
func (r *row) latency(q float64) spread {
	return r.over(func(s sample) float64 { return s.latency(q) })
}

// late is how many milliseconds later than they should have been the mock's answers were, 99 of
// 100: what a contender is not to blame for.
func (r *row) late() spread { return r.over(func(s sample) float64 { return s.Mock.LateP99 }) }

// timesCPU is the wall time over the least that its own work can take with the share it has.
func (r *row) timesCPU() spread {
	return r.over(func(s sample) float64 { return s.WallMS * r.heat.share() / s.CPUMS })
}

// limit is the least wall time in milliseconds, with as many at a time as the contender had.
func (r *row) limit() float64 {
	workers := named(r.Contender).waves
	if len(r.Runs) > 0 && r.Runs[0].Workers > 0 {
		workers = r.Runs[0].Workers
	}
	return float64(r.heat.limit(workers).Milliseconds())
}

// truth is how long a check takes in truth, in milliseconds.
func (r *row) truth() float64 { return float64(r.heat.door.Truth().Milliseconds()) }
