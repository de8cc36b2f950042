package awslocal

import (
	"bytes"
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Build builds a function of the template as `sam build` does, but for this machine, and
// returns the folder it is in, which goes when the test ends.
func Build(t testing.TB, logicalID string) string {
	t.Helper()
	root := repository(t)
	// Read here, a change of one of them makes `go test` forget a cached result.
	for _, name := range []string{"Makefile", "samconfig.toml", "template.yaml", "infra/targets.yaml"} {
		if _, err := os.ReadFile(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	build := exec.Command("make", "build-"+logicalID, "ARTIFACTS_DIR="+dir, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	build.Dir = root
	build.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { // what a make above would have it do
		return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS=")
	})
	if printed, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v, having printed:\n%s", build, err, printed)
	}
	return dir
}

//go:embed transform.py
var transformer string

// Transform is what CloudFormation makes of the SAM template at path, as JSON, by AWS's own
// transform with every parameter at its default. A machine without it leaves the test out;
// see [LeftOut].
func Transform(t testing.TB, path string) []byte {
	t.Helper()
	template, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, python := range []string{"python3", filepath.Join(repository(t), ".venv", "bin", "python3")} {
		var out, errs bytes.Buffer
		run := exec.Command(python, "-c", transformer)
		run.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+Region)
		run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(template), &out, &errs
		err := run.Run()
		if err == nil {
			return out.Bytes()
		}
		const refused = 1 // anything else: no such Python, or one without the transform
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == refused {
			t.Fatalf("transform %s: %v, having printed:\n%s", path, err, errs.String())
		}
	}
	LeftOut(t, "aws-sam-translator is neither with the python3 on PATH nor in .venv; install it with: pip install aws-sam-translator")
	return nil
}

// repository is the folder of go.mod, at or above the working folder.
func repository(t testing.TB) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for root := here; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root
		}
		if root == filepath.Dir(root) {
			t.Fatalf("%s: no go.mod here or above", here)
		}
	}
}
