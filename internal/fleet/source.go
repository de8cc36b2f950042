package fleet

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// The limits of a targets file. Ten thousand targets with settings of their own need half
// of the first and a tenth of the others.
const (
	maxSize   = 4 << 20   // bytes
	maxParts  = 500_000   // lines and commas: what the YAML library's memory grows with
	maxDepth  = 100       // mappings and lists within each other
	maxValues = 2_000_000 // values, with aliases followed, and defaults and maintenance given to every target
)

// place is a line and a column of the file, from 1, columns counted in characters.
type place struct{ line, column int }

// text is the file as characters and lines.
type text struct {
	data  string
	lines []int // where each line begins, in bytes
}

// flaw is what is wrong with a text, apart from where it stands.
type flaw struct{ what, remedy string }

func (f flaw) found() bool { return f.what != "" }

// decode turns the file's bytes into text, or says where they are none.
func decode(data []byte) (text, place, flaw) {
	top := place{1, 1}
	if len(data) > maxSize {
		return text{}, top, flaw{
			fmt.Sprintf("the file is %.1f MiB, and at most %d MiB are read", float64(len(data))/(1<<20), maxSize>>20),
			"write what targets share under defaults, or split the file into fleets of their own",
		}
	}
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return text{}, top, flaw{"the file is UTF-16", "save it as UTF-8"}
	}
	t := text{data: string(bytes.TrimPrefix(data, []byte("\uFEFF")))}
	if parts := strings.Count(t.data, "\n") + strings.Count(t.data, "\r") + strings.Count(t.data, ","); parts > maxParts {
		return text{}, top, flaw{
			fmt.Sprintf("the file has %d lines and commas, and at most %d are read", parts, maxParts),
			"write what targets share under defaults, or split the file into fleets of their own",
		}
	}
	t.lines = append(t.lines, 0)
	for at, c := range t.data {
		if c == '\n' || c == '\r' && !strings.HasPrefix(t.data[at+1:], "\n") {
			t.lines = append(t.lines, at+1)
		}
		if f := unprintable(t.data[at:], c); f.found() {
			return t, t.place(at), f
		}
	}
	return t, place{}, flaw{}
}

// unprintable says why c, which rest begins with, cannot stand in a targets file. YAML
// 1.2 allows the last three as characters of a line, YAML 1.1 ends the line there;
// libraries differ, and with them the numbers of all lines that follow.
func unprintable(rest string, c rune) flaw {
	switch {
	case c == utf8.RuneError && !strings.HasPrefix(rest, "\uFFFD"):
		return flaw{fmt.Sprintf("byte 0x%02x is not UTF-8", rest[0]), "save the file as UTF-8"}
	case c == 0:
		return flaw{"a NUL byte is not text", `remove it, or write it as "\0" in double quotes`}
	case c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0xFFFE, c == 0xFFFF:
		return flaw{fmt.Sprintf("the control character U+%04X is not text", c), fmt.Sprintf(`remove it, or write it as "\u%04X" in double quotes`, c)}
	case c == 0x85, c == 0x2028, c == 0x2029:
		return flaw{fmt.Sprintf("the line separator U+%04X ends a line for some programs only", c), fmt.Sprintf(`remove it, or write it as "\u%04X" in double quotes`, c)}
	}
	return flaw{}
}

// line is the n-th line without its break, from 1; "" beyond the last.
func (t text) line(n int) string {
	if n < 1 || n > len(t.lines) {
		return ""
	}
	line := t.data[t.lines[n-1]:]
	if n < len(t.lines) {
		line = line[:t.lines[n]-t.lines[n-1]]
	}
	return strings.TrimRight(line, "\r\n")
}

// offset is where p stands, in bytes; beyond the end of its line, that end.
func (t text) offset(p place) int {
	if p.line < 1 || p.line > len(t.lines) {
		return len(t.data)
	}
	at := t.lines[p.line-1]
	for i := range t.line(p.line) {
		if p.column--; p.column < 1 {
			return at + i
		}
	}
	return at + len(t.line(p.line))
}

// place is the line and column of an offset in bytes.
func (t text) place(offset int) place {
	n := sort.SearchInts(t.lines, offset+1) // lines that begin at or before it
	return place{n, 1 + utf8.RuneCountInString(t.data[t.lines[n-1]:offset])}
}

// inside is p moved into the file: at most one character behind the last of its line.
func (t text) inside(p place) place {
	p.line = max(1, min(p.line, len(t.lines)))
	p.column = max(1, min(p.column, 1+utf8.RuneCountInString(t.line(p.line))))
	return p
}
