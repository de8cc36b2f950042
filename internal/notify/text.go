package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How much of a text is quoted, in characters. Long enough for every text of ours: what
// reaches a bound was written by somebody else.
const (
	causeMost = 1000
	urlMost   = 500
	nameMost  = 200
)

// clean makes one safe line of s, at most most characters long. Whatever is not to be seen
// becomes a space: control characters, line ends of every script, the escapes of terminals,
// and the invisible characters that turn the direction of writing.
func clean(s string, most int) string {
	if tidy(s) {
		return shorten(s, most)
	}
	var b strings.Builder
	gap := false
	for _, r := range s {
		if r <= ' ' || r > '~' && (r == utf8.RuneError || unicode.IsSpace(r) || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
		if b.Len() > 4*most { // no character takes more bytes: the rest would be cut anyway
			break
		}
	}
	return shorten(b.String(), most)
}

// tidy reports whether s is clean as it is: what most texts are.
func tidy(s string) bool {
	before := byte(' ')
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == ' ' && before == ' ' {
			return false
		}
		before = c
	}
	return s == "" || before != ' '
}

// shorten cuts s to most characters, the last of them telling that it was cut.
func shorten(s string, most int) string {
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	for at := range s {
		if most--; most == 0 {
			return s[:at] + "…"
		}
	}
	return s
}

// ascii is clean for channels that know nothing but ASCII: what is not becomes "?".
func ascii(s string, most int) string {
	var b strings.Builder
	for _, r := range clean(s, most) {
		switch {
		case r <= unicode.MaxASCII:
			b.WriteRune(r)
		case r == '…':
			b.WriteString("...")
		case strings.ContainsRune("‘’“”„", r):
			b.WriteByte('\'')
		case strings.ContainsRune("‐‑–—", r):
			b.WriteByte('-')
		default:
			b.WriteByte('?')
		}
	}
	return clip(b.String(), most)
}

// clip cuts the ASCII text s to most bytes, with three dots where there is room for them.
func clip(s string, most int) string {
	switch {
	case len(s) <= most:
		return s
	case most < 10:
		return s[:max(most, 0)]
	}
	return strings.TrimRight(s[:most-3], " ") + "..."
}

// number writes n as people do: 5,000.
func number(n int) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// counted is n things: "1 target", "5,000 targets".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return number(n) + " " + thing + "s"
}

// span writes a duration with its two largest units, in words.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return counted(int(d/time.Second), "second")
	case d < time.Hour:
		return counted(int(d/time.Minute), "minute")
	case d < 24*time.Hour:
		return units(int(d/time.Hour), "hour", int(d%time.Hour/time.Minute), "minute")
	default:
		return units(int(d/(24*time.Hour)), "day", int(d%(24*time.Hour)/time.Hour), "hour")
	}
}

func units(large int, largeUnit string, small int, smallUnit string) string {
	if small == 0 {
		return counted(large, largeUnit)
	}
	return counted(large, largeUnit) + " " + counted(small, smallUnit)
}

// clock writes a time in UTC, to the minute, as rounds are.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// and joins words as a sentence does, and counts those that were left out.
func and(words []string, more int) string {
	if more > 0 {
		words = append(words[:len(words):len(words)], number(more)+" more")
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
