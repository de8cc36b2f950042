package check

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"rollcall/internal/secret"
)

// truth is whether a match holds, with a middle for what cannot be told: more of the body
// might have shown it, or there is nothing to show it on. Only yes is met. The order makes
// "all hold" the least of several, "any one holds" the greatest and "not" the mirror image
// (Kleene's logic).
type truth int

const (
	no truth = iota
	unsure
	yes
)

func sure(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

// subject is what a match is held against.
type subject struct {
	value any // string, or a JSON value: nil, bool, string, json.Number, []any, map[string]any

	// text: the value is a header's or a body's, in which numbers and booleans are written as text.
	text bool
	// cut: there was more than the value shows. Of a length: it is at least this.
	cut bool
	// siblings are all values of the header that the value is one of: "not" asks for none of them.
	siblings []string
	// absent: there is no value at all, and what is asked of it is answered by nothing.
	absent  bool
	nothing truth
}

// holds tells whether m holds for s.
func (m Match) holds(s subject) truth {
	switch m.op {
	case together, allOf:
		least := yes
		for _, part := range m.parts {
			least = min(least, part.holds(s))
		}
		return least
	case anyOf:
		greatest := no
		for _, part := range m.parts {
			greatest = max(greatest, part.holds(s))
		}
		return greatest
	case not:
		greatest := m.parts[0].holds(s)
		for _, sibling := range s.siblings {
			s.value = sibling
			greatest = max(greatest, m.parts[0].holds(s))
		}
		return yes - greatest
	case exists:
		return sure(m.operand == !s.absent)
	}
	if s.absent {
		return s.nothing
	}
	return m.holdsValue(s)
}

// holdsValue is holds for the operators that ask something of a value.
func (m Match) holdsValue(s subject) truth {
	switch m.op {
	case equals:
		return m.equals(s)
	case contains, matches:
		text, ok := writtenText(s.value)
		if !ok {
			return no
		}
		return max(sure(m.find(text) >= 0), unsureIf(s.cut))
	case atLeast:
		n, ok := writtenNumber(s.value)
		return max(sure(ok && n.compare(m.number) >= 0), unsureIf(ok && s.cut))
	case atMost:
		n, ok := writtenNumber(s.value)
		return min(sure(ok && n.compare(m.number) <= 0), yes-unsureIf(s.cut))
	default: // length
		n, ok := lengthOf(s.value)
		if !ok {
			return no
		}
		return m.parts[0].holds(subject{value: json.Number(strconv.Itoa(n)), cut: s.cut})
	}
}

func unsureIf(cut bool) truth {
	if cut {
		return unsure
	}
	return no
}

// find is where text begins to show what m, a contains or a matches, looks for; -1 if it
// does not.
func (m Match) find(text string) int {
	if m.op == contains {
		return strings.Index(text, m.operand.(secret.Text).Reveal())
	}
	if at := m.pattern.FindStringIndex(text); at != nil {
		return at[0]
	}
	return -1
}

// equals compares within a type, as JSON has them. In a header or a body everything is
// text: there a number equals what reads as the same number.
func (m Match) equals(s subject) truth {
	switch want := m.operand.(type) {
	case nil:
		return sure(s.value == nil)
	case bool:
		return sure(s.value == want || s.text && s.value == strconv.FormatBool(want))
	case secret.Text:
		got, ok := s.value.(string)
		if s.cut {
			return min(sure(ok && len(want.Reveal()) > len(got) && strings.HasPrefix(want.Reveal(), got)), unsure)
		}
		return sure(ok && got == want.Reveal())
	default: // int64, float64
		if _, isText := s.value.(string); isText && !s.text {
			return no
		}
		n, ok := writtenNumber(s.value)
		if s.cut { // only a length comes here cut and may still grow to the number
			return min(sure(ok && n.compare(m.number) <= 0), unsure)
		}
		return sure(ok && n.compare(m.number) == 0)
	}
}

// writtenText is the text of a string, and of a number or a boolean as it is written.
func writtenText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// writtenNumber is a number, or what a text reads as, spaces around it aside.
func writtenNumber(value any) (number, bool) {
	switch v := value.(type) {
	case json.Number:
		return readNumber(v.String())
	case string:
		return readNumber(strings.TrimSpace(v))
	default:
		return number{}, false
	}
}

// lengthOf is the number of characters of a text, elements of an array, members of an object.
func lengthOf(value any) (int, bool) {
	switch v := value.(type) {
	case string:
		return utf8.RuneCountInString(v), true
	case []any:
		return len(v), true
	case map[string]any:
		return len(v), true
	default:
		return 0, false
	}
}
