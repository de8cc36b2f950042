package sweep_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/sweep"
)

// lasting is a job whose attempts can each keep a worker for p, the 50 ms included.
func lasting(name string, p time.Duration, attempts int) sweep.Job {
	return sweep.Job{Target: health.Target{Name: name, Policy: health.Policy{Timeout: p - sweep.Grace, Attempts: attempts}}}
}

func missed(j sweep.Job) sweep.Job {
	j.Missed = true
	return j
}

func late(j sweep.Job) sweep.Job {
	j.Late = true
	return j
}

// lost is how many passes a job misses before its first.
func lost(j sweep.Job) int {
	if j.Late {
		return 1
	}
	return 0
}

// inPass says whether a job could be asked in pass k, from 1.
func inPass(j sweep.Job, k int) bool { return k > lost(j) && k <= lost(j)+max(1, j.Target.Attempts) }

// many are n jobs alike.
func many(n int, p time.Duration) (jobs []sweep.Job) {
	for i := range n {
		jobs = append(jobs, lasting(fmt.Sprintf("t%02d", i), p, 1))
	}
	return jobs
}

func fleet(jobs ...sweep.Job) []sweep.Job { return jobs }

const s = time.Second

// draw makes a fleet, and a budget and a limit of workers that are mostly interesting to
// it. Where timeouts come from is drawn first: fleets whose timeouts are all alike, nearly
// alike and wild are each hard in a different way.
func draw(r *rand.Rand) (jobs []sweep.Job, budget time.Duration, workers int) {
	n := 1 + r.IntN(24)
	kind, most := r.IntN(4), 1+r.IntN(3)
	late := r.Float64() - 0.4 // how many of them; often nobody
	for i := range n {
		var timeout time.Duration
		switch kind {
		case 0: // a few round ones
			timeout = []time.Duration{s / 2, 1 * s, 2 * s, 5 * s}[r.IntN(4)]
		case 1: // wild
			timeout = time.Duration(100+r.IntN(10_000)) * time.Millisecond
		case 2: // many short ones behind few long ones
			timeout = 300 * time.Millisecond
			if r.IntN(4) == 0 {
				timeout = time.Duration(2+r.IntN(8)) * s
			}
		case 3: // close to one another
			timeout = 3*s + time.Duration(r.IntN(40))*time.Millisecond
		}
		j := lasting(fmt.Sprintf("%c%d", 'a'+rune(r.IntN(26)), i), timeout+sweep.Grace, 1+r.IntN(most))
		j.Missed = r.IntN(6) == 0
		j.Late = r.Float64() < late
		jobs = append(jobs, j)
	}
	r.Shuffle(n, func(i, k int) { jobs[i], jobs[k] = jobs[k], jobs[i] })
	workers = 1 + r.IntN(n+1)
	full := max(1*s, play(ordered(jobs), min(workers, n), 0).total)
	switch r.IntN(4) {
	case 0: // just fits
		budget = full
	case 1: // room to hold starts back
		budget = full + time.Duration(r.Int64N(int64(full)))
	case 2: // mostly enough for a cap
		budget = full - time.Duration(r.Int64N(int64(full)/2))
	case 3: // often too little for all
		budget = time.Duration(r.Int64N(int64(full)))
	}
	return jobs, budget, workers
}

// played is a sweep at its worst, worked out as naively as can be.
type played struct {
	starts [][]time.Duration // by pass, in the order
	total  time.Duration
}

// ordered is the order, told independently of the plan.
func ordered(jobs []sweep.Job) []sweep.Job {
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b sweep.Job) int {
		first := func(j sweep.Job) int {
			if j.Missed {
				return 0
			}
			return 1
		}
		return cmp.Or(first(a)-first(b), cmp.Compare(max(0, b.Target.Timeout), max(0, a.Target.Timeout)),
			strings.Compare(a.Target.Name, b.Target.Name))
	})
	return jobs
}

// play plays jobs in the order they stand in, nobody longer than capped (0: no cap). Where
// nobody can be asked in the first pass, nobody is called later.
func play(jobs []sweep.Job, workers int, capped time.Duration) played {
	var p played
	for k := 1; ; k++ {
		free := make([]time.Duration, max(1, workers))
		var starts []time.Duration
		for _, j := range jobs {
			if !inPass(j, k) {
				continue
			}
			w := slices.Index(free, slices.Min(free))
			starts = append(starts, free[w])
			free[w] += allowed(j, capped) + sweep.Grace
		}
		if starts == nil {
			return p
		}
		if k > 1 {
			p.total += sweep.Pause
		}
		for i := range starts {
			starts[i] += p.total
		}
		p.starts = append(p.starts, starts)
		p.total += slices.Max(free)
	}
}

// allowed is what an attempt gets under a cap (0: no cap).
func allowed(j sweep.Job, capped time.Duration) time.Duration {
	timeout := max(0, j.Target.Timeout)
	if capped > 0 {
		timeout = min(timeout, capped)
	}
	return timeout
}

