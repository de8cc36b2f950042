package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// logged is what the function's log says of one round.
type logged struct {
	latencies  []float64 // milliseconds, sorted, of the targets that were up
	notUp      int
	saturation float64 // percent
	cpu        float64 // seconds
}

// readLog reads what the function printed: rounds, each of which ends with the line that
// alarms count. A round that was not completed is an error.
func readLog(output []byte) (all []logged, err error) {
	var now logged
	for line := range bytes.Lines(output) {
		var l struct {
			Msg             string   `json:"msg"`
			Status          string   `json:"status"`
			MS              float64  `json:"ms"`
			Metrics         any      `json:"_aws"` // where there are any
			Saturation      float64  `json:"Saturation"`
			CPUSeconds      float64  `json:"CpuSeconds"`
			RoundsCompleted *float64 `json:"RoundsCompleted"`
		}
		if json.Unmarshal(line, &l) != nil {
			continue // said by Go's own log, in no form
		}
		switch {
		case l.Msg == "result" && l.Status == "up":
			now.latencies = append(now.latencies, l.MS)
		case l.Msg == "result":
			now.notUp++
		case l.Metrics != nil:
			now.saturation += l.Saturation // on one line of a round
			now.cpu += l.CPUSeconds        // likewise
		}
		if l.RoundsCompleted == nil {
			continue
		}
		if *l.RoundsCompleted != 1 {
			return nil, fmt.Errorf("round %d of the log was not completed", len(all))
		}
		slices.Sort(now.latencies)
		all, now = append(all, now), logged{}
	}
	return all, nil
}

// read adds what the function printed to what was seen from outside.
func (r *trial) read(output []byte) error {
	all, err := readLog(output)
	if err != nil {
		return err
	}
	if len(all) != 1+len(r.Runs) {
		return fmt.Errorf("%d rounds in the log, want %d", len(all), 1+len(r.Runs))
	}
	r.First.add(all[0], r.N)
	for i := range r.Runs {
		r.Runs[i].add(all[1+i], r.N)
	}
	return nil
}

// add adds what the log says of a round that asked n targets. One that was asked twice, and
// was up then, failed all the same.
func (p *played) add(l logged, n int) {
	p.Saturation, p.CPUMS = l.saturation, 1000*l.cpu
	p.P50, _ = quantile(l.latencies, 0.5)
	p.P99, _ = quantile(l.latencies, 0.99)
	p.Failed = max(l.notUp, p.Mock.Served+p.Mock.Broken-n)
}
