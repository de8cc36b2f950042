package check

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"rollcall/internal/secret"
)

// plain is a JSON text as the file's reader would hand it over had it been YAML.
func plain(t testing.TB, written string) any {
	t.Helper()
	document, err := readJSON(written)
	if err != nil {
		t.Fatalf("%s: %v", written, err)
	}
	return plainOf(document)
}

func plainOf(value any) any {
	switch v := value.(type) {
	case string:
		return secret.Plain(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainOf(v[i])
		}
		return list
	case map[string]any:
		mapping := make(map[string]any, len(v))
		for k := range v {
			mapping[k] = plainOf(v[k])
		}
		return mapping
	default:
		return v
	}
}

func matchOf(t testing.TB, written string) Match {
	t.Helper()
	var m Match
	if problems := m.FromFile(plain(t, written)); problems != nil {
		t.Fatalf("%s: %v", written, problems)
	}
	return m
}

// written are problems as one string: path: what; remedy.
func written(problems []Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, strings.Join(p.Path, ".")+": "+p.What+"; "+p.Remedy)
	}
	return strings.Join(lines, "\n")
}

func TestMatchProblems(t *testing.T) {
	for _, c := range []struct{ match, want string }{
		{`{}`, `: an empty mapping expects nothing; write an operator in it, such as contains: text`},
		{`[]`, `: an empty list expects nothing; write at least one match in it`},
		{`{"contians":"x"}`, `contians: unknown operator "contians"; did you mean "contains"? (want one of exists, contains, matches, min, max, length, all, not)`},
		{`{"equals":"x"}`, `equals: unknown operator "equals"; want one of exists, contains, matches, min, max, length, all, not`},
		{`{"contains":5}`, `contains: contains wants text, 5 is not; write it in quotes`},
		{`{"contains":["a","b"]}`, `contains: contains wants text, a list is not; write it in quotes`},
		{`{"contains":null}`, `contains: contains wants text, null is not; write it in quotes`},
		{`{"contains":""}`, `contains: contains of an empty text always holds; write what to look for`},
		{`{"matches":"a(b"}`, `matches: "a(b" is not a regular expression: missing closing ) "a(b"; write RE2 syntax, without look-around and back-references`},
		{`{"matches":"(?=x)"}`, `matches: "(?=x)" is not a regular expression: invalid or unsupported Perl syntax "(?="; write RE2 syntax, without look-around and back-references`},
		{`{"matches":"(?:a|b){200}c"}`, `matches: "(?:a|b){200}c" repeats its parts over 203 steps, which take too long on a large body; lower the counts in {}, or write + or *`},
		{`{"matches":"(.{10}){20}"}`, `matches: "(.{10}){20}" repeats its parts over 242 steps, which take too long on a large body; lower the counts in {}, or write + or *`},
		{`{"min":"5"}`, `min: min wants a number, "5" is not; write it without quotes`},
		{`{"min":"five"}`, `min: min wants a number, "five" is not; write a number`},
		{`{"max":true}`, `max: max wants a number, true is not; write a number`},
		{`{"exists":"yes"}`, `exists: exists wants true or false, "yes" is neither; write true or false`},
		{`{"all":"x"}`, `all: all wants a list of matches; write all: [match, ...]`},
		{`{"all":[]}`, `all: an empty list expects nothing; write at least one match in it`},
		{`{"length":{"contains":"x"}}`, `length.contains: contains asks nothing of a length, which is a number; write a number, min or max`},
		{`{"length":"5"}`, `length: length "5" is not a number; write a number, min or max`},
		{`{"length":[1,{"exists":true}]}`, `length.1.exists: exists asks nothing of a length, which is always there; leave it out`},
		{`{"length":{"length":1}}`, `length.length: length asks nothing of a length, which is a number; write a number, min or max`},
		{`{"length":null}`, `length: null is not a value; write a value, or leave the key out`},
		{`{"length":{"min":"x"}}`, `length.min: min wants a number, "x" is not; write a number`},
		{`{"not":{"matches":"["}}`, `not.matches: "[" is not a regular expression: missing closing ] "["; write RE2 syntax, without look-around and back-references`},
		{`["a",{"all":["b",{"not":{"min":"x","mix":1}}]}]`, `1.all.1.not.min: min wants a number, "x" is not; write a number
1.all.1.not.mix: unknown operator "mix"; did you mean "min"? (want one of exists, contains, matches, min, max, length, all, not)`},
	} {
		var m Match
		if got := written(m.FromFile(plain(t, c.match))); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.match, got, c.want)
		}
		if m.op != together || m.parts != nil {
			t.Errorf("%s: a match with problems was kept: %s", c.match, m)
		}
	}
	for _, number := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		var m Match
		if problems := m.FromFile(number); len(problems) != 1 {
			t.Errorf("%v: %v", number, problems)
		}
	}
}

