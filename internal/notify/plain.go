package notify

import (
	"strings"

	"rollcall/internal/health"
)

// plainMost is the size of the short plain form, in bytes.
const plainMost = 1 << 10

// plainTail stands before the digest's id, which is the last there is.
const plainTail = "\nThe topic refused the full message; the log of the function that checks has the causes.\nMessage id "

// Plain is d in the short plain form, for a topic that refused the full one: ASCII, no
// structure, and of what targets sent nothing at all, because that may be what was refused.
func Plain(d health.Digest) string {
	text := "rollcall, fleet " + ascii(d.Fleet, 32)
	if d.Kind == health.Test {
		text = testBanner + text
	}
	if past(d) {
		text += "\nLate: of " + clock(d.Round) + ", told at " + clock(d.Sent)
	}
	if d.Kind != health.News {
		text += "\n" + ascii(headline(d), nameMost)
	}
	tail := plainTail + ascii(d.ID, 100) + "\n"
	for _, b := range tally(d) {
		line := "\n" + b.String()
		if b.whole == "" && len(b.incidents) > 0 {
			line += ": " + b.names(5)
		}
		if len(text)+len(line)+len(tail) <= plainMost {
			text += line
		}
	}
	return text + tail
}

// PlainID is the id of the digest that text is the short plain form of; empty: it is none.
func PlainID(text string) string {
	_, id, _ := strings.Cut(text, plainTail)
	id, _, _ = strings.Cut(id, "\n")
	return id
}
