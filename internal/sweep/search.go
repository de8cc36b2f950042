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
	least, most := bounds(queues, workers, capped)
	if least > budget || most <= budget {
		return most <= budget
	}
	left := budget - pauses(queues)
	for _, q := range queues {
		length, fits := s.pass(q, workers, capped, left)
		if !fits {
			return false
		}
		left -= length
	}
	return true
}

// bounds are what worstCase lies between, without playing. Whatever the order, a pass takes
// at least as long as its longest job, and as its work shared out evenly; and at most the
// sum of the two (R. L. Graham, Bounds on multiprocessing timing anomalies, 1969).
func bounds(queues []queue, workers int, capped time.Duration) (least, most time.Duration) {
	least, most = pauses(queues), pauses(queues)
	for _, q := range queues {
		var work, longest time.Duration
		for _, timeout := range q.timeouts {
			p := worst(timeout, capped)
			work += p
			longest = max(longest, p)
		}
		share := work / time.Duration(workers)
		least += max(longest, share)
		most += longest + share
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
// that Floor does and no cap at all does not.
func (s *stage) largestCap(queues []queue, workers int, budget time.Duration) time.Duration {
	longest := Floor
	for _, timeout := range queues[0].timeouts {
		longest = max(longest, timeout)
	}
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
