package awslocal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestLimitsInTheKernelsWords(t *testing.T) {
	l := Limits{Share: 0.25, Memory: 1 << 20}
	want := [2]string{
		"cpu.cfs_period_us=20000 cpu.cfs_quota_us=5000 memory.limit_in_bytes=1048576 memory.memsw.limit_in_bytes=1048576",
		"cpu.max=5000 20000 memory.max=1048576 memory.swap.max=0 memory.oom.group=1",
	}
	for version := range want {
		var got []string
		for _, c := range l.controls() {
			for _, s := range c.settings[version] {
				got = append(got, s.file+"="+s.text)
			}
		}
		if said := strings.Join(got, " "); said != want[version] {
			t.Errorf("version %d is told %s, want %s", version+1, said, want[version])
		}
	}
	if g, err := NewGroup(Limits{}); g != nil || err != nil || g.Members() != nil || g.Remove() != nil {
		t.Errorf("without limits: %v, %v, want none", g, err)
	}
}

// Where the machine can hold them, a function is limited from its first instruction on, one
// that takes too much memory is killed, and no group stays behind.
func TestAFunctionIsHeldToItsLimits(t *testing.T) {
	f := bootstrap(t)
	f.Memory, f.Share, f.HoldMemory = 384, 0.5, true
	r := NewRuntime(t, f)
	share, memory := CanHold()
	t.Logf("a share of a core: %v; memory: %v; unheld: %q", share, memory, r.Unheld())
	for _, why := range []error{share, memory} {
		if why != nil && !strings.Contains(r.Unheld(), why.Error()) {
			t.Errorf("unheld is %q, want it to say %q", r.Unheld(), why)
		}
	}
	if share != nil || memory != nil {
		t.Skip("not here: ", r.Unheld())
	}
	if r.Unheld() != "" {
		t.Errorf("unheld is %q, want nothing", r.Unheld())
	}
	// A process that was killed has left its group.
	gone := exec.Command("/bin/sh", "-c", "exit")
	must(t, gone.Run())
	left := filepath.Join(filepath.Dir(someGroup(t)), fmt.Sprintf("rollcall-%d-left", gone.Process.Pid))
	must(t, os.Mkdir(left, 0o700))
	groups := answered(t, do(t, r, "", plenty)).Groups
	if _, err := os.Stat(left); err == nil {
		_ = os.Remove(left)
		t.Errorf("%s is still there", left)
	}
	dirs := len(r.warm[0].group.dirs)
	if n := strings.Count(groups, "/rollcall-"); n != dirs || n == 0 {
		t.Errorf("it is a member of %d of our %d groups:\n%s", n, dirs, groups)
	}
	made := r.warm[0].group.dirs
	for _, c := range r.limits.controls() {
		if !isSet(c, made) {
			t.Errorf("the controller %s was not told its limit, %v", c.controller, c.settings)
		}
	}
	if in := do(t, r, "gorge", plenty); in.ErrorType != "Runtime.ExitError" || !strings.Contains(in.Error, "killed") || in.Killed {
		t.Errorf("%.300v, want it killed for its memory", in)
	}
	if next := do(t, r, "", plenty); !next.Cold {
		t.Errorf("%+v, want another process", next)
	}
	for _, dir := range made {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("the group %s is still there", dir)
		}
	}
}

// A function without limits is in no group of ours, and one that cannot have them says so.
func TestWithoutLimits(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	if got := answered(t, do(t, r, "", plenty)); strings.Contains(got.Groups, "/rollcall-") || r.Unheld() != "" {
		t.Errorf("groups %s, unheld %q, want neither", got.Groups, r.Unheld())
	}
}

// someGroup is a folder where a group was.
func someGroup(t *testing.T) string {
	t.Helper()
	g, err := NewGroup(Limits{Share: 1})
	must(t, err)
	must(t, g.Remove())
	return filepath.Dir(g.Members()[0])
}

// isSet reports whether one of the folders has all that version 1 or 2 wants of a limit.
func isSet(c control, dirs map[string]string) bool {
	for _, dir := range dirs {
		for _, settings := range c.settings {
			set := 0
			for _, s := range settings {
				text, err := os.ReadFile(filepath.Join(dir, s.file))
				if strings.TrimSpace(string(text)) == s.text || s.spared && err != nil {
					set++
				}
			}
			if set == len(settings) {
				return true
			}
		}
	}
	return false
}
