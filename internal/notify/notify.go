// Package notify owns what is said: every word of every channel, and the event that
// programs read.
//
// A digest becomes a subject, a mail, a text message and an event; each keeps its limit
// by leaving whole incidents out, the longest lists first, and by saying how many were
// left out. Whatever came from a target, its cause above all, is hostile text: it cannot
// end a line, colour a terminal, turn the direction of writing or outgrow its place.
//
// A new channel is a file with its words and a line in [Channels].
package notify

import (
	"strings"

	"rollcall/internal/health"
)

// Channels are the forms of one message. They share its room in this order: the last one
// may take what the others left.
var Channels = [...]Channel{
	{Key: "sms", Most: smsMost, Render: func(d health.Digest, _ int) string { return SMS(d) }},
	{Key: "email", Most: emailMost, Render: Email},
	{Key: "default", Most: eventMost, Render: func(d health.Digest, limit int) string { return string(Event(d, limit)) }},
}

// Channel is one row of the door.
type Channel struct {
	Key    string // what SNS calls it in a structured message; "default" reaches every protocol without its own
	Most   int    // bytes it takes at most, however much room there is
	Render func(d health.Digest, limit int) string
}

// Least is the smallest limit in bytes that a renderer keeps: enough for everything but
// the incidents. Smaller limits count as this one.
const Least = 4 << 10

// list is incidents about to be written, each as what at gives for it.
type list[T any] struct {
	total int
	at    func(i int) T
}

// fit takes the first items of every list, one from each in turn, for as long as they fit
// into room bytes together. So the longest lists are cut, and the short ones stay whole.
func fit[T interface{ size() int }](room int, lists []list[T]) [][]T {
	kept := make([][]T, len(lists))
	row := make([]T, len(lists))
	for n := 0; ; n++ {
		size, found := 0, false
		for i, l := range lists {
			if n < l.total {
				row[i] = l.at(n)
				size += row[i].size()
				found = true
			}
		}
		if !found || size > room {
			return kept
		}
		room -= size
		for i, l := range lists {
			if n < l.total {
				kept[i] = append(kept[i], row[i])
			}
		}
	}
}

// text is an incident as a channel writes it.
type text string

func (t text) size() int { return len(t) }

func join(texts []text) string {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString(string(t))
	}
	return b.String()
}
