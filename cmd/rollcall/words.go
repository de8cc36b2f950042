package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// moment is a time for people, in UTC as messages have it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// left is a duration in its two largest units, as they are written on the command line.
func left(d time.Duration) string {
	d = max(d.Truncate(time.Minute), time.Minute)
	var b strings.Builder
	parts := 0
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := d / unit.of; n > 0 && parts < 2 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.of
			parts++
		}
	}
	return b.String()
}

// thousands is a number from 0 as people read it: 1,024.
func thousands(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// shown is text of a store, which may be anybody's: what a terminal would obey is spelled.
func shown(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return text
	}
	return strconv.Quote(text)
}

// printJSON prints a document on one line, as people wrote what is in it. What a terminal
// would obey is escaped, though JSON would not ask for it: it can only stand in strings.
func printJSON(w io.Writer, document any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return err
	}
	var line strings.Builder
	for _, c := range strings.TrimSuffix(b.String(), "\n") {
		if unicode.IsPrint(c) {
			line.WriteRune(c)
			continue
		}
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&line, "\\u%04x", unit)
		}
	}
	_, err := fmt.Fprintln(w, line.String())
	return err
}
