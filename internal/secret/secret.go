// Package secret holds strings that cannot be printed.
//
// A string of the targets file may hold references, ${env:NAME}; "$${" is a literal "${"
// and a lone "$" is itself. What is shown anywhere is the file's own text; only
// [Text.Reveal] gives the resolved value, and a [Redactor] takes it out again of
// whatever a peer sends back.
package secret

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Text is a string of the targets file. Its zero value is the empty string.
type Text struct {
	source   string     // as the file spells it
	resolved **resolved // nil: the source stands for itself
}

// resolved is behind two pointers because fmt prints the fields of whatever it cannot call
// a method of: a Text in an unexported field of another struct, or one given to %p. It
// even follows a pointer to a struct, given the wrong verb; of a pointer to a pointer it
// prints the address.
type resolved struct {
	value string
	parts []part // what each reference became
}

type part struct{ reference, value string }

// Plain is a text without references: what is shown is what is meant.
func Plain(s string) Text { return Text{source: s} }

// Named is a value that is kept elsewhere under a name, such as "ssm:/rollcall/slack": what
// is shown is the name.
func Named(name, value string) Text {
	r := &resolved{value, []part{{name, value}}}
	return Text{source: name, resolved: &r}
}

// Reveal is the resolved value: for the wire, never for a person.
func (t Text) Reveal() string {
	if t.resolved == nil {
		return t.source
	}
	return (*t.resolved).value
}

// Secret reports whether any reference was resolved in t.
func (t Text) Secret() bool { return len(t.parts()) > 0 }

func (t Text) parts() []part {
	if t.resolved == nil {
		return nil
	}
	return (*t.resolved).parts
}

// String is the file's own text.
func (t Text) String() string { return t.source }

// Format prints the file's own text for every verb, %#v included.
func (t Text) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", t.source)
		return
	}
	fmt.Fprint(f, t.source)
}

// MarshalText is the file's own text.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.source), nil }

// LogValue is the file's own text.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.source) }

// Reference is one ${scheme:name} in a string.
type Reference struct {
	Scheme string // "env"
	Name   string
	Offset int // in bytes, where its "${" stands in the string
}

// String is the reference as the file spells it.
func (r Reference) String() string { return "${" + r.Scheme + ":" + r.Name + "}" }

// SyntaxError is a "${" that opens no reference.
type SyntaxError struct {
	Offset int    // in bytes, where the "${" stands
	What   string // what is wrong with it
	Remedy string // what to write instead
}

func (e *SyntaxError) Error() string { return e.What + "; " + e.Remedy }

// References lists the references in s, or says where one is malformed.
func References(s string) ([]Reference, error) {
	var refs []Reference
	err := walk(s, func(string) {}, func(r Reference) error { refs = append(refs, r); return nil })
	return refs, err
}

// Resolve replaces every reference in s by what look gives for it. The error is a
// *SyntaxError, or look's own.
func Resolve(s string, look func(Reference) (string, error)) (Text, error) {
	var value strings.Builder
	var parts []part
	err := walk(s, func(literal string) { value.WriteString(literal) }, func(r Reference) error {
		v, err := look(r)
		if err != nil {
			return err
		}
		value.WriteString(v)
		parts = append(parts, part{r.String(), v})
		return nil
	})
	if err != nil {
		return Text{}, err
	}
	r := &resolved{value.String(), parts}
	return Text{source: s, resolved: &r}, nil
}

// walk reads s from left to right as literals and references. Of "$$${" the first "$" is
// itself and the rest a literal "${".
func walk(s string, literal func(string), reference func(Reference) error) error {
	for at := 0; at < len(s); {
		i := strings.Index(s[at:], "${")
		if i < 0 {
			literal(s[at:])
			return nil
		}
		open := at + i
		if open > at && s[open-1] == '$' { // "$${" is a literal "${"
			literal(s[at:open-1] + "${")
			at = open + 2
			continue
		}
		literal(s[at:open])
		end := strings.IndexByte(s[open:], '}')
		if end < 0 {
			return &SyntaxError{open, "\"${\" without its \"}\"", "write ${env:NAME}, or $${ for the two characters themselves"}
		}
		r, err := parse(s[open+2:open+end], open)
		if err != nil {
			return err
		}
		if err := reference(r); err != nil {
			return err
		}
		at = open + end + 1
	}
	return nil
}

// schemes are where references may point.
var schemes = [...]string{"env"}

// never begins the names of variables that no target is told: AWS's own, the credentials of
// this process among them. Whoever may write the file could else send them to himself.
const never = "AWS_"

func parse(inner string, offset int) (Reference, error) {
	scheme, name, _ := strings.Cut(inner, ":")
	switch {
	case !slices.Contains(schemes[:], scheme) || !isName(name):
	case strings.HasPrefix(strings.ToUpper(name), never):
		return Reference{}, &SyntaxError{offset, fmt.Sprintf("%q is a variable of AWS's own, which is told to no target", "${"+inner+"}"),
			"keep the value in a variable of another name"}
	default:
		return Reference{scheme, name, offset}, nil
	}
	return Reference{}, &SyntaxError{offset, fmt.Sprintf("%q is not a reference", "${"+inner+"}"),
		"write ${env:NAME}, or $${ for the two characters themselves"}
}

// isName reports whether s can be the name of an environment variable (POSIX.1-2024,
// Base Definitions, section 8.1; small letters too, as everybody has them).
func isName(s string) bool {
	for i := range len(s) {
		letter := s[i] == '_' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z'
		if !letter && (i == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}
