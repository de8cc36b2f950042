package rollcall

import (
	"context"
	"math"
	"time"

	"rollcall/internal/cost"
	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/round"
	"rollcall/internal/sweep"
)

// Forecast is how the rounds of a fleet would run in a deployed function, and what a month
// of them costs, "rollcall.plan/1". Durations are milliseconds, money is US dollars.
type Forecast struct {
	Schema    string  `json:"schema"`
	Fleet     string  `json:"fleet"`
	Targets   int     `json:"targets"` // without paused ones
	Secure    int     `json:"secure"`  // of them, by TLS
	Groups    int     `json:"groups"`  // with a target
	Witnesses int     `json:"witnesses"`
	IntervalS int     `json:"interval_s"` // of the schedule
	MemoryMB  int64   `json:"memory_mb"`
	BudgetMS  float64 `json:"budget_ms"` // for asking
	Fits      bool    `json:"fits"`      // every round of the cycle asks all that are due

	Largest  ForecastRound `json:"largest"`  // of the rounds of a cycle
	CatchUp  ForecastRound `json:"catch_up"` // everything at once, as after a pause
	Expected ForecastTime  `json:"expected"` // of a round as they mostly are
	Month    ForecastMonth `json:"month"`

	Proof Proof `json:"-"`
}

// ForecastRound is a round at its worst.
type ForecastRound struct {
	Due         int      `json:"due"`     // targets and witnesses that are asked at once
	Called      int      `json:"called"`  // that may be asked besides, parents and witnesses
	Workers     int      `json:"workers"` // are used
	Needed      int      `json:"needed"`  // would do with every timeout in full; 0: no number does
	WantedMS    float64  `json:"wanted_ms"`
	WorstCaseMS float64  `json:"worst_case_ms"`
	SlackMS     float64  `json:"slack_ms"`   // for which starts can be held back
	MissingMS   float64  `json:"missing_ms"` // 0: all fit
	CapMS       float64  `json:"cap_ms"`     // the longest timeout; 0: all in full
	Cut         []string `json:"cut"`        // asked with less than their timeout
	Beyond      []string `json:"beyond"`     // due and not asked
	LeftOut     []string `json:"left_out"`   // not asked if called
	Files       int      `json:"files"`      // open at most, of FilesMost
	FilesMost   int      `json:"files_most"`
	MemoryMB    float64  `json:"memory_mb"` // taken at most
}

// ForecastTime is how long a round takes when everybody is well and answers in LatencyMS.
type ForecastTime struct {
	LatencyMS  float64 `json:"latency_ms"` // assumed, of every target
	Asked      float64 `json:"asked"`      // targets a round, on the average
	Processors float64 `json:"processors"` // that come with the memory
	CPUMS      float64 `json:"cpu_ms"`     // of one processor, a round
	SweepMS    float64 `json:"sweep_ms"`
	BilledMS   float64 `json:"billed_ms"`
	Saturation float64 `json:"saturation"` // percent of the latency told that is the checker's own
	EnoughMB   int64   `json:"enough_mb"`  // of memory with which latencies are judged in the largest round too, such as MemoryMB itself; 0: no function has enough
}

// Plan reads the targets file, plans its rounds as [Rollcall.Validate] does, and forecasts
// what a month of them costs if targets answer in latency. It asks nobody.
func (r *Rollcall) Plan(ctx context.Context, budget, latency time.Duration) (Forecast, error) {
	f, err := r.load(ctx, nil)
	if err != nil {
		return Forecast{}, err
	}
	proof := r.prove(f, budget)
	out := Forecast{
		Schema: "rollcall.plan/1", Fleet: f.Name, Targets: len(f.Asked()), Witnesses: len(f.Witnesses),
		IntervalS: int(r.settings.Interval / time.Second), MemoryMB: r.settings.Memory >> 20, BudgetMS: health.MS(budget),
		Fits: len(proof.Largest.Beyond) == 0, Proof: proof,
		Largest: r.forecastRound(f, proof.Largest), CatchUp: r.forecastRound(f, proof.CatchUp),
	}
	groups := map[string]bool{}
	for _, t := range f.Asked() {
		out.Secure += oneIf(secure(t))
		groups[t.Group] = true
	}
	delete(groups, "")
	out.Groups = len(groups)
	asks := monthlyAsks(f.Asked(), r.settings.Interval)
	e := r.expect(proof, asks, latency)
	out.Expected = e.forecast()
	written, err := rehearse(ctx, f, e.report(proof.Largest))
	if err != nil {
		return Forecast{}, err
	}
	out.Month = month{
		written: written, targets: out.Targets, secure: out.Secure, asks: asks, sent: sent(f.Asked(), asks), interval: r.settings.Interval, memory: out.MemoryMB,
		listed: r.config.Bucket != "", billed: e.billed, worst: proof.Largest.WorstCase + bucketTime,
	}.forecast(f)
	return out, nil
}

