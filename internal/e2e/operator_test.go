package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rollcall/internal/awslocal"
)

// An operator works with the built command, as README has it.

// builds builds the command, alike with the functions, so that they share what they can.
func (w *world) builds() error {
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", filepath.Join(w.folder, "rollcall"), "./cmd/rollcall")
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	return nil
}

// runs runs the command and returns what it printed. It must succeed.
func (w *world) runs(args ...string) string {
	w.t.Helper()
	out, err := w.tries(args...)
	if err != nil {
		w.t.Errorf("round %d: rollcall %s: %v\n%s", w.now, strings.Join(args, " "), err, out)
	}
	return out
}

func (w *world) tries(args ...string) (printed string, err error) {
	w.t.Helper()
	must(w.t, w.command())
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(w.folder, "rollcall"), args...)
	cmd.Env = w.credentials()
	for name, value := range vault {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	fmt.Fprintf(&w.said, "$ rollcall %s\n%s\n", strings.Join(args, " "), out)
	return string(out), err
}

// credentials are an operator's environment, with nothing of AWS in it but this one.
func (w *world) credentials() []string {
	all := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	all = append(all, "AWS_REGION="+awslocal.Region, "AWS_DEFAULT_REGION="+awslocal.Region, "AWS_ACCESS_KEY_ID=AKIDLOCAL",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=")
	for name, value := range w.environment() {
		all = append(all, name+"="+value)
	}
	return all
}

// writes is a targets file on the operator's own machine.
func (w *world) writes(text string) (path string) {
	w.t.Helper()
	path = filepath.Join(w.folder, "targets.yaml")
	must(w.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// pushes is an operator who changes the fleet without a deployment.
func (w *world) pushes(text string) {
	w.t.Helper()
	if out := w.runs("push", "-f", w.writes(text), "s3://"+w.lists+"/"+listKey); !strings.Contains(out, "pushed fleet "+fleetName) {
		w.t.Errorf("round %d: push printed %s", w.now, out)
	}
}

// asks asks what is kept in the deployment's store.
func (w *world) asks(args ...string) string {
	w.t.Helper()
	return w.runs(append(args, "--store", "s3://"+w.bucket(), "-f", w.writes(w.stage.file(w.windows)))...)
}

// epilogue is played in rounds of this very minute and the next two, because a silence that
// somebody asks for begins now.
func (w *world) epilogue() *cast {
	w.t.Helper()
	c := &cast{story: story{name: "a silence, by the command, and its end"}}
	w.current = c
	if out := w.asks("silence", "gate", "--for", "2h", "--why", "new disk"); !strings.Contains(out, "Nobody is told of gate until ") {
		w.t.Errorf("silence printed %s", out)
	}
	if out := w.asks("silence"); !strings.Contains(out, "gate") || !strings.Contains(out, "new disk") {
		w.t.Errorf("the silences are %s, want that of gate, and why", out)
	}
	first := int(time.Since(w.start) / interval)
	c.troubles = []trouble{{who: "gate", from: first, to: first + 2, how: fails}}
	c.owes = []owed{on(first+1, "opened gate"), on(first+2, "recovered gate")}
	w.round([]*cast{c}, first)
	if out := w.asks("why", "gate"); !strings.Contains(out, "new disk") {
		w.t.Errorf("why printed %s, want the silence", out)
	}
	w.asks("silence", "gate", "--end")
	w.round([]*cast{c}, first+1)
	w.round([]*cast{c}, first+2)
	return c
}
