package check

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// expecting is the expectation that the file's reader would make of these JSON texts, prepared.
func expecting(t testing.TB, file map[string]string) *Expect {
	t.Helper()
	e := expectation(t, file)
	if problems := e.prepare(); problems != nil {
		t.Fatalf("%v: %v", file, problems)
	}
	return e
}

// expectation is the same before it is prepared. Keys are "status", "body", "header NAME"
// and "json PATH".
func expectation(t testing.TB, file map[string]string) *Expect {
	t.Helper()
	e := &Expect{Headers: map[string]Match{}, JSON: map[string]Match{}}
	for key, written := range file {
		switch kind, name, _ := strings.Cut(key, " "); kind {
		case "status":
			if problems := e.Status.FromFile(plain(t, written)); problems != nil {
				t.Fatal(problems)
			}
		case "body":
			m := matchOf(t, written)
			e.Body = &m
		case "header":
			e.Headers[name] = matchOf(t, written)
		case "json":
			e.JSON[name] = matchOf(t, written)
		}
	}
	return e
}

type file = map[string]string

func TestExpectOfTheHead(t *testing.T) {
	header := http.Header{"Content-Type": {"text/html"}, "Set-Cookie": {"a=1", "b=2", "c=3", "d=4", "e=5"}, "X-Empty": {""}}
	for _, c := range []struct {
		file   file
		status int
		class  health.Class
		want   string
	}{
		{file{}, 200, "", ""},
		{file{}, 503, health.ClassStatus, `status 503, want 2xx`},
		{file{"status": `[200,204,"3xx"]`}, 503, health.ClassStatus, `status 503, want 200, 204 or 3xx`},
		{file{"status": `503`}, 503, "", ""},
		{file{"status": `503`}, 200, health.ClassStatus, `status 200, want 503`},
		{file{"header content-type": `{"contains":"text/html"}`}, 200, "", ""},
		{file{"header CONTENT-type": `"text/html"`}, 200, "", ""},
		{file{"header content-type": `{"contains":"application/json"}`}, 200, health.ClassHeader, `header content-type "text/html", want contains "application/json"`},
		{file{"header x-version": `{"matches":"^v2\\."}`}, 200, health.ClassHeader, `header x-version is absent, want matches /^v2\./`},
		{file{"header x-version": `{"exists":false}`}, 200, "", ""},
		{file{"header x-empty": `{"exists":false}`}, 200, health.ClassHeader, `header x-empty "", want absent`},
		{file{"header set-cookie": `"b=2"`}, 200, "", ""},
		{file{"header set-cookie": `{"not":{"contains":"d="}}`}, 200, health.ClassHeader, `header set-cookie "a=1", "b=2", "c=3", 2 more, want not contains "d="`},
		{file{"header b": `"x"`, "header a": `"x"`, "status": `404`}, 404, health.ClassHeader, `header a is absent, want "x"`},
		{file{"header b": `"x"`, "status": `404`}, 200, health.ClassStatus, `status 200, want 404`},
	} {
		e := expecting(t, c.file)
		if class, got := e.head(c.status, header, nil); class != c.class || got != c.want {
			t.Errorf("%v: %s %q, want %s %q", c.file, class, got, c.class, c.want)
		}
		if e.needsBody() {
			t.Errorf("%v needs the body", c.file)
		}
	}
}

