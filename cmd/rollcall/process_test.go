package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/peer"
)

// program is this program as a process of its own, which does not outlive the test.
func program(t *testing.T, args ...string) (cmd *exec.Cmd, out, errs *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=yes")
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, errs
	return cmd, out, errs
}

func TestCtrlC(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reached := make(chan struct{}, 1)
	hanging := w.peer(peer.Behaviour{Name: "never answers", Converse: func(_ net.Conn, done <-chan struct{}) {
		reached <- struct{}{}
		<-done
	}})
	cmd, out, errs := program(t, "check", hanging.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reached:
	case <-time.After(20 * time.Second):
		t.Error("nobody came")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}.want(t, exitInterrupted,
		"1 target: 1 unknown", "rollcall: stopped; these are the results so far\n")
}

func TestStandardInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.peer(peer.Answering(0, http.StatusOK, "")).URL
	for _, c := range []struct {
		args, file string
		status     int
		out, errs  string
	}{
		{"check -f -", "fleet: f\ntargets:\n  - {name: here, url: " + url + "/}\n", exitOK, "up        here", ""},
		{"validate -f -", "fleet: f\ntargets: [" + url + "]\n", exitOK, "stdin: fleet f, 1 target;", ""},
		{"validate -f -", "fleet: f\n", exitUsage, "", "stdin:1:1: "},
		{"check -f -", "", exitUsage, "", "stdin:1:1: the file is empty"},
	} {
		cmd, out, errs := program(t, strings.Fields(c.args)...)
		cmd.Stdin = strings.NewReader(c.file)
		_ = cmd.Run()
		ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}.want(t, c.status, c.out, c.errs)
	}
}

// While somebody types, standard input is the terminal, and no file.
func TestCompletionLeavesStandardInputAlone(t *testing.T) {
	t.Parallel()
	cmd, out, _ := program(t, "__complete", "check", "-f", "-", "h")
	cmd.Stdin = strings.NewReader("fleet: f\ntargets:\n  - {name: here, url: http://a.example/}\n")
	_ = cmd.Run()
	if got := out.String(); got != ":4\n" { // nothing, and no names of files either
		t.Errorf("offered %q", got)
	}
}

// Stopped before anything was asked, as while somebody still types the file.
func TestStoppedBeforeAnything(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	typing := &cobra.Command{SilenceUsage: true, SilenceErrors: true, RunE: func(cmd *cobra.Command, _ []string) error {
		return fmt.Errorf("read stdin: %w", context.Cause(cmd.Context()))
	}}
	var out, errs bytes.Buffer
	code := execute(ctx, typing, nil, &out, &errs)
	ran{code, out.String(), errs.String()}.want(t, exitInterrupted, "", "")
}
