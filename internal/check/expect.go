package check

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// Expect is what an answer has to show to be up.
type Expect struct {
	Status  Statuses         `yaml:"status"`  // none: 2xx
	Headers map[string]Match `yaml:"headers"` // names in any case; a match holds if one value does, its "not" if none does
	Body    *Match           `yaml:"body"`    // of the body as text; nil: anything
	JSON    map[string]Match `yaml:"json"`    // by RFC 9535 path: at least one node, and all that are selected hold

	headers []headerMatch // compiled, in the order of their names
	paths   []pathMatch   // compiled, in the order of their text
}

type headerMatch struct {
	name  string // as the file spells it
	match Match
}

// prepare validates e and compiles it. The paths of its problems start at expect.
func (e *Expect) prepare() []Problem {
	problems := e.prepareHeaders()
	if e.Body != nil {
		problems = append(problems, within(e.Body.misplaced(inBody), "body")...)
	}
	e.paths = nil
	for text, match := range e.JSON {
		path, wrong := compilePath(text)
		e.paths = append(e.paths, pathMatch{text, path, match})
		problems = append(problems, within(append(wrong, match.misplaced(inJSON)...), "json", text)...)
	}
	slices.SortFunc(e.paths, func(a, b pathMatch) int { return cmp.Compare(a.text, b.text) })
	return problems
}

func (e *Expect) prepareHeaders() []Problem {
	var problems []Problem
	e.headers = nil
	for name, match := range e.Headers {
		e.headers = append(e.headers, headerMatch{name, match})
		wrong := match.misplaced(inHeader)
		if !isToken(name) {
			wrong = append(wrong, Problem{What: "header " + quote(name) + " is not a header's name", Remedy: "write letters, digits and dashes"})
		}
		problems = append(problems, within(wrong, "headers", name)...)
	}
	slices.SortFunc(e.headers, func(a, b headerMatch) int { return cmp.Compare(a.name, b.name) })
	seen := map[string]string{}
	for _, h := range e.headers {
		canonical := http.CanonicalHeaderKey(h.name)
		if first, twice := seen[canonical]; twice {
			problems = append(problems, Problem{Path: []string{"headers", h.name},
				What: "header " + quote(h.name) + " is the same as " + quote(first), Remedy: "write it once, with all: [match, ...]"})
		}
		seen[canonical] = h.name
	}
	return problems
}

// isToken reports whether name can be a header's (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}

// needsBody reports whether the body has to be kept to tell whether e is met.
func (e *Expect) needsBody() bool { return e.Body != nil || len(e.JSON) > 0 }

// head tells what of the status and the headers is not as expected: a class and the words
// that end the sentence, or two empty strings.
func (e *Expect) head(status int, header http.Header, secrets *secret.Redactor) (health.Class, string) {
	if !e.Status.Hold(status) {
		return health.ClassStatus, "status " + strconv.Itoa(status) + want(e.Status)
	}
	for _, h := range e.headers {
		values := header.Values(h.name)
		if !h.holds(values) {
			return health.ClassHeader, "header " + h.name + " " + valuesCame(values, secrets) + want(h.match)
		}
	}
	return "", ""
}

// holds reports whether one of the header's values meets the match. Without any value
// nothing is met but that the header is absent, or that none of its values is so and so.
func (h headerMatch) holds(values []string) bool {
	if len(values) == 0 {
		return h.match.holds(subject{absent: true, nothing: no}) == yes
	}
	return slices.ContainsFunc(values, func(v string) bool {
		return h.match.holds(subject{value: v, text: true, siblings: values}) == yes
	})
}

// valuesCame is what a header held, as a sentence shows it.
func valuesCame(values []string, secrets *secret.Redactor) string {
	const most = 3
	if len(values) == 0 {
		return "is absent"
	}
	var shown []string
	for _, v := range values[:min(len(values), most)] {
		shown = append(shown, quote(secrets.Redact(v)))
	}
	if more := len(values) - most; more > 0 {
		shown = append(shown, strconv.Itoa(more)+" more")
	}
	return strings.Join(shown, ", ")
}

// body tells what of the body is not as expected, in the same way as head. If it was cut,
// kept is as much of it as max_body allows, and there was more.
func (e *Expect) body(kept string, cut bool, secrets *secret.Redactor) (health.Class, string) {
	if e.Body != nil {
		if met := e.Body.holds(subject{value: kept, text: true, cut: cut}); met != yes {
			return health.ClassBody, "body " + e.bodyCame(kept, secrets) + want(e.Body) + raise(met, len(kept))
		}
	}
	if len(e.paths) > 0 {
		return e.json(kept, cut, secrets)
	}
	return "", ""
}

// light tells whether judging a body takes neither time nor memory to speak of: a short text
// in which no pattern is sought, and that is not decoded.
func (e *Expect) light(kept string) bool {
	const short = 1 * KiB
	return len(kept) <= int(short) && len(e.paths) == 0 && (e.Body == nil || !e.Body.seeks())
}

// raise is the remedy when only the cap stands between a match and its answer.
func raise(met truth, kept int) string {
	if met == unsure {
		return " in the first " + Size(kept).String() + "; raise max_body"
	}
	return ""
}

// bodyCame is the beginning of a body, or the part of it that it should not hold.
func (e *Expect) bodyCame(text string, secrets *secret.Redactor) string {
	if text == "" {
		return "is empty"
	}
	text = secrets.Redact(text) // before it is cut: half a secret would not be known again
	return around(text, e.Body.offending(text))
}

// seeks tells whether m has a pattern in it.
func (m Match) seeks() bool {
	return m.op == matches || slices.ContainsFunc(m.parts, Match.seeks)
}

// offending is where text shows what m says it must not, or 0.
func (m Match) offending(text string) int {
	switch m.op {
	case together, allOf:
		for _, part := range m.parts {
			if at := part.offending(text); at > 0 {
				return at
			}
		}
	case not:
		if inner := m.parts[0]; inner.op == contains || inner.op == matches {
			return max(0, inner.find(text))
		}
	}
	return 0
}
