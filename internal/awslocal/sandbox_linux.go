package awslocal

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// endsWithUs has the system kill the process when this one is gone, however that came, and
// whether or not the process stands still.
func endsWithUs(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL }

// standing waits until a process that was told to stop has stopped, or has ended. The signal
// alone returns before every thread has seen it.
func standing(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		continue
	}
}
