package sweep

import (
	"sort"
	"time"
)

// worstCase is what all passes together can take, with the pauses between them.
func (s *stage) worstCase(queues []queue, workers int, capped time.Duration) time.Duration {
	total := pauses(queues)
	for _, q := range queues {
		length, _ := s.pass(q, workers, capped, uncut)
		total += length
	}
	return total
}

// proves reports whether worstCase is within budget.
func (s *stage) proves(queues []queue, workers int, capped, budget time.Duration) bool {
	left := budget - pauses(queues)
	for k, q := range queues {
		rest, _ := bounds(queues[k+1:], workers, capped)
		if least, most := bounds(queues[k:], workers, capped); least > left || most <= left {
			return most <= left
		}
		length, fits := s.pass(q, workers, capped, left-rest)
		if !fits {
			return false
		}
		left -= length
	}
	return left >= 0
}

// bounds are what the passes together lie between, without playing and without pauses. Whatever the order, a pass takes
// at least as long as its longest job, and as its work shared out evenly. And no job waits
// longer than the work before it takes when that is shared out evenly, because until then
// nobody rests (R. L. Graham, Bounds on multiprocessing timing anomalies, 1969).
func bounds(queues []queue, workers int, capped time.Duration) (least, most time.Duration) {
	all := time.Duration(workers)
	for _, q := range queues {
		var work, longest, latest time.Duration // latest: the end of a job, for all workers together
		done := 0
		for _, r := range q.runs {
			p := worst(r.timeout, capped)
			end := min(r.end, q.jobs)
			work += p * time.Duration(end-done)
			longest = max(longest, p)
			latest = max(latest, work-p+p*all)
			if done = end; done == q.jobs {
				break
			}
		}
		least += max(longest, work/all)
		if q.jobs <= workers {
			most += longest
		} else {
			most += latest / all
		}
	}
	return least, most
}

// pauses is the time between passes.
func pauses(queues []queue) time.Duration {
	return Pause * time.Duration(max(0, len(queues)-1))
}

// needed is the fewest workers, at most one a job, that prove budget with every timeout in
// full, or 0. One worker more never ends the whole later: C workers are C+1 of whom one
// never comes free. So it can be searched for by halves.
func (s *stage) needed(queues []queue, jobs int, budget time.Duration) int {
	enough := max(1, jobs)
	fewer := sort.Search(enough, func(i int) bool { return s.proves(queues, i+1, uncut, budget) })
	if fewer == enough {
		return 0
	}
	return fewer + 1
}

// largestCap is the largest common cap, in whole milliseconds, that proves budget, given
// that Floor does and the longest timeout does not.
func (s *stage) largestCap(queues []queue, longest time.Duration, workers int, budget time.Duration) time.Duration {
	steps := int((longest - Floor) / grain)
	return Floor + grain*time.Duration(sort.Search(steps, func(i int) bool {
		return !s.proves(queues, workers, Floor+grain*time.Duration(i+1), budget)
	}))
}

// largestPrefix is how many jobs of the order fit with no timeout above Floor.
func (s *stage) largestPrefix(queues []queue, jobs, workers int, budget time.Duration) int {
	return sort.Search(jobs, func(i int) bool {
		return !s.proves(prefix(queues, i+1), workers, Floor, budget)
	})
}