func (r *Rollcall) forecastRound(f *fleet.Fleet, p *sweep.Plan) ForecastRound {
	due, called := p.Jobs()
	limits := r.inFunction(f)
	files, memory := limits.Uses(p.Workers)
	return ForecastRound{
		Due: due, Called: called, Workers: p.Workers, Needed: p.Needed,
		WantedMS: health.MS(p.Wanted), WorstCaseMS: health.MS(p.WorstCase), SlackMS: health.MS(p.Slack), MissingMS: health.MS(p.Missing), CapMS: health.MS(p.Cap),
		Cut: listed(p.Cut), Beyond: listed(p.Beyond), LeftOut: listed(p.LeftOut),
		Files: files, FilesMost: limits.Files, MemoryMB: math.Ceil(float64(memory) / (1 << 20)),
	}
}

// listed is never null in a document.
func listed(names []string) []string { return append([]string{}, names...) }

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// What a check takes of a processor, asking and judging, as bench/results measured it: of
// less than a whole one a handshake takes more, because nothing is warm. And what a round
// takes besides: readings of the bucket and a writing, one after the other, over a
// connection that is made anew in each round.
const (
	plainCPU   = 250 * time.Microsecond
	secureCPU  = 1200 * time.Microsecond
	secureWarm = 750 * time.Microsecond
	bucketTime = 200 * time.Millisecond
)

// expected is a round as they mostly are.
type expected struct {
	latency time.Duration
	asked   float64
	share   float64       // of a processor
	cpu     time.Duration // a round
	sweep   time.Duration
	billed  time.Duration
	ours    float64 // percent of the latency told
	enough  int64   // MB; 0: no function has enough
}

// expect reckons with a sweep that lasts as long as its targets take, a wave of workers after
// the other, or as the processor takes for all of them and the last one then to answer,
// whichever is longer. That is within a fifth of what bench/results shows of 100 to 10,000
// targets on 7, 29 and 100 % of a core.
func (r *Rollcall) expect(proof Proof, asks []float64, latency time.Duration) expected {
	memory := max(leastMemory, r.settings.Memory>>20)
	e := expected{latency: latency, share: round.ProcessorsOf(memory), enough: memory}
	rounds := cost.Rounds(r.settings.Interval)
	var cpu float64
	for i, t := range proof.Fleet.Asked() {
		e.asked += asks[i] / rounds
		cpu += float64(e.costOf(t)) * asks[i] / rounds
	}
	e.cpu = time.Duration(cpu)
	work := time.Duration(cpu / e.share)
	waves := math.Ceil(e.asked / float64(max(1, proof.CatchUp.Workers)))
	e.sweep = max(time.Duration(waves)*latency, work+latency)
	e.billed = e.sweep + bucketTime
	if e.asked > 0 {
		own := float64(work) / e.asked // what one check waits for its own work
		e.ours = 100 * own / (own + float64(latency))
	}
	var most time.Duration // of the largest round
	for _, t := range proof.Due {
		most += e.costOf(t)
	}
	if enough := proof.Largest.Enough(most, e.share, e.ours, judge.MostSaturation); enough > e.share {
		if e.enough = round.MemoryFor(enough); round.ProcessorsOf(e.enough) < enough {
			e.enough = 0
		}
	}
	return e
}

// leastMemory is what a Lambda function has at least, in MB.
const leastMemory = 128

// costOf is the processor time of a check.
func (e expected) costOf(t health.Target) time.Duration {
	switch {
	case !secure(t):
		return plainCPU
	case e.share >= 1:
		return secureWarm
	default:
		return secureCPU
	}
}

func (e expected) forecast() ForecastTime {
	return ForecastTime{
		LatencyMS: health.MS(e.latency), Asked: math.Round(e.asked*10) / 10, Processors: math.Round(e.share*100) / 100, CPUMS: health.MS(e.cpu),
		SweepMS: health.MS(e.sweep), BilledMS: health.MS(e.billed), Saturation: math.Round(e.ours*10) / 10, EnoughMB: e.enough,
	}
}

// report is the round as its lines tell of it.
func (e expected) report(p *sweep.Plan) health.Report {
	return health.Report{
		Elapsed: e.billed, Budget: p.Budget, WorstCase: p.WorstCase, Swept: e.sweep, SweptCPU: e.cpu, CPU: e.cpu,
		Reserve: round.Reserve(p.Budget), Workers: p.Workers, Processors: e.share, Saturation: e.ours,
	}
}

// sent is how many bytes go to targets that are asked so often.
func sent(targets []health.Target, asks []float64) (bytes float64) {
	for i, t := range targets {
		if secure(t) {
			bytes += secureSends * asks[i]
		} else {
			bytes += plainSends * asks[i]
		}
	}
	return bytes
}

// monthlyAsks is how often each target is asked in a month in which it is well: once in each
// slot of its every, or in each round where that is longer.
func monthlyAsks(targets []health.Target, interval time.Duration) []float64 {
	asks := make([]float64, len(targets))
	for i, t := range targets {
		asks[i] = cost.Rounds(max(t.Every, interval))
	}
	return asks
}
