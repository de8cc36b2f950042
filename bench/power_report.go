package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rollcall/bench/cloud"
	"rollcall/bench/mock"
	"rollcall/internal/cost"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

// sizing is everything that was found about memory sizes.
type sizing struct {
	machine  machine
	trials   []*trial
	template int // MB, what the template gives by itself
}

// over is the spread of something over the rounds, without the first.
func (r *trial) over(of func(played) float64) spread {
	values := make([]float64, len(r.Runs))
	for i, p := range r.Runs {
		values[i] = of(p)
	}
	return spreadOf(values)
}

func (r *trial) billed() spread     { return r.over(func(p played) float64 { return p.BilledMS }) }
func (r *trial) processor() spread  { return r.over(func(p played) float64 { return p.CPUMS }) }
func (r *trial) saturation() spread { return r.over(func(p played) float64 { return p.Saturation }) }
func (r *trial) median() spread     { return r.over(func(p played) float64 { return p.P50 }) }
func (r *trial) latest() spread     { return r.over(func(p played) float64 { return p.P99 }) }
func (r *trial) failed() spread     { return r.over(func(p played) float64 { return float64(p.Failed) }) }
func (r *trial) late() spread       { return r.over(func(p played) float64 { return p.Mock.LateP99 }) }

// gigabytes is the GB-seconds that a round is billed.
func (r *trial) gigabytes() float64 { return float64(r.Memory) / 1024 * r.billed().Median / 1000 }

// dollars is what Lambda asks in a month for a round a minute.
func (r *trial) dollars() float64 {
	return lambdaDollars(r.Memory, time.Duration(r.billed().Median*float64(time.Millisecond)))
}

// lambdaDollars is what a month of rounds a minute costs by Lambda's list, nothing taken off:
// the time of each and the requests.
func lambdaDollars(memory int, billed time.Duration) float64 {
	month := cost.Month{Rounds: cost.Rounds(time.Minute), Billed: billed, Memory: int64(memory)}
	list, _ := month.Bill().Of("Lambda").Total()
	return list
}

// brief is a trial in one line, for whoever waits.
func (r *trial) brief() string {
	return fmt.Sprintf("%-20s init %.0f ms, first round %.0f ms, then %s ms, saturation %.0f %%, p50 %.0f, failed %.0f, %.1f MB",
		r.heat, r.InitMS, r.First.BilledMS, r.billed().brief(), r.saturation().Median, r.median().Median, r.failed().Max, float64(r.PeakBytes)/1e6)
}

// report prints what was found, and writes it into a folder if there is one.
func (s sizing) report(folder string, out io.Writer) error {
	text := s.markdown()
	fmt.Fprintf(out, "\n%s", text)
	if folder != "" {
		raw, err := json.MarshalIndent(s.document(), "", " ")
		if err := errors.Join(err,
			os.MkdirAll(folder, 0o755),
			os.WriteFile(filepath.Join(folder, "power.md"), []byte(text), 0o644),
			os.WriteFile(filepath.Join(folder, "power.json"), append(raw, '\n'), 0o644),
		); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nwritten to %s\n", folder)
	}
	for _, r := range s.trials {
		if r.failed().Max > 0 || r.First.Failed > 0 {
			return errMissed
		}
	}
	return nil
}

// document is the raw JSON: each round of each trial.
func (s sizing) document() any {
	return struct {
		Machine  machine  `json:"machine"`
		Prices   string   `json:"prices"`
		Chosen   int      `json:"chosen_mb"` // 0: none
		Template int      `json:"template_mb"`
		Trials   []*trial `json:"trials"`
	}{s.machine, cost.Region + " " + cost.Date, s.choose(), s.template, s.trials}
}

