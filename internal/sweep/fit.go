package sweep

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// fit is whom to ask, in the order, when not everybody can be asked with a timeout in full.
// It sets how long they get, and what is missing.
//
// Late jobs are mostly not called, so they must not cost the others anything: a target that
// is asked for less than its timeout cannot be found to hang, and one that is not asked is
// not watched. What is lost with a late one is an explanation of what the others bring.
func (p *Plan) fit(s *stage, all []place) []place {
	due := slices.DeleteFunc(slices.Clone(all), place.late)
	asked, queues := len(due), line(due)
	switch {
	case s.proves(queues, p.Workers, uncut, p.Budget):
	case s.proves(queues, p.Workers, Floor, p.Budget):
		p.limit = s.largestCap(queues, longest(due), p.Workers, p.Budget)
	default:
		p.limit = Floor
		p.Missing = s.worstCase(queues, p.Workers, Floor) - p.Budget
		asked = s.largestPrefix(queues, len(due), p.Workers, p.Budget)
	}
	return p.beside(s, all, due[:asked])
}

// beside adds to those who are due as many late ones as fit: left out are those that could
// keep a worker longest, as few as will do. One more that is left out never ends the whole
// later, so it can be searched for by halves.
func (p *Plan) beside(s *stage, all, due []place) []place {
	late := slices.DeleteFunc(slices.Clone(all), func(o place) bool { return !o.late() })
	if len(due) == 0 || len(late) == 0 {
		return due // where nobody is due, nobody is called
	}
	slices.SortStableFunc(late, func(a, b place) int { return cmp.Compare(b.longest(), a.longest()) })
	asked := make([]bool, len(p.jobs))
	for _, o := range due {
		asked[o.index] = true
	}
	with := func(late []place) []place {
		for _, o := range late {
			asked[o.index] = true
		}
		chosen := slices.DeleteFunc(slices.Clone(all), func(o place) bool { return !asked[o.index] })
		for _, o := range late {
			asked[o.index] = false
		}
		return chosen
	}
	out := sort.Search(len(late), func(out int) bool {
		return s.proves(line(with(late[out:])), p.Workers, p.limit, p.Budget)
	})
	return with(late[out:])
}

// longest is for how long a job can keep a worker, all its attempts together.
func (o place) longest() time.Duration { return time.Duration(o.attempts) * worst(o.timeout, uncut) }
