package fleet

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// least is a targets file that is right; what is added before it stands on lines of its own.
const least = "fleet: shop\ntargets:\n  - https://example.com/health\n"

// TestBytes holds what is said of files whose bytes are no text, or whose text is spelled
// unusually, as golden pairs that a text file cannot hold.
func TestBytes(t *testing.T) {
	utf16 := []byte{0xFF, 0xFE}
	for _, c := range least {
		utf16 = append(utf16, byte(c), 0)
	}
	for _, c := range []struct{ what, file, want string }{
		{"CRLF", strings.ReplaceAll(least, "\n", "\r\n"), ""},
		{"CRLF, and a mistake", strings.ReplaceAll(least+"x: 1\n", "\n", "\r\n"), `t.yaml:4:1: unknown key "x"; want one of fleet, defaults, groups, targets, maintenance, witnesses, metrics, results, x-...`},
		{"CR alone", strings.ReplaceAll(least+"x: 1\n", "\n", "\r"), `t.yaml:4:1: unknown key "x"; want one of fleet, defaults, groups, targets, maintenance, witnesses, metrics, results, x-...`},
		{"a byte order mark", "\uFEFF" + least, ""},
		{"a byte order mark, and a mistake on its line", "\uFEFFfleet: Shop\n" + least[12:], `t.yaml:1:8: fleet "Shop" is not a name for a fleet; write 1 to 32 of a-z, 0-9 and -, a letter first`},
		{"a byte order mark, and NUL on its line", "\uFEFFfl\x00eet: shop\n", `t.yaml:1:3: a NUL byte is not text; remove it, or write it as "\0" in double quotes`},
		{"UTF-16, little end first", string(utf16), "t.yaml:1:1: the file is UTF-16; save it as UTF-8"},
		{"UTF-16, big end first", "\xFE\xFF\x00f", "t.yaml:1:1: the file is UTF-16; save it as UTF-8"},
		{"NUL", strings.Replace(least, "sh", "s\x00h", 1), `t.yaml:1:9: a NUL byte is not text; remove it, or write it as "\0" in double quotes`},
		{"a control character", least + "x-a: é\x1b\n", `t.yaml:4:7: the control character U+001B is not text; remove it, or write it as "\u001B" in double quotes`},
		{"Latin-1", least + "x-a: caf\xe9\n", "t.yaml:4:9: byte 0xe9 is not UTF-8; save the file as UTF-8"},
		{"half a character at the end", least + "x-a: \xe6\x97", "t.yaml:4:6: byte 0xe6 is not UTF-8; save the file as UTF-8"},
		{"a line separator", least + "x-a: b\u2028c\n", `t.yaml:4:7: the line separator U+2028 ends a line for some programs only; remove it, or write it as "\u2028" in double quotes`},
		{"the replacement character itself", least + "x-a: \uFFFD\n", ""},
		{"NUL by an escape", "fleet: shop\ntargets:\n  - \"https://example.com/\\0\"\n", `t.yaml:3:5: url "https://example.com/\x00" holds a space or a line break; remove it, or write it as %20`},
		{"gzip", "\x1f\x8b\x08\x00", `t.yaml:1:1: the control character U+001F is not text; remove it, or write it as "\u001F" in double quotes`},
	} {
		_, err := parse("t.yaml", []byte(c.file), nil, kindsForTest)
		if got := strings.TrimSuffix(texts(err), "\n"); got != c.want && (c.want != "" || err != nil) {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

// TestHostile: whatever is made to be too much is refused with one clear problem, soon.
func TestHostile(t *testing.T) {
	bomb := "x-a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("x-%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	mergeBomb := "x-a: &a {k0: v, k1: v, k2: v}\n"
	for i := range 40 {
		mergeBomb += fmt.Sprintf("x-%d: &b%d {a: *%s, b: *%s, <<: *%s}\n", i, i, before(i), before(i), before(i))
	}
	chain := "x-0: &c0 [x]\n"
	for i := range 150 {
		chain += fmt.Sprintf("x-%d: &c%d [*c%d]\n", i+1, i+1, i)
	}
	inherited := "fleet: shop\ndefaults:\n  web:\n    expect:\n      status: [" + strings.Repeat("1, ", 30_000) + "1]\ntargets:\n"
	for i := range 3_000 {
		inherited += fmt.Sprintf("  - https://%d.example.com\n", i)
	}
	const deep = "this is nested more than 100 deep"
	for _, c := range []struct{ what, file, want string }{
		{"10 MB", strings.Repeat(least, 10<<20/len(least)), "the file is 10.0 MiB, and at most 4 MiB are read"},
		{"only commas", "[" + strings.Repeat("a,", 1<<20) + "]", "lines and commas"},
		{"only line ends", strings.Repeat("\n", 1<<21), "lines and commas"},
		{"an alias bomb", bomb + least, "2,000,000 values"},
		{"a bomb of merge keys", mergeBomb + least, "2,000,000 values"},
		{"a chain of aliases", chain + least, deep},
		{"large defaults for many targets", inherited, "2,000,000 values"},
		{"5,000 lists deep, in brackets", "x-a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\n" + least, deep},
		{"5,000 mappings deep, in braces", "x-a: " + strings.Repeat("{a: ", 5000) + "1" + strings.Repeat("}", 5000) + "\n" + least, deep},
		{"5,000 lists deep, by dashes", "x-a:\n  " + strings.Repeat("- ", 5000) + "x\n" + least, deep},
		{"70 lists in 70 mappings", "x-a: " + strings.Repeat("[{a: ", 70) + "1" + strings.Repeat("}]", 70) + "\n" + least, deep},
		{"brackets that never close", strings.Repeat("[", 1<<20), deep},
		{"quotes that never close", least + "x-a: '" + strings.Repeat("''", 1<<20), "the quote that opens here is never closed"},
	} {
		begun := time.Now()
		_, err := parse("t.yaml", []byte(c.file), nil, kindsForTest)
		if took := time.Since(begun); took > soon {
			t.Errorf("%s: took %s", c.what, took)
		}
		if problems := problemsOf(t, err); len(problems) != 1 || !strings.Contains(problems[0].What, c.want) {
			t.Errorf("%s: got %.300s, want one problem: %s", c.what, texts(err), c.want)
		}
	}
}

func before(i int) string {
	if i == 0 {
		return "a"
	}
	return fmt.Sprintf("b%d", i-1)
}

// rich is how the benchmark's targets go on: with settings of their own.
const rich = `    group: group-7
    tags: [a, b]
    http:
      headers:
        Authorization: Bearer ${env:TOKEN}
      expect:
        status: [200, 3xx]
        body:
          contains: ok
`

// many is a targets file of n targets, each with this every and this rest.
func many(n int, every, rest string) []byte {
	var b bytes.Buffer
	b.WriteString("fleet: shop\ndefaults:\n  timeout: 2s\n  http:\n    headers:\n      X-Checked-By: rollcall\ngroups:\n  group-7: {severity: warning}\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - url: https://host-%d.example.com/health\n    every: %s\n%s", i, every, rest)
	}
	return b.Bytes()
}

// soon is how long anything here may take on a machine with other things to do, under the
// race detector. What is quadratic in the file takes longer.
const soon = time.Minute

// TestTenThousand reads ten thousand targets, right ones and wrong ones.
func TestTenThousand(t *testing.T) {
	begun := time.Now()
	f, err := Parse("t.yaml", many(10_000, "5m", ""), nil)
	if err != nil {
		t.Fatalf("%.300s", err)
	}
	if last := f.Targets[len(f.Targets)-1]; len(f.Targets) != 10_000 || last.At.Line != 10+2*9_999 {
		t.Errorf("%d targets, the last at %s, want 10,000", len(f.Targets), last.At)
	}
	_, err = Parse("t.yaml", many(10_000, "5 min", ""), nil)
	if problems := problemsOf(t, err); len(problems) != 10_000 {
		t.Errorf("%d problems, want one for every target", len(problems))
	}
	if took := time.Since(begun); took > soon {
		t.Errorf("took %s", took)
	}
}

// TestManyGuesses: a suggestion for each of many misspelled groups is not worth minutes.
func TestManyGuesses(t *testing.T) {
	var b strings.Builder
	b.WriteString("fleet: shop\ngroups:\n")
	for i := range 5_000 {
		fmt.Fprintf(&b, "  a-rather-long-name-of-a-group-%d: {}\n", i)
	}
	b.WriteString("targets:\n")
	for i := range 5_000 {
		fmt.Fprintf(&b, "  - {url: 'https://%d.example.com', group: a-rather-wrong-name-of-a-group-%d}\n", i, i)
	}
	begun := time.Now()
	_, err := parse("t.yaml", []byte(b.String()), nil, kindsForTest)
	if problems := problemsOf(t, err); len(problems) != 5_000 {
		t.Errorf("%d problems, want one for every target", len(problems))
	}
	if took := time.Since(begun); took > soon {
		t.Errorf("took %s", took)
	}
}

func BenchmarkTenThousand(b *testing.B) {
	file := many(10_000, "5m", rich)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := Parse("t.yaml", file, environment); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzParse: no file makes the parser panic; its problems stand within the file, each with
// a remedy; a fleet without problems keeps its own rules; and a password in a URL or a
// resolved value never comes out.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		least,
		least + "x-a: &a {b: [1, 2.5, true, null, 'q', \"d\\n\"]}\nx-b: {<<: *a, c: *a}\n",
		"fleet: shop\ndefaults:\n  every: 90s\n  http: {method: POST, headers: {A: '${env:TOKEN}'}}\ngroups:\n  g: {timeout: 1s}\ntargets:\n  - url: tcp://example.com:1\n    group: h\n    tcp: {ip: 5}\n",
		"fleet: shop\ntargets:\n  - https://user:PLANTED@example.com/\n  - name: user:PLANTED@x\n    url: PLANTED\n",
		"fleet: shop\ntargets:\n  - url: https://example.com/?${env:TOKEN}\n    http:\n      body: |\n        a $${ ${env:TOKEN}\n      expect: {status: [2xx], json: {$.a: {max: 1}}}\n",
		least + "groups: {g: {min_up: 1, depends_on: [h]}, h: {}}\nwitnesses:\n  - tcp://1.1.1.1:443\nmaintenance:\n  - {why: w, targets: '*', tags: [t], cron: 0 2 * * sun, lasts: 1h, zone: Europe/Berlin}\n  - {why: w, targets: [example.com/health], from: 2026-11-22T22:00:00Z, until: 2026-11-23T22:00:00Z}\n",
		"fleet: shop\ndefaults: {certificate: {warn: 21d, critical: 5%}, depends_on: [a]}\ngroups:\n  g: {depends_on: [a], min_up: 1}\ntargets:\n  - {url: tcp://example.com:1, name: a, depends_on: [b]}\n  - {url: tcp://example.com:2, name: b, depends_on: none, group: g, certificate: none}\nwitnesses: none\n",
		"fleet: shop\ndefaults: {tls: {resume: true}}\ngroups:\n  g: {tls: {post_quantum: yes}}\ntargets:\n  - {url: https://example.com/, group: g, tls: {resume: false, resum: 1}}\n  - {url: http://example.com/, tls: {resume: true}}\n  - {url: https://example.com/2, tls: }\n",
		"\uFEFFfleet:\tshop\r\ntargets: [\r\n", "a: b: c", "- ]", "%x", "? [a]\n: 'b", "\t", "<a>", "&a [*a]", "!!x y", "---\n---\n", "sops: 1\n",
	} {
		f.Add([]byte(seed))
	}
	for _, file := range []string{"testdata/broken.yaml", "testdata/kinds.yaml", "testdata/kinds-broken.yaml", "testdata/cases.txt"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range strings.Split(strings.NewReplacer("web:", "http:", "wire:", "tcp:").Replace(string(data)), "== ") {
			in, _, _ := strings.Cut(c, "-- \n")
			if _, body, ok := strings.Cut(in, "\n"); ok {
				f.Add([]byte(body))
			}
		}
	}
	look := func(ref secret.Reference) (string, error) {
		if ref.Name == "" || ref.Name[0] == 'U' {
			return "", fmt.Errorf("environment variable %s is not set", ref.Name)
		}
		return "RESOLVED-VALUE", nil
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("RESOLVED")) {
			return // what the file says itself is no secret
		}
		// The planted password stands in a URL, wherever the file has a host.
		planted := bytes.ReplaceAll(data, []byte("://"), []byte("://user:SWORDFISH@"))
		for _, file := range [][]byte{data, planted} {
			fleet, err := Parse("t.yaml", file, look)
			problems := problemsOf(t, err)
			if err != nil && len(problems) == 0 {
				t.Fatal("an error without problems")
			}
			for _, p := range problems {
				inside(t, file, p)
				if s := p.Error(); strings.Contains(s, "RESOLVED") || strings.Contains(s, "SWORDFISH") {
					t.Errorf("a secret comes out: %s", s)
				}
			}
			if err == nil {
				ruly(t, fleet)
			}
		}
	})
}

