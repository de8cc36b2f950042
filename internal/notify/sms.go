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
	who := "rollcall " + ascii(d.Fleet, 32) + ": "
	switch d.Kind {
	case health.Test:
		return clip("TEST from "+who+"this is how it will reach you. Nothing is wrong.", smsMost)
	case health.First:
		if text := gist(d, smsMost-len(who)-32); text != "" {
			return clip(who+"watching "+counted(d.Counts.Targets, "target")+"; "+text, smsMost)
		}
		return clip(who+"watching "+counted(d.Counts.Targets, "target")+". This is how it will reach you.", smsMost)
	}
	return who + strings.TrimPrefix(line(d, smsMost-len(who)), "rollcall: ")
}
