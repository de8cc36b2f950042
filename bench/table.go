package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table is a Markdown table, padded so that it reads well on a terminal too.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	wide := make([]int, len(t.head))
	for _, cells := range append([][]string{t.head}, t.rows...) {
		for i, c := range cells {
			wide[i] = max(wide[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			fmt.Fprintf(&b, "| %s%s ", c, strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c)))
		}
		b.WriteString("|\n")
	}
	line(t.head)
	for _, w := range wide {
		b.WriteString("| " + strings.Repeat("-", w) + " ")
	}
	b.WriteString("|\n")
	for _, cells := range t.rows {
		line(cells)
	}
	return b.String()
}

// thousands is n with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// around is a median and its spread, in whole numbers; without the spread if there is none.
func (s spread) around() string {
	median, low, high := thousands(int(s.Median+0.5)), thousands(int(s.Min+0.5)), thousands(int(s.Max+0.5))
	if low == high {
		return median
	}
	return fmt.Sprintf("%s (%s..%s)", median, low, high)
}
