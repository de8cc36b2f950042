package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// everybody is a targets file in which every status, every facet and every kind of attempt
// occurs.
func (w *world) everybody() string {
	var asked atomic.Int32
	flaky := w.peer(peer.Behaviour{Name: "is up when asked again", Answer: func(rw http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}})
	return w.file(`
fleet: everybody
defaults: {attempts: 1, timeout: 60s}
groups: {doors: {}}
targets:
  - {name: tcp, url: "tcp://%s", group: doors}
  - {name: https, url: "%s/"}
  - {name: slow, url: "%s/", slow_after: 100ms}
  - {name: slow and ending, url: "%s/", slow_after: 1ms}
  - {name: ending, url: "%s/"}
  - {name: again, url: "%s/", attempts: 2}
  - {name: refused, url: "%s/", group: doors, attempts: 2}
  - {name: expired, url: "%s/"}
  - {name: hanging, url: "%s/"}
  - {name: paused, url: "%s/", enabled: false}
`,
		w.peer(peer.Answering(0, http.StatusOK, "")).Addr,
		w.peer(w.showing("sound", 0)).URL,
		w.peer(peer.Answering(200*time.Millisecond, http.StatusOK, "")).URL,
		w.peer(w.showing("near its end", 20*time.Millisecond)).URL,
		w.peer(w.showing("near its end", 0)).URL,
		flaky.URL,
		w.peer(hostile("refuses")).URL,
		w.peer(w.showing("expired", 0)).URL,
		w.peer(hostile("accepts and never answers")).URL,
		w.peer(hostile("refuses")).URL)
}

// showing answers after a while, with a certificate of this name.
func (w *world) showing(certificate string, after time.Duration) peer.Behaviour {
	b := peer.Answering(after, http.StatusOK, "")
	b.Certificate = showing(certificate).Certificate
	return b
}

// The keys of the document and their types are a promise to other people's programs.
func TestDocumentKeepsItsKeysAndTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.everybody()
	var text string
	for _, args := range [][]string{
		{"check", "-f", file, "--budget", "3200ms", "-o", "json"},           // timeouts are cut to about a second
		{"check", "hanging", "-f", file, "--budget", "1s", "-q", "-o=json"}, // too little to ask at all
	} {
		r := w.run(args...)
		r.want(t, exitUnknown, `{"schema":"rollcall.check/1",`, "")
		if strings.Count(r.out, "\n") != 1 {
			t.Errorf("the document is not one line:\n%s", r.out)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(r.out), "", "  "); err != nil {
			t.Fatalf("%v in\n%s", err, r.out)
		}
		text += indented.String()
	}
	w.golden("check.json.txt", settled(text))
}

// One status beats another in the order in which they are documented.
func TestExitStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := w.peer(peer.Answering(0, http.StatusOK, ""))
	hanging := w.peer(hostile("accepts and never answers"))
	file := w.file(`
fleet: statuses
defaults: {attempts: 1, timeout: 60s}
targets:
  - {name: up, url: "%s/"}
  - {name: slow, url: "%s/", slow_after: 1ms}
  - {name: down, url: "%s/"}
  - {name: hanging, url: "%s/"}
`, up.URL, w.peer(peer.Answering(20*time.Millisecond, http.StatusOK, "")).URL, w.peer(hostile("refuses")).URL, hanging.URL)
	for _, c := range []struct {
		why  string
		args string
		want int
	}{
		{"all is up", "up", exitOK},
		{"degraded is no failure", "up slow", exitOK},
		{"unless somebody says so", "up slow --fail-on degraded", exitDown},
		{"down beats up", "up down", exitDown},
		{"down beats degraded", "slow down", exitDown},
		{"down is a failure though only degraded was named", "down --fail-on degraded", exitDown},
		{"unknown beats up", "up hanging", exitUnknown},
		{"unknown beats degraded", "slow hanging --fail-on degraded", exitUnknown},
		{"unknown beats down", "down hanging", exitUnknown},
		{"a wrong name beats all", "down hanging nobody", exitUsage},
		{"a wrong URL beats all", "down hanging http:///", exitUsage},
		{"a wrong flag beats all", "down hanging -o xml", exitUsage},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"check", "-f", file, "--budget", "1100ms"}, strings.Fields(c.args)...)
			r := w.run(args...)
			if r.status != c.want {
				t.Errorf("got %d, want %d\n%s%s", r.status, c.want, r.out, r.errs)
			}
			if wrong := r.status == exitUsage; wrong != (r.out == "") || wrong != (r.errs != "") {
				t.Errorf("results go to stdout, all else to stderr:\n%s\n%s", r.out, r.errs)
			}
		})
	}
}

