package fleet

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// longestName is how long the name of a target or group may be.
const longestName = 128

// inName reports whether c may stand in the name of a target or group: names are values
// of CloudWatch dimensions, parts of message ids and words of a command line.
func inName(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(" ._/:@-", c)
}

// nameFlaw says what is wrong with a name.
func nameFlaw(name string) flaw {
	switch bad := strings.IndexFunc(name, func(c rune) bool { return !inName(c) }); {
	case name == "":
		return flaw{"is empty", "write a name"}
	case strings.Contains(name, "//") && hasUserinfo(name):
		return flaw{"holds a user name or password", "write a name without them: names are shown everywhere"}
	case bad >= 0:
		c, _ := utf8.DecodeRuneInString(name[bad:])
		return flaw{fmt.Sprintf("holds %q, which names cannot", string(c)), "write A-Z a-z 0-9 space . _ / : @ - only; a title may hold anything"}
	case len(name) > longestName:
		return flaw{fmt.Sprintf("is %d characters long", len(name)), fmt.Sprintf("write at most %d", longestName)}
	case strings.TrimSpace(name) != name:
		return flaw{"begins or ends with a space", "write it without"}
	}
	return flaw{}
}

// nameable is s with what cannot stand in a name replaced, and no longer than a name.
func nameable(s string) string {
	s = strings.Map(func(c rune) rune {
		if inName(c) {
			return c
		}
		return '-'
	}, s)
	return strings.TrimSpace(s[:min(len(s), longestName)])
}

// claim gives a target its name, unless another has it.
func (r *reader) claim(name string, by named) {
	first, taken := r.names[name]
	if !taken {
		r.names[name] = by
		r.known = append(r.known, name)
		return
	}
	who := "target"
	if first.group {
		who = "group"
	}
	where := fmt.Sprintf("the %s at %s", who, r.position(first.at))
	switch {
	case by.derived && first.derived:
		r.problem(by.at, "this URL gives the name "+quote(name)+", and so does that of "+where, "give one a name")
	case by.derived:
		r.problem(by.at, "this URL gives the name "+quote(name)+", which is that of "+where, "give it a name of its own")
	default:
		r.problem(by.at, "name "+quote(name)+" is that of "+where+" already", "write another")
	}
}
