package rollcall

import (
	"cmp"
	"iter"
	"strings"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

// planner finds the largest of the rounds of one fleet. A cycle may have ten thousand of
// them, far too many to plan each, so they are only foreseen, each with all that it may have
// to ask: who is not due may be called because one who depends on it is a suspect, and a
// witness may be due or be called, so it is counted as one of those due and one of those late.
type planner struct {
	*sweep.Planner
	targets   int   // how many; their indexes go before those of the witnesses
	witnesses []int // their indexes

	kin   []int   // of each target, an index of above, -1 when it depends on nobody; who names the same parents shares one
	above [][]int // the targets that are called with a suspect

	seen    []int // of each target, the last round in which it was due or could be called
	climbed []int // of each of above, the last round in which it was looked at
	round   int   // how many were looked at
	kins    []int // of above, in this round
	due     []int
	late    []int
}

func newPlanner(f *fleet.Fleet, budget time.Duration, workers int) *planner {
	all := f.Asked()
	p := &planner{targets: len(all), kin: make([]int, len(all)), seen: make([]int, len(all))}
	p.relate(all, kin(f))
	for i, w := range f.Witnesses {
		p.witnesses, all = append(p.witnesses, p.targets+i), append(all, w.Target.Target)
	}
	p.Planner = sweep.NewPlanner(all, budget, workers)
	return p
}

// relate finds out who is called with whom.
func (p *planner) relate(targets []health.Target, family *judge.Family) {
	index := make(map[string]int, len(targets))
	for i := range targets {
		index[targets[i].Name] = i
	}
	known := map[string]int{}
	for i := range targets {
		p.kin[i] = -1
		if len(targets[i].DependsOn) == 0 {
			continue
		}
		parents := strings.Join(targets[i].DependsOn, "\x00")
		if at, found := known[parents]; found {
			p.kin[i] = at
			continue
		}
		var above []int
		for _, name := range family.Ancestors(targets[i].Name) {
			if a, asked := index[name]; asked {
				above = append(above, a)
			}
		}
		p.kin[i], known[parents] = len(p.above), len(p.above)
		p.above = append(p.above, above)
	}
	p.climbed = make([]int, len(p.above))
}

// everybody is the plan of the round after a pause, in which all are due.
func (p *planner) everybody() *sweep.Plan {
	all := make([]int, p.targets+len(p.witnesses))
	for i := range all {
		all[i] = i
	}
	return p.Plan(all, p.witnesses)
}

// largest is who is due in the round that fits least: the one that most time is missing for;
// when every round fits with its timeouts cut, the one in which those who are due lack most;
// and when they fit in full, the one that wants most with all who may be called. Rounds are
// the indexes of the targets due in each.
func (p *planner) largest(rounds iter.Seq2[int, []int]) (largest []int) {
	var wanted, short, missing time.Duration
	for _, due := range rounds {
		w, s, m := p.Foresee(p.asked(due))
		if cmp.Or(cmp.Compare(m, missing), cmp.Compare(s, short), cmp.Compare(w, wanted)) > 0 {
			wanted, short, missing, largest = w, s, m, due
		}
	}
	return largest
}

// plan is that of a round in which these targets are due.
func (p *planner) plan(due []int) *sweep.Plan { return p.Plan(p.asked(due)) }

// asked are all that a round may ask in which these targets are due, good until it is asked
// again.
func (p *planner) asked(targets []int) (due, late []int) {
	p.round++
	p.due, p.late = append(append(p.due[:0], targets...), p.witnesses...), append(p.late[:0], p.witnesses...)
	if len(p.above) == 0 {
		return p.due, p.late
	}
	p.kins = p.kins[:0]
	for _, i := range targets {
		p.seen[i] = p.round
		if kin := p.kin[i]; kin >= 0 && p.climbed[kin] != p.round {
			p.climbed[kin] = p.round
			p.kins = append(p.kins, kin)
		}
	}
	for _, kin := range p.kins {
		for _, a := range p.above[kin] {
			if p.seen[a] != p.round {
				p.seen[a] = p.round
				p.late = append(p.late, a)
			}
		}
	}
	return p.due, p.late
}
