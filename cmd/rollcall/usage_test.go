package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"rollcall/internal/rollcall"
)

// transcript is what a person sees of command lines that are run one after another: ">" is
// stdout, "!" is stderr.
func (w *world) transcript(lines ...string) string {
	var text strings.Builder
	for _, line := range lines {
		args := strings.Fields(line)
		for i := range args {
			args[i] = strings.Trim(args[i], "'")
		}
		r := w.run(args...)
		fmt.Fprintf(&text, "$ rollcall %s\n", line)
		for _, stream := range []struct{ mark, said string }{{">", r.out}, {"!", r.errs}} {
			for said := range strings.Lines(stream.said) {
				text.WriteString(strings.TrimRight(stream.mark+" "+strings.TrimRight(said, "\n"), " ") + "\n")
			}
		}
		fmt.Fprintf(&text, "= %d\n\n", r.status)
	}
	return text.String()
}

// Every mistake on the command line has a sentence that says what to write instead.
func TestMistakes(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	text := w.transcript(
		"chekc", "chekc -o json", "frobnicate", "https://example.com", "-x", "help chekc", "help check frobnicate",
		"check", "check shop", "check example.com", "check ftp://example.com/ https://user:secret@example.com/",
		"check -o", "check -o xml", "check --color sometimes", "check --fail-on unknown",
		"check --bugdet 5s", "check -z", "check -q=perhaps", "check -f",
		"check --budget 5", "check --budget 999ms", "check --budget -5s",
		"check --memory 127", "check --memory 1048577", "check --memory much",
		"validate list.yaml", "validate --interval 3m", "plan --interval often", "plan list.yaml", "plan --latency 0s", "plan -o xml", "version 1", "demo fast", "demo --story comedy", "slience cart", "completion", "completion tcsh",
	)
	w.file("fleet: shop\ngroups: {payments: {}}\ntargets:\n  - {name: checkout, url: http://127.0.0.1:1/}\n  - http://shop.example.com\n")
	text += w.transcript(
		"check chekout -f targets.yaml", "check payments -f targets.yaml", "check example.com -f targets.yaml",
		"check targets.yaml -f targets.yaml", "check nobody '' -f targets.yaml", "check shop.example.com nobody -f targets.yaml", "check -f .",
	)
	w.golden("mistakes.txt", text)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := w.transcript("", "help", "--help", "help check", "check --help", "help validate", "help push", "help plan", "help silence", "help why", "help demo",
		"help version", "help completion", "help help")
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > len("> ")+80 {
			t.Errorf("%d columns: %s", n-len("> "), line)
		}
	}
	w.golden("help.txt", text)
}

func TestVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := fmt.Sprintf("rollcall %s %s %s/%s\n", rollcall.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, args := range []string{"version", "--version"} {
		if r := w.run(args); r != (ran{exitOK, want, ""}) {
			t.Errorf("%s: %+v, want %q", args, r, want)
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, shell := range shells {
		w.run("completion", shell.name).want(t, exitOK, "rollcall", "")
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.file("fleet: shop\ngroups: {pay: {}}\ntargets:\n  - {name: checkout, url: http://a/, group: pay}\n  - {name: cart, url: http://b/, group: pay}\n")
	broken := filepath.Join(w.folder, "broken.yaml")
	if err := os.WriteFile(broken, []byte("fleet: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"check -f " + file + " ''", "pay checkout cart"},
		{"check -f " + file + " c", "checkout cart"},
		{"check -f " + file + " cart c", "checkout"},
		{"check -f " + broken + " c", ""},
		{"check -f nowhere.yaml c", ""},
		{"check -f - c", ""},
		{"silence -f " + file + " c", "checkout cart"},
		{"silence -f " + file + " cart c", ""},
		{"why -f " + file + " p", "pay"},
		{"why -o ''", "table json"},
		{"push ''", ""},
		{"demo --story ''", "broken outage"},
		{"check -o ''", "table json"},
		{"plan --interval ''", "1m 2m 5m 10m 15m 30m 60m"},
		{"check --fail-on d", "down degraded"},
		{"completion ''", "bash zsh fish powershell"},
		{"ch", "check"},
	} {
		args := strings.Fields(c.args)
		args[len(args)-1] = strings.Trim(args[len(args)-1], "'")
		r := w.run(append([]string{"__complete"}, args...)...)
		var offered []string
		for line := range strings.Lines(r.out) {
			if word, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !regexp.MustCompile(`^:\d+$`).MatchString(word) {
				offered = append(offered, word)
			}
		}
		if got := strings.Join(offered, " "); r.status != exitOK || got != c.want {
			t.Errorf("%s: status %d, offered %q, want %q", c.args, r.status, got, c.want)
		}
	}
}
