package sweep

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// tenth is the step in which people are told times: needs rounded up, what is left rounded
// down, so that the two are never told as equal.
const tenth = 100 * time.Millisecond

// Err says in one sentence by how much the fleet does not fit the budget, what that does
// to it, and what mends it; nil if every target is asked with its timeout in full.
func (p *Plan) Err() error {
	cut, beyond := len(p.Cut), len(p.Beyond)
	if cut+beyond == 0 {
		return nil
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s %v with %s, %v are left, so ", plural(len(p.jobs), "target needs", "targets need"),
		ceil(p.Wanted), plural(p.Workers, "worker", "workers"), max(0, p.Budget).Truncate(tenth))
	if cut > 0 {
		fmt.Fprintf(&s, "%s no more than %v", plural(cut, "gets", "get"), p.Cap)
	}
	if cut > 0 && beyond > 0 {
		s.WriteString(" and ")
	}
	if beyond > 0 {
		fmt.Fprintf(&s, "%s not asked (%v are missing)", plural(beyond, "is", "are"), ceil(p.Missing))
	}
	if p.Needed > p.Workers {
		fmt.Fprintf(&s, ": lower a timeout, raise the function's Timeout, or allow %d workers", p.Needed)
	} else {
		s.WriteString(": lower a timeout or raise the function's Timeout")
	}
	return errors.New(s.String())
}

// tooShort is why a target beyond the plan is not asked.
func (p *Plan) tooShort() string {
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
