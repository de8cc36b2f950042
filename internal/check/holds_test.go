package check

import (
	"encoding/json"
	"strings"
	"testing"
)

// A match held against a JSON value.
func TestHoldsOnJSON(t *testing.T) {
	for _, c := range []struct{ match, holds, not string }{
		{`"ok"`, `"ok"`, `"OK" "" "ok\n" 5 null true ["ok"] {"ok":1}`},
		{`""`, `""`, `" " null [] {} 0 false`},
		{`5`, `5 5.0 50e-1 0.5e1`, `"5" 5.1 -5 true [5] null`},
		{`-0.1`, `-0.1 -0.10 -1e-1`, `0.1 -0.11`},
		{`0`, `0 -0 0.0 0e5`, `"0" false null 1e-300`},
		{`9007199254740993`, `9007199254740993 9007199254740993.0`, `9007199254740992 9007199254740994`},
		{`true`, `true`, `"true" 1 false`},
		{`false`, `false`, `"false" 0 null ""`},
		{`null`, `null`, `"null" false 0 "" [] {}`},
		{`["a",1,null]`, `"a" 1 null`, `"b" 2 false`},
		{`{"contains":"ea"}`, `"ready" "ea"`, `"E A" null ["ea"] {"ea":1}`},
		{`{"contains":"1"}`, `"x1" 10 0.1`, `2 null`},
		{`{"matches":"^v[0-9]+$"}`, `"v12"`, `"v" "av1" "v1\n"`},
		{`{"matches":"^tru"}`, `true "true"`, `false`},
		{`{"min":2}`, `2 3 2.0 "2" " 10 " 1e999999999999`, `1 1.999999999999999999999 "x" "" null true [2] "0x10"`},
		{`{"max":99}`, `99 -5 0 "98.9" -1e999999999999 1e-999999999999`, `99.00000000000000000001 100 "x" null []`},
		{`{"min":2,"max":4}`, `2 3 4`, `1 5`},
		{`{"min":-1.5}`, `-1.5 -1 0`, `-1.6 -2`},
		{`{"length":3}`, `"abc" "äöü" [1,2,3] {"a":1,"b":2,"c":3}`, `"ab" [] 123 null true`},
		{`{"length":{"max":0}}`, `"" [] {}`, `"a" [0] 0`},
		{`{"length":[1,{"min":3}]}`, `"a" "abc" "abcd"`, `"" "ab"`},
		{`{"exists":true}`, `null 0 "" []`, ``},
		{`{"exists":false}`, ``, `null 0 "" []`},
		{`{"not":"a"}`, `"b" 1 null`, `"a"`},
		{`{"not":{"not":"a"}}`, `"a"`, `"b"`},
		{`{"not":["a","b"]}`, `"c"`, `"a" "b"`},
		{`{"all":[{"contains":"a"},{"contains":"b"}]}`, `"ab" "xbax"`, `"a" "b" ""`},
		{`{"contains":"ready","not":{"matches":"(?i)\\berror\\b"}}`, `"ready" "ready, no errors"`, `"ready, but: ERROR" "error" ""`},
	} {
		m := matchOf(t, c.match)
		for _, side := range []struct {
			values string
			want   truth
		}{{c.holds, yes}, {c.not, no}} {
			values := json.NewDecoder(strings.NewReader(side.values))
			values.UseNumber()
			for values.More() {
				var value any
				if err := values.Decode(&value); err != nil {
					t.Fatalf("%s: %v", side.values, err)
				}
				if got := m.holds(subject{value: value}); got != side.want {
					t.Errorf("%s on %#v: %d, want %d", c.match, value, got, side.want)
				}
			}
		}
	}
	if (Match{}).holds(subject{value: nil}) != yes {
		t.Error("the zero match expects something")
	}
}

// A match held against a body: everything there is text.
func TestHoldsOnText(t *testing.T) {
	for _, c := range []struct {
		match string
		text  string
		want  truth
	}{
		{`"ok"`, "ok", yes},
		{`"ok"`, "ok\n", no},
		{`5`, "5", yes},
		{`5`, "5.0\n", yes},
		{`5`, "5 apples", no},
		{`5`, "", no},
		{`true`, "true", yes},
		{`true`, "True", no},
		{`false`, "false", yes},
		{`{"min":2,"max":4}`, " 3\r\n", yes},
		{`{"min":2}`, "three", no},
		{`{"max":2}`, "three", no},
		{`{"not":{"max":2}}`, "three", yes},
		{`{"length":2}`, "äö", yes},
		{`{"contains":"a"}`, "\xff\xfea", yes},
		{`{"matches":"^b$"}`, "a\nb", no},
		{`{"matches":"(?m)^b$"}`, "a\nb", yes},
	} {
		if got := matchOf(t, c.match).holds(subject{value: c.text, text: true}); got != c.want {
			t.Errorf("%s on %q: %d, want %d", c.match, c.text, got, c.want)
		}
	}
}

