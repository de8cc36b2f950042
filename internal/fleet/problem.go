package fleet

import (
	"slices"
	"strings"
)

// Problem is one thing wrong with a targets file.
type Problem struct {
	Position
	What   string // what is wrong: `timeout "5 minutes" is not a duration`
	Remedy string // what to do about it: `write 5m or 300s`
}

// Error is "file:line:col: what; remedy", or without a file "what; remedy".
func (p Problem) Error() string {
	sentence := p.What + "; " + p.Remedy
	if p.File == "" {
		return sentence
	}
	return p.Position.String() + ": " + sentence
}

// Problems are all that is wrong with a targets file, in the file's order.
type Problems []Problem

// Error is the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// journal collects problems. The same sentence about the same place is kept once: a
// mistake in the defaults is one mistake, however many targets inherit it.
type journal struct {
	problems []Problem
	known    map[Problem]bool
	reports  int // those already known too
}

func (j *journal) add(p Problem) {
	j.reports++
	if j.known[p] {
		return
	}
	if j.known == nil {
		j.known = map[Problem]bool{}
	}
	j.known[p] = true
	j.problems = append(j.problems, p)
}

func (j *journal) inOrder() Problems {
	slices.SortStableFunc(j.problems, func(a, b Problem) int { return a.compare(b.Position) })
	return j.problems
}