// examine holds a plan against the naive play: what it says is true, and neither fewer
// workers, nor a longer cap, nor one target more would do.
func examine(t *testing.T, jobs []sweep.Job, budget time.Duration, maxWorkers int, p *sweep.Plan) {
	t.Helper()
	order, workers := ordered(jobs), max(1, min(maxWorkers, len(jobs)))
	total := func(n, workers int, capped time.Duration) time.Duration {
		return play(order[:n], workers, capped).total
	}
	check := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	check("Workers", p.Workers, workers)
	check("Wanted", p.Wanted, total(len(order), workers, 0))

	needed := 0
	for c := max(1, len(jobs)); c >= 1 && total(len(order), c, 0) <= budget; c-- {
		needed = c
	}
	check("Needed", p.Needed, needed)

	asked, capped := order, time.Duration(0)
	if p.Wanted > max(0, budget) {
		asked, capped = chosen(t, order, budget, workers, p)
	}
	out := func(late bool) []string {
		return names(order, func(j sweep.Job) bool {
			return j.Late == late && !slices.ContainsFunc(asked, func(a sweep.Job) bool { return a.Target.Name == j.Target.Name })
		})
	}
	if distinct(jobs) == len(jobs) { // else a name does not tell who
		check("Beyond", p.Beyond, out(false))
		check("LeftOut", p.LeftOut, out(true))
	}
	check("how many are asked", len(jobs)-len(p.Beyond)-len(p.LeftOut), len(asked))
	check("Cut", p.Cut, names(asked, func(j sweep.Job) bool { return capped > 0 && j.Target.Timeout > capped }))
	check("nobody cut and no Cap", len(p.Cut) == 0, p.Cap == 0)
	check("WorstCase", p.WorstCase, play(asked, workers, capped).total)
	check("Slack", p.Slack, max(0, budget-p.WorstCase))
	if p.WorstCase > max(0, budget) {
		t.Errorf("WorstCase is %v, Budget %v: nothing is proved", p.WorstCase, budget)
	}
	check("a plan that does not fit, and Err", p.Err() != nil, len(p.Cut)+len(p.Beyond)+len(p.LeftOut) > 0)
	indebted(t, jobs, budget, maxWorkers, p)
}

// chosen is who can be asked, in the order, and under which cap, when not everybody can in
// full: first of those who are due, then late ones beside them, one by one.
func chosen(t *testing.T, order []sweep.Job, budget time.Duration, workers int, p *sweep.Plan) ([]sweep.Job, time.Duration) {
	t.Helper()
	var due, late []sweep.Job
	for _, j := range order {
		if j.Late {
			late = append(late, j)
		} else {
			due = append(due, j)
		}
	}
	ends := func(jobs []sweep.Job, capped time.Duration) time.Duration { return play(jobs, workers, capped).total }
	var capped, missing time.Duration
	switch {
	case ends(due, 0) <= budget:
	case ends(due, sweep.Floor) <= budget:
		if capped = p.Cap; capped < sweep.Floor || ends(due, capped+time.Millisecond) <= budget {
			t.Errorf("Cap is %v, but 1ms more proves the budget for those who are due", p.Cap)
		}
	default:
		capped, missing = sweep.Floor, ends(due, sweep.Floor)-budget
		for len(due) > 0 && ends(due, capped) > budget {
			due = due[:len(due)-1]
		}
	}
	if p.Missing != missing {
		t.Errorf("Missing is %v, want %v", p.Missing, missing)
	}
	if len(due) == 0 {
		return nil, capped
	}
	slices.SortStableFunc(late, func(a, b sweep.Job) int {
		all := func(j sweep.Job) time.Duration {
			return time.Duration(max(1, j.Target.Attempts)) * (allowed(j, 0) + sweep.Grace)
		}
		return cmp.Compare(all(b), all(a))
	})
	with := func(late []sweep.Job) []sweep.Job { return ordered(slices.Concat(due, late)) }
	for len(late) > 0 && ends(with(late), capped) > budget {
		late = late[1:]
	}
	return with(late), capped
}

// indebted holds a plan against that of those who are due alone: late ones cost them nothing.
func indebted(t *testing.T, jobs []sweep.Job, budget time.Duration, maxWorkers int, p *sweep.Plan) {
	t.Helper()
	due := slices.DeleteFunc(slices.Clone(jobs), func(j sweep.Job) bool { return j.Late })
	alone := sweep.NewPlan(due, budget, maxWorkers)
	owed := func(p *sweep.Plan) string { // who of them is asked with less than a timeout in full, and with how much
		cut := slices.DeleteFunc(slices.Clone(p.Cut), func(name string) bool {
			return !slices.ContainsFunc(due, func(j sweep.Job) bool { return j.Target.Name == name })
		})
		capped := p.Cap
		if len(cut) == 0 {
			capped = 0
		}
		return fmt.Sprintf("beyond %v, cut to %v %v, %v are missing", p.Beyond, capped, cut, p.Missing)
	}
	if distinct(jobs) < len(jobs) {
		return // a name does not tell who is due
	}
	if with, without := owed(p), owed(alone); with != without {
		t.Errorf("of those who are due: %s; if nobody were late: %s", with, without)
	}
}

// distinct is how many names there are.
func distinct(jobs []sweep.Job) int {
	all := names(jobs, func(sweep.Job) bool { return true })
	slices.Sort(all)
	return len(slices.Compact(all))
}

func names(jobs []sweep.Job, of func(sweep.Job) bool) []string {
	var names []string
	for _, j := range jobs {
		if of(j) {
			names = append(names, j.Target.Name)
		}
	}
	return names
}

// told is a fleet in a line, in the order: name, worst case, attempts; ! missed, ~ late.
func told(jobs []sweep.Job) string {
	var b strings.Builder
	for _, j := range ordered(jobs) {
		fmt.Fprintf(&b, "%s:%v×%d", j.Target.Name, j.Target.Timeout+sweep.Grace, j.Target.Attempts)
		if j.Missed {
			b.WriteString("!")
		}
		if j.Late {
			b.WriteString("~")
		}
		b.WriteString(" ")
	}
	return b.String()
}
