package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// GitHub's workflows run targets that are there, actions pinned by commit, and with a token
// that may read, but for the job that makes a release.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v, want workflows", files, err)
	}
	makefile := readFile(t, "../../Makefile")
	for _, name := range files {
		said := readFile(t, name)
		for _, uses := range regexp.MustCompile(`(?m)\buses: (.*)$`).FindAllStringSubmatch(said, -1) {
			if !regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).MatchString(uses[1]) {
				t.Errorf("%s uses %s, want it by its commit, with its version behind a #", name, uses[1])
			}
		}
		for _, run := range regexp.MustCompile(`(?m)\brun: make ([\w-]+)`).FindAllStringSubmatch(said, -1) {
			if !regexp.MustCompile(`(?m)^` + run[1] + `:`).MatchString(makefile) {
				t.Errorf("%s runs make %s, and the Makefile has no such target", name, run[1])
			}
		}
		if !strings.Contains(said, "\npermissions:\n  contents: read\n\n") {
			t.Errorf("%s does not bound its token to contents: read", name)
		}
		want := 0
		if filepath.Base(name) == "release.yml" {
			want = 1
		}
		if got := strings.Count(said, ": write"); got != want {
			t.Errorf("%s asks %d times to write, want %d", name, got, want)
		}
	}
}
