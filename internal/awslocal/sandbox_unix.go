//go:build unix

package awslocal

import (
	"os/exec"
	"syscall"
)

// standsAlone makes the process a group of its own, with whatever it will start.
func standsAlone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endsWithUs(cmd)
}

// freeze has the group stand still, as Lambda has a function that waits for an event. Unlike
// there its clocks go on.
func freeze(cmd *exec.Cmd) {
	if syscall.Kill(-cmd.Process.Pid, syscall.SIGSTOP) == nil {
		standing(cmd.Process.Pid)
	}
}

// thaw lets the group go on.
func thaw(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT) }

// end kills the group, standing still or not. It may have ended a moment ago.
func end(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
