package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"rollcall/internal/secret"
)

func TestResolve(t *testing.T) {
	values := map[string]string{"A": "1", "B_2": "two", "DOLLAR": "$${env:A}", "EMPTY": ""}
	for _, c := range []struct {
		in, want string
		refs     int
	}{
		{"", "", 0},
		{"plain", "plain", 0},
		{"$", "$", 0},
		{"$5 and {x}", "$5 and {x}", 0},
		{"a$", "a$", 0},
		{"${env:A}", "1", 1},
		{"Bearer ${env:A}", "Bearer 1", 1},
		{"${env:A}${env:B_2}", "1two", 2},
		{"x${env:A}y${env:A}z", "x1y1z", 2},
		{"${env:EMPTY}", "", 1},
		{"$${env:A}", "${env:A}", 0},
		{"$${", "${", 0},
		{"$${${env:A}", "${1", 1},
		{"$${$${", "${${", 0},
		{"$$", "$$", 0},
		// "$${" is read as soon as it stands there, so the first of three "$" is itself.
		{"$$${env:A}", "$${env:A}", 0},
		{"$$$${env:A}", "$$${env:A}", 0},
		{"${env:A}$${env:A}", "1${env:A}", 1},
		{"${env:DOLLAR}", "$${env:A}", 1}, // a value is not read again
		{"}${env:A}}", "}1}", 1},
	} {
		text, err := secret.Resolve(c.in, func(r secret.Reference) (string, error) { return values[r.Name], nil })
		if err != nil || text.Reveal() != c.want || text.String() != c.in || text.Secret() != (c.refs > 0) {
			t.Errorf("%q: resolved to %q, %v; want %q", c.in, text.Reveal(), err, c.want)
		}
		if refs, err := secret.References(c.in); len(refs) != c.refs || err != nil {
			t.Errorf("%q: references %v, %v; want %d", c.in, refs, err, c.refs)
		}
	}
}

func TestMalformedReferences(t *testing.T) {
	const remedy = "write ${env:NAME}, or $${ for the two characters themselves"
	for _, c := range []struct {
		in     string
		offset int
		what   string
	}{
		{"${", 0, `"${" without its "}"`},
		{"ab${env:A", 2, `"${" without its "}"`},
		{"${}", 0, `"${}" is not a reference`},
		{"${NAME}", 0, `"${NAME}" is not a reference`},
		{"${env:}", 0, `"${env:}" is not a reference`},
		{"${ENV:A}", 0, `"${ENV:A}" is not a reference`},
		{"${env:1A}", 0, `"${env:1A}" is not a reference`},
		{"${env: A}", 0, `"${env: A}" is not a reference`},
		{"${env:A-B}", 0, `"${env:A-B}" is not a reference`},
		{"${env:A} ${vault:x}", 9, `"${vault:x}" is not a reference`},
		{"${env:${env:A}}", 0, `"${env:${env:A}" is not a reference`},
		{"$${${}", 3, `"${}" is not a reference`},
		{"${env:\x00}", 0, `"${env:\x00}" is not a reference`},
	} {
		_, err := secret.References(c.in)
		var syntax *secret.SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != c.offset || syntax.What != c.what || syntax.Error() != c.what+"; "+remedy {
			t.Errorf("%q: %#v, want %s at %d", c.in, err, c.what, c.offset)
		}
		text, err := secret.Resolve(c.in, func(secret.Reference) (string, error) { return "", nil })
		if !errors.As(err, &syntax) || text != (secret.Text{}) {
			t.Errorf("%q: resolved to %v, %v", c.in, text, err)
		}
	}
}

// Whoever writes the file chooses the host that a value is sent to: the role's credentials,
// and whatever else AWS puts into the environment, are no values to be sent.
func TestAWSsOwnVariables(t *testing.T) {
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "aws_session_token"} {
		in := "Bearer ${env:" + name + "}"
		var syntax *secret.SyntaxError
		_, err := secret.References(in)
		if !errors.As(err, &syntax) || syntax.Offset != 7 || syntax.What != fmt.Sprintf("%q is a variable of AWS's own, which is told to no target", in[7:]) {
			t.Errorf("%q: %#v, want it refused", in, err)
		}
		_, err = secret.Resolve(in, func(secret.Reference) (string, error) {
			t.Errorf("%q: was looked up", in)
			return "", nil
		})
		if !errors.As(err, &syntax) {
			t.Errorf("%q: %v, want it refused", in, err)
		}
	}
	if refs, err := secret.References("${env:AWSOME}"); err != nil || len(refs) != 1 {
		t.Errorf("AWSOME: %v, %v, want a variable like others", refs, err)
	}
}

func TestResolveGivesTheErrorOfTheLook(t *testing.T) {
	unset := errors.New("TOKEN is not set")
	_, err := secret.Resolve("${env:TOKEN}", func(r secret.Reference) (string, error) {
		if r != (secret.Reference{Scheme: "env", Name: "TOKEN"}) {
			t.Errorf("looked for %v", r)
		}
		return "", unset
	})
	if !errors.Is(err, unset) {
		t.Errorf("got %v", err)
	}
}

