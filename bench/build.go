package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// programs are what contenders run, by the name of the file: where it is built, and from
// what. They are built as `make build` does, without cgo.
var programs = [...]struct{ file, module, from string }{
	{"rollcall", ".", "./contend/rollcall"},
	{"rollcall-command", "..", "./cmd/rollcall"},
	{"loops", ".", "./contend/loops"},
	{"vegeta", ".", "./tools/vegeta"},
	{"hey", ".", "./tools/hey"},
	{"blackbox", ".", "./tools/blackbox"},
}

// build builds the programs that are wanted into bins, and returns the errors of those that
// cannot be had: the others can still be measured.
func build(ctx context.Context, bins string, wanted []string, out io.Writer) map[string]error {
	unbuilt := map[string]error{}
	for _, p := range programs {
		if !slices.Contains(wanted, p.file) {
			continue
		}
		began := time.Now()
		command := exec.CommandContext(ctx, "go", "build", "-C", p.module, "-trimpath", "-o", filepath.Join(bins, p.file), p.from)
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := command.CombinedOutput(); err != nil {
			unbuilt[p.file] = fmt.Errorf("build %s: %w: %s", p.file, err, strings.TrimSpace(string(said)))
		}
		fmt.Fprintf(out, "built %s within %s\n", p.file, time.Since(began).Round(time.Second/10))
	}
	return unbuilt
}
