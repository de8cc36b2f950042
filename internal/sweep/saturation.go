package sweep

import (
	"slices"
	"time"

	"rollcall/internal/health"
)

const (
	// waits is how often an attempt waits for the processor with its clock running: when it
	// is connected, when hands are shaken, when the answer comes.
	waits = 3
	// quick is the latency below which nobody is the slower for a moment of ours.
	quick = 50 * time.Millisecond
)

// Saturation is how many percent, 0..100, of the latency that the outcomes of a sweep tell
// are the checker's own: what an attempt waited for the processor, at a mean delay of so
// much each time, of the median latency of those that were up. A median of less than 50 ms counts as 50 ms.
func Saturation(delay time.Duration, outcomes []health.Outcome) float64 {
	var latencies []time.Duration
	for i := range outcomes {
		for _, a := range outcomes[i].Attempts {
			if a.Status == health.Up {
				latencies = append(latencies, a.Latency)
			}
		}
	}
	if len(latencies) == 0 {
		return 0
	}
	slices.Sort(latencies)
	median := max(quick, latencies[len(latencies)/2])
	return 100 * min(1, waits*delay.Seconds()/median.Seconds())
}

// Enough is the share of a processor with which a sweep that was saturated, having used so
// much processor time on a share, would not have been: that which lets its work be done in
// the slack of its plan, or in a second where that is less, before starts can be held back
// no longer; and if there was time enough, as much more than it had as it was over the
// limit, in percent.
func (p *Plan) Enough(used time.Duration, share, saturation, limit float64) float64 {
	return max(share*max(1, saturation/limit), used.Seconds()/max(p.Slack, time.Second).Seconds())
}
