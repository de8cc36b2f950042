package check

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"rollcall/internal/secret"
)

// excerpt is how many characters of a stranger's text a sentence shows.
const excerpt = 80

// quote is s in double quotes, printable and short: see [short].
func quote(s string) string { return `"` + short(s) + `"` }

// short is s with whatever cannot be printed escaped, cut after [excerpt] characters; what
// was cut off shows as "...".
func short(s string) string {
	var b strings.Builder
	left := excerpt
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		escaped := strconv.Quote(s[:size])
		escaped = escaped[1 : len(escaped)-1]
		if left -= utf8.RuneCountInString(escaped); left < 0 {
			return b.String() + "..."
		}
		b.WriteString(escaped)
		s = s[size:]
	}
	return b.String()
}

// around quotes the part of s in which s[at:] begins.
func around(s string, at int) string {
	const before = excerpt / 4 // bytes
	if at <= before {
		return quote(s)
	}
	at -= before
	for at < len(s) && !utf8.RuneStart(s[at]) {
		at++
	}
	return `"...` + short(s[at:]) + `"`
}

// either joins words as alternatives: "200, 204 or 3xx". After six the rest is counted.
func either(words []string) string {
	const most = 6
	if len(words) > most {
		words = append(words[:most-1:most-1], strconv.Itoa(len(words)-most+1)+" more")
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// shown is a value of the targets file as a problem quotes it: the file's own text.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case secret.Text:
		return quote(v.String())
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	default:
		return fmt.Sprint(v)
	}
}

// came is a JSON value as a sentence shows it, secrets taken out before it is cut.
func came(value any, secrets *secret.Redactor) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return quote(secrets.Redact(v))
	case json.Number:
		return short(secrets.Redact(v.String()))
	case []any:
		return "an array of " + strconv.Itoa(len(v))
	case map[string]any:
		return "an object of " + strconv.Itoa(len(v))
	default:
		return fmt.Sprint(v)
	}
}

// String says in plain words what m wants: `contains "ready" and not matches /error/`.
func (m Match) String() string {
	switch m.op {
	case equals:
		return shown(m.operand)
	case matches:
		return "matches " + expression(m.operand.(secret.Text).String())
	case atLeast:
		return "at least " + shown(m.operand)
	case atMost:
		return "at most " + shown(m.operand)
	case exists:
		if m.operand == true {
			return "present"
		}
		return "absent"
	case length, not:
		return string(m.op) + " " + m.parts[0].inner()
	case contains:
		return "contains " + shown(m.operand)
	}
	words := make([]string, 0, len(m.parts))
	for _, part := range m.parts {
		words = append(words, part.inner())
	}
	switch {
	case len(words) == 0:
		return "anything"
	case m.op == anyOf:
		return either(words)
	default:
		return strings.Join(words, " and ")
	}
}

// inner is m inside another match: in parentheses where it would be misread without.
func (m Match) inner() string {
	if len(m.parts) > 1 {
		return "(" + m.String() + ")"
	}
	return m.String()
}

// expression is a regular expression between slashes, its own backslashes as they are.
func expression(s string) string {
	printable := !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
	if printable && utf8.RuneCountInString(s) <= excerpt {
		return "/" + s + "/"
	}
	return quote(s)
}

// want ends a sentence with what was wanted, at a length that people still read.
func want(wanted fmt.Stringer) string {
	const most = 3 * excerpt // bytes
	words := wanted.String()
	if len(words) > most {
		words = strings.ToValidUTF8(words[:most], "") + "..."
	}
	return ", want " + words
}
