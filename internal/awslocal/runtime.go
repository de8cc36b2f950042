package awslocal

import (
	"crypto/rand"
	"fmt"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Function is a built function: what its template says of it.
type Function struct {
	Dir    string            // holds bootstrap; the working folder
	Env    map[string]string // beside and above what Lambda itself sets
	Memory int               // MB, as the function is told; 0: 512
}

// Runtime is Lambda around one function: the Runtime API on loopback, and a process of the
// function that is started cold, kept warm, and killed without a word at the deadline.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type Runtime struct {
	function Function
	logs     string // the folder of what the processes print

	mu  sync.Mutex // held while an event is handled: a sandbox has one at a time
	box *sandbox   // nil: the next event finds the function cold

	running atomic.Pointer[sandbox] // the same, for Kill, which waits for nobody
}

// Invocation is what became of one event.
type Invocation struct {
	ID        string
	Cold      bool          // a process was started for it
	Payload   []byte        // what the handler returned; nil when there is an Error
	Error     string        // what Lambda reports of a failed invocation; empty: it did not fail
	ErrorType string        // the Go type of the handler's error, or Lambda's own, such as Runtime.ExitError
	Stdout    []string      // the lines it printed; when Cold, those of its start too
	Stderr    string        // likewise
	Took      time.Duration // from the event to the answer, or to the end of the process
	Killed    bool          // it did not come to an end before its deadline
}

// NewRuntime is Lambda around f. Its process ends with the test.
func NewRuntime(t testing.TB, f Function) *Runtime {
	r := &Runtime{function: f, logs: t.TempDir()}
	t.Cleanup(r.Stop)
	return r
}

// Stop ends the process, if there is one; the next event finds the function cold.
func (r *Runtime) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
}

// Kill ends the process, if there is one, in the middle of whatever it does.
func (r *Runtime) Kill() {
	if box := r.running.Load(); box != nil {
		_ = box.cmd.Process.Kill() // it may have ended a moment ago
	}
}

func (r *Runtime) drop() {
	r.running.Store(nil)
	if r.box != nil {
		r.box.stop()
		r.box = nil
	}
}

// initLimit is how long Lambda waits for a new process to ask for its first event.
const initLimit = 10 * time.Second

// Invoke hands the function an event and returns when it has asked for the next one, has
// ended, or was killed because timeout had passed.
func (r *Runtime) Invoke(event []byte, timeout time.Duration) Invocation {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := Invocation{ID: requestID()}
	if r.box != nil && r.box.over() { // killed, or ended on its own
		r.drop()
	}
	if r.box == nil {
		box, err := newSandbox(r.function, r.logs)
		if err != nil {
			in.fail("Runtime.InvalidEntrypoint", err.Error())
			return in
		}
		r.box, in.Cold = box, true
		r.running.Store(box)
	}
	if r.box.ready(&in) {
		r.box.handle(&in, event, timeout)
	}
	in.Stdout, in.Stderr = r.box.printed()
	return in
}

func (in *Invocation) fail(kind, what string) {
	in.Payload, in.ErrorType, in.Error = nil, kind, what
}

// requestID looks like Lambda's, and is nobody else's.
func requestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

const (
	functionName = "check"
	functionARN  = "arn:aws:lambda:" + Region + ":123456789012:function:" + functionName

	// descriptors is how many files a function may have open at once, not to be raised.
	descriptors = 1024
)

// command is the process of f, with the environment that Lambda gives it and the log format
// of our template.
func command(f Function, api string) *exec.Cmd {
	memory := f.Memory
	if memory == 0 {
		memory = 512
	}
	cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf("ulimit -n %d && exec ./bootstrap", descriptors))
	cmd.Dir = f.Dir
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + functionName,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + functionName,
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
	return cmd
}
