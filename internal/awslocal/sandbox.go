package awslocal

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sandbox is one process of a function, with what it has started, and the Runtime API it
// talks to.
type sandbox struct {
	arn    string // of the function
	api    *httptest.Server
	cmd    *exec.Cmd
	group  *Group
	stdout output
	stderr output

	idle   chan struct{} // it has asked for an event: whatever came before is done
	events chan delivery // what it is given
	exited chan struct{} // closed when the process has ended

	mu     sync.Mutex
	answer verdict
}

// delivery is an event on its way to the function.
type delivery struct {
	id       string
	event    []byte
	deadline time.Time
}

// verdict is what the function said, of an event or of its own start.
type verdict struct {
	id      string // of the event it may speak of; empty: none
	at      time.Time
	payload []byte
	failed  bool
}

// newSandbox starts a process of f that prints into files whose names begin with log.
func newSandbox(f Function, l Limits, log string) (b *sandbox, err error) {
	b = &sandbox{arn: f.arn(), idle: make(chan struct{}, 1), events: make(chan delivery), exited: make(chan struct{})}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.stdout.file, err = os.Create(log + "-stdout"); err != nil {
		return nil, err
	}
	if b.stderr.file, err = os.Create(log + "-stderr"); err != nil {
		return nil, err
	}
	if b.group, err = NewGroup(l); err != nil {
		return nil, err
	}
	const version = "/2018-06-01/runtime"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+version+"/invocation/next", b.next)
	mux.HandleFunc("POST "+version+"/invocation/{id}/response", b.hear)
	mux.HandleFunc("POST "+version+"/invocation/{id}/error", b.hear)
	mux.HandleFunc("POST "+version+"/init/error", b.hear)
	b.api = httptest.NewServer(mux)

	if b.cmd, err = command(f, b.api.Listener.Addr().String(), b.group); err != nil {
		return nil, err
	}
	b.cmd.Stdout, b.cmd.Stderr = b.stdout.file, b.stderr.file
	standsAlone(b.cmd)
	if err = b.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(b.exited)
		_ = b.cmd.Wait() // its ProcessState says it all
	}()
	return b, nil
}

// next is the function asking for an event. It waits until there is one.
func (b *sandbox) next(w http.ResponseWriter, r *http.Request) {
	select {
	case b.idle <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	select {
	case d := <-b.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", d.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(d.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", b.arn)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(d.event) // a function that is gone is noticed by its end
	case <-r.Context().Done():
	}
}

// hear takes the function's word on an event, or on its own start.
func (b *sandbox) hear(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil || r.PathValue("id") != b.answer.id || !b.answer.at.IsZero() {
		http.Error(w, `{"errorType":"InvalidRequestID","errorMessage":"not the event in hand"}`, http.StatusBadRequest)
		return
	}
	b.answer.at, b.answer.payload, b.answer.failed = time.Now(), payload, strings.HasSuffix(r.URL.Path, "/error")
	w.WriteHeader(http.StatusAccepted)
}

// ready waits until the function asks for an event. One that does not has failed in.
func (b *sandbox) ready(in *Invocation, deadline time.Time, late string) bool {
	limit := time.NewTimer(time.Until(deadline))
	defer limit.Stop()
	select {
	case <-b.idle:
		return true
	case <-b.exited:
		b.judge(in)
	case <-limit.C:
		b.kill()
		in.Killed = true
		in.fail("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: %s", in.ID, late))
	}
	return false
}

// handle gives the function an event, which ends timeout after it began, and waits for the
// end of it. The deadline is whole milliseconds, as the function is told it, and the very
// instant of the kill. Afterwards the function stands still: not before it has asked for the
// next event, because until then it may be telling what became of this one.
func (b *sandbox) handle(in *Invocation, event []byte, deadline time.Time, timeout time.Duration) {
	began := deadline.Add(-timeout)
	deadline = deadline.Truncate(time.Millisecond)
	limit := time.NewTimer(time.Until(deadline))
	defer limit.Stop()
	b.mu.Lock()
	b.answer = verdict{id: in.ID}
	b.mu.Unlock()
	thaw(b.cmd)
	select {
	case b.events <- delivery{in.ID, event, deadline}:
	case <-b.exited:
	}
	select {
	case <-b.idle:
		freeze(b.cmd)
		b.judge(in)
	case <-b.exited:
		b.judge(in)
	case <-limit.C:
		b.kill()
		in.Killed = true
		in.fail("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: %s", in.ID, timedOut(timeout)))
	}
	in.Took = time.Since(began)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !in.Killed && !b.answer.at.IsZero() {
		in.Took = b.answer.at.Sub(began)
	}
}

// judge reads what the function said, or says what Lambda says of one that said nothing.
func (b *sandbox) judge(in *Invocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.answer
	switch {
	case said.at.IsZero() && b.over():
		in.fail("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %v", in.ID, b.cmd.ProcessState))
	case said.at.IsZero():
		in.fail("Runtime.NoAnswer", fmt.Sprintf("RequestId: %s Error: the next event was asked for without an answer to this one", in.ID))
	case said.failed:
		var e struct{ ErrorType, ErrorMessage string }
		if err := json.Unmarshal(said.payload, &e); err != nil {
			e.ErrorMessage = string(said.payload)
		}
		in.fail(e.ErrorType, e.ErrorMessage)
	default:
		in.Payload = said.payload
	}
}

// over reports whether the process has ended.
func (b *sandbox) over() bool {
	select {
	case <-b.exited:
		return true
	default:
		return false
	}
}

// kill ends the process and what it has started as Lambda does, without a word, and waits
// for its end.
func (b *sandbox) kill() {
	if !b.over() {
		end(b.cmd)
	}
	<-b.exited
}

func (b *sandbox) stop() {
	b.kill()
	b.close()
}

// close lets go of everything but the process.
func (b *sandbox) close() {
	if b.api != nil {
		b.api.Close()
	}
	for _, o := range []output{b.stdout, b.stderr} {
		if o.file != nil {
			o.file.Close()
		}
	}
	if b.group != nil {
		_ = b.group.Remove() // an empty one that stays takes nothing from anybody
	}
}

// printed is what was printed since the last call. A process writes straight into the
// files, so all that it printed before it asked for an event, or ended, is there.
func (b *sandbox) printed() (lines []string, errs string) {
	text := b.stdout.rest()
	if text != "" {
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	return lines, b.stderr.rest()
}

// output is a file that a process appends to.
type output struct {
	file *os.File
	read int64
}

// rest is what was appended since the last call.
func (o *output) rest() string {
	text, err := io.ReadAll(io.NewSectionReader(o.file, o.read, 1<<62))
	if err != nil {
		return fmt.Sprintf("read %s: %v", o.file.Name(), err)
	}
	o.read += int64(len(text))
	return string(text)
}
