package fleet

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"rollcall/internal/check"
)

// excerpt is how many characters of the file's text a sentence shows.
const excerpt = 60

// userinfo is where a user name and password stand in a URL. It is greedy to the last "@",
// because passwords hold anything.
var userinfo = regexp.MustCompile(`(?s)//.*@`)

// quote is a text of the file in double quotes, printable, cut after [excerpt] characters,
// and without the user name and password of a URL.
func quote(s string) string {
	s = userinfo.ReplaceAllLiteralString(s, "//...@")
	if utf8.RuneCountInString(s) > excerpt {
		s = string([]rune(s)[:excerpt]) + "..."
	}
	return strconv.Quote(s)
}

// either joins words as alternatives: "fleet, group or target".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// listed is how many alternatives a sentence lists.
const listed = 24

// instead is the remedy for a word that is none of known, or other when there is neither
// a near one nor a list short enough to show.
func instead(word string, known []string, other string) string {
	want := ""
	if 0 < len(known) && len(known) <= listed {
		want = "want one of " + strings.Join(known, ", ")
	}
	meant := check.Suggest(word, known)
	switch {
	case meant != "" && want != "":
		return "did you mean " + quote(meant) + "? (" + want + ")"
	case meant != "":
		return "did you mean " + quote(meant) + "?"
	case want != "":
		return want
	default:
		return other
	}
}
