package awslocal

import (
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Function is a built function: what its template says of it.
type Function struct {
	Dir        string            // holds bootstrap; the working folder
	Env        map[string]string // beside and above what Lambda itself sets
	Memory     int               // MB, as the function is told; 0: 512
	Share      float64           // of a core, that each of its processes may use; 0: no limit
	HoldMemory bool              // whether a process that takes more than Memory is killed
	Name       string            // empty: check
}

// memory is Memory in MB.
func (f Function) memory() int {
	if f.Memory == 0 {
		return 512
	}
	return f.Memory
}

// name is the function's name.
func (f Function) name() string {
	if f.Name == "" {
		return "check"
	}
	return f.Name
}

// arn is the function's ARN.
func (f Function) arn() string {
	return "arn:aws:lambda:" + Region + ":" + Account + ":function:" + f.name()
}

// Runtime is Lambda around one function: the Runtime API on loopback, and processes of the
// function, one for each event at a time, that are started cold, kept warm, stand still while
// they have no event, and are killed without a word at the deadline.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
type Runtime struct {
	logs    string // the folder of what the processes print
	limits  Limits // of one process: those wanted that this machine can hold
	unheld  string // the others
	patient time.Duration

	use      sync.RWMutex // held for reading while an event is handled
	function Function     // under use

	mu      sync.Mutex
	started int               // processes so far
	warm    []*sandbox        // without an event; the one that had one last is the last
	living  map[*sandbox]bool // these, and those that have an event
	resets  int               // places whose process was killed or ended on its own
}

// Invocation is what became of one event.
type Invocation struct {
	ID        string
	Cold      bool          // a process was started for it
	Starts    int           // and so many: 2 when the first did not get as far as asking for it
	Payload   []byte        // what the handler returned; nil when there is an Error
	Error     string        // what Lambda reports of a failed invocation; empty: it did not fail
	ErrorType string        // the Go type of the handler's error, or Lambda's own, such as Runtime.ExitError
	Stdout    []string      // the lines it printed; when Cold, those of its start too
	Stderr    string        // likewise
	Took      time.Duration // from the event to the answer, or to the end of the process
	Killed    bool          // it did not come to an end before its deadline
}

// Failed reports whether Lambda would count the invocation as an error.
func (in Invocation) Failed() bool { return in.ErrorType != "" || in.Error != "" }

func (in *Invocation) fail(kind, what string) {
	in.Payload, in.ErrorType, in.Error = nil, kind, what
}

// note keeps what b has printed since it was last asked.
func (in *Invocation) note(b *sandbox) {
	lines, errs := b.printed()
	in.Stdout, in.Stderr = append(in.Stdout, lines...), in.Stderr+errs
}

// NewRuntime is Lambda around f. Its processes end with the test.
func NewRuntime(t testing.TB, f Function) *Runtime {
	r := &Runtime{function: f, logs: t.TempDir(), patient: initLimit, living: map[*sandbox]bool{}}
	r.limits, r.unheld = f.limits()
	t.Cleanup(r.Stop)
	return r
}

// Unheld says which of the limits that the function is to have this machine cannot hold, and
// why; empty: it holds all of them.
func (r *Runtime) Unheld() string { return r.unheld }

// Replace is an upgrade: the function is what is in dir from the next event on, which finds
// it cold. It waits for the events in hand.
func (r *Runtime) Replace(dir string) {
	r.use.Lock()
	defer r.use.Unlock()
	r.drop()
	r.function.Dir = dir
}

// Stop ends all processes, once they are done with the events in hand; the next event finds
// the function cold.
func (r *Runtime) Stop() {
	r.use.Lock()
	defer r.use.Unlock()
	r.drop()
}

// Kill ends all processes, in the middle of whatever they do. When it returns they are gone.
func (r *Runtime) Kill() {
	r.mu.Lock()
	living := slices.Collect(maps.Keys(r.living))
	r.mu.Unlock()
	for _, box := range living {
		box.kill()
	}
}

// Printed is everything that the function's processes have printed so far: of one process
// after the other, what went to standard error and then what went to standard output.
func (r *Runtime) Printed() string {
	names, _ := filepath.Glob(filepath.Join(r.logs, "*")) // the pattern is well formed
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			text = []byte(err.Error())
		}
		all.Write(text)
	}
	return all.String()
}

// drop ends all processes; nobody has an event.
func (r *Runtime) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for box := range r.living {
		box.stop()
	}
	clear(r.living)
	r.warm, r.resets = nil, 0
}

// Invoke hands the function an event and returns when it has asked for the next one, has
// ended, or was killed because timeout had passed. Events at one time have a process each.
func (r *Runtime) Invoke(event []byte, timeout time.Duration) Invocation {
	return r.invoke(requestID(), event, timeout)
}

func (r *Runtime) invoke(id string, event []byte, timeout time.Duration) Invocation {
	r.use.RLock()
	defer r.use.RUnlock()
	in := Invocation{ID: id}
	box, deadline := r.take(), time.Now().Add(timeout)
	if box == nil {
		if box, deadline = r.start(&in, timeout); box == nil {
			return in
		}
	}
	box.handle(&in, event, deadline, timeout)
	in.note(box)
	r.give(box)
	return in
}

// take is the process that was used last, of those that wait; nil: none does.
func (r *Runtime) take() *sandbox {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.warm) > 0 {
		box := r.warm[len(r.warm)-1]
		r.warm = r.warm[:len(r.warm)-1]
		if !box.over() {
			return box
		}
		box.stop() // it was killed while it stood still
		delete(r.living, box)
	}
	return nil
}

// give takes a process back that has had its event.
func (r *Runtime) give(box *sandbox) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !box.over() {
		r.warm = append(r.warm, box)
		return
	}
	box.stop()
	delete(r.living, box)
	r.resets++
}

// requestID looks like Lambda's, and is nobody else's.
func requestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