func TestExpectOfTheBody(t *testing.T) {
	page := "<html>" + strings.Repeat("<p>fine</p>", 50) + "<b>an error occurred</b>" + strings.Repeat("<p>fine</p>", 50)
	for _, c := range []struct {
		file file
		body string
		want string
	}{
		{file{"body": `{"contains":"ready"}`}, "all ready", ""},
		{file{"body": `{"contains":"ready"}`}, "not yet\n", `body "not yet\n", want contains "ready"`},
		{file{"body": `{"contains":"ready"}`}, "", `body is empty, want contains "ready"`},
		{file{"body": `{"contains":"ready"}`}, page, `body "<html>` + strings.Repeat("<p>fine</p>", 6) + `<p>fine<...", want contains "ready"`},
		{file{"body": `{"not":{"matches":"\\berror\\b"}}`}, page,
			`body ".../p><p>fine</p><b>an error occurred</b>` + strings.Repeat("<p>fine</p>", 3) + `<p>fine</...", want not matches /\berror\b/`},
		{file{"body": `"ok"`}, "ok\n", `body "ok\n", want "ok"`},
		{file{"json $.status": `"ok"`}, `{"status":"ok"}`, ``},
		{file{"json $.status": `"ok"`}, "\ufeff {\"status\":\"ok\"}\r\n", ``},
		{file{"json $.status": `"ok"`}, `{"status":"degraded"}`, `json $.status "degraded", want "ok"`},
		{file{"json $.status": `"ok"`}, `{"status":{"db":1}}`, `json $.status an object of 1, want "ok"`},
		{file{"json $.status": `"ok"`}, `{}`, `json $.status selects nothing, want "ok"`},
		{file{"json $.status": `{"not":"down"}`}, `{}`, `json $.status selects nothing, want not "down"`},
		{file{"json $.error": `{"exists":false}`}, `{}`, ``},
		{file{"json $.error": `{"not":{"exists":true}}`}, `{}`, ``},
		{file{"json $.error": `[{"exists":false},null]`}, `{"error":null}`, ``},
		{file{"json $.error": `[{"exists":false},null]`}, `{}`, ``},
		{file{"json $.error": `[{"exists":false},null]`}, `{"error":"x"}`, `json $.error "x", want absent or null`},
		{file{"json $.error": `{"exists":false}`}, `{"error":null}`, `json $.error null, want absent`},
		{file{"json $.queue.depth": `{"max":99}`}, `{"queue":{"depth":100.0}}`, `json $.queue.depth 100.0, want at most 99`},
		{file{"json $.id": `9007199254740993`}, `{"id":9007199254740992}`, `json $.id 9007199254740992, want 9007199254740993`},
		{file{"json $[*].up": `true`}, `[{"up":true},{"up":true}]`, ``},
		{file{"json $[*].up": `true`}, `[{"up":true},{"up":false},{"up":true}]`, `json $[*].up false (number 2 of 3), want true`},
		{file{"json $..up": `true`}, `{"a":{"up":true},"b":[{"up":true}]}`, ``},
		{file{"json $[?@.name=='db'].up": `true`}, `[{"name":"db","up":true},{"name":"cache","up":false}]`, ``},
		{file{"json $.parts": `{"length":{"min":2}}`}, `{"parts":[1]}`, `json $.parts an array of 1, want length at least 2`},
		{file{"json $['a','b']": `1`}, `{"b":1,"a":2}`, `json $['a','b'] 2 (number 1 of 2), want 1`},
		{file{"json $.a": `1`, "json $.b": `1`}, `{"a":2,"b":2}`, `json $.a 2, want 1`},
		{file{"json $": `{"exists":true}`}, `<html>`, `body "<html>" is not JSON: invalid character '<' looking for beginning of value, byte 1`},
		{file{"json $": `{"exists":true}`}, `{"a":1} x`, `body "{\"a\":1} x" is not JSON: more follows after its end, byte 8`},
		{file{"json $": `{"exists":true}`}, `{"a":`, `body "{\"a\":" is not JSON: unexpected EOF`},
		{file{"json $": `{"exists":true}`}, " \n", `body is empty, want JSON`},
		{file{"json $": `{"exists":true}`}, strings.Repeat("[", 101) + strings.Repeat("]", 101),
			`body "` + strings.Repeat("[", 80) + `..." is not JSON: nested deeper than 100`},
		{file{"json $": `{"exists":true}`}, "\ufeff\n[" + strings.Repeat("0,", 24_998) + "0]", ``},
		{file{"json $": `{"exists":true}`}, "\ufeff\n[" + strings.Repeat("0,", 24_999) + "0]",
			`body has more than 25000 JSON values; expect something of body: instead of json:, or ask for a shorter list`},
		{file{"json $": `{"exists":true}`}, "<" + strings.Repeat("[,],", 30_000), `body "<` + strings.Repeat("[,],", 19) + `[,]..." is not JSON: invalid character '<' looking for beginning of value, byte 1`},
		{file{"json $": `{"exists":true}`}, strings.Repeat("[", 100) + strings.Repeat("]", 100), ``},
		{file{"json $": `"` + `\"[[\\` + `"`}, `"\"[[\\"`, ``},
		{file{"body": `{"contains":"x"}`, "json $.a": `1`}, `{"a":2}`, `body "{\"a\":2}", want contains "x"`},
	} {
		e := expecting(t, c.file)
		class, got := e.body(c.body, false, nil)
		if got != c.want || (class == health.ClassBody) != (c.want != "") {
			t.Errorf("%v: %s %q, want %q", c.file, class, got, c.want)
		}
		if !e.needsBody() {
			t.Errorf("%v does not need the body", c.file)
		}
	}
}

