package main

import (
	"fmt"
	"math"
	"time"

	"rollcall/bench/mock"
)

// heat is one task that contenders do in turn: so many endpoints behind one door, with the
// share of a core that a memory size buys.
type heat struct {
	door   mock.Door
	n      int
	memory int // MB of a function
	who    []entry
}

// entry is a contender in a heat.
type entry struct {
	name string
	runs int  // at most; 0: as many as are worth their time
	all  bool // only in bench-all
}

// nobody is the door of a heat in which nobody is asked.
const nobody mock.Door = "targets"

// timeout is what every contender gives a check.
const timeout = 5 * time.Second

// wholeCore is the memory in MB that buys one core (AWS Lambda, "Configure Lambda function
// memory"); below it the share is in proportion.
const wholeCore = 1769

func (h heat) share() float64 { return float64(h.memory) / wholeCore }

func (h heat) String() string {
	return fmt.Sprintf("%s %d @%dMB", h.door, h.n, h.memory)
}

// percent is the share as tables show it.
func (h heat) percent() string { return fmt.Sprintf("%.0f %%", 100*h.share()) }

// limit is the least time that h can take with so many at a time; 0: all at once.
func (h heat) limit(atATime int) time.Duration {
	waves := 1
	if atATime > 0 {
		waves = (h.n + atATime - 1) / atATime
	}
	return time.Duration(waves) * h.door.Truth()
}

// takes is a rough forecast of one run of c.
func (h heat) takes(c contender) time.Duration {
	if c.name == plannerName {
		return time.Duration(c.start / h.share() * float64(time.Millisecond))
	}
	each := c.http
	if h.door.Secure() {
		each = c.https
	}
	work := each * float64(h.n) / h.share() * float64(time.Microsecond)
	start := c.start / h.share() * float64(time.Millisecond)
	return time.Duration(start + math.Max(work, float64(h.limit(c.waves))))
}

// runs is how many of so long each are worth their time, if nobody says otherwise.
func runs(each time.Duration) int {
	if each < slow {
		return 5
	}
	return 3
}

// slow is a run of which three are enough.
const slow = 5 * time.Second