// What people look for stays far from the bound on repeats, however long it is.
func TestPatternsWithin(t *testing.T) {
	for _, pattern := range []string{
		`(?i)\berror\b`, `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`, `\b[0-9a-f]{128}\b`, `(\d{1,3}\.){3}\d{1,3}`, `"ok":.{0,50}"ready"`,
		`^[\w.+-]+@([\w-]{1,63}\.)+\pL{2,}$`, strings.Repeat("any of a thousand words|", 1000), strings.Repeat("(a?|b*)+", 100),
	} {
		var m Match
		if problems := m.FromFile(map[string]any{"matches": secret.Plain(pattern)}); problems != nil {
			t.Errorf("%.60s: %s", pattern, written(problems))
		}
	}
}

func TestMisplacedMatches(t *testing.T) {
	for _, c := range []struct {
		where       place
		match, want string
	}{
		{inBody, `null`, `: null is not a value; write a value, or leave the key out`},
		{inHeader, `["a",null]`, `1: null is not a value; write a value, or leave the key out`},
		{inHeader, `{"not":null}`, `not: null is not a value; write a value, or leave the key out`},
		{inHeader, `{"exists":false}`, ``},
		{inJSON, `[null,{"not":null},{"exists":false}]`, ``},
		{inBody, `{"contains":"x","all":["a",{"exists":true}]}`, `all.1.exists: exists asks nothing of a body, which is always there; leave it out`},
		{inBody, `{"not":{"exists":false}}`, `not.exists: exists asks nothing of a body, which is always there; leave it out`},
		{inBody, `{"contains":"x","matches":"y","min":1,"max":2,"length":3,"not":"z"}`, ``},
	} {
		if got := written(matchOf(t, c.match).misplaced(c.where)); got != c.want {
			t.Errorf("%s in %s:\n got %s\nwant %s", c.match, c.where, got, c.want)
		}
	}
}

func TestMatchesNestOnlySoDeep(t *testing.T) {
	for _, wrap := range []func(any) any{
		func(v any) any { return map[string]any{"not": v} },
		func(v any) any { return map[string]any{"all": []any{v}} },
		func(v any) any { return map[string]any{"length": v} },
		func(v any) any { return []any{v} },
	} {
		nested := any(int64(1))
		for range deepest - 1 {
			nested = wrap(nested)
		}
		var m Match
		for _, p := range m.FromFile(nested) {
			if strings.Contains(p.What, "inside more than") {
				t.Errorf("%d deep: %v", deepest, p)
			}
		}
		for range 5000 {
			nested = wrap(nested)
		}
		if problems := m.FromFile(nested); len(problems) != 1 || problems[0].What != "a match inside more than 32 others" {
			t.Errorf("%d deep: %v", 5000+deepest, problems)
		}
	}
}