// Of a body that was cut only that holds which no further byte can undo, and only that
// fails which no further byte can mend.
func TestHoldsOnCutText(t *testing.T) {
	for _, c := range []struct {
		match string
		text  string
		want  truth
	}{
		{`{"contains":"ready"}`, "ready ...", yes},
		{`{"contains":"ready"}`, "...", unsure},
		{`{"not":{"contains":"error"}}`, "...", unsure},
		{`{"not":{"contains":"error"}}`, "error ...", no},
		{`{"matches":"rea.y"}`, "ready", yes},
		{`{"matches":"rea.y"}`, "rea", unsure},
		{`"abc"`, "ab", unsure},
		{`"abc"`, "abc", no}, // there is more than abc
		{`"abc"`, "x", no},
		{`["abc",{"contains":"x"}]`, "x", yes},
		{`{"contains":"x","not":{"contains":"y"}}`, "x", unsure},
		{`{"contains":"x","not":{"contains":"y"}}`, "y", no},
		{`{"length":{"min":3}}`, "abc", yes},
		{`{"length":{"min":4}}`, "abc", unsure},
		{`{"length":{"max":2}}`, "abc", no},
		{`{"length":{"max":3}}`, "abc", unsure},
		{`{"length":2}`, "abc", no},
		{`{"length":4}`, "abc", unsure},
		{`{"not":{"length":2}}`, "abc", yes},
		{`{"min":5}`, "1", unsure},
		{`{"min":5}`, "x", no},
		{`7`, "x", no},
	} {
		if got := matchOf(t, c.match).holds(subject{value: c.text, text: true, cut: true}); got != c.want {
			t.Errorf("%s on %q...: %d, want %d", c.match, c.text, got, c.want)
		}
	}
}

func TestHoldsOnHeaders(t *testing.T) {
	for _, c := range []struct {
		match  string
		values []string
		want   bool
	}{
		{`"a"`, []string{"b", "a"}, true},
		{`"a"`, []string{"a, b"}, false},
		{`"a"`, nil, false},
		{`{"not":"a"}`, []string{"b", "c"}, true},
		{`{"not":"a"}`, []string{"b", "a"}, false}, // holds if none does
		{`{"not":"a"}`, nil, true},
		{`{"not":{"not":"a"}}`, []string{"b", "a"}, true},
		{`{"not":{"not":"a"}}`, []string{"b"}, false},
		{`{"contains":"x","not":{"contains":"y"}}`, []string{"x", "z"}, true},
		{`{"contains":"x","not":{"contains":"y"}}`, []string{"x", "y"}, false},
		{`{"min":5,"max":9}`, []string{"3", "20"}, false}, // one value, not two halves
		{`{"min":5,"max":9}`, []string{"3", "7"}, true},
		{`{"all":[{"contains":"a"},{"contains":"b"}]}`, []string{"a", "b"}, false},
		{`{"exists":true}`, nil, false},
		{`{"exists":true}`, []string{""}, true},
		{`{"exists":false}`, nil, true},
		{`{"exists":false}`, []string{""}, false},
		{`[{"exists":false},"a"]`, nil, true},
		{`[{"exists":false},"a"]`, []string{"b"}, false},
		{`{"length":0}`, nil, false},
		{`{"max":9}`, nil, false},
		{`17`, []string{"17"}, true},
	} {
		if got := (headerMatch{"x", matchOf(t, c.match)}).holds(c.values); got != c.want {
			t.Errorf("%s on %q: %t, want %t", c.match, c.values, got, c.want)
		}
	}
}

// FuzzMatch holds that nothing in the file and nothing a peer says makes a match panic, and
// that "not" is the opposite of what it stands before.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{`"ok"`, `[1,{"min":2}]`, `{"contains":"a","not":{"matches":"b"}}`, `{"length":{"max":3}}`, `{"exists":false}`, `{"all":[null,true]}`, `{"matches":"("}`, `{"x":1}`} {
		f.Add(s, "text")
		f.Add(s, `{"a":[1,"b",null]}`)
	}
	f.Fuzz(func(t *testing.T, written, answer string) {
		file, err := readJSON(written)
		if err != nil {
			return
		}
		var m, opposite Match
		if problems := m.FromFile(plainOf(file)); problems != nil {
			for _, p := range problems {
				if p.What == "" || p.Remedy == "" {
					t.Errorf("%s: a problem without words: %+v", written, p)
				}
			}
			return
		}
		if words := want(m); len(words) > 300 {
			t.Errorf("%s: %d bytes to say what it wants", written, len(words))
		}
		if opposite.FromFile(map[string]any{"not": plainOf(file)}) != nil {
			return // as deep as it may be
		}
		subjects := []subject{{value: answer, text: true}, {value: answer}}
		if document, err := readJSON(answer); err == nil {
			subjects = append(subjects, subject{value: document})
		}
		for _, s := range subjects {
			if got := m.holds(s); got == unsure || opposite.holds(s) != yes-got {
				t.Errorf("%s on %#v: %d, and its opposite %d", written, s.value, got, opposite.holds(s))
			}
			s.cut = true
			if opposite.holds(s) != yes-m.holds(s) {
				t.Errorf("%s on %#v, cut: %d, and its opposite %d", written, s.value, m.holds(s), opposite.holds(s))
			}
		}
		m.offending(answer)
	})
}
