package rollcall

import (
	"os"
	"runtime"

	"rollcall/internal/round"
	"rollcall/internal/sweep"
)

// processors is the share of processors that this process may use: 0.29 of one, or 2. It is
// the least of what is known: those that it may run on, the quotas of its control groups,
// and what is granted; 0 is unknown.
func processors(granted float64) float64 {
	share := float64(runtime.NumCPU())
	for _, limit := range [...]float64{granted, quota()} {
		if limit > 0 {
			share = min(share, limit)
		}
	}
	return share
}

// oneThread lets Go run on one thread at a time where there is no more than one processor.
// Two threads of one quota spend it twice as fast and then both stand still for the rest of
// its period, and what one of them spins while it looks for work is spent for nothing: of
// 100 https targets of 200 ms, on 29 % of a processor, the median read 258 ms, and with one
// thread 219; on a quota of one, the slowest hundredth 233 and 215. The runtime goes by what
// the machine shows, which in Lambda is two processors up to 3,008 MB, and never by less than
// two of many. Whoever sets GOMAXPROCS knows better.
func oneThread(share float64) {
	if share <= 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// processor is what sweeps work on.
func (r *Rollcall) processor() round.Processor {
	p := round.Processor{Share: r.share, Used: cpuTime, Pace: r.settings.Pace}
	if p.Pace == nil {
		p.Pace = func() round.Pacer { return sweep.NewPace(r.share, cpuTime) }
	}
	return p
}
