package check

import (
	"cmp"
	"errors"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"

	"rollcall/internal/secret"
)

// Match is one expectation, in the one grammar that every expectation is written in:
//
//	match    = scalar                 equals
//	         | [match, ...]           any one holds
//	         | {operator: operand}    all hold
//	operator = contains: text | matches: RE2 | min: number | max: number
//	         | length: match | exists: bool | not: match | all: [match, ...]
//
// The zero Match expects nothing.
type Match struct {
	op      operator
	operand any            // equals: nil, bool, int64, float64 or secret.Text; contains and matches: secret.Text; min and max: int64 or float64; exists: bool
	number  number         // the operand, when it is a number
	pattern *regexp.Regexp // matches
	parts   []Match        // length and not: one; together, anyOf and allOf: any number
}

// operator is a word of the grammar, or one of the three forms that have no word.
type operator string

const (
	together operator = ""       // a mapping: all its operators
	anyOf    operator = "any of" // a list
	equals   operator = "equals" // a scalar

	contains operator = "contains"
	matches  operator = "matches"
	atLeast  operator = "min"
	atMost   operator = "max"
	length   operator = "length"
	exists   operator = "exists"
	allOf    operator = "all"
	not      operator = "not"
)

// operators are the words of the grammar, in the order in which they are described.
var operators = [...]operator{exists, contains, matches, atLeast, atMost, length, allOf, not}

// deepest is how many matches may stand inside one another.
const deepest = 32

// FromFile reads a match. A null reads as JSON's null; whether there can be one where the
// match stands is for [Expect] to say.
func (m *Match) FromFile(value any) []Problem {
	read, problems := readMatch(value, 1)
	if problems == nil {
		*m = read
	}
	return problems
}

func readMatch(value any, depth int) (Match, []Problem) {
	if depth > deepest {
		return Match{}, []Problem{{What: "a match inside more than " + strconv.Itoa(deepest) + " others", Remedy: "write it flatter"}}
	}
	switch v := value.(type) {
	case []any:
		return readList(anyOf, v, depth)
	case map[string]any:
		return readMapping(v, depth)
	case int64, float64:
		n, problems := readNumberOperand("a value to equal", v)
		return Match{op: equals, operand: v, number: n}, problems
	case nil, bool, secret.Text:
		return Match{op: equals, operand: v}, nil
	default:
		return Match{}, []Problem{{What: shown(v) + " is not a value to compare with", Remedy: "write text, a number, true or false"}}
	}
}

func readList(op operator, list []any, depth int) (Match, []Problem) {
	m := Match{op: op}
	var problems []Problem
	for i, v := range list {
		part, wrong := readMatch(v, depth+1)
		m.parts = append(m.parts, part)
		problems = append(problems, within(wrong, strconv.Itoa(i))...)
	}
	if len(list) == 0 {
		problems = []Problem{{What: "an empty list expects nothing", Remedy: "write at least one match in it"}}
	}
	return m, problems
}

func readMapping(mapping map[string]any, depth int) (Match, []Problem) {
	if len(mapping) == 0 {
		return Match{}, []Problem{{What: "an empty mapping expects nothing", Remedy: "write an operator in it, such as contains: text"}}
	}
	m := Match{op: together}
	var problems []Problem
	known := make([]string, 0, len(operators))
	for _, op := range operators {
		known = append(known, string(op))
		operand, given := mapping[string(op)]
		if !given {
			continue
		}
		part, wrong := readOperator(op, operand, depth)
		m.parts = append(m.parts, part)
		problems = append(problems, within(wrong, string(op))...)
	}
	for key := range mapping {
		if !slices.Contains(known, key) {
			problems = append(problems, Problem{Path: []string{key}, What: "unknown operator " + quote(key), Remedy: instead(key, known)})
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Path[0], b.Path[0]) })
	if len(m.parts) == 1 {
		return m.parts[0], problems
	}
	return m, problems
}

func readOperator(op operator, operand any, depth int) (Match, []Problem) {
	m := Match{op: op, operand: operand}
	var problems []Problem
	switch op {
	case contains, matches:
		text, ok := operand.(secret.Text)
		switch {
		case !ok:
			return m, []Problem{{What: string(op) + " wants text, " + shown(operand) + " is not", Remedy: "write it in quotes"}}
		case text.Reveal() == "":
			return m, []Problem{{What: string(op) + " of an empty text always holds", Remedy: "write what to look for"}}
		case op == matches:
			m.pattern, problems = readPattern(text)
		}
	case atLeast, atMost:
		m.number, problems = readNumberOperand(string(op), operand)
	case exists:
		if _, ok := operand.(bool); !ok {
			return m, []Problem{{What: "exists wants true or false, " + shown(operand) + " is neither", Remedy: "write true or false"}}
		}
	case allOf:
		list, ok := operand.([]any)
		if !ok {
			return m, []Problem{{What: "all wants a list of matches", Remedy: "write all: [match, ...]"}}
		}
		return readList(allOf, list, depth)
	case length, not:
		var part Match
		part, problems = readMatch(operand, depth+1)
		m = Match{op: op, parts: []Match{part}}
		if problems == nil && op == length {
			problems = part.misplaced(inLength)
		}
	}
	return m, problems
}

