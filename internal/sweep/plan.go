package sweep

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// What the plan counts with.
const (
	Grace = 50 * time.Millisecond // what a checker may take to notice that its time is up
	Pause = time.Second           // between the end of one pass and the beginning of the next
	Floor = time.Second           // no timeout is cut below it
)

// grain is the step in which a common cap is sought: the targets file knows no finer one.
const grain = time.Millisecond

// Plan is a sweep worked out in advance, and the proof that it ends in time. The proof
// belongs to Workers; NewPlan fills every field but Pacer and Call.
type Plan struct {
	Workers   int           // how many targets are asked at once; at least 1
	Needed    int           // fewest workers that prove Budget with every timeout in full; 0: no number does
	Budget    time.Duration // what the sweep may take
	Wanted    time.Duration // what it could take with every target asked and every timeout in full
	WorstCase time.Duration // what it can take as planned, when nothing holds starts back
	Slack     time.Duration // Budget - WorstCase, never below 0: how far starts may be held back
	Cap       time.Duration // the longest timeout anybody gets, whole milliseconds; 0: nobody is cut short
	Cut       []string      // names of targets that are asked with less than their timeout, in the order
	Beyond    []string      // names of targets that are not Late, do not fit and are not asked, in the order
	Missing   time.Duration // how much longer Budget would have to be to ask all but the Late with Cap at Floor; 0: they fit
	LeftOut   []string      // names of Late ones that do not fit beside the others and are not asked if called, in the order

	Pacer Pacer // holds starts back; nil: every start is as early as it can be

	// Call is asked once, after pass 1, which Late jobs to ask from pass 2 on; nil: none. It
	// gets the suspects, jobs that were asked and were not up, with attempts left or without,
	// in the order; when there is none it is not asked. Both sides speak in indexes of the
	// jobs given to NewPlan; an index of any other job is ignored. It takes its time, at most
	// Pause, from the pause that follows.
	Call func(suspects []int) []int

	jobs   []Job
	passes []pass
	out    []int         // indexes of the jobs that are not asked, called or not
	limit  time.Duration // of every timeout; uncut if there is none
}

// pass is every job that could be asked in it, and when each starts if all before it took
// their worst. Two slices, not a struct a job: a plan of 100,000 is made before each round.
type pass struct {
	jobs   []int           // indexes of Plan.jobs, in the order
	starts []time.Duration // since the sweep began; never falling
}

// place is a job's place in the order, with what planning needs of it.
type place struct {
	timeout  time.Duration
	first    int // pass, from 0, in which it can be asked at the earliest
	attempts int
	index    int // among the jobs given to NewPlan
}

func (o place) late() bool { return o.first > 0 }

// uncut is a cap that cuts nobody.
const uncut = time.Duration(1<<63 - 1)

// NewPlan plans to ask every job within budget, at most maxWorkers at once (fewer than 1
// counts as 1). It asks nobody: jobs may be without Ask when only the proof is wanted.
//
// If the proof fails, jobs that are not Late come first: who of them is asked, and with what
// timeout, is as if nobody were late. When they do not fit alone, timeouts are lowered to the
// largest common cap that proves the budget, and Cut names whom that cuts short. If not even
// Floor proves it, those that fit are asked with at most Floor and Beyond names the others.
// Beside them, under the same cap, as many Late jobs keep their place as the budget proves;
// LeftOut names the others, which are those that could take longest.
func NewPlan(jobs []Job, budget time.Duration, maxWorkers int) *Plan {
	p := &Plan{
		Workers: max(1, min(len(jobs), maxWorkers)),
		Budget:  budget,
		jobs:    jobs,
		limit:   uncut,
	}
	all := order(jobs)
	queues, asked, s := line(all), all, stage{}
	p.Needed = s.needed(queues, len(all), budget)
	p.lay(&s, all, queues)
	if p.Wanted = p.WorstCase; p.Wanted > max(0, budget) { // of 0 there is nobody to ask
		asked = p.fit(&s, all)
		p.lay(&s, asked, line(asked))
	}
	p.admit(all, asked)
	return p
}

// admit names who is not asked with a timeout in full. Those asked stand in the order.
func (p *Plan) admit(all, asked []place) {
	for _, o := range all {
		name := p.jobs[o.index].Target.Name
		if len(asked) == 0 || asked[0].index != o.index {
			p.out = append(p.out, o.index)
			if o.late() {
				p.LeftOut = append(p.LeftOut, name)
			} else {
				p.Beyond = append(p.Beyond, name)
			}
			continue
		}
		asked = asked[1:]
		if o.timeout > p.limit {
			p.Cap = p.limit
			p.Cut = append(p.Cut, name)
		}
	}
}

// order is the one order, fixed before anything is computed with it: unasked last round
// first, of those whoever was asked longest ago, then the largest worst case, then the name.
// Without the second, a fleet of more than twice what a round holds would ask the same two
// thirds for ever. A cap must not change it, and nor does who is late: it is what makes
// plans with different caps and workers comparable, and bisection over them exact.
func order(jobs []Job) []place {
	// Sorted are small keys, not jobs.
	type key struct {
		turn  int64 // seconds since 1970; the last there is for those not missed
		rank  time.Duration
		name  string
		index int
	}
	keys := make([]key, len(jobs))
	for i := range jobs {
		keys[i] = key{math.MaxInt64, -timeoutOf(&jobs[i].Target), jobs[i].Target.Name, i}
		if jobs[i].Missed {
			keys[i].turn = jobs[i].Asked.Unix()
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.turn != b.turn {
			return cmp.Compare(a.turn, b.turn)
		}
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	places := make([]place, len(keys))
	for i, k := range keys {
		t := &jobs[k.index].Target
		places[i] = place{timeoutOf(t), skipped(&jobs[k.index]), attemptsOf(t), k.index}
	}
	return places
}

// skipped is how many passes are over before a job can be asked.
func skipped(j *Job) int {
	if j.Late {
		return 1
	}
	return 0
}

// A target is asked at least once, and for no less than no time.
func attemptsOf(t *health.Target) int          { return max(1, t.Attempts) }
func timeoutOf(t *health.Target) time.Duration { return max(0, t.Timeout) }

// longest is the longest timeout.
func longest(all []place) (longest time.Duration) {
	for _, o := range all {
		longest = max(longest, o.timeout)
	}
	return longest
}

// worst is the longest that one attempt can keep a worker.
func worst(timeout, limit time.Duration) time.Duration { return min(timeout, limit) + Grace }

// lay plays the whole plan and keeps when each job of each pass starts at the latest.
func (p *Plan) lay(s *stage, all []place, queues []queue) {
	var from time.Duration
	p.passes = p.passes[:0]
	for k, q := range queues {
		if k > 0 {
			from += Pause
		}
		length, _ := s.pass(q, p.Workers, p.limit, uncut)
		at := pass{make([]int, len(q.places)), make([]time.Duration, len(q.places))}
		for i, place := range q.places {
			at.jobs[i] = all[place].index
		}
		i := 0
		for _, begun := range s.starts {
			for range begun.jobs {
				at.starts[i] = from + begun.at
				i++
			}
		}
		p.passes = append(p.passes, at)
		from += length
	}
	p.WorstCase = from
	p.Slack = max(0, p.Budget-p.WorstCase)
}

// Jobs is how many jobs are asked from the first pass on, if there is time, and how many
// only if they are called.
func (p *Plan) Jobs() (due, late int) {
	for i := range p.jobs {
		late += skipped(&p.jobs[i])
	}
	return len(p.jobs) - late, late
}