// inside holds a problem to standing within the file, with a remedy.
func inside(t *testing.T, file []byte, p Problem) {
	t.Helper()
	all := strings.ReplaceAll(strings.ReplaceAll(string(file), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(strings.TrimPrefix(all, "\uFEFF"), "\n")
	if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > 1+utf8.RuneCountInString(lines[p.Line-1]) {
		t.Errorf("outside the file of %d lines: %s", len(lines), p)
	}
	if p.What == "" || p.Remedy == "" || strings.ContainsAny(p.Error(), "\n\r\x00\x1b") {
		t.Errorf("not one sentence with a remedy: %q", p.Error())
	}
}

// ruly holds a fleet to what everybody counts on.
func ruly(t *testing.T, f *Fleet) {
	t.Helper()
	if !fleetPattern.MatchString(f.Name) || len(f.Targets) == 0 {
		t.Errorf("fleet %q of %d targets", f.Name, len(f.Targets))
	}
	names := map[string]bool{}
	for _, target := range f.Targets {
		if flaw := nameFlaw(target.Name); flaw.found() || names[target.Name] {
			t.Errorf("name %q %s", target.Name, flaw.what)
		}
		names[target.Name] = true
		p := target.Policy
		if p.Every < time.Minute || p.Every > 24*time.Hour || p.Every%time.Minute != 0 || p.Timeout < 100*time.Millisecond || p.Timeout > time.Minute ||
			p.Attempts < 1 || p.Attempts > 5 || p.FailAfter < 1 || p.FailAfter > 100 || p.RecoverAfter < 1 || p.RecoverAfter > 100 ||
			p.SlowAfter < 0 || p.SlowAfter >= p.Timeout || p.Remind < 0 || p.Remind > 24*time.Hour {
			t.Errorf("%s: policy out of bounds: %+v", target.Name, p)
		}
		if strings.Contains(target.URL, "RESOLVED") || strings.Contains(target.URL, "SWORDFISH") || hasUserinfo(target.URL) {
			t.Errorf("%s: a secret in %s", target.Name, target.URL)
		}
		if target.Check == nil || target.Kind == "" || target.At.Line == 0 || target.Host == "" {
			t.Errorf("%s is not whole: %+v", target.Name, target)
		}
		if c := p.Certificate; louder(c.Critical, c.Warn) || !bounded(c.Warn) || !bounded(c.Critical) {
			t.Errorf("%s: certificate %+v", target.Name, c)
		}
	}
	social(t, f, names)
}

func bounded(m health.Remainder) bool {
	return m.Share >= 0 && m.Share <= 1 && (m.Time == 0 || m.Time >= time.Hour && m.Time <= 3650*24*time.Hour && m.Share == 0)
}

// social holds what targets have to do with each other, and the rest of the file.
func social(t *testing.T, f *Fleet, targets map[string]bool) {
	t.Helper()
	known := maps.Clone(targets)
	asked, on := map[string]int{}, links{}
	for _, g := range f.Groups {
		known[g.Name] = true
		on.add(g.Name, g.DependsOn...)
	}
	for _, target := range f.Targets {
		on.add(target.Name, target.DependsOn...)
		if target.Group != "" {
			on.add(target.Group, target.Name)
		}
		if target.Enabled {
			asked[target.Group]++
		}
	}
	for from, to := range on {
		for name := range to {
			if !known[name] {
				t.Errorf("%s depends on %q, which is nobody", from, name)
			}
		}
	}
	if len(on) < 50 && on.circular() {
		t.Errorf("they depend on each other in a circle: %v", on)
	}
	for _, g := range f.Groups {
		if g.MinUp < 0 || g.MinUp > asked[g.Name] {
			t.Errorf("group %s of %d needs %d", g.Name, asked[g.Name], g.MinUp)
		}
	}
	for _, m := range f.Maintenance {
		if m.Why == "" || m.Window == nil || !slices.ContainsFunc(slices.Collect(maps.Keys(m.Names)), func(name string) bool { return targets[name] }) {
			t.Errorf("maintenance is not whole: %+v", m)
		}
		for name := range m.Names {
			if !known[name] {
				t.Errorf("maintenance of %q, which is nobody", name)
			}
		}
		m.Window.Open(time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC))
	}
	for _, w := range f.Witnesses {
		if w.Check == nil || w.Name != w.URL || w.Host == "" || hasUserinfo(w.URL) {
			t.Errorf("witness is not whole: %+v", w)
		}
	}
}
