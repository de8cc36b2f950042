package sweep

import (
	"sort"
	"time"
)

// queue is what a pass can have to ask: every job with attempts left, in the order.
type queue struct {
	timeouts []time.Duration
	places   []int // in the one order over all jobs; rising
}

// line makes the queue of each pass.
func line(order []place) []queue {
	var queues []queue
	for at, o := range order {
		for k := range o.attempts {
			if k == len(queues) {
				queues = append(queues, queue{make([]time.Duration, 0, len(order)-at), make([]int, 0, len(order)-at)})
			}
			q := &queues[k]
			q.timeouts, q.places = append(q.timeouts, o.timeout), append(q.places, at)
		}
	}
	return queues
}

// prefix is what the first n jobs of the order leave of the queues.
func prefix(queues []queue, n int) []queue {
	var first []queue
	for _, q := range queues {
		if m := sort.SearchInts(q.places, n); m > 0 {
			first = append(first, queue{q.timeouts[:m], q.places[:m]})
		}
	}
	return first
}

// stage is where passes are played before they are run: workers, jobs and no clock but
// addition. It keeps its slices, because a search plays the same jobs many times.
type stage struct {
	starts []time.Duration // of the jobs of the pass played last, since it began; never falling
	runs   []stretch
	ends   []ending // a heap: the worker at its root is free first
}

// stretch is a run of neighbours in the order whose worst cases are equal. They end in the
// order in which they started, so only the first of them that is still busy has to be in
// the heap. A fleet has a handful of different timeouts, and its heap a handful of entries.
type stretch struct {
	first int // of its jobs; an index of starts
	next  int // of those still busy, the one that ends first
	worst time.Duration
}

// ending is when the next job of a stretch ends.
type ending struct {
	at  time.Duration
	run int // index of runs
}

// pass plays one pass: every job of q, in the order, each on the worker that is free first,
// each at its worst. It returns when the last has ended, or false as soon as one would end
// after limit.
func (s *stage) pass(q queue, workers int, capped, limit time.Duration) (time.Duration, bool) {
	s.starts, s.runs, s.ends = s.starts[:0], s.runs[:0], s.ends[:0]
	var last, before time.Duration
	for job, timeout := range q.timeouts {
		p := worst(timeout, capped)
		begins := p != before // never 0: Grace is in it
		if begins {
			s.runs, before = append(s.runs, stretch{job, job, p}), p
		}
		var start time.Duration
		if job < workers {
			s.starts = append(s.starts, 0)
		} else {
			start = s.ends[0].at
			s.starts = append(s.starts, start)
			s.leave()
		}
		if begins {
			s.enter(ending{start + p, len(s.runs) - 1})
		}
		if last = max(last, start+p); last > limit {
			return last, false
		}
	}
	return last, true
}

// leave takes the job at the root out of the heap; the next of its stretch follows, if it
// has started.
func (s *stage) leave() {
	e := s.ends[0]
	run := &s.runs[e.run]
	run.next++
	if e.run+1 < len(s.runs) && run.next == s.runs[e.run+1].first { // the stretch is through
		e = s.ends[len(s.ends)-1]
		s.ends = s.ends[:len(s.ends)-1]
		if len(s.ends) == 0 {
			return
		}
	} else {
		e.at = s.starts[run.next] + run.worst
	}
	hole := 0
	for {
		child := 2*hole + 1
		if child >= len(s.ends) {
			break
		}
		if child+1 < len(s.ends) && s.ends[child+1].at < s.ends[child].at {
			child++
		}
		if e.at <= s.ends[child].at {
			break
		}
		s.ends[hole] = s.ends[child]
		hole = child
	}
	s.ends[hole] = e
}

// enter puts the first job of a stretch into the heap.
func (s *stage) enter(e ending) {
	s.ends = append(s.ends, e)
	hole := len(s.ends) - 1
	for hole > 0 {
		parent := (hole - 1) / 2
		if s.ends[parent].at <= e.at {
			break
		}
		s.ends[hole] = s.ends[parent]
		hole = parent
	}
	s.ends[hole] = e
}
