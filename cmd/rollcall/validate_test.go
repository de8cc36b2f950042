package main

import (
	"fmt"
	"strings"
	"testing"
)

// validate says on stdout what it has proven, and all else on stderr.
func TestValidate(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	text := ""
	for _, c := range []struct{ why, file, args string }{
		{"a good file", "fleet: shop\ntargets: [http://a.example/, http://b.example/]\n", ""},
		{"the same, named as a location", "fleet: shop\ntargets: [http://a.example/]\n", "-f file:targets.yaml"},
		{"nothing but paused targets", "fleet: shop\ntargets:\n  - {url: http://a.example/, enabled: false}\n", ""},
		{"references that are not set here", "fleet: shop\ntargets:\n  - url: http://a.example/${env:ROLLCALL_NOT_SET}\n    name: a\n    http: {headers: {X-Key: '${env:ROLLCALL_NOT_SET_EITHER}'}}\n", ""},
		{"timeouts that are cut", "fleet: shop\ndefaults: {timeout: 30s}\ntargets:\n  - http://a.example/\n  - {url: http://b.example/, attempts: 1, timeout: 2s}\n", ""},
		{"more than fits", "fleet: shop\ndefaults: {timeout: 60s, attempts: 5}\ntargets: [http://a.example/, http://b.example/, http://c.example/, http://d.example/, http://e.example/, http://f.example/, http://g.example/]\n", "--budget 4s"},
		{"a catch-up round that is cut", seldom("30s", 60, 60, 60, 60, 60), "--memory 128"},
		{"a catch-up round that does not fit", seldom("1s", 60, 60, 60, 60, 60), "--memory 128 --budget 2s"},
		{"no time for who may be called", "fleet: shop\nwitnesses: ['tcp://192.0.2.1:443']\ntargets: [{url: http://a.example/, timeout: 20s, attempts: 2}]\n", ""},
		{"no time for parents, and a catch-up round that wants less and does not fit", family(), "--memory 128 --budget 3s"},
		{"no common cycle", seldom("1s", 1437, 1438, 1439, 1440), "--memory 128 --budget 2s"},
		{"no common cycle, which does not matter", seldom("1s", 1437, 1438, 1439, 1440), ""},
		{"every problem", "fleet: Shop\ntarget:\n  - x\ntargets:\n  - {url: 'http://a.example/', timeout: 5}\n", ""},
		{"one problem", "fleet: shop\ntargets: []\n", ""},
		{"what a terminal would obey", "fleet: shop\ntargets: [http://a.example/]\n\"x\\e[31m\\u202E\": y\n", ""},
	} {
		w.file("%s", c.file)
		args := "validate " + c.args
		if !strings.Contains(args, "-f") {
			args = strings.TrimSpace(args) + " -f targets.yaml"
		}
		text += "# " + c.why + "\n" + w.transcript(args)
	}
	text += w.transcript("validate", "validate -f .")
	w.golden("validate.txt", text)
}

// family is a file of one target with five parents, which are those of seldom. In a round in
// which they are not due they come a pass later, and take no time from their child.
func family() string {
	return seldom("2s", 1440, 1440, 1440, 1440, 1440) + "  - {url: http://z.example/, timeout: 1s, depends_on: [a.example/, b.example/, c.example/, d.example/, e.example/]}\n"
}

// seldom is a file of targets that are asked once in so many minutes, not all in the same,
// and whose answers are so large that 128 MB allow three of them at a time.
func seldom(timeout string, minutes ...int) string {
	text := "fleet: shop\ndefaults: {timeout: " + timeout + ", attempts: 1, http: {max_body: 8MiB, expect: {body: ready}}}\ntargets:\n"
	for i, n := range minutes {
		text += fmt.Sprintf("  - {url: http://%c.example/, every: %dm}\n", 'a'+i, n)
	}
	return text
}
