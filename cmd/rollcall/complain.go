package main

import (
	"errors"
	"fmt"
	"io"

	"rollcall/internal/fleet"
)

// hinted is an error, and a line more: what somebody may have meant.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// complain says on stderr what is wrong. Every problem of a file stands on a line of its own
// that begins with its place, so that editors can jump to it; how many there are comes last.
func complain(w io.Writer, err error) {
	var problems fleet.Problems
	switch {
	case !errors.As(err, &problems):
		fmt.Fprintf(w, "rollcall: %v\n", err)
	case inFile(problems):
		for _, p := range problems {
			fmt.Fprintln(w, p)
		}
		fmt.Fprintf(w, "rollcall: %s\n", plural(len(problems), "problem"))
	default:
		for _, p := range problems {
			fmt.Fprintf(w, "rollcall: %v\n", p)
		}
	}
	var h hinted
	if errors.As(err, &h) {
		fmt.Fprintf(w, "rollcall: %s\n", h.hint)
	}
}

// inFile reports whether problems are of a targets file; those of names and URLs on the
// command line have no line.
func inFile(problems fleet.Problems) bool {
	return len(problems) > 0 && problems[0].Line > 0
}

// plural is a count and its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
