package sweep

import (
	"sort"
	"time"
)

// queue is what a pass can have to ask: every job with attempts left, in the order.
type queue struct {
	runs   []run
	jobs   int   // so many of the runs', from the first on
	places []int // of each job in the one order over all; rising. Nil when jobs are only counted
}

// run is neighbours in the order who have one timeout. A play asks no more of them than how
// many they are, so a fleet with a handful of different timeouts is played in a few steps.
type run struct {
	timeout time.Duration
	end     int // how many jobs of the queue come before the next run
}

// add puts n jobs of one timeout at the end.
func (q *queue) add(timeout time.Duration, n int) {
	if n == 0 {
		return
	}
	q.jobs += n
	if last := len(q.runs) - 1; last >= 0 && q.runs[last].timeout == timeout {
		q.runs[last].end = q.jobs
	} else {
		q.runs = append(q.runs, run{timeout, q.jobs})
	}
}

// line makes the queue of each pass.
func line(order []place) []queue {
	var queues []queue
	for at, o := range order {
		for o.first+o.attempts > len(queues) {
			queues = append(queues, queue{places: make([]int, 0, len(order)-at)})
		}
		for k := range o.attempts {
			q := &queues[o.first+k]
			q.add(o.timeout, 1)
			q.places = append(q.places, at)
		}
	}
	return prefix(queues, len(order))
}

// prefix is what the first n jobs of the order leave of the queues. After an empty one
// there is none: where nobody is asked in the first pass, nobody is called to the second,
// and who is in a later one is in the second too.
func prefix(queues []queue, n int) []queue {
	var first []queue
	for _, q := range queues {
		if q.jobs = sort.SearchInts(q.places, n); q.jobs == 0 {
			break
		}
		q.places = q.places[:q.jobs]
		first = append(first, q)
	}
	return first
}

// stage is where passes are played before they are run: workers, jobs and no clock but
// addition. It keeps its slices, because a search plays the same jobs many times.
type stage struct {
	starts []start // of the pass played last, since it began; never falling
	idle   int     // workers that had no job yet
	busy   []team  // once nobody is idle a heap: the team at its root is free first
}

// start is when neighbours start together.
type start struct {
	at   time.Duration
	jobs int
}

// team is workers that are free at the same time.
type team struct {
	at      time.Duration
	workers int
}

// pass plays one pass: every job of q, in the order, each on the worker that is free first,
// each at its worst. It returns when the last has ended, or false as soon as one would end
// after limit.
func (s *stage) pass(q queue, workers int, capped, limit time.Duration) (time.Duration, bool) {
	s.starts, s.busy, s.idle = s.starts[:0], s.busy[:0], workers
	var last time.Duration
	for i, played := 0, 0; played < q.jobs; i++ {
		p := worst(q.runs[i].timeout, capped)
		if i+1 < len(q.runs) && worst(q.runs[i+1].timeout, capped) == p {
			continue // under the cap they are one
		}
		for end := min(q.runs[i].end, q.jobs); played < end; {
			s.starts = append(s.starts, s.begin(end-played, p))
			begun := s.starts[len(s.starts)-1]
			played += begun.jobs
			if last = max(last, begun.at+p); last > limit {
				return last, false
			}
		}
	}
	return last, true
}

// begin gives jobs that keep a worker for p, n at most, to those who are free first.
func (s *stage) begin(n int, p time.Duration) start {
	if s.idle > 0 {
		n = min(n, s.idle)
		s.busy = append(s.busy, team{p, n})
		if s.idle -= n; s.idle == 0 {
			for hole := len(s.busy)/2 - 1; hole >= 0; hole-- {
				s.sink(hole, s.busy[hole])
			}
		}
		return start{0, n}
	}
	first := s.busy[0]
	if n < first.workers {
		s.busy[0].workers -= n
		s.rise(team{first.at + p, n})
	} else {
		n = first.workers
		s.sink(0, team{first.at + p, n})
	}
	return start{first.at, n}
}

// sink puts a team into the heap at hole, or as far below it as it belongs.
func (s *stage) sink(hole int, t team) {
	for {
		child := 2*hole + 1
		if child >= len(s.busy) {
			break
		}
		if child+1 < len(s.busy) && s.busy[child+1].at < s.busy[child].at {
			child++
		}
		if t.at <= s.busy[child].at {
			break
		}
		s.busy[hole] = s.busy[child]
		hole = child
	}
	s.busy[hole] = t
}

// rise puts one more team into the heap.
func (s *stage) rise(t team) {
	s.busy = append(s.busy, t)
	hole := len(s.busy) - 1
	for hole > 0 {
		parent := (hole - 1) / 2
		if s.busy[parent].at <= t.at {
			break
		}
		s.busy[hole] = s.busy[parent]
		hole = parent
	}
	s.busy[hole] = t
}
