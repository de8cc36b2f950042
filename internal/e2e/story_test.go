package e2e

import (
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/health"
)

// cycle is how many rounds it takes to play every story once. A longer play begins again.
const cycle = 240

// story is something that happens, and what people are owed for it. Its rounds are counted
// from the beginning of the cycle. Nothing in it is computed from what rollcall concludes.
type story struct {
	name     string
	from, to int  // its first round, and the last one it has a say in
	once     bool // in the first cycle alone

	troubles []trouble                 // what the fleet does meanwhile
	acts     map[int]func(*world)      // what somebody does before a round
	plays    map[int]func(*world, int) // how a round is played, in place of one event of the schedule
	owes     []owed
	ends     map[int]ending          // of rounds that do not end as they should
	outbox   map[int]int             // how many messages a completed round leaves owed, where not none
	posts    []func(base int) string // in Slack, beside one of each message owed
}

// trouble is a target that is not well from one round until another, and how.
type trouble struct {
	who      string
	from, to int    // to is the first round in which it is well again
	how      string // one of the moods
	seen     int    // the first round that asks it; 0: from
}

// owed is one thing that people are to be told of.
type owed struct {
	round int    // that concluded it
	told  int    // that tells it
	what  string // "opened edge", "recovered group payments", "first"
	copy  bool   // it was told before, under the same id
}

func (o owed) String() string {
	s := fmt.Sprintf("%s, of round %d", o.what, o.round)
	if o.told != o.round {
		s += fmt.Sprintf(", told in %d", o.told)
	}
	if o.copy {
		s += ", a copy"
	}
	return s
}

// on is what a round concludes and tells.
func on(round int, what string) owed { return owed{round: round, told: round, what: what} }

// late is what a round concludes and a later one tells.
func late(round, told int, what string) owed { return owed{round: round, told: told, what: what} }

// again is a copy of what was told before.
func again(round, told int, what string) owed {
	return owed{round: round, told: told, what: what, copy: true}
}

// ending is how a round ends that does not end as it should.
type ending struct {
	error     string // what Lambda is told, a part of it; empty: that nothing failed
	lines     int    // last lines that were printed
	completed int    // what they add up to
	repeated  int
}

// The endings there are.
var (
	lost        = ending{}                                         // nobody hears of it again
	unjudged    = ending{lines: 1, error: "load state"}            // results without conclusions
	untold      = ending{lines: 1, completed: 1, error: "publish"} // its message stays owed
	twice       = ending{lines: 2, completed: 1, repeated: 1}      // the copy asks and tells nobody
	cutShort    = ending{error: "exited"}                          // killed before its last line
	uncommitted = ending{lines: 1, error: "commit"}                // judged, but not stored
)

// cast is one story in one cycle: all its rounds are counted from the beginning of the play.
type cast struct {
	story
	base int
}

// stories are all there are, in the order of their first rounds.
func stories() []story {
	all := slices.Concat(firstHour(), outages(), speech(), weather(), crashes(), changes(), channels(), secrets())
	slices.SortStableFunc(all, func(a, b story) int { return a.from - b.from })
	return all
}

// castFor casts every story that has room in so many rounds, as often as it has.
func castFor(rounds int) (played []*cast, leftOut []string) {
	for base := 0; base < rounds; base += cycle {
		for _, s := range stories() {
			switch {
			case s.once && base > 0:
			case base+s.to < rounds:
				played = append(played, &cast{s, base})
			case base == 0:
				leftOut = append(leftOut, s.name)
			}
		}
	}
	return played, leftOut
}

// owed are what people are owed for c, by rounds of the play.
func (c *cast) owed() []owed {
	all := slices.Clone(c.owes)
	for i := range all {
		all[i].round += c.base
		all[i].told += c.base
	}
	return all
}

// tellings are the things that one message tells, in our words.
func tellings(d health.Digest) (all []string) {
	if d.Kind != health.News {
		all = append(all, string(d.Kind))
	}
	for _, l := range [...]struct {
		verb string
		from []health.Incident
	}{{"opened", d.Opened}, {"", d.Closed}, {"reminded", d.Reminded}, {"open", d.Open}} {
		for _, i := range l.from {
			verb := l.verb
			if verb == "" {
				verb = closings[i.Closing]
			}
			all = append(all, verb+" "+subject(i.Subject))
		}
	}
	return all
}

var closings = map[health.Closing]string{
	health.Recovered: "recovered", health.Unchecked: "unchecked", health.CalmUp: "calm", health.CalmDown: "calm-down",
}

// subject is what an incident is about: "edge", "slow latency", "group payments".
func subject(s health.Subject) string {
	switch {
	case s.Kind == health.OfTarget && s.Facet == health.Availability:
		return s.Name
	case s.Kind == health.OfTarget:
		return s.Name + " " + string(s.Facet)
	case s.Kind == health.OfFlapping:
		return s.Name + " flapping"
	default:
		return string(s.Kind) + " " + s.Name
	}
}

// missing are the lines of want that got has not, each as often as it lacks.
func missing(want, got []string) (lacks []string) {
	left := slices.Clone(got)
	for _, w := range want {
		if i := slices.Index(left, w); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			lacks = append(lacks, w)
		}
	}
	return lacks
}

// indented is lines below each other.
func indented(lines []string) string {
	if len(lines) == 0 {
		return "\n    nothing"
	}
	return "\n    " + strings.Join(lines, "\n    ")
}
