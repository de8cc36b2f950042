package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"rollcall/bench/mock"
)

// powerSizes are the memory sizes that are tried, in MB: the least that Lambda has, and what
// buys up to one core.
var powerSizes = [...]int{128, 256, 512, 1024, wholeCore}

// powerRuns is how often the same round is played, beside the first one.
const powerRuns = 5

// powerHeats are what is run, in the order in which the results show it.
func powerHeats(only *regexp.Regexp) (all []heat) {
	for _, n := range [...]int{100, 1000} {
		for _, door := range [...]mock.Door{mock.HTTP, mock.HTTPS} {
			for _, memory := range powerSizes {
				h := heat{door: door, n: n, memory: memory}
				if only == nil || only.MatchString(h.String()) {
					all = append(all, h)
				}
			}
		}
	}
	return all
}

// power measures what a round of the function takes by the size of its memory: `bench power`.
// Nobody else runs. The error is errMissed when a target that is well was not up.
func power(ctx context.Context, args []string, out io.Writer) error {
	f, err := parsePower(args)
	if err != nil {
		return err
	}
	heats := powerHeats(f.only)
	if len(heats) == 0 {
		return errors.New("no heat is called that; want one like https 100 @128MB")
	}
	began := time.Now()
	var t track
	if t.bins, err = filepath.Abs("bin"); err != nil {
		return err
	}
	bootstrap, err := buildFunction(ctx, t.bins)
	if err != nil {
		return err
	}
	if err := t.start(f.quota); err != nil {
		return err
	}
	defer t.close()
	fmt.Fprintf(out, "built within %s; shares by %s\n", time.Since(began).Round(time.Second), t.mechanism.Name())
	var s sizing
	for _, h := range heats {
		r, err := t.try(ctx, h, bootstrap, f.runs)
		if err != nil {
			return fmt.Errorf("%s: %w", h, err)
		}
		s.trials = append(s.trials, r)
		fmt.Fprintf(out, "  %s\n", r.brief())
	}
	s.machine = describe(t, began)
	if s.template, err = templateMemory("../template.yaml"); err != nil {
		return err
	}
	return s.report(f.results, out)
}

func parsePower(args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet("bench power", flag.ContinueOnError)
	only := set.String("only", "", "heats whose name matches `REGEXP`, like 'https 100 @128MB'; nothing is written unless -results says where")
	set.IntVar(&f.runs, "runs", powerRuns, "play the same round so often, beside the first one")
	set.StringVar(&f.quota, "quota", "", "cgroup or duty (SIGSTOP and SIGCONT); without it the best there is")
	set.StringVar(&f.results, "results", "", "`FOLDER` for the results; without it results/, or none with -only")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if f.runs < 1 {
		return f, fmt.Errorf("-runs %d, want 1 or more", f.runs)
	}
	if *only == "" {
		if f.results == "" {
			f.results = "results"
		}
		return f, nil
	}
	var err error
	f.only, err = regexp.Compile(*only)
	return f, err
}

// buildFunction builds the function as `sam build` does, but for this machine, and returns
// what Lambda would start.
func buildFunction(ctx context.Context, bins string) (string, error) {
	dir := filepath.Join(bins, "function")
	build := exec.CommandContext(ctx, "make", "-C", "..", "build-CheckFunction", "ARTIFACTS_DIR="+dir, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	build.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { // what a make above would have it do
		return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS=")
	})
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the function: %w: %s", err, strings.TrimSpace(string(said)))
	}
	return filepath.Join(dir, "bootstrap"), nil
}

// templateMemory is the memory in MB that a template gives the function by itself.
func templateMemory(template string) (int, error) {
	text, err := os.ReadFile(template)
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`(?m)^  MemorySize:\n(?:    .*\n)*?    Default: (\d+)$`).FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("%s: no parameter MemorySize with a Default, want one", template)
	}
	var memory int
	_, err = fmt.Sscan(string(found[1]), &memory)
	return memory, err
}
