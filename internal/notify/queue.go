package notify

import (
	"fmt"
	"strings"
	"time"

	"rollcall/internal/health"
)

// lateAfter is how long after it was so a thing may be told as if it were now.
const lateAfter = 5 * time.Minute

// Aged is d as it is told now: later than the round that sent it, when it has lain somewhere
// for more than a few minutes.
func Aged(d health.Digest, now time.Time) health.Digest {
	sent := d.Sent
	if sent.IsZero() {
		sent = d.Round
	}
	if !d.Round.IsZero() && now.Sub(sent) > lateAfter {
		d.Sent = now.UTC()
	}
	return d
}

// lateness is the first thing to say of what is told late.
func lateness(was, told time.Time) string {
	return fmt.Sprintf("Late: this was so at %s, and is told at %s, %s later. What has changed since is told in messages of its own.",
		clock(was), clock(told), span(told.Sub(was)))
}

// TitleOf is what a message of somebody else is called by its subject, which may be empty.
func TitleOf(subject string) string {
	if title := strings.TrimSpace(subject); title != "" {
		return title
	}
	return "A message to the topic"
}

// Wordless is what is said of a message that says nothing.
const Wordless = "A message to the topic, without words."

// RefusedBy is the note on the plain form of a message, whose full form a channel refused.
func RefusedBy(channel string) string {
	return channel + " refused the full message; the log of the function that checks has the causes."
}

// More says that so many of a list were left out.
func More(n int) string { return "and " + number(n) + " more" }

// MoreLines is More for a text.
func MoreLines(n int) string { return "and " + counted(n, "more line") }