// A file that is wrong beats everything, and nobody is asked.
func TestWrongFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hanging := w.peer(hostile("accepts and never answers"))
	file := w.file("fleet: Shop\ntargets:\n  - url: %s/\n    timeout: 5 minutes\n    atempts: 1\n", hanging.URL)
	for _, args := range [][]string{{"check", "-f", file}, {"check", "nobody", hanging.URL, "-f", file, "-o", "json"}, {"validate", "-f", file}} {
		r := w.run(args...)
		r.want(t, exitUsage, "", file+":1:8: ")
		lines := strings.Split(strings.TrimSpace(r.errs), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[2], file+":5:5: unknown key \"atempts\"") || lines[3] != "rollcall: 3 problems" {
			t.Errorf("want each problem on a line and then how many there are:\n%s", r.errs)
		}
	}
	if n := hanging.Connections(); n > 0 {
		t.Errorf("it was asked %d times", n)
	}
}

func TestNamesAndURLs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.peer(peer.Answering(0, http.StatusOK, "")).URL
	file := w.file("fleet: shop\ngroups: {pay: {}}\ntargets:\n  - {name: one, url: %[1]s/, group: pay}\n  - {name: two, url: %[1]s/, group: pay}\n  - {name: three, url: %[1]s/}\n", url)
	for _, c := range []struct {
		args, want string
	}{
		{"-f " + file, "one three two"},
		{"three -f " + file, "three"},
		{"pay -f " + file, "one two"},
		{"pay one three -f " + file, "one three two"},
		{url, strings.TrimPrefix(url, "http://")},
		{url + " -f nowhere.yaml", strings.TrimPrefix(url, "http://")},
		{url + "/here three -f " + file, strings.TrimPrefix(url, "http://") + "/here three"},
	} {
		r := w.run(append([]string{"check"}, strings.Fields(c.args)...)...)
		var names []string
		for line := range strings.Lines(r.out) {
			if fields := strings.Fields(line); fields[0] == "up" {
				names = append(names, fields[1])
			}
		}
		if got := strings.Join(names, " "); r.status != exitOK || got != c.want {
			t.Errorf("check %s: status %d, asked %q, want %q\n%s", c.args, r.status, got, c.want, r.errs)
		}
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up, down := w.peer(peer.Answering(0, http.StatusOK, "")).URL, "tcp://"+w.peer(hostile("refuses")).Addr
	w.run("check", "-q", up).want(t, exitOK, "", "")
	r := w.run("check", "-q", up, down)
	r.want(t, exitDown, "down      ", "")
	if strings.Contains(r.out, "up   ") || !strings.Contains(r.out, "2 targets: 1 up, 1 down") {
		t.Errorf("want what is down and the sum:\n%s", r.out)
	}
}

// Starved, check says so on stderr, whatever is printed how, and calls nobody slow.
func TestStarved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.delay = time.Second
	file := w.file("fleet: f\ntargets:\n  - {name: slow, url: \"%s/\", slow_after: 1ms}\n", w.peer(peer.Answering(20*time.Millisecond, http.StatusOK, "")).URL)
	for args, out := range map[string]string{"": "1 target: 1 up; ", "-q": "", "-o json": `"saturation":100,`} {
		r := w.run(append([]string{"check", "-f", file, "--fail-on", "degraded"}, strings.Fields(args)...)...)
		r.want(t, exitOK, out, "rollcall: the checker itself was short of processor: 100 % of the latency reported is its own, so no latency is judged; ")
		if strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%s: want one line on stderr:\n%s", args, r.errs)
		}
	}
	w.delay = 0
	w.run("check", "-f", file, "--fail-on", "degraded").want(t, exitDown, "1 target: 1 degraded; ", "")
}

