package judge_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// row is a witness or a target of a view.
type row struct {
	witness        bool
	name           string
	brought, judge string
}

func rowsOf(t *testing.T, view string) (rows []row) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(view)) {
		f := strings.Fields(line)
		r := row{witness: f[0] == "w", name: f[1], brought: spell(f[2])}
		if !r.witness {
			r.judge = spell(f[3])
		}
		if len(rows) > 0 && len(r.brought) != len(rows[0].brought) || !r.witness && len(r.judge) != len(r.brought) {
			t.Fatalf("%s: not as long as the others", strings.TrimSpace(line))
		}
		rows = append(rows, r)
	}
	return rows
}

// spell writes out repetitions: "x*3." is "xxx.".
func spell(short string) (letters string) {
	for i, part := range strings.Split(short, "*") {
		digits := len(part) - len(strings.TrimLeftFunc(part, unicode.IsDigit))
		if n, err := strconv.Atoi(part[:digits]); i > 0 && err == nil {
			letters += strings.Repeat(letters[len(letters)-1:], n-1)
			part = part[digits:]
		}
		letters += part
	}
	return letters
}

func (r row) host() string {
	host, _, _ := strings.Cut(r.name, "/")
	return host
}

func (r row) scope() health.Scope {
	if strings.HasPrefix(r.name, "10.") || strings.HasPrefix(r.name, "in.") {
		return health.Private
	}
	return health.Public
}

// into puts what the row brought in one round where the judge looks for it.
func (r row) into(in *judge.Input, at int) {
	letter := rune(r.brought[at])
	o := brought(letter, r.scope())
	if !r.witness {
		target := health.Target{Name: r.name, Host: r.host(), Policy: health.Policy{
			Enabled: true, Every: time.Minute, Timeout: 5 * time.Second, Attempts: 2, FailAfter: 2, RecoverAfter: 1, Severity: health.Critical,
		}}
		in.Targets = append(in.Targets, target)
		if letter != '-' {
			in.Results = append(in.Results, read(target, o, in.Scheduled))
		}
		return
	}
	if letter == '/' {
		return
	}
	w := health.Witness{Name: r.name, Host: r.host(), Timeout: 5 * time.Second}
	if unicode.IsDigit(rune(r.name[0])) {
		w.Scope = r.scope()
	}
	in.Witnesses = append(in.Witnesses, w)
	if letter != '-' {
		in.Seen[r.name] = o
	}
}

// compare holds what a target was judged to what it should be.
func (r row) compare(t *testing.T, at int, v judge.Verdict) {
	t.Helper()
	want := map[byte]health.Status{'.': health.Up, 'x': health.Down, '?': health.Unknown}
	for _, result := range v.Results {
		if result.Target.Name == r.name && !r.witness && result.Status != want[r.judge[at]] {
			t.Errorf("round %d: %s is %s (%s), want %s", at, r.name, result.Status, result.Cause, want[r.judge[at]])
		}
	}
}

// brought is what two attempts on one thing brought.
func brought(letter rune, scope health.Scope) health.Outcome {
	const timeout = 5 * time.Second
	reading, allowed, missing := health.Reading{Status: health.Up, Scope: scope}, timeout, ""
	switch letter {
	case 'x', 'c', 'g', 'm':
		reading = health.Failing(health.ClassTimeout, "dial it: no answer within 5s")
	case 'r':
		reading = health.Failing(health.ClassConnect, "dial it: connection refused")
	case 'n':
		reading = health.Unasked("dial it: this machine has no route to 203.0.113.1")
		reading.Gap = health.GapRoute
	case 'd':
		reading = health.Failing(health.ClassDNS, "dial it: look-up of it: no answer from the resolver")
		reading.Gap = health.GapResolver
	case 'u':
		reading = health.Unasked("dial it: the resolver cannot be reached: connection refused")
		reading.Gap = health.GapResolver
	case 's':
		reading = health.Failing(health.ClassTimeout, "get it: no answer within 5s: the body did not end")
		reading.Phases.Wait = time.Second
	case 'o':
		reading = health.Failing(health.ClassDNS, "get it: redirected to that: look-up of that: no answer from the resolver")
		reading.Gap, reading.Phases.Wait = health.GapResolver, time.Second
	case 'h':
		reading, allowed = health.Failing(health.ClassTimeout, "dial it: no answer within 2s: the look-up hung"), 2*time.Second
		reading.Gap = health.GapResolver
	case 'N':
		reading = health.Failing(health.ClassDNS, "dial it: no such host")
	case '5':
		reading = health.Failing(health.ClassStatus, "get it: status 503, want 2xx")
	case '?':
		reading = health.Unasked("too many open files")
	}
	if !strings.ContainsRune("duhN", letter) {
		reading.Scope = scope
	}
	switch letter {
	case 'c':
		allowed = 2 * time.Second
	case 'g': // a tenth of the timeout is forgiven
		reading.Waited = time.Second
	case 'm':
		missing = "attempt 2 of 2 was not made: the time for asking was over"
	}
	a := health.Attempt{Reading: reading, Allowed: allowed}
	if reading.Status == health.Up || missing != "" {
		return health.Outcome{Attempts: []health.Attempt{a}, Missing: missing}
	}
	return health.Outcome{Attempts: []health.Attempt{a, a}}
}