// markdown is the page.
func (s sizing) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# How much memory the function should have\n\n%s\n\n%s\n## In short\n\n%s\n%s\n", s.machine, s.legend(), s.short(), shortLegend)
	for i := 0; i < len(s.trials); {
		h := s.trials[i].heat
		t := table{head: []string{"memory MB", "of a core", "billed ms", "first", "CPU ms", "GB-s", "$ a month", "saturation %", "p50", "p99", "failed", "workers", "peak MB", "mock late"}}
		for ; i < len(s.trials) && s.trials[i].N == h.n && s.trials[i].Door == h.door; i++ {
			t.add(s.trials[i].cells()...)
		}
		fmt.Fprintf(&b, "## %s %s\n\n%s\n", thousands(h.n), h.door, t.String())
	}
	fmt.Fprintf(&b, "## Starts\n\n%s\n%s\n", s.starts(), startLegend)
	fmt.Fprintf(&b, "## The choice\n\n%s\n%s", s.choice(), powerSimulated)
	return b.String()
}

// cells are a row of a table.
func (r *trial) cells() []string {
	return []string{
		thousands(r.Memory), r.heat.percent(), r.billed().around(), thousands(int(r.First.BilledMS)), r.processor().around(), fmt.Sprintf("%.2f", r.gigabytes()), fmt.Sprintf("%.2f", r.dollars()),
		r.saturation().around(), r.median().around(), r.latest().around(), r.failed().around(), fmt.Sprint(r.Runs[0].Workers), fmt.Sprintf("%.1f", float64(r.PeakBytes)/1e6),
		fmt.Sprintf("%.1f", r.late().Median),
	}
}

// starts are how long the function needs until it asks for its first event.
func (s sizing) starts() string {
	t := table{head: []string{"memory MB", "of a core", "start ms"}}
	for _, memory := range powerSizes {
		var start []float64
		for _, r := range s.of(memory) {
			start = append(start, r.InitMS)
		}
		if len(start) > 0 {
			t.add(thousands(memory), heat{memory: memory}.percent(), spreadOf(start).around())
		}
	}
	return t.String()
}

// short is a row for each size and a column for each task: how long, how dear, how honest.
func (s sizing) short() string {
	t := table{head: []string{"memory MB", "of a core"}}
	for _, r := range s.of(s.trials[0].Memory) {
		t.head = append(t.head, r.task())
	}
	for _, memory := range powerSizes {
		cells := []string{thousands(memory), heat{memory: memory}.percent()}
		for _, r := range s.of(memory) {
			cells = append(cells, fmt.Sprintf("%.1f s, $%.2f, %.0f ms, %.0f %%", r.billed().Median/1000, r.dollars(), r.median().Median, r.saturation().Median))
		}
		if len(cells) == len(t.head) { // else -only has left some out
			t.add(cells...)
		}
	}
	return t.String()
}

// of are the trials with so much memory.
func (s sizing) of(memory int) (some []*trial) {
	for _, r := range s.trials {
		if r.Memory == memory {
			some = append(some, r)
		}
	}
	return some
}

// mostOff is how many percent the reported median may be from the truth in what the template
// gives by itself: a limit on a latency should mean what it says.
const mostOff = 5

// choose is the smallest size that nothing speaks against; 0: there is none.
func (s sizing) choose() int {
	for _, memory := range powerSizes {
		if len(s.of(memory)) > 0 && len(s.against(memory)) == 0 {
			return memory
		}
	}
	return 0
}

// against is what speaks against a size, of each kind the worst.
func (s sizing) against(memory int) (all []string) {
	say := func(format string, most float64, of func(*trial) float64) {
		var worst *trial
		for _, r := range s.of(memory) {
			if of(r) > most && (worst == nil || of(r) > of(worst)) {
				worst = r
			}
		}
		if worst != nil {
			all = append(all, fmt.Sprintf(format, worst.task(), of(worst)))
		}
	}
	say("%s: %.0f false failures", 0, func(r *trial) float64 { return max(r.failed().Max, float64(r.First.Failed)) })
	say("%s: saturation %.0f %%", judge.MostSaturation, func(r *trial) float64 { return r.saturation().Median })
	say("%s: the median told %.0f %% wrong", mostOff, func(r *trial) float64 {
		truth := float64(r.Door.Truth().Milliseconds())
		return 100 * math.Abs(r.median().Median-truth) / truth
	})
	say("%s: %.0f fewer at a time than descriptors allow", 0, func(r *trial) float64 {
		allowed := sweep.Limits{Files: functionFiles}.MaxWorkers()
		return float64(min(r.N, allowed) - r.Runs[0].Workers)
	})
	return all
}

