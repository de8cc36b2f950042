package fleet

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollcall/internal/check"
	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// read is the fleet of a file that is right.
func read(t testing.TB, file string) *Fleet {
	t.Helper()
	f, err := parse("t.yaml", []byte(file), environment, kindsForTest)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFleet(t *testing.T) {
	f := read(t, `
fleet: shop
metrics: group
results: changes
targets:
  - https://Shop.example.com:443/health?full=1#top
  - url: wire://edge.example.com:7000
    name: edge
    title: The edge, día y noche
`)
	if f.Name != "shop" || f.Metrics != "group" || f.Results != "changes" || len(f.Targets) != 2 {
		t.Fatalf("got %+v", f)
	}
	first, second := f.Targets[0], f.Targets[1]
	if want := (health.Target{
		Name: "Shop.example.com/health", URL: "https://Shop.example.com:443/health?full=1#top", Host: "shop.example.com", Kind: "web",
		Policy: health.Policy{
			Enabled: true, Every: time.Minute, Timeout: 5 * time.Second, Attempts: 2,
			FailAfter: 2, RecoverAfter: 1, Remind: 6 * time.Hour, Severity: health.Critical,
			Certificate: health.Lasting{Warn: health.Remainder{Share: 0.33}, Critical: health.Remainder{Share: 0.10}},
		},
	}); !reflect.DeepEqual(first.Target, want) {
		t.Errorf("a bare URL with the built-in policy:\n got %+v\nwant %+v", first.Target, want)
	}
	if got := first.At.String(); got != "t.yaml:6:5" {
		t.Errorf("at %s, want t.yaml:6:5", got)
	}
	if second.Name != "edge" || second.Title != "The edge, día y noche" || second.Kind != "wire" || second.At.Line != 7 {
		t.Errorf("got %+v", second)
	}
	if w := first.Check.(*web); w.prepared != 1 || w.url.String() != first.URL {
		t.Errorf("prepared %d times with %s, want once with the URL", w.prepared, w.url)
	}
}

func TestWithoutMetricsAndResults(t *testing.T) {
	f := read(t, "fleet: shop\ntargets: [https://example.com]\n")
	if f.Metrics != "fleet" || f.Results != "all" {
		t.Errorf("metrics %q, results %q, want fleet and all", f.Metrics, f.Results)
	}
}

// TestPrecedence holds the order built-in, defaults, group, target, key by key.
func TestPrecedence(t *testing.T) {
	f := read(t, `
fleet: shop
defaults:
  every: 2m
  timeout: 10s
  attempts: 3
  remind: 1h
  slow_after: 2s
  tags: [prod, eu]
  severity: warning
  certificate: {warn: 30d}
  depends_on: [b.example.com, slow]
groups:
  slow:
    certificate: {critical: 5%}
    timeout: 30s
    every: 1h30m
    slow_after: none
    runbook: https://wiki.example.com/slow
targets:
  - https://a.example.com
  - url: https://b.example.com
    group: slow
    every: 1d
    tags: [lab]
    severity: critical
    certificate: {critical: 1d12h}
    fail_after: 100
    recover_after: 3
    remind: none
    enabled: false
  - url: https://c.example.com
    web:
      method: POST
`)
	a, b, c := f.Targets[0].Policy, f.Targets[1].Policy, f.Targets[2].Policy
	if want := (health.Policy{
		Enabled: true, Every: 2 * time.Minute, Timeout: 10 * time.Second, Attempts: 3, FailAfter: 2, RecoverAfter: 1,
		Remind: time.Hour, SlowAfter: 2 * time.Second, Tags: []string{"prod", "eu"}, Severity: health.Warning,
		Certificate: health.Lasting{Warn: health.Remainder{Time: 30 * 24 * time.Hour}, Critical: health.Remainder{Share: 0.10}},
		DependsOn:   []string{"b.example.com", "slow"},
	}); !reflect.DeepEqual(a, want) {
		t.Errorf("defaults over built-in:\n got %+v\nwant %+v", a, want)
	}
	if want := (health.Policy{
		Every: 24 * time.Hour, Timeout: 30 * time.Second, Attempts: 3, FailAfter: 100, RecoverAfter: 3,
		Tags: []string{"lab"}, Severity: health.Critical, Runbook: "https://wiki.example.com/slow",
		Certificate: health.Lasting{Warn: health.Remainder{Time: 30 * 24 * time.Hour}, Critical: health.Remainder{Time: 36 * time.Hour}},
	}); !reflect.DeepEqual(b, want) {
		t.Errorf("target over group over defaults:\n got %+v\nwant %+v", b, want)
	}
	if c.Attempts != 3 {
		t.Errorf("attempts %d of a POST with attempts: 3 in the defaults, want the 3 that were written", c.Attempts)
	}
	if asked := f.Asked(); len(asked) != 2 || asked[1].Name != "c.example.com" {
		t.Errorf("asked %v, want all but the paused one", asked)
	}
}

// TestAttempts: what may not be repeated is asked once, unless the file says else.
func TestAttempts(t *testing.T) {
	f := read(t, `
fleet: shop
targets:
  - https://a.example.com
  - {url: 'https://b.example.com', web: {method: POST}}
  - {url: 'https://c.example.com', web: {method: POST}, attempts: 2}
`)
	for i, want := range []int{2, 1, 2} {
		if got := f.Targets[i].Attempts; got != want {
			t.Errorf("%s: attempts %d, want %d", f.Targets[i].Name, got, want)
		}
	}
}

// TestSettings fills every form that a kind's settings may take.
func TestSettings(t *testing.T) {
	f := read(t, `
fleet: shop
x-base: &base
  headers: {X-Base: base, X-Both: base}
  pause: 1h
defaults:
  web:
    redirects: 7
    headers: {X-Default: default, X-Both: default}
    accept: [a, b, c]
    expect: {status: [200, 2.5], json: {$.a: 1}}
targets:
  - url: https://a.example.com/
    web:
      <<: *base
      inward: true
      pause: 1m30s
      body: |
        {"token": "${env:TOKEN}", "literal": "$${x}", "dollar": "$5"}
      accept: [text, 5, true, 1.10]
      expect:
        body: {contains: ok, not: [no, null, {deep: 007}]}
        json: {$.b: null, $.c: true, $.d: 1e2, $.e: -0.5, $.f: '5', $.g: 2026-01-01}
        deeper:
          still: [{a: 1}, {b: -2}]
  - https://b.example.com/
`)
	a, b := f.Targets[0].Check.(*web), f.Targets[1].Check.(*web)
	if a.Redirects != 7 || a.Method != "GET" || !a.Inward || a.Pause != 90*time.Second {
		t.Errorf("got %+v", a)
	}
	if got := fmt.Sprint(a.Headers); got != "map[X-Base:base X-Both:base X-Default:default]" {
		t.Errorf("headers %s: want those of the defaults under the target's own", got)
	}
	if got := fmt.Sprint(a.Accept); got != "[text 5 true 1.10]" {
		t.Errorf("accept %s: want the target's list alone, each as it is spelled", got)
	}
	if got, want := a.Body.Reveal(), "{\"token\": \"tok-4711-refused\", \"literal\": \"${x}\", \"dollar\": \"$5\"}\n"; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	if got := a.Body.String(); !strings.Contains(got, "${env:TOKEN}") {
		t.Errorf("body shows as %q, want the file's own text", got)
	}
	text := secret.Plain
	if want := []any{int64(200), 2.5}; !reflect.DeepEqual(a.Expect.Status.value, want) {
		t.Errorf("status %#v, want %#v", a.Expect.Status.value, want)
	}
	if want := map[string]any{"contains": text("ok"), "not": []any{text("no"), nil, map[string]any{"deep": text("007")}}}; !reflect.DeepEqual(a.Expect.Body.value, want) {
		t.Errorf("body %#v, want %#v", a.Expect.Body.value, want)
	}
	if want := map[string]anything{
		"$.a": {int64(1)}, "$.b": {nil}, "$.c": {true}, "$.d": {100.0}, "$.e": {-0.5}, "$.f": {text("5")}, "$.g": {text("2026-01-01")},
	}; !reflect.DeepEqual(a.Expect.JSON, want) {
		t.Errorf("json %#v, want %#v", a.Expect.JSON, want)
	}
	if got := fmt.Sprint(a.Expect.Deeper.Still); got != "[map[a:1] map[b:-2]]" {
		t.Errorf("still %s", got)
	}
	if b.Redirects != 7 || len(b.Headers) != 2 || b.Expect.Body != nil || len(b.Accept) != 3 {
		t.Errorf("the defaults alone: got %+v", b)
	}
}

// TestReferences: each is listed once, at its "${", whether it is resolved or not.
func TestReferences(t *testing.T) {
	const file = `fleet: shop
defaults:
  web:
    headers:
      Authorization: Bearer ${env:TOKEN}
targets:
  - https://a.example.com/?é=${env:QUERY}
  - url: https://${env:HOST}/x
    name: b
    web:
      body: >
        one ${env:ONE} $${env:NOT}
        two "${env:TWO}"
`
	want := "t.yaml:5:29 ${env:TOKEN}, t.yaml:7:30 ${env:QUERY}, t.yaml:8:18 ${env:HOST}, t.yaml:12:13 ${env:ONE}, t.yaml:13:14 ${env:TWO}"
	for _, look := range []func(secret.Reference) (string, error){
		nil,
		func(r secret.Reference) (string, error) { return "value-of-" + r.Name, nil },
	} {
		f, err := parse("t.yaml", []byte(file), look, kindsForTest)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range f.References {
			got = append(got, r.At.String()+" "+r.Reference.String())
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("references\n got %s\nwant %s", s, want)
		}
		w := f.Targets[1].Check.(*web)
		resolved := look != nil
		if got := w.Body.Reveal(); strings.Contains(got, "value-of-ONE") != resolved || strings.Contains(got, "${env:ONE}") == resolved {
			t.Errorf("body %q, resolved %t", got, resolved)
		}
		if f.Targets[1].URL != "https://${env:HOST}/x" || (w.url.Reveal() == "https://value-of-HOST/x") != resolved {
			t.Errorf("url %s of %s, resolved %t", w.url.Reveal(), f.Targets[1].URL, resolved)
		}
	}
}

// TestSecretsStayHidden: whatever a kind says of a value, no problem holds it.
func TestSecretsStayHidden(t *testing.T) {
	look := func(secret.Reference) (string, error) { return "s3cr3t-refused", nil }
	_, err := parse("t.yaml", []byte(`
fleet: shop
targets:
  - url: https://a.example.com/${env:A}
    name: a
    web: {headers: {X: 'Bearer ${env:A}'}}
`), look, kindsForTest)
	if got := texts(err); strings.Contains(got, "s3cr3t") || !strings.Contains(got, "header Bearer ${env:A} is refused") {
		t.Errorf("got %s", got)
	}
}

func TestSelect(t *testing.T) {
	f := read(t, `
fleet: shop
groups: {payments: {}, search: {}, empty: {}}
targets:
  - {url: 'https://a.example.com', name: checkout, group: payments}
  - {url: 'https://b.example.com', name: refund, group: payments}
  - {url: 'https://c.example.com', name: find, group: search}
  - {url: 'https://d.example.com', name: edge}
`)
	for _, c := range []struct{ names, want string }{
		{"edge", "edge"},
		{"payments", "checkout refund"},
		{"find checkout find", "checkout find"},
		{"refund payments", "checkout refund"},
		{"chekout", `no target or group is named "chekout"; did you mean "checkout"? (want one of payments, search, empty, checkout, refund, find, edge)`},
		{"nothing payments nothing empty", `no target or group is named "nothing"; want one of payments, search, empty, checkout, refund, find, edge` + "\n" +
			`group "empty" has no targets; name another`},
	} {
		got, err := f.Select(strings.Fields(c.names))
		var names []string
		for _, target := range got {
			names = append(names, target.Name)
		}
		if err != nil {
			names = []string{problemsOf(t, err).Error()}
		}
		if s := strings.Join(names, " "); s != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.names, s, c.want)
		}
	}
	if got, err := f.Select([]string{""}); err == nil {
		t.Errorf("selecting the empty name gives %v, want a problem: it is no group", got)
	}
}