// Nothing but Reveal gives the value away.
func TestTextIsNeverPrinted(t *testing.T) {
	const value, shown = "s3cr3t-value", "Bearer ${env:TOKEN}"
	text := resolve(t, shown, map[string]string{"TOKEN": value})
	if text.Reveal() != "Bearer "+value || !text.Secret() {
		t.Fatalf("resolved to %q", text.Reveal())
	}
	type hidden struct {
		text    secret.Text // fmt cannot call the methods of an unexported field's value
		pointer *secret.Text
		any     any
	}
	type open struct {
		Text  secret.Text
		Texts []secret.Text
		Map   map[string]secret.Text
	}
	holders := []any{text, &text, []secret.Text{text}, map[string]secret.Text{"k": text}, map[secret.Text]int{text: 1},
		hidden{text, &text, text}, &hidden{text, &text, text},
		open{text, []secret.Text{text}, map[string]secret.Text{"k": text}}, fmt.Errorf("at %v", text)}
	const verbs = "vTtbcdoOqxXUeEfFgGspwz!"
	for _, holder := range holders {
		for _, verb := range verbs {
			for _, flags := range []string{"", "+", "#", "-", " ", "0", "40", ".3", "#+40.3"} {
				format := "%" + flags + string(verb)
				refuse(t, format, fmt.Sprintf(format, holder), value)
			}
		}
		refuse(t, "Sprint", fmt.Sprint(holder), value)
		document, err := json.Marshal(holder)
		refuse(t, "json", string(document)+fmt.Sprint(err), value)
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("asked", "holder", holder, "text", text, slog.Group("g", "any", holder))
			refuse(t, "slog", out.String(), value)
		}
		var out strings.Builder
		err = template.Must(template.New("").Parse("{{.}} {{printf `%#v` .}} {{. | html}}")).Execute(&out, holder)
		refuse(t, "template", out.String()+fmt.Sprint(err), value)
	}
}

// What was kept elsewhere is shown by its name, and taken out of what others say.
func TestNamed(t *testing.T) {
	const value = "https://hooks.example.com/s3cr3t-value"
	text := secret.Named("ssm:/rollcall/slack", value)
	if text.Reveal() != value || !text.Secret() {
		t.Errorf("reveals %q, secret %v", text.Reveal(), text.Secret())
	}
	if got := fmt.Sprintf("%v %+v %s", text, &text, secret.NewRedactor(text).Redact("post "+value)); got != "ssm:/rollcall/slack ssm:/rollcall/slack post ssm:/rollcall/slack" {
		t.Errorf("printed %q", got)
	}
}

// Where the text is shown at all, it is the file's own.
func TestTextShowsTheSource(t *testing.T) {
	text := resolve(t, "Bearer ${env:TOKEN}", map[string]string{"TOKEN": "s3cr3t-value"})
	for _, got := range []string{text.String(), fmt.Sprint(text), fmt.Sprintf("%s", text), fmt.Sprintf("%v", text), fmt.Sprintf("%#v", text)} {
		if got != "Bearer ${env:TOKEN}" {
			t.Errorf("printed %q", got)
		}
	}
	if got := fmt.Sprintf("%q", text); got != `"Bearer ${env:TOKEN}"` {
		t.Errorf("quoted %s", got)
	}
	if document, err := json.Marshal(map[string]secret.Text{"h": text}); string(document) != `{"h":"Bearer ${env:TOKEN}"}` {
		t.Errorf("marshalled %s, %v", document, err)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("asked", "header", text)
	if !strings.Contains(out.String(), `"header":"Bearer ${env:TOKEN}"`) {
		t.Errorf("logged %s", out.String())
	}
	if plain := secret.Plain("$${env:A} as it is"); plain.Reveal() != "$${env:A} as it is" || plain.Secret() {
		t.Errorf("a plain text reveals %q", plain.Reveal())
	}
}

func refuse(t *testing.T, how, printed, value string) {
	t.Helper()
	if strings.Contains(printed, value) || strings.Contains(printed, fmt.Sprintf("%x", value)) || strings.Contains(printed, fmt.Sprintf("%X", value)) {
		t.Errorf("%s gives the value away: %s", how, printed)
	}
}

// FuzzResolve holds that a text whose references stand for themselves says what it said,
// and that any string can be written so that it means itself.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"", "$", "$${", "$$${env:X}", "${env:A}", "a${env:A}b$${c", "${", "${}", "${env:${env:A}}", "\xff${env:é}"} {
		f.Add(s)
	}
	itself := func(r secret.Reference) (string, error) { return r.String(), nil }
	f.Fuzz(func(t *testing.T, s string) {
		refs, wrong := secret.References(s)
		text, err := secret.Resolve(s, itself)
		if (wrong == nil) != (err == nil) {
			t.Fatalf("%q: references say %v, resolving says %v", s, wrong, err)
		}
		if err == nil {
			if want := strings.ReplaceAll(s, "$${", "${"); text.Reveal() != want {
				t.Errorf("%q: means %q, want %q", s, text.Reveal(), want)
			}
			for _, r := range refs {
				if !strings.HasPrefix(s[r.Offset:], r.String()) {
					t.Errorf("%q: no %s at %d", s, r, r.Offset)
				}
			}
			if text.String() != s || text.Secret() != (len(refs) > 0) {
				t.Errorf("%q: shows %q, secret %t with %d references", s, text, text.Secret(), len(refs))
			}
		}
		escaped, err := secret.Resolve(strings.ReplaceAll(s, "${", "$${"), itself)
		if err != nil || escaped.Reveal() != s || escaped.Secret() {
			t.Errorf("%q escaped means %q, %v", s, escaped.Reveal(), err)
		}
	})
}
