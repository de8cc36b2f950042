package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/licences.md lists every module that is linked into a binary, at the version that is,
// and no other. Which licence it is is read off its text by `make licences`.
func TestLicencesAreListed(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}",
		"./functions/check", "./functions/slack", "./cmd/rollcall")
	list.Dir = "../.."
	list.Env = append(list.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	said, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := slices.Compact(slices.Sorted(strings.Lines(string(said))))
	named := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+) \| (v[0-9]\S+) \| (.*) \|$`).FindAllStringSubmatch(readFile(t, "../../docs/licences.md"), -1) {
		library, version, licence := row[1], row[2], row[3]
		at := slices.IndexFunc(linked, func(line string) bool {
			module, v, _ := strings.Cut(strings.TrimSpace(line), " ")
			return v == version && (library == module || strings.HasPrefix(library, module+"/"))
		})
		if at < 0 {
			t.Errorf("%s %s is in no binary: run make licences", library, version)
			continue
		}
		named[linked[at]] = true
		if !slices.Contains([]string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "ISC"}, licence) {
			t.Errorf("%s is under %s: see whether rollcall may be given away with it", library, licence)
		}
	}
	for _, line := range linked {
		if !named[line] {
			t.Errorf("docs/licences.md does not list %s: run make licences", strings.TrimSpace(line))
		}
	}
	if len(linked) == 0 {
		t.Error("nothing is linked: the list went wrong")
	}
}
