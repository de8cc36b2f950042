package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"rollcall/internal/secret"
)

// resolve is a text whose references have these values, or a failed test.
func resolve(t testing.TB, s string, values map[string]string) secret.Text {
	t.Helper()
	text, err := secret.Resolve(s, func(r secret.Reference) (string, error) { return values[r.Name], nil })
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// awkward has a character that each encoding treats in its own way.
const awkward = `pA5s/wo+rd "q" <&'!(*)~>=?\` + "é"

func TestRedactsEverySpelling(t *testing.T) {
	r := secret.NewRedactor(resolve(t, "Bearer ${env:TOKEN}", map[string]string{"TOKEN": awkward}))
	marshalled, _ := json.Marshal(awkward)
	query, path := url.QueryEscape(awkward), url.PathEscape(awkward)
	for name, spelled := range map[string]string{
		"raw":                   awkward,
		"query":                 query,
		"path":                  path,
		"query, small digits":   lowerPercent(query),
		"path, small digits":    lowerPercent(path),
		"strict":                strings.ReplaceAll(query, "+", "%20"),
		"encodeURIComponent":    "pA5s%2Fwo%2Brd%20%22q%22%20%3C%26'!(*)~%3E%3D%3F%5C%C3%A9",
		"base64":                base64.StdEncoding.EncodeToString([]byte(awkward)),
		"base64, no padding":    base64.RawStdEncoding.EncodeToString([]byte(awkward)),
		"base64url":             base64.URLEncoding.EncodeToString([]byte(awkward)),
		"base64url, no padding": base64.RawURLEncoding.EncodeToString([]byte(awkward)),
		"json":                  string(marshalled[1 : len(marshalled)-1]),
		"json, slashes escaped": `pA5s\/wo+rd \"q\" <&'!(*)~>=?\\é`,
		"json, in ASCII":        `pA5s/wo+rd \"q\" <&'!(*)~>=?\\\u00e9`,
		"html":                  html.EscapeString(awkward),
		"%q":                    strings.Trim(fmt.Sprintf("%q", awkward), `"`),
	} {
		if got, want := r.Redact("a "+spelled+" b"), "a ${env:TOKEN} b"; got != want {
			t.Errorf("%s: %q became %q, want %q", name, spelled, got, want)
		}
	}
}

func lowerPercent(s string) string {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '%' {
			s = s[:i] + strings.ToLower(s[i:i+3]) + s[i+3:]
		}
	}
	return s
}

// Wherever a value begins in a longer base64, no more than a few bits of it are left over.
func TestRedactsInsideLongerBase64(t *testing.T) {
	const value = "hunter2-and-more"
	r := secret.NewRedactor(resolve(t, "${env:PASSWORD}", map[string]string{"PASSWORD": value}))
	for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		for before := range 7 {
			for after := range 7 {
				whole := strings.Repeat("~", before) + value + strings.Repeat("?", after)
				got := r.Redact(alphabet.EncodeToString([]byte(whole)))
				head, tail, found := strings.Cut(got, "${env:PASSWORD}")
				if !found {
					t.Fatalf("%d before, %d after: %q keeps it", before, after, got)
				}
				tail = strings.TrimRight(tail, "=")
				if most := (before*8 + 5) / 6; len(head) > most {
					t.Errorf("%d before: %q is left in front, want at most %d characters", before, head, most)
				}
				if most := after*8/6 + 2; len(tail) > most {
					t.Errorf("%d after: %q is left behind, want at most %d characters", after, tail, most)
				}
			}
		}
	}
}

func TestRedactsTheLongestValueFirst(t *testing.T) {
	values := map[string]string{"SHORT": "abcdef", "LONG": "abcdefghij", "INSIDE": "defghi"}
	for _, order := range []string{"${env:SHORT}${env:LONG}${env:INSIDE}", "${env:LONG}${env:INSIDE}${env:SHORT}"} {
		r := secret.NewRedactor(resolve(t, order, values))
		if got, want := r.Redact("abcdefghij abcdef defghi"), "${env:LONG} ${env:SHORT} ${env:INSIDE}"; got != want {
			t.Errorf("%s: got %q, want %q", order, got, want)
		}
	}
}

func TestRedactorLeavesTheRestAlone(t *testing.T) {
	for _, c := range []struct{ what, reference, value, in, want string }{
		{"five bytes are no secret", "A", "abcde", "abcde", "abcde"},
		{"six are", "A", "abcdef", "xabcdefx", "x${env:A}x"},
		{"nothing is nothing", "A", "", "a b", "a b"},
		{"a line feed at its end does not hide it", "A", "abcdef\n", "abcdef", "${env:A}"},
		{"spaces do not make it longer", "A", "  abcd  ", "  abcd  ", "  abcd  "},
		{"a reference stays, whatever its name", "PASSWORD", "PASSWORD", "${env:PASSWORD} PASSWORD", "${env:PASSWORD} ${env:PASSWORD}"},
	} {
		r := secret.NewRedactor(resolve(t, "${env:"+c.reference+"}", map[string]string{c.reference: c.value}))
		got := r.Redact(c.in)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
		if again := r.Redact(got); again != got {
			t.Errorf("%s: a second time %q became %q", c.what, got, again)
		}
	}
	if got := (*secret.Redactor)(nil).Redact("as it is"); got != "as it is" {
		t.Errorf("a nil redactor made %q of it", got)
	}
	if got := secret.NewRedactor(secret.Plain("plain text"), secret.Text{}).Redact("plain text"); got != "plain text" {
		t.Errorf("a redactor without secrets made %q of it", got)
	}
}

func TestOneValueUnderTwoNamesIsAlwaysTheSame(t *testing.T) {
	values := map[string]string{"B": "same value", "A": "same value"}
	for range 20 {
		r := secret.NewRedactor(resolve(t, "${env:B}", values), resolve(t, "${env:A}", values))
		if got := r.Redact("same value"); got != "${env:A}" {
			t.Fatalf("got %q, want ${env:A} every time", got)
		}
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("secret", "before ", " after")
	f.Add(awkward, "%2", "=")
	f.Add("\xff\xfe\x00\x01\x02\x03", "", "\\")
	f.Fuzz(func(t *testing.T, value, before, after string) {
		r := secret.NewRedactor(resolve(t, "${env:S}", map[string]string{"S": value}))
		got := r.Redact(before + value + after)
		if v := strings.TrimSpace(value); len(v) >= 6 && strings.Contains(got, v) && !strings.Contains("${env:S}", v) {
			// The neighbours may spell the value again across a border; twice is enough then.
			if strings.Count(got, v) >= strings.Count(before+value+after, v) {
				t.Errorf("%q in %q is still in %q", v, before+value+after, got)
			}
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	var texts []secret.Text
	for i := range 100 {
		texts = append(texts, resolve(b, "${env:T}", map[string]string{"T": fmt.Sprintf("token-%d-/+=?", i)}))
	}
	r := secret.NewRedactor(texts...)
	body := strings.Repeat("<p>nothing of it in here</p> ", 9000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r.Redact(body)
	}
}
