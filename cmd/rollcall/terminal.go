package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// screen is how text is shown. Its zero value is plain: no colours, lines as long as they are.
type screen struct {
	colours bool
	columns int // lines are folded to these; 0: never
}

// screenOf is the screen that w is. About colours decides what --color says; else NO_COLOR
// (no-color.org); else whether w is a terminal. Only a terminal has columns: what a program
// reads is one line a target.
func screenOf(w io.Writer, when string) screen {
	var s screen
	tty := isTerminal(w)
	if tty {
		s.columns, _, _ = term.GetSize(int(w.(*os.File).Fd()))
	}
	switch when {
	case "always":
		s.colours = true
	case "never":
	default:
		s.colours = tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return s
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (s screen) paint(text string, how ...color.Attribute) string {
	if !s.colours {
		return text
	}
	c := color.New(how...)
	c.EnableColor()
	return c.Sprint(text)
}

// leastRoom is how many columns a cause needs beside what stands before it.
const leastRoom = 40

// beside is text that begins in column at of a line. What does not fit there continues below
// its own beginning; where that leaves too little room, all of it goes below column under.
func (s screen) beside(text string, at, under int) string {
	room := s.columns - at
	switch {
	case s.columns == 0, utf8.RuneCountInString(text) <= room:
		return text
	case room < leastRoom && at > under:
		return "\n" + strings.Repeat(" ", under) + s.beside(text, under, under)
	default:
		return strings.Join(fold(text, room), "\n"+strings.Repeat(" ", at))
	}
}

// fold breaks text at spaces into lines of at most room columns. A word that is wider has a
// line of its own, as long as it is.
func fold(text string, room int) []string {
	words := strings.Split(text, " ")
	lines := []string{words[0]}
	used := utf8.RuneCountInString(words[0])
	for _, word := range words[1:] {
		n := utf8.RuneCountInString(word)
		if used+1+n > room {
			lines = append(lines, word)
			used = n
			continue
		}
		lines[len(lines)-1] += " " + word
		used += 1 + n
	}
	return lines
}