func TestOfURLs(t *testing.T) {
	f, err := ofURLs([]string{
		"https://example.com/a?x=1", "https://example.com/a?x=2", "wire://[2001:db8::1]:53", "https://example.com/~bob/${env:TOKEN}",
	}, kindsForTest)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, target := range f.Targets {
		names = append(names, target.Name)
		if flaw := nameFlaw(target.Name); flaw.found() {
			t.Errorf("name %q %s", target.Name, flaw.what)
		}
		if target.Attempts != 2 || target.Timeout != 5*time.Second || !target.Enabled {
			t.Errorf("%s: policy %+v, want the built-in one", target.Name, target.Policy)
		}
	}
	if got, want := strings.Join(names, ", "), "example.com/a, example.com/a 2, -2001:db8::1-:53, example.com/-bob/--env:TOKEN-"; got != want {
		t.Errorf("names %s, want %s", got, want)
	}
	if got := f.Targets[3].Check.(*web).url; got.Reveal() != "https://example.com/~bob/${env:TOKEN}" || got.Secret() {
		t.Errorf("url %s, want it as it came", got.Reveal())
	}
	if f.Name != "urls" || f.Metrics != "fleet" || f.Results != "all" {
		t.Errorf("got %+v", f)
	}
}

func TestOfURLsProblems(t *testing.T) {
	_, err := ofURLs([]string{
		"example.com", "https://user:planted-secret@example.com/", "wire://example.com", "ftp://example.com", "https://example.com:0", "", "htps://user:planted@example.com",
	}, kindsForTest)
	want := `"example.com": has no scheme; write https://example.com
"https://...@example.com/": holds a user name or password; remove them, and send them as a header: Authorization: Basic ${env:NAME}
"wire://example.com": url has no port; write one
"ftp://example.com": has the unknown scheme "ftp"; want one of http, https, wire
"https://example.com:0": has the port "0"; write a port from 1 to 65535
"": is empty; write a URL such as https://example.com/health
"htps://...@example.com": holds a user name or password; remove them, and send them as a header: Authorization: Basic ${env:NAME}`
	if got := problemsOf(t, err).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestRealKinds reads the settings of the kinds that are shipped: right ones without a
// problem, wrong ones each at its own place.
func TestRealKinds(t *testing.T) {
	right, err := os.ReadFile("testdata/kinds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("kinds.yaml", right, environment); err != nil {
		t.Errorf("the right file has problems:\n%v", err)
	}
	wrong, err := os.ReadFile("testdata/kinds-broken.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("kinds-broken.yaml", wrong, environment)
	golden(t, "testdata/kinds-broken.txt", texts(err))
	lines := map[int]bool{}
	for _, p := range problemsOf(t, err) {
		lines[p.Line] = true
	}
	for i, line := range strings.Split(string(wrong), "\n") {
		if strings.HasSuffix(line, "# wrong") != lines[i+1] {
			t.Errorf("kinds-broken.yaml:%d: %s\nmarked as wrong: %t, reported: %t", i+1, line, !lines[i+1], lines[i+1])
		}
	}
}

// TestEverySettingCanBeRead walks the settings of every kind that is shipped: their types
// are ones that a targets file can fill.
func TestEverySettingCanBeRead(t *testing.T) {
	var walk func(path string, v reflect.Type)
	walk = func(path string, v reflect.Type) {
		switch {
		case reflect.PointerTo(v).Implements(fileValue), v == secretText, v == durationType:
		case v.Kind() == reflect.Pointer, v.Kind() == reflect.Slice:
			walk(path, v.Elem())
		case v.Kind() == reflect.Map:
			if v.Key().Kind() != reflect.String {
				t.Errorf("%s has keys of type %s, want strings", path, v.Key())
			}
			walk(path, v.Elem())
		case v.Kind() == reflect.Struct:
			fields, keys := settingsOf(reflect.New(v).Elem())
			for _, k := range keys {
				walk(path+"."+k, fields[k].Type())
			}
		case v == reflect.TypeFor[bool](), v == reflect.TypeFor[int](), v == reflect.TypeFor[string]():
		default:
			t.Errorf("%s is of type %s, which the targets file has no form for", path, v)
		}
	}
	for _, k := range check.Kinds {
		walk(k.Name, reflect.TypeOf(k.New()).Elem())
	}
	walk(tlsKey, reflect.TypeFor[check.TLS]())
}

var fences = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// TestDocuments holds every targets file that the documents show to the parser.
func TestDocuments(t *testing.T) {
	for _, document := range []string{"../../README.md", "../../ARCHITECTURE.md"} {
		data, err := os.ReadFile(document)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range fences.FindAllSubmatchIndex(data, -1) {
			block := data[at[2]:at[3]]
			if !regexp.MustCompile(`(?m)^targets:`).Match(block) {
				continue
			}
			line := 1 + strings.Count(string(data[:at[2]]), "\n")
			if _, err := Parse("block", block, nil); err != nil {
				t.Errorf("%s: the block at line %d:\n%v", document, line, err)
			}
		}
	}
}