func TestExpectOfACutBody(t *testing.T) {
	kept := strings.Repeat("a", int(256*KiB))
	for _, c := range []struct {
		file file
		body string
		want string
	}{
		{file{"body": `{"contains":"aaa"}`}, kept, ``},
		{file{"body": `{"contains":"ready"}`}, kept, `body "` + strings.Repeat("a", 80) + `...", want contains "ready" in the first 256 KiB; raise max_body`},
		{file{"body": `{"not":{"contains":"error"}}`}, kept, `body "` + strings.Repeat("a", 80) + `...", want not contains "error" in the first 256 KiB; raise max_body`},
		{file{"body": `{"not":{"contains":"aaa"}}`}, kept, `body "` + strings.Repeat("a", 80) + `...", want not contains "aaa"`},
		{file{"body": `{"length":{"max":100}}`}, kept, `body "` + strings.Repeat("a", 80) + `...", want length at most 100`},
		{file{"body": `{"length":{"min":100}}`}, kept, ``},
		{file{"json $.a": `1`}, `{"a":1,"b":"` + strings.Repeat("x", 1012), `body goes on, want JSON that ends in the first 1 KiB; raise max_body`},
		{file{"json $.a": `1`}, `{"a":1}`, `body goes on, want JSON that ends in the first 7 bytes; raise max_body`},
		{file{"json $.a": `1`}, `<html>`, `body "<html>" is not JSON: invalid character '<' looking for beginning of value, byte 1`},
	} {
		class, got := expecting(t, c.file).body(c.body, true, nil)
		if got != c.want || (class == health.ClassBody) != (c.want != "") {
			t.Errorf("%v: %s %q, want %q", c.file, class, got, c.want)
		}
	}
}

func TestExpectProblems(t *testing.T) {
	const rfc = "; write it as in RFC 9535: $.status or $.items[0].name"
	for _, c := range []struct {
		file file
		want string
	}{
		{file{"body": `null`}, `body: null is not a value; write a value, or leave the key out`},
		{file{"body": `{"not":{"exists":true}}`}, `body.not.exists: exists asks nothing of a body, which is always there; leave it out`},
		{file{"header x": `{"not":null}`}, `headers.x.not: null is not a value; write a value, or leave the key out`},
		{file{"header x y": `"a"`}, `headers.x y: header "x y" is not a header's name; write letters, digits and dashes`},
		{file{"header ": `"a"`}, `headers.: header "" is not a header's name; write letters, digits and dashes`},
		{file{"header X-a": `"a"`, "header x-A": `"b"`}, `headers.x-A: header "x-A" is the same as "X-a"; write it once, with all: [match, ...]`},
		{file{"json status": `"a"`}, `json.status: "status" is not a JSON path: unexpected identifier at position 1` + rfc},
		{file{"json ": `"a"`}, `json.: "" is not a JSON path: unexpected end of input` + rfc},
		{file{"json $.a[": `"a"`}, `json.$.a[: "$.a[" is not a JSON path: unexpected eof at position 5` + rfc},
		{file{"json $..a..b": `1`}, `json.$..a..b: "$..a..b" has ".." more than once, which is not taken here; leave one ".." and write the other steps out`},
		{file{"json $..a[?@..b]": `1`}, `json.$..a[?@..b]: "$..a[?@..b]" has ".." more than once, which is not taken here; leave one ".." and write the other steps out`},
		{file{"json $[?count($.*)>1]": `1`}, `json.$[?count($.*)>1]: "$[?count($.*)>1]" has "$" inside a filter, which is not taken here; compare with "@" or with a value`},
		{file{"json $[?match(@.a,'x')]": `1`}, `json.$[?match(@.a,'x')]: "$[?match(@.a,'x')]" has match() or search(), which is not taken here; select more, and hold it to matches:`},
		{file{"json $['..','$','match(\\'..\"'].a..b": `null`}, ``},
		{file{"json $.a[?@.b=='search($..)']": `null`}, ``},
	} {
		if got := written(expectation(t, c.file).prepare()); got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.file, got, c.want)
		}
	}
	for _, path := range []string{"$[?match (@.a,'x')]", "$[? search\t(@.a, 'x')]"} {
		if _, problems := compilePath(path); problems == nil {
			t.Errorf("%s is taken", path)
		}
	}
}