// What would do is told in processors, and as the memory of a function while there is one.
func TestShortage(t *testing.T) {
	t.Parallel()
	const begins = "the checker itself was short of processor: 62 % of the latency reported is its own, so no latency is judged; "
	for want, r := range map[string]health.Report{
		"0.57 processors would do (it has 0.29), as a function of 1,024 MB has": {Saturation: 62.1, Processors: 0.2894, Enough: 0.5699},
		"0.08 processors would do (it has 0.02), as a function of 256 MB has":   {Saturation: 62.1, Processors: 0.02, Enough: 0.08},
		"5.75 processors would do (it has 2), as a function of 10,240 MB has":   {Saturation: 62.1, Processors: 2, Enough: 5.75},
		"12 processors would do (it has 8)":                                     {Saturation: 62.1, Processors: 8, Enough: 12},
	} {
		if got := shortage(r); got != begins+want {
			t.Errorf("\n got %s\nwant %s", got, begins+want)
		}
	}
}

// Nobody but --color=always colours what is not a terminal, and NO_COLOR does not forbid it.
func TestColour(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	w := newWorld(t)
	url := w.peer(peer.Answering(0, http.StatusOK, "")).URL
	for when, want := range map[string]bool{"auto": false, "never": false, "always": true} {
		r := w.run("check", url, "--color", when)
		if got := strings.Contains(r.out, "\x1b[32mup"); got != want || got != strings.Contains(r.out, "\x1b") {
			t.Errorf("--color %s: %q", when, r.out)
		}
	}
}

// After Ctrl-C what was read so far is printed, as a table or as a document.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, up, unknown, sum string }{
		{"table", "up        up", "unknown   hanging", "2 targets: 1 up, 1 unknown"},
		{"json", `"target":"up","url":`, `"status":"unknown","class":"checker"`, `"completed":false`},
	} {
		t.Run(c.format, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, interrupt := context.WithCancel(t.Context())
			file := w.file("fleet: f\ntargets:\n  - {name: up, url: %s/}\n  - {name: hanging, url: %s/, attempts: 1}\n",
				w.peer(thenCalling(interrupt)).URL, w.peer(hostile("accepts and never answers")).URL)
			began := time.Now()
			r := w.runIn(ctx, "check", "-f", file, "-o", c.format)
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %s to stop", took)
			}
			r.want(t, exitInterrupted, c.up, "rollcall: stopped; these are the results so far\n")
			r.want(t, exitInterrupted, c.unknown, "rollcall: stopped; these are the results so far\n")
			r.want(t, exitInterrupted, c.sum, "rollcall: stopped; these are the results so far\n")
		})
	}
}

// thenCalling answers, and calls once whoever asked has heard it to the end and gone.
func thenCalling(call func()) peer.Behaviour {
	return peer.Behaviour{Name: "answers and calls", Converse: func(conn net.Conn, _ <-chan struct{}) {
		_, _ = conn.Read(make([]byte, 1<<16))
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
		_, _ = io.Copy(io.Discard, conn)
		call()
	}}
}

// What cannot be printed was not done.
func TestPrintFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.peer(peer.Answering(0, http.StatusOK, "")).URL
	for _, args := range [][]string{{"check", url}, {"check", url, "-o", "json"}, {"version"}, {"completion", "bash"}, {"validate", "-f", w.file("fleet: f\ntargets: [%s]\n", url)}} {
		var errs bytes.Buffer
		if code := execute(t.Context(), command(outside{}), args, full{}, &errs); code != exitUnknown || errs.String() != "rollcall: print: no space left\n" {
			t.Errorf("%s: status %d, %q", args[0], code, errs.String())
		}
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// A round that was not completed is not done, whatever its targets say.
func TestVerdictOfAnIncompleteRound(t *testing.T) {
	t.Parallel()
	r := health.Report{Completed: true, Counts: health.Counts{Targets: 2, Up: 1, Down: 1}}
	if got := verdict(r, "down"); got != status(exitDown) {
		t.Errorf("completed: got %v", got)
	}
	r.Completed = false
	if got := verdict(r, "down"); got != status(exitUnknown) {
		t.Errorf("not completed: got %v", got)
	}
}
