package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollcall/internal/peer"
	"rollcall/internal/round"
	"rollcall/internal/sweep"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// asProgram makes this test binary the program itself, for what only a process can show.
const asProgram = "ROLLCALL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// world is where a test runs command lines: peers whose certificates are trusted, and a
// folder for targets files.
type world struct {
	t         *testing.T
	authority *peer.Authority
	folder    string
	home      string // of this package

	delay time.Duration // how long what is ready waits for the processor, whatever else runs here
}

func newWorld(t *testing.T) *world {
	t.Helper()
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, authority: authority, folder: t.TempDir(), home: home}
}

// peer starts a peer that ends with the test.
func (w *world) peer(b peer.Behaviour) *peer.Peer {
	w.t.Helper()
	b.Authority = w.authority
	p, err := peer.Start(b)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return p
}

// pacer is a real one that tells of a delay as the test wants it.
type pacer struct {
	*sweep.Pace
	delay time.Duration
}

func (p pacer) Delay() time.Duration { return p.delay }

func (w *world) pace() round.Pacer {
	return pacer{sweep.NewPace(1, func() time.Duration { return 0 }), w.delay}
}

// file writes a targets file and returns its path.
func (w *world) file(format string, args ...any) string {
	w.t.Helper()
	path := filepath.Join(w.folder, "targets.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// ran is what became of a command line.
type ran struct {
	status    int
	out, errs string
}

// run runs a command line to its end.
func (w *world) run(args ...string) ran {
	w.t.Helper()
	return w.runIn(w.t.Context(), args...)
}

func (w *world) runIn(ctx context.Context, args ...string) ran {
	var out, errs bytes.Buffer
	code := execute(ctx, command(outside{w.authority.Pool(), w.pace}), args, &out, &errs)
	return ran{code, out.String(), errs.String()}
}

// want fails the test unless the status is this one and both outputs hold these texts. An
// empty text means that there is nothing at all.
func (r ran) want(t *testing.T, status int, out, errs string) {
	t.Helper()
	holds := func(s, part string) bool { return s == part || part != "" && strings.Contains(s, part) }
	if r.status != status || !holds(r.out, out) || !holds(r.errs, errs) {
		t.Errorf("got status %d, stdout\n%s\nstderr\n%s\nwant status %d, stdout %q, stderr %q", r.status, r.out, r.errs, status, out, errs)
	}
}

// golden compares text with a file of testdata.
func (w *world) golden(name, text string) {
	t := w.t
	t.Helper()
	path := filepath.Join(w.home, "testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; look at what changed with go test -update and git diff.\ngot:\n%s", path, text)
	}
}

// measured are the parts of a text that no two runs have in common, and what stands for them.
var measured = [...]struct{ pattern, as string }{
	{`127\.0\.0\.1:\d+`, `127.0.0.1:PORT`},
	{`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z`, `TIME`},
	{`\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC`, `TIME`},
	{`\d{4}-\d{2}-\d{2}`, `DATE`},
	{`\d{2}:\d{2} UTC`, `TIME`},
	{`answered in [\d.]+m?s`, `answered in SPAN`},
	{`(?m)^.*Attempts?( \d)?: .*\n`, ``}, // on a busy machine they may end in different ways
	{`(?m)^.*Phases.*: .* ms\n`, ``},     // those that took no time are left out
	{`  \d+ ms  `, `  SPAN  `},
	{`after [\d.]+ s\b`, `after SPAN`},
	{`asked in [\d.]+ s`, `asked in SPAN`},
	{`cut short after [\d.]+m?s`, `cut short after SPAN`},
	{`no answer within (1(\.\d+)?s|9\d\dms)`, `no answer within SPAN`}, // of 1 s; on a busy machine some of it was our own wait
	{`"(ms|elapsed_ms|worst_case_ms|latency_ms|dns|connect|tls|wait|read)": \d+(\.\d)?(,?)\n`, "\"$1\": NUMBER$3\n"},
}

// settled is text without what was measured.
func settled(text string) string {
	for _, m := range measured {
		text = regexp.MustCompile(m.pattern).ReplaceAllString(text, m.as)
	}
	return text
}