// readPattern compiles an RE2 expression. Of a secret one a problem says only what kind
// of mistake it is: the words of regexp's own error quote the resolved value.
func readPattern(text secret.Text) (*regexp.Regexp, []Problem) {
	pattern, err := regexp.Compile(text.Reveal())
	if err == nil {
		if problems := tooManySteps(text); problems != nil {
			return nil, problems
		}
		return pattern, nil
	}
	what := quote(text.String()) + " is not a regular expression"
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		what += ": " + wrong.Code.String()
		if !text.Secret() {
			what += " " + quote(wrong.Expr)
		}
	}
	return nil, []Problem{{What: what, Remedy: "write RE2 syntax, without look-around and back-references"}}
}

// mostRepeats is how many steps the counted repeats of a pattern may add to those that its
// text spells out. Each may be under way at every byte of a body: with 200 of them, in
// (?:a|b){200}c, a MiB takes seconds. A SHA-512 sum in hexadecimal takes 128.
const mostRepeats = 150

// tooManySteps is the problem with a valid pattern whose counts multiply it beyond
// [mostRepeats]. Without counts no pattern has many more steps than characters.
func tooManySteps(text secret.Text) []Problem {
	tree, err := syntax.Parse(text.Reveal(), syntax.Perl)
	if err != nil {
		return nil // not of a pattern that was compiled
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil || len(program.Inst)-len(text.Reveal()) <= mostRepeats {
		return nil
	}
	return []Problem{{What: quote(text.String()) + " repeats its parts over " + strconv.Itoa(len(program.Inst)) + " steps, which take too long on a large body",
		Remedy: "lower the counts in {}, or write + or *"}}
}

func readNumberOperand(what string, operand any) (number, []Problem) {
	switch v := operand.(type) {
	case int64:
		n, _ := readNumber(strconv.FormatInt(v, 10))
		return n, nil
	case float64:
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			n, _ := readNumber(strconv.FormatFloat(v, 'g', -1, 64))
			return n, nil
		}
	}
	remedy := "write a number"
	if text, ok := operand.(secret.Text); ok {
		if _, fits := readNumber(text.String()); fits {
			remedy = "write it without quotes"
		}
	}
	return number{}, []Problem{{What: what + " wants a number, " + shown(operand) + " is not", Remedy: remedy}}
}

// within are problems found at the value of key.
func within(problems []Problem, key ...string) []Problem {
	for i := range problems {
		problems[i].Path = append(slices.Clone(key), problems[i].Path...)
	}
	return problems
}

// place is where a match stands. What can be asked depends on it.
type place string

const (
	inHeader place = "header"
	inBody   place = "body"
	inJSON   place = "json"
	inLength place = "length"
)

// misplaced are the parts of m that ask nothing where m stands.
func (m Match) misplaced(where place) []Problem {
	var problems []Problem
	switch m.op {
	case equals:
		return m.misplacedScalar(where)
	case together:
		for _, part := range m.parts {
			problems = append(problems, part.misplaced(where)...)
		}
	case anyOf, allOf:
		for i, part := range m.parts {
			problems = append(problems, within(part.misplaced(where), strconv.Itoa(i))...)
		}
	case not:
		problems = m.parts[0].misplaced(where)
	case exists:
		if where == inBody || where == inLength {
			problems = []Problem{{What: "exists asks nothing of a " + string(where) + ", which is always there", Remedy: "leave it out"}}
		}
	case contains, matches, length:
		if where == inLength {
			problems = []Problem{{What: string(m.op) + " asks nothing of a length, which is a number", Remedy: "write a number, min or max"}}
		}
	}
	if slices.Contains(operators[:], m.op) {
		return within(problems, string(m.op))
	}
	return problems
}

func (m Match) misplacedScalar(where place) []Problem {
	switch m.operand.(type) {
	case nil:
		if where != inJSON {
			return []Problem{{What: "null is not a value", Remedy: "write a value, or leave the key out"}}
		}
	case bool, secret.Text:
		if where == inLength {
			return []Problem{{What: "length " + shown(m.operand) + " is not a number", Remedy: "write a number, min or max"}}
		}
	}
	return nil
}
