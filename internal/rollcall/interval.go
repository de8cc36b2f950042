package rollcall

import (
	"fmt"
	"strings"
	"time"
)

// FunctionTimeout is the Timeout of the function that is deployed with a round every minute.
const FunctionTimeout = 55 * time.Second

// Interval is a schedule that can be deployed, and what a round of it has.
type Interval struct {
	Every   time.Duration // from one round to the next, whole minutes
	Timeout time.Duration // of the function: below Every, and at most Lambda's 900 s
}

// Intervals are those that the template offers, the shortest first. A round that hangs is
// killed some seconds before the next one begins, so there are never two at a time.
var Intervals = [...]Interval{
	{time.Minute, FunctionTimeout},
	{2 * time.Minute, 115 * time.Second},
	{5 * time.Minute, 290 * time.Second},
	{10 * time.Minute, 590 * time.Second},
	{15 * time.Minute, 890 * time.Second},
	{30 * time.Minute, 900 * time.Second},
	{60 * time.Minute, 900 * time.Second},
}

// IntervalOf is the one of [Intervals] with a round so often; another is an error that names
// those there are.
func IntervalOf(every time.Duration) (Interval, error) {
	offered := make([]string, len(Intervals))
	for i, in := range Intervals {
		if in.Every == every {
			return in, nil
		}
		offered[i] = fmt.Sprintf("%dm", in.Every/time.Minute)
	}
	return Interval{}, fmt.Errorf("a round every %s is not offered, want one of %s", every, strings.Join(offered, ", "))
}
