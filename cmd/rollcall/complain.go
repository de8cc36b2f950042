package main

import (
	"errors"
	"fmt"
	"io"

	"rollcall/internal/fleet"
)

// complain says on stderr what is wrong: every problem of a file on a line that editors can
// jump to, then how many there are.
func complain(w io.Writer, err error) {
	var problems fleet.Problems
	if !errors.As(err, &problems) {
		fmt.Fprintf(w, "rollcall: %v\n", err)
		return
	}
	for _, p := range problems {
		fmt.Fprintln(w, p)
	}
	fmt.Fprintf(w, "rollcall: %s\n", plural(len(problems), "problem"))
}

// plural is a count and its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
