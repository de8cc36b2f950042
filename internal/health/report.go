package health

import "time"

// Report is one round in numbers, for metrics and for whoever looks on.
type Report struct {
	Fleet     string
	Shard     string // "0-1": number and count
	Scheduled time.Time
	Started   time.Time
	Elapsed   time.Duration // so far
	Deadline  time.Time     // when the function would be killed; zero: never

	Budget    time.Duration // what the sweep had
	WorstCase time.Duration // what it could have needed
	Swept     time.Duration // what it took
	SweptCPU  time.Duration // what it took of the processor
	Reserve   time.Duration // kept for commit, publish and clear
	Finishing time.Duration // what they took of it so far
	Workers   int
	CPU       time.Duration // processor time of the whole process since the round began

	Processors float64 // the share of processors that the sweep had: 0.29 of one, or 2; 0: unknown
	Saturation float64 // percent, 0..100, of the latency told that was spent waiting for one
	Enough     float64 // the share of processors with which latency could be judged; 0: there was enough

	Results  []Result          // of what was due
	Counts   Counts            // of the whole fleet, by latest status
	Groups   map[string]Counts // the same of each group that has a target; nil when nothing was judged
	Critical int               // open critical incidents
	Outbox   int               // entries still owed after this round

	Repeated  bool // the round had been judged already
	Late      bool // the round came too late to be worth asking
	Completed bool // every due target has a result and the judged state is stored
}
