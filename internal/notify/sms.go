package notify

import (
	"strings"

	"rollcall/internal/health"
)

// smsMost is the length of one text message: 140 ASCII characters (SNS API reference of
// Publish); a longer one is sent, and paid for, as several.
const smsMost = 140

// SMS is d as one text message: who speaks, then what happened.
func SMS(d health.Digest) string {
	who := "rollcall " + ascii(d.Fleet, 32) + tardy(d) + ": "
	switch d.Kind {
	case health.Test:
		return clip("TEST from "+who+"this is how it will reach you. Nothing is wrong.", smsMost)
	case health.First:
		if text := gist(d, smsMost-len(who)-32); text != "" {
			return clip(who+"watching "+counted(d.Counts.Targets, "target")+"; "+text, smsMost)
		}
		return clip(who+"watching "+counted(d.Counts.Targets, "target")+". This is how it will reach you.", smsMost)
	}
	text := line(d, smsMost-len(who))
	if ofItself(d) { // who speaks is said already
		text = strings.TrimLeft(strings.TrimPrefix(text, "rollcall"), ": ")
	}
	return who + text
}

// ofItself reports whether the first thing that d says is about rollcall, and by that name.
func ofItself(d health.Digest) bool {
	if d.Kind != health.News {
		return false
	}
	bundles := tally(d)
	return len(bundles) > 0 && len(bundles[0].incidents) > 0 && ofChecker(bundles[0].incidents[0]) && (alone(d) || bundles[0].whole != "")
}
