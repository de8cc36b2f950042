// Package quota gives a process a share of a processor, and an account of what it used.
//
// Lambda shares a processor out by the kernel's own quota, in periods of 20 ms, and shows two
// cores whatever the share. A cgroup of ours does the same, version 1 or 2, where it can be
// written. Elsewhere the process is stopped and continued, which is coarser: see [duty].
package quota

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"rollcall/internal/awslocal"
)

// Period is how often a share is dealt out.
const Period = awslocal.Period

// Whole is a share of one core. 0 is no quota at all.
const Whole = 1.0

// Run is one process to measure.
type Run struct {
	Words []string // the program and its arguments
	Env   []string // beside the runner's own, NAME=value
	Alone bool     // Env is all of its environment
	Share float64  // of a core
	Files int      // descriptors it may have; 0: as many as the runner may
	Limit time.Duration
}

// Account is what a process took.
type Account struct {
	Wall   time.Duration // from its start to its end
	CPU    time.Duration // user and system
	Peak   int64         // bytes resident at most
	Output []byte        // standard output
}

// Mechanism shares processors out.
type Mechanism interface {
	// Name says how, for a reader of results.
	Name() string
	// prepare makes room for one process with a share. The file is where a process writes its
	// number to be held to it; empty: watch is called with the number once it runs, and ends
	// when the channel is closed.
	prepare(share float64) (place, error)
}

// place is room for one process.
type place struct {
	procs string
	watch func(pid int, done <-chan struct{})
	leave func() error
}

// Choose is the best mechanism there is here. With a name it is that one, "cgroup" or "duty".
func Choose(name string) (Mechanism, error) {
	if name == "duty" {
		return duty{}, nil
	}
	m, err := newCgroup()
	if err != nil && name != "cgroup" {
		return duty{}, nil
	}
	return m, err
}

// Do runs r to its end. What the process said on standard error is in the error.
func Do(m Mechanism, r Run) (Account, error) {
	var a Account
	at := place{leave: func() error { return nil }}
	if r.Share > 0 {
		var err error
		if at, err = m.prepare(r.Share); err != nil {
			return a, err
		}
	}
	// The shell joins before the program begins, so that not one instruction of it runs
	// outside, and it is so small that it does not show in the account.
	command := exec.Command("/bin/sh", append([]string{"-c", joining(at.procs, r.Files), "sh"}, r.Words...)...)
	if command.Env = append(os.Environ(), r.Env...); r.Alone {
		command.Env = append([]string{}, r.Env...)
	}
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	command.WaitDelay = time.Second
	began := time.Now()
	if err := command.Start(); err != nil {
		return a, errors.Join(err, at.leave())
	}
	done := make(chan struct{})
	if at.watch != nil {
		go at.watch(command.Process.Pid, done)
	}
	peak := make(chan int64, 1)
	go func() { peak <- highest(command.Process.Pid, done) }()
	overtime := time.AfterFunc(r.Limit, func() { _ = command.Process.Kill() })
	err := command.Wait()
	a.Wall = time.Since(began)
	late := !overtime.Stop()
	close(done)
	if used, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		a.CPU = time.Duration(used.Utime.Nano() + used.Stime.Nano())
		a.Peak = used.Maxrss << 10 // Linux counts in KiB
	}
	if seen := <-peak; seen > 0 {
		a.Peak = seen
	}
	a.Output = out.Bytes()
	if late {
		err = fmt.Errorf("not ended within %s", r.Limit)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", strings.Join(r.Words, " "), err, lastLines(complaints.String()))
	}
	return a, errors.Join(err, at.leave())
}

// joining is what the shell does before it becomes the program.
func joining(procs string, files int) string {
	script := `exec "$@"`
	if files > 0 {
		script = fmt.Sprintf("ulimit -n %d && %s", files, script)
	}
	if procs != "" {
		script = fmt.Sprintf("echo $$ >'%s' && %s", procs, script)
	}
	return script
}

// lastLines is the end of what a process complained of.
func lastLines(text string) string {
	text = strings.TrimSpace(text)
	if most := 600; len(text) > most {
		text = "... " + text[len(text)-most:]
	}
	return text
}
