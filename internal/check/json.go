package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/theory/jsonpath"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// pathMatch is one expectation of a JSON body.
type pathMatch struct {
	text  string // as the file spells it
	path  *jsonpath.Path
	match Match
}

// compilePath compiles an RFC 9535 path, and refuses what would let a body decide how long
// we take over it:
//
//   - more than one "..", a "$" inside a filter: each multiplies the work by the body's size;
//   - match() and search(): the library compiles the pattern anew for each node (65,000
//     nodes took minutes), and it panics when the node is missing.
func compilePath(text string) (*jsonpath.Path, []Problem) {
	path, err := jsonpath.Parse(text)
	if err != nil {
		why := strings.TrimPrefix(err.Error(), jsonpath.ErrPathParse.Error()+": ")
		return nil, []Problem{{What: quote(text) + " is not a JSON path: " + short(why), Remedy: "write it as in RFC 9535: $.status or $.items[0].name"}}
	}
	bare := withoutLiterals(text)
	for _, costly := range [...]struct {
		is           bool
		what, remedy string
	}{
		{strings.Count(bare, "..") > 1, `".." more than once`, `leave one ".." and write the other steps out`},
		{strings.LastIndexByte(bare, '$') > 0, `"$" inside a filter`, `compare with "@" or with a value`},
		{strings.Contains(bare, "match(") || strings.Contains(bare, "search("), "match() or search()", "select more, and hold it to matches:"},
	} {
		if costly.is {
			return nil, []Problem{{What: quote(text) + " has " + costly.what + ", which is not taken here", Remedy: costly.remedy}}
		}
	}
	return path, nil
}

// withoutLiterals is a valid path with the insides of its quotes taken out.
func withoutLiterals(path string) string {
	var bare strings.Builder
	var open byte
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case open == 0:
			bare.WriteByte(c)
			if c == '"' || c == '\'' {
				open = c
			}
		case c == '\\':
			i++
		case c == open:
			bare.WriteByte(c)
			open = 0
		}
	}
	return bare.String()
}

// json tells what of a JSON body is not as expected.
func (e *Expect) json(kept string, cut bool, secrets *secret.Redactor) (health.Class, string) {
	if valuesIn(kept) > mostValues {
		return health.ClassBody, fmt.Sprintf("body has more than %d JSON values; expect something of body: instead of json:, or ask for a shorter list", mostValues)
	}
	document, err := readJSON(kept)
	switch {
	case cut && (err == nil || errors.Is(err, io.ErrUnexpectedEOF)):
		return health.ClassBody, "body goes on, want JSON that ends" + raise(unsure, len(kept))
	case err != nil && strings.TrimSpace(kept) == "":
		return health.ClassBody, "body is empty, want JSON"
	case err != nil:
		return health.ClassBody, "body " + quote(secrets.Redact(kept)) + " is not JSON: " + short(secrets.Redact(err.Error()))
	}
	for _, p := range e.paths {
		nodes := p.path.Select(document)
		if len(nodes) == 0 && p.match.holds(subject{absent: true, nothing: unsure}) != yes {
			return health.ClassBody, "json " + short(p.text) + " selects nothing" + want(p.match)
		}
		for i, node := range nodes {
			if p.match.holds(subject{value: node}) == yes {
				continue
			}
			which := ""
			if len(nodes) > 1 {
				which = fmt.Sprintf(" (number %d of %d)", i+1, len(nodes))
			}
			return health.ClassBody, "json " + short(p.text) + " " + came(node, secrets) + which + want(p.match)
		}
	}
	return "", ""
}

// deepestJSON is how far the arrays and objects of a body may be nested. A ".." takes time
// with the product of a body's size and its depth: at encoding/json's own 10,000 it is
// seconds. Nobody's health page is anywhere near (.NET stops at 64 by default).
const deepestJSON = 100

// readJSON reads one JSON text, its numbers as they are written. A byte order mark before
// it is passed over (RFC 8259, section 8.1). The error is io.ErrUnexpectedEOF if the text
// only wants its end.
func readJSON(text string) (any, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if nesting(text) > deepestJSON {
		return nil, errors.New("nested deeper than " + strconv.Itoa(deepestJSON))
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var document any
	if err := d.Decode(&document); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%s, byte %d", syntax, syntax.Offset)
		}
		return nil, io.ErrUnexpectedEOF // the reader never fails but at its end
	}
	if strings.TrimSpace(text[d.InputOffset():]) != "" {
		return nil, fmt.Errorf("more follows after its end, byte %d", d.InputOffset()+1)
	}
	return document, nil
}

// marks are the brackets, braces and commas of a JSON text outside of its strings, and
// where they stand.
func marks(text string) iter.Seq2[int, byte] {
	return func(yield func(int, byte) bool) {
		inString := false
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case c == '"':
				inString = !inString
			case inString && c == '\\':
				i++
			case inString:
			case c == '[' || c == ']' || c == '{' || c == '}' || c == ',':
				if !yield(i, c) {
					return
				}
			}
		}
	}
}

// nesting is how deep brackets and braces stand inside one another.
func nesting(text string) int {
	depth, deepest := 0, 0
	for _, c := range marks(text) {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
	}
	return deepest
}

// mostValues is how many values a JSON body may hold, arrays and objects counted as well as
// what is in them. Decoded, one takes up to 330 bytes, which is what an object of a single
// member weighs however few bytes spell it: without a bound 256 KiB become 17 MB, and 8 MiB
// more than a function has. With it a body takes some 8 MB besides the text of its strings.
// It leaves 10 bytes to each value of a body of 256 KiB; health pages spell theirs in more.
const mostValues = 25_000

// valuesIn counts the values of a text that begins as an array or an object does. In any
// other there is no more than one.
func valuesIn(text string) int {
	text = strings.TrimLeft(strings.TrimPrefix(text, "\ufeff"), " \t\r\n")
	if text == "" || text[0] != '[' && text[0] != '{' {
		return 1
	}
	values, opened := 1, -1 // opened: behind the bracket that came last, if nothing but it did
	for i, c := range marks(text) {
		switch {
		case c == '[' || c == '{':
			values++ // its first, or the end of it
			opened = i + 1
			continue
		case c == ',':
			values++
		case opened >= 0 && strings.TrimSpace(text[opened:i]) == "":
			values-- // it was empty
		}
		opened = -1
	}
	return values
}