// A peer that sends back a secret does not get it into a sentence, not even its first half.
func TestExpectKeepsSecrets(t *testing.T) {
	const value = "hunter2-and-much-more-of-it"
	text, err := secret.Resolve("${env:TOKEN}", func(secret.Reference) (string, error) { return value, nil })
	if err != nil {
		t.Fatal(err)
	}
	redactor := secret.NewRedactor(text)
	var want Match
	if problems := want.FromFile(map[string]any{"contains": text}); problems != nil {
		t.Fatal(problems)
	}
	e := &Expect{Headers: map[string]Match{"x": want}, Body: &want}
	if problems := e.prepare(); problems != nil {
		t.Fatal(problems)
	}
	if _, got := e.head(200, http.Header{"X": {"other"}}, redactor); got != `header x "other", want contains "${env:TOKEN}"` {
		t.Errorf("head: %s", got)
	}
	if _, got := e.body("x "+value, false, redactor); got != "" {
		t.Errorf("the value is not found: %s", got)
	}
	for padding := range 120 {
		answer := strings.Repeat("-", padding) + value + "/error/" + value
		unmet := expecting(t, file{"header x": `"y"`, "body": `{"not":{"contains":"error"}}`})
		document := expecting(t, file{"json $.a": `1`})
		_, head := unmet.head(200, http.Header{"X": {answer}}, redactor)
		_, body := unmet.body(answer, false, redactor)
		_, node := document.body(`{"a":"`+answer+`"}`, false, redactor)
		_, broken := document.body(answer, false, redactor)
		for _, sentence := range []string{head, body, node, broken} {
			if sentence == "" || strings.Contains(sentence, "hunt") || strings.Contains(sentence, "-of-it") {
				t.Fatalf("padded by %d: %s", padding, sentence)
			}
		}
	}
}

// What a body can cost is bound by its size: these took the path library minutes, or brought
// it down, before there were bounds.
func TestHostileJSONTakesNoTime(t *testing.T) {
	const size = int(64 * KiB)
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100) + ","
	for _, body := range []string{
		strings.Repeat("[", size),
		"[" + strings.Repeat(deep, size/len(deep)-1) + "1]",
		"[" + strings.Repeat("[],", size/3-1) + "1]",
		"[" + strings.Repeat(`{"a":1},`, size/8-1) + "1]",
		"1e" + strings.Repeat("9", size-2),
		strings.Repeat("9", size),
		`"` + strings.Repeat(`\ud83d`, size/6-1) + `"`,
	} {
		for _, e := range []*Expect{
			expecting(t, file{"json $..a": `1`}), expecting(t, file{"json $..*": `{"not":{"min":1}}`}), expecting(t, file{"json $..[?@.a==@.b]": `"x"`}),
			expecting(t, file{"json $": `{"max":1}`}),
		} {
			began := time.Now()
			class, words := e.body(body, false, nil)
			if took := time.Since(began); took > 3*time.Second { // some 50 ms; a loaded machine under -race takes its time
				t.Errorf("%s on %.20s...: %s", fmt.Sprint(e.JSON), body, took)
			}
			if class != "" && len(words) > 600 {
				t.Errorf("%d bytes of words: %.200s", len(words), words)
			}
		}
	}
}

func TestValuesIn(t *testing.T) {
	for text, want := range map[string]int{
		``: 1, `0`: 1, `"a,b"`: 1, `[]`: 1, ` { } `: 1, `[0]`: 2, `[[]]`: 2, `[ [ ] , { } ]`: 3, `[1,2,3]`: 4,
		`{"a":1}`: 2, `{"a":{"b":[1,"[,]"]},"c":"\"},{"}`: 6, "\ufeff [1]": 2, `[{"":0},{"":0}]`: 5,
	} {
		if got := valuesIn(text); got != want {
			t.Errorf("%s: %d values, want %d", text, got, want)
		}
	}
}

func FuzzExpectJSON(f *testing.F) {
	for _, path := range []string{"$", "$.a", "$..a", "$[0]", "$[?@.a>1]", "$['a']", "$[::2]", "$[?length(@.a)==value(@.b)]", "$[?count(@.*)<@.a]"} {
		f.Add(path, `{"a":1}`, `1`)
		f.Add(path, `[{"a":[1,2,{"a":null}],"b":3}]`, `{"not":{"exists":false}}`)
	}
	f.Fuzz(func(t *testing.T, path, body, written string) {
		document, err := readJSON(written)
		if err != nil {
			return
		}
		var m Match
		if m.FromFile(plainOf(document)) != nil {
			return
		}
		e := &Expect{JSON: map[string]Match{path: m}}
		if e.prepare() != nil {
			return
		}
		class, words := e.body(body, false, nil)
		if (class == "") != (words == "") {
			t.Errorf("%s of %s: class %q with words %q", path, body, class, words)
		}
		e.body(body, true, nil)
	})
}
