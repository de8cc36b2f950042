package secret

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shortest is how many bytes a resolved value needs to be taken out of texts: shorter ones
// stand in every other sentence by chance.
const shortest = 6

// Redactor puts references back where their resolved values have turned up: as they are,
// or as URLs, base64, JSON, HTML and Go's %q write them. A nil Redactor knows no values.
//
// Inside a longer base64 (a Basic authorization's "user:password") a value begins at any of
// three places of a group of three bytes and shares its outermost characters with its
// neighbours; what is taken out is every character that is the value's alone, so that at
// each end at most one character is left that holds a few bits of it.
type Redactor struct {
	replacer *strings.Replacer
}

// NewRedactor is a redactor of every value that was resolved in texts.
func NewRedactor(texts ...Text) *Redactor {
	spellings := map[string]string{} // to the reference
	for _, t := range texts {
		for _, p := range t.parts() {
			// A reference stays as it is, even if its name looks like a value.
			spellings[p.reference] = p.reference
			value := strings.TrimSpace(p.value) // a header loses the line feed at a secret's end
			if len(value) < shortest {
				continue
			}
			for _, s := range spell(value) {
				if other, taken := spellings[s]; !taken || p.reference < other {
					spellings[s] = p.reference
				}
			}
		}
	}
	// The replacer tries at each place in the order given: the longest first, or the
	// beginning of one value would be taken out of the middle of another.
	longestFirst := make([]string, 0, len(spellings))
	for s := range spellings {
		longestFirst = append(longestFirst, s)
	}
	slices.SortFunc(longestFirst, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	pairs := make([]string, 0, 2*len(spellings))
	for _, s := range longestFirst {
		pairs = append(pairs, s, spellings[s])
	}
	return &Redactor{strings.NewReplacer(pairs...)}
}

// Redact is s with the references in place of their values.
func (r *Redactor) Redact(s string) string {
	if r == nil {
		return s
	}
	return r.replacer.Replace(s)
}

// spell lists the ways in which value may come back.
func spell(value string) []string {
	quoted, ascii := strconv.Quote(value), strconv.QuoteToASCII(value)
	spellings := []string{value, html.EscapeString(value), quoted[1 : len(quoted)-1], ascii[1 : len(ascii)-1]}
	for _, encoded := range urlSpellings(value) {
		lower := percent.ReplaceAllStringFunc(encoded, strings.ToLower)
		spellings = append(spellings, encoded, lower)
	}
	spellings = append(spellings, jsonSpellings(value)...)
	return append(spellings, base64Spellings(value)...)
}

// percent is a percent-encoded byte. Its digits may be of either case (RFC 3986, section 2.1).
var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

// urlSpellings are value in a query, in a path, with all but unreserved characters encoded
// (RFC 3986, section 2.3), and as JavaScript's encodeURIComponent leaves it.
func urlSpellings(value string) []string {
	query := url.QueryEscape(value)
	strict := strings.ReplaceAll(query, "+", "%20")
	script := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(strict)
	return []string{query, url.PathEscape(value), strict, script}
}

func jsonSpellings(value string) []string {
	var plain strings.Builder
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return nil
	}
	unescaped := strings.TrimSuffix(plain.String(), "\n")
	unescaped = unescaped[1 : len(unescaped)-1]
	escaped, _ := json.Marshal(value) // & < > as \u0026 ...
	return []string{
		unescaped,
		string(escaped[1 : len(escaped)-1]),
		strings.ReplaceAll(unescaped, "/", `\/`), // as PHP does
	}
}

// base64Spellings are value by itself, with and without padding, and what is its own alone
// at each of the three places where it may begin inside something longer.
func base64Spellings(value string) []string {
	var spellings []string
	for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		bare := alphabet.WithPadding(base64.NoPadding)
		spellings = append(spellings, alphabet.EncodeToString([]byte(value)), bare.EncodeToString([]byte(value)))
		for before := range 3 { // bytes of a neighbour in the group
			whole := bare.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
			first := (before*8 + 5) / 6            // the first character without a bit of the neighbour
			after := (before + len(value)) * 8 / 6 // past the last one without a bit of the next
			spellings = append(spellings, whole[first:after])
		}
	}
	return spellings
}