// A problem with a secret operand must not quote what it became.
func TestMatchProblemsKeepSecrets(t *testing.T) {
	text, err := secret.Resolve("${env:PATTERN}", func(secret.Reference) (string, error) { return "hunter2(", nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range operators {
		var m Match
		if problems := m.FromFile(map[string]any{string(op): text}); strings.Contains(fmt.Sprintf("%+v %+v %#v", problems, m, m), "hunter2") {
			t.Errorf("%s: %v %+v", op, problems, m)
		}
	}
	var m Match
	if got, want := written(m.FromFile(map[string]any{"matches": text})),
		`matches: "${env:PATTERN}" is not a regular expression: missing closing ); write RE2 syntax, without look-around and back-references`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMatchSaysWhatItWants(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct{ match, want string }{
		{`"ok"`, `"ok"`},
		{`5`, `5`},
		{`1.50`, `1.5`},
		{`true`, `true`},
		{`null`, `null`},
		{`{"contains":"a \"b\"\n"}`, `contains "a \"b\"\n"`},
		{`{"matches":"(?i)\\berror\\b"}`, `matches /(?i)\berror\b/`},
		{`{"matches":"a\nb"}`, `matches "a\nb"`},
		{`{"min":1,"max":99}`, `at least 1 and at most 99`},
		{`{"length":{"min":1}}`, `length at least 1`},
		{`{"length":{"min":1,"max":9}}`, `length (at least 1 and at most 9)`},
		{`{"exists":true}`, `present`},
		{`{"exists":false}`, `absent`},
		{`["a","b",{"contains":"c"}]`, `"a", "b" or contains "c"`},
		{`[1,2,3,4,5,6]`, `1, 2, 3, 4, 5 or 6`},
		{`[1,2,3,4,5,6,7,8]`, `1, 2, 3, 4, 5 or 3 more`},
		{`{"not":"a"}`, `not "a"`},
		{`{"not":["a","b"]}`, `not ("a" or "b")`},
		{`{"all":[{"contains":"a"},["b","c"]]}`, `contains "a" and ("b" or "c")`},
		{`{"contains":"ready","not":{"matches":"error"}}`, `contains "ready" and not matches /error/`},
		{`"` + long + `"`, `"` + long[:80] + `..."`},
	} {
		if got := matchOf(t, c.match).String(); got != c.want {
			t.Errorf("%s: says %s, want %s", c.match, got, c.want)
		}
	}
	if got := (Match{}).String(); got != "anything" {
		t.Errorf("the zero match wants %s", got)
	}
	alternatives := make([]any, 6)
	for i := range alternatives {
		alternatives[i] = secret.Plain(long)
	}
	var m Match
	m.FromFile(alternatives)
	if got := want(m); len(got) > 260 || !strings.HasSuffix(got, "...") {
		t.Errorf("long alternatives take %d bytes: %s", len(got), got)
	}
}

func TestQuotesAreShortAndPrintable(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `""`},
		{"ok\n", `"ok\n"`},
		{strings.Repeat("é", 80), `"` + strings.Repeat("é", 80) + `"`},
		{strings.Repeat("é", 81), `"` + strings.Repeat("é", 80) + `..."`},
		{strings.Repeat("\x00", 81), `"` + strings.Repeat(`\x00`, 20) + `..."`},
		{"\xff\u202eabc\u200b", `"\xff\u202eabc\u200b"`},
		{`say "hi"`, `"say \"hi\""`},
		{strings.Repeat("a", 79) + "\n", `"` + strings.Repeat("a", 79) + `..."`},
	} {
		if got := quote(c.in); got != c.want {
			t.Errorf("%q: quoted as %s, want %s", c.in, got, c.want)
		}
	}
	text := strings.Repeat("é", 1000) + "HERE" + strings.Repeat("é", 1000)
	if got := around(text, strings.Index(text, "HERE")); !strings.Contains(got, "HERE") || !strings.HasPrefix(got, `"...é`) || !strings.HasSuffix(got, `..."`) || len([]rune(got)) > 90 {
		t.Errorf("around HERE: %s", got)
	}
}
