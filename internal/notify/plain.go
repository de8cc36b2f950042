package notify

import "rollcall/internal/health"

// plainMost is the size of the short plain form, in bytes.
const plainMost = 1 << 10

// Plain is d in the short plain form, for a topic that refused the full one: ASCII, no
// structure, and of what targets sent nothing at all, because that may be what was refused.
func Plain(d health.Digest) string {
	text := "rollcall, fleet " + ascii(d.Fleet, 32) + "\n"
	if d.Kind == health.Test {
		text = testBanner + text
	}
	if past(d) {
		text += "Late: of " + clock(d.Round) + ", told at " + clock(d.Sent) + "\n"
	}
	if d.Kind != health.News {
		text += ascii(headline(d), nameMost) + "\n"
	}
	tail := "The topic refused the full message; the log of the function that checks has the causes.\nMessage id " + ascii(d.ID, 100) + "\n"
	for _, b := range tally(d) {
		line := b.String() + "\n"
		if b.whole == "" && len(b.incidents) > 0 {
			line = b.String() + ": " + b.names(5) + "\n"
		}
		if len(text)+len(line)+len(tail) <= plainMost {
			text += line
		}
	}
	return text + tail
}