// task is what a trial had to do, whatever its memory.
func (r *trial) task() string { return fmt.Sprintf("%s %s", thousands(r.N), r.Door) }

// choice is the table of what speaks against each size, and what follows.
func (s sizing) choice() string {
	chosen := s.choose()
	t := table{head: []string{"memory MB", "$ a month for 1,000 https", "what speaks against it"}}
	for _, memory := range powerSizes {
		some := s.of(memory)
		if len(some) == 0 {
			continue
		}
		dollars := "-"
		for _, r := range some {
			if r.N == 1000 && r.Door == mock.HTTPS {
				dollars = fmt.Sprintf("%.2f", r.dollars())
			}
		}
		against := strings.Join(s.against(memory), "; ")
		if against == "" {
			against = "nothing"
		}
		t.add(thousands(memory), dollars, against)
	}
	var follows string
	switch {
	case chosen == 0:
		follows = fmt.Sprintf("No size that was tried has nothing against it; the template gives %s MB.", thousands(s.template))
	case chosen == s.template:
		follows = fmt.Sprintf("The smallest size with nothing against it is %s MB, which is what the template gives.", thousands(chosen))
	default:
		follows = fmt.Sprintf("The smallest size with nothing against it is %s MB; the template gives %s MB.", thousands(chosen), thousands(s.template))
	}
	return t.String() + "\n" + follows + "\n"
}

func (s sizing) legend() string {
	return fmt.Sprintf(`The function itself, built as SAM builds it but for this machine, as a process with the share of a core that its memory buys. It
is told its memory as Lambda tells it, and given one event after the other by a Runtime API. Each row is one process: a first round,
then %d times the round after it, from the same bucket each time. Medians, with (least..most).

Billed is what Lambda would bill for a round: from the event to the question for the next one, so reading the targets file, loading
the state, asking, judging, the log, storing the state and all else is in it. CPU is the function's own metric of it. Dollars are
Lambda's list price of %s (%s, arm64) for a round a minute, %s a month, requests included and
nothing taken off; every account has 400,000 GB-s a month for nothing, which are %.1f a round. Saturation is how much of the
latencies is the function's own, as it says itself: above %d it judges none. First is the first round, which
has no state yet and says hello to people. p50 and p99 are of the latencies that it
reports; the truth is %d ms. Failed are targets that were not up at their first attempt, though every one is well.
`, len(s.trials[0].Runs), cost.Date, cost.Region, thousands(int(cost.Rounds(time.Minute))), 400_000/cost.Rounds(time.Minute), judge.MostSaturation, mock.Wait.Milliseconds())
}

const shortLegend = `What a round is billed, what a month of them costs, what is told of targets that take 200 ms, and the saturation.
`

const startLegend = `From the start of the process to its question for the first event, within the same share. Lambda bills the start too (of every
runtime since August 2025, of provided.al2023 always), and AWS says that it has a whole core for it, whatever the memory: the last row.
What it takes to fetch and unpack the function is not here. Lambda ends a function's environment every few hours, even one that
is used all the time (AWS, "Understanding the Lambda execution environment lifecycle"), so a start is one in hundreds of rounds.
`

var powerSimulated = fmt.Sprintf(`
## What is in it, and what is not

The targets answer %d ms after they were asked, on 127.0.0.1; see results.md of the same folder. The bucket and the topic are on
127.0.0.1 too, behind TLS, and answer %d ms after each request, which is nobody's measurement: AWS says "tens of milliseconds". A
quiet round asks the bucket twice, one after the other, so each 10 ms more make a round 20 ms longer. The connections to them
are new in every round, as after a freeze. Memory is what the function is told, not what it is held to; peak is
what it had resident, and Lambda counts some of its own besides. The processor is this machine's, the list price that of arm64.
`, mock.Wait.Milliseconds(), cloud.Wait.Milliseconds())
