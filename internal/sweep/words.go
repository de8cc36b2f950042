package sweep

import (
	"fmt"
	"strings"
	"time"
)

// tenth is the step in which people are told times: needs rounded up, what is left rounded
// down, so that the two are never told as equal.
const tenth = 100 * time.Millisecond

// Err says in one sentence by how much the fleet does not fit the budget, what that does
// to it, and what mends it; nil if every target is asked, or can be called, with its timeout
// in full.
func (p *Plan) Err() error {
	var so []string
	if n := len(p.Cut); n > 0 {
		so = append(so, fmt.Sprintf("%s no more than %v", plural(n, "gets", "get"), p.Cap))
	}
	if n := len(p.Beyond); n > 0 {
		so = append(so, fmt.Sprintf("%s not asked (%v are missing)", plural(n, "is", "are"), ceil(p.Missing)))
	}
	if n := len(p.LeftOut); n > 0 {
		so = append(so, plural(n, "that may be called is left out", "that may be called are left out"))
	}
	if len(so) == 0 {
		return nil
	}
	remedy := "lower a timeout or raise the function's Timeout"
	if p.Needed > p.Workers {
		remedy = fmt.Sprintf("lower a timeout, raise the function's Timeout, or allow %d workers", p.Needed)
	}
	return fmt.Errorf("%s %v with %s, %v are left, so %s: %s", p.who(), ceil(p.Wanted), plural(p.Workers, "worker", "workers"),
		max(0, p.Budget).Truncate(tenth), strings.Join(so, " and "), remedy)
}

// who needs the time: those who are due, and whoever may be called beside them.
func (p *Plan) who() string {
	due, late := p.Jobs()
	if late == 0 {
		return plural(due, "target needs", "targets need")
	}
	return fmt.Sprintf("%s and %d more that may be called need", plural(due, "target", "targets"), late)
}

// tooShort is why a job that the plan has no time for is not asked.
func (p *Plan) tooShort(j *Job) string {
	if j.Late {
		return "not asked: it was called, and the time is too short for it beside those that are due"
	}
	return fmt.Sprintf("not asked: the time is %v too short for all targets, even with no timeout above %v",
		ceil(p.Missing), Floor)
}

// ceil rounds up as people are told times.
func ceil(d time.Duration) time.Duration { return (d + tenth - 1).Truncate(tenth) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
