package awslocal

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// initLimit is how long Lambda waits for a new process to ask for its first event.
	initLimit = 10 * time.Second
	// descriptors is how many files a function may have open at once, not to be raised.
	descriptors = 1024
)

// limits are those of f that this machine can hold, and what it cannot.
func (f Function) limits() (held Limits, unheld string) {
	if f.Share == 0 && !f.HoldMemory {
		return held, ""
	}
	var not []string
	share, memory := CanHold()
	if f.Share > 0 && share == nil {
		held.Share = f.Share
	} else if f.Share > 0 {
		not = append(not, share.Error())
	}
	if f.HoldMemory && memory == nil {
		held.Memory = int64(f.memory()) << 20
	} else if f.HoldMemory {
		not = append(not, memory.Error())
	}
	return held, strings.Join(not, "; ")
}

// start has a new process ask for its first event; nil: in says why none did.
//
// Lambda gives it ten seconds. When it ends in them or does not ask, Lambda starts it once
// more, and from then on the function's own time runs. After a process that was killed or has
// ended on its own it does so at once.
func (r *Runtime) start(in *Invocation, timeout time.Duration) (box *sandbox, deadline time.Time) {
	in.Cold = true
	if !r.wasReset() {
		if box = r.try(in, time.Now().Add(r.patient), fmt.Sprintf("no first event asked for after %v", r.patient)); box != nil {
			return box, time.Now().Add(timeout)
		}
		in.fail("", "")
		in.Killed = false
	}
	began := time.Now()
	deadline = began.Add(timeout)
	box = r.try(in, deadline, timedOut(timeout))
	in.Took = time.Since(began)
	if box == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.resets++
	}
	return box, deadline
}

// wasReset reports whether a process of ours has ended that is to be replaced, and takes note
// that it is.
func (r *Runtime) wasReset() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resets == 0 {
		return false
	}
	r.resets--
	return true
}

// try starts a process and waits until it asks for an event; nil: it did not, or not in time.
func (r *Runtime) try(in *Invocation, deadline time.Time, late string) *sandbox {
	r.mu.Lock()
	r.started++
	box, err := newSandbox(r.function, r.limits, filepath.Join(r.logs, fmt.Sprintf("%06d", r.started)))
	if err == nil {
		r.living[box] = true
	}
	r.mu.Unlock()
	in.Starts++
	if err != nil {
		in.fail("Runtime.InvalidEntrypoint", err.Error())
		return nil
	}
	if box.ready(in, deadline, late) {
		return box
	}
	in.note(box)
	r.mu.Lock()
	defer r.mu.Unlock()
	box.stop()
	delete(r.living, box)
	return nil
}

// timedOut is what Lambda says of an event whose time is over.
func timedOut(timeout time.Duration) string {
	return fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds())
}

// command is the process of f, with the environment that Lambda gives it and the log format
// of our template. The shell limits itself before it becomes the function, so that not one
// instruction of that runs without its limits.
func command(f Function, api string, g *Group) (*exec.Cmd, error) {
	script := fmt.Sprintf("ulimit -n %d && exec ./bootstrap", descriptors)
	for _, members := range g.Members() {
		if strings.Contains(members, "'") {
			return nil, errors.New(members + ": a quote in the name of a control group")
		}
		script = fmt.Sprintf("echo $$ >'%s' && %s", members, script)
	}
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir = f.Dir
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + f.name(),
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(f.memory()),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + f.name(),
		"AWS_LAMBDA_LOG_STREAM_NAME=local",
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_LOG_LEVEL=INFO",
		"AWS_REGION=" + Region,
		"AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=AKIDLOCAL",
		"AWS_SECRET_ACCESS_KEY=nothing-secret",
		"AWS_SESSION_TOKEN=local",
		"LAMBDA_TASK_ROOT=" + f.Dir,
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"_HANDLER=bootstrap",
		"TZ=:UTC",
		"LANG=en_US.UTF-8",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
	}
	for name, value := range f.Env {
		cmd.Env = append(cmd.Env, name+"="+value) // of equal names the last one counts
	}
	return cmd, nil
}
