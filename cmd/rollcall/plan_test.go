package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// plan says on stdout how rounds run and what they cost, whether or not they fit.
func TestPlan(t *testing.T) {
	w := newWorld(t)
	hundred, err := os.ReadFile("testdata/hundred.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(w.folder)
	text := ""
	for _, c := range []struct{ why, file, args string }{
		{"a hundred targets", string(hundred), ""},
		{"the same, every five minutes, with less memory, slower", string(hundred), "--interval 5m --memory 256 --latency 1500ms"},
		{"one target, as a document", "fleet: shop\ntargets: [https://a.example/]\n", "-o json"},
		{"timeouts that are cut", "fleet: shop\ndefaults: {timeout: 30s}\ntargets:\n  - http://a.example/\n  - {url: http://b.example/, attempts: 1, timeout: 2s}\n", ""},
		{"a catch-up round that does not fit", seldom("1s", 60, 60, 60, 60, 60), "--memory 128 --budget 2s"},
		{"more than fits", "fleet: shop\ndefaults: {timeout: 60s, attempts: 5}\ntargets: [http://a.example/, http://b.example/, http://c.example/, http://d.example/, http://e.example/, http://f.example/, http://g.example/]\n", "--budget 4s"},
		{"too little processor", "fleet: shop\nmetrics: target\ntargets:\n" + hurried(1000), "--memory 128"},
		{"nothing but paused targets", "fleet: shop\ntargets:\n  - {url: http://a.example/, enabled: false}\n", ""},
		{"a mistake", "fleet: shop\ntargets: []\n", ""},
	} {
		w.file("%s", c.file)
		text += "# " + c.why + "\n" + w.transcript(strings.TrimSpace("plan "+c.args)+" -f targets.yaml")
	}
	w.golden("plan.txt", text)
}

// hurried are https targets that leave a round hardly any time to spare.
func hurried(n int) string {
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "  - {url: 'https://h%d.example/', timeout: 9s}\n", i)
	}
	return list.String()
}

// On a terminal of 80 columns nothing is wider than it.
func TestPlanFolds(t *testing.T) {
	w := newWorld(t)
	r := w.run("plan", "-f", "testdata/hundred.yaml", "-o", "json")
	var p prospect
	if err := json.Unmarshal([]byte(r.out), &p.Forecast); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p.columns = 80
	if err := p.print(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// A schedule brings its own budget; who says one has that.
func TestIntervals(t *testing.T) {
	w := newWorld(t)
	file := w.file("fleet: shop\ntargets: [{url: http://a.example/, every: 1m}]\n")
	for _, c := range []struct{ args, want string }{
		{"", "of 43.75 s"},
		{"--interval 1m", "of 43.75 s"},
		{"--interval 2m", "of 94.75 s"},
		{"--interval 5m", "of 243.50 s"},
		{"--interval 60m", "of 762.00 s"},
		{"--interval 1h", "of 762.00 s"},
		{"--interval 5m --budget 30s", "of 30.00 s"},
	} {
		w.run(append([]string{"validate", "-f", file}, strings.Fields(c.args)...)...).want(t, exitOK, c.want, "")
	}
}
