package awslocal

import (
	"os/exec"
	"syscall"
)

// endsWithUs has the system kill the process when this one is gone, however that came.
func endsWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
