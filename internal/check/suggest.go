package check

import (
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// Suggest is the known word that someone who wrote word most likely meant, or "" when
// none is near. Case does not count; of two equally near the first known one wins.
func Suggest(word string, known []string) string {
	const longest = 64 // characters: no key of ours is longer, and the distance is quadratic
	if utf8.RuneCountInString(word) > longest {
		return ""
	}
	best, nearest := "", 2+utf8.RuneCountInString(word)/4 // one slip, and one more for every four characters
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(k), nil); d < nearest {
			best, nearest = k, d
		}
	}
	return best
}

// instead is the remedy for a word that is none of known.
func instead(word string, known []string) string {
	if meant := Suggest(word, known); meant != "" {
		return "did you mean " + quote(meant) + "? (want one of " + strings.Join(known, ", ") + ")"
	}
	return "want one of " + strings.Join(known, ", ")
}
