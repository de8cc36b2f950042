package main

import (
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"rollcall/internal/health"
)

// The demo tells of each broken endpoint what is wrong with it, shows the mail, and leaves
// what it names.
func TestDemo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cmd, out, errs := program(t, "demo")
	cmd.Env = append(cmd.Env, "TMPDIR="+w.folder)
	_ = cmd.Run()
	r := ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	r.want(t, exitOK, "100 of 100, the hundredth after ", "")
	text := settled(r.out)
	text = regexp.MustCompile(`worst case [\d.]+ s`).ReplaceAllString(text, "worst case SPAN") // it is more where fewer files may be open
	text = regexp.MustCompile(regexp.QuoteMeta(w.folder)+`/rollcall-demo-\d+`).ReplaceAllString(text, "FOLDER")
	w.golden("demo.txt", text)

	state, list := between(r.out, "The state:", "\n"), between(r.out, "The targets file:", "\n")
	if data, err := os.ReadFile(state); err != nil || !strings.Contains(string(data), `"rollcall.state/1"`) {
		t.Errorf("the state %s: %q, %v", state, data, err)
	}
	w.run("validate", "-f", list).want(t, exitOK, "fleet demo, 109 targets", "")
}

// between is what stands in text between two others, without the space around it.
func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	part, _, _ := strings.Cut(rest, after)
	return strings.TrimSpace(part)
}

// A demo that is stopped leaves nothing behind, whichever is played, and whatever goes wrong
// with one is no mistake of whoever called it.
func TestDemoInterrupted(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"demo"}, {"demo", "--story", "outage"}} {
		t.Setenv("TMPDIR", w.folder)
		ctx, interrupt := context.WithCancel(t.Context())
		out, told := io.Pipe()
		go func() {
			_, _ = out.Read(make([]byte, 1)) // its first word
			interrupt()
			_, _ = io.Copy(io.Discard, out)
		}()
		var errs strings.Builder
		code := execute(ctx, command(outside{}), args, told, &errs)
		left, err := os.ReadDir(w.folder)
		if code != exitInterrupted || errs.Len() > 0 || err != nil || len(left) > 0 {
			t.Errorf("%s: status %d, stderr %q, left %v, %v", args, code, errs.String(), left, err)
		}
		t.Setenv("TMPDIR", w.folder+"/missing")
		w.run(args...).want(t, exitUnknown, "", "rollcall: demo: ")
	}
}

// On a machine so busy that not all of the hundred answer, nothing is said of the hundredth.
func TestDemoOnABusyMachine(t *testing.T) {
	t.Parallel()
	for well, want := range map[int]bool{wellCount: true, wellCount - 1: false} {
		var text strings.Builder
		(&teller{narrator: narrator{out: &text}, told: make([]health.Digest, 2), well: well}).round(1, health.Report{})
		if got := strings.Contains(text.String(), "the hundredth after"); got != want {
			t.Errorf("%d answered:\n%s", well, text.String())
		}
	}
}
