package cloud

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Runtime is Lambda's Runtime API for one process of a function, which is given one event at
// a time (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
type Runtime struct {
	server *httptest.Server
	asked  chan time.Time // the function has asked for an event
	events chan delivery
	said   chan said     // what it said of the one in hand
	over   chan struct{} // closed when there are no more events
	end    func()        // closes it, once
}

// delivery is an event on its way to the function.
type delivery struct {
	id       string
	payload  []byte
	deadline time.Time
}

// said is the function's word on an event, or on its own start.
type said struct {
	payload []byte
	failed  bool
}

func newRuntime() *Runtime {
	r := &Runtime{asked: make(chan time.Time), events: make(chan delivery), said: make(chan said, 1), over: make(chan struct{})}
	r.end = sync.OnceFunc(func() { close(r.over) })
	const version = "/2018-06-01/runtime"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+version+"/invocation/next", r.next)
	mux.HandleFunc("POST "+version+"/invocation/{id}/{word}", r.hear)
	mux.HandleFunc("POST "+version+"/init/{word}", r.hear)
	r.server = httptest.NewServer(mux)
	return r
}

// address is what the function knows as AWS_LAMBDA_RUNTIME_API.
func (r *Runtime) address() string { return r.server.Listener.Addr().String() }

func (r *Runtime) close() { r.server.Close() }

// Ready waits until the function asks for its first event.
func (r *Runtime) Ready(ctx context.Context) error {
	_, err := r.idle(ctx)
	return err
}

// Invoke gives the function an event, and returns what it answered and how long Lambda would
// have billed that for: until it asks for the next event, rounded up to a millisecond. The
// function must have asked for this one: see [Runtime.Ready]. A ctx that ends is the end of
// waiting, whatever the function does.
func (r *Runtime) Invoke(ctx context.Context, id string, event []byte, timeout time.Duration) (answer []byte, billed time.Duration, err error) {
	began := time.Now()
	select {
	case r.events <- delivery{id, event, began.Add(timeout)}:
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	}
	ended, err := r.idle(ctx)
	if err != nil {
		return nil, 0, err
	}
	billed = (ended.Sub(began) + time.Millisecond - 1).Truncate(time.Millisecond)
	select {
	case s := <-r.said:
		if s.failed {
			return nil, billed, fmt.Errorf("event %s: the function failed: %s", id, s.payload)
		}
		return s.payload, billed, nil
	default:
		return nil, billed, fmt.Errorf("event %s: the function asked for the next without a word on it", id)
	}
}

// End is that there are no more events. Who asks for one is refused it, upon which the
// function ends, and calls that a failure.
func (r *Runtime) End() { r.end() }

// idle waits until the function asks for an event, and says when that was.
func (r *Runtime) idle(ctx context.Context) (time.Time, error) {
	select {
	case at := <-r.asked:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	}
}

// next is the function asking for an event. It waits until there is one.
func (r *Runtime) next(w http.ResponseWriter, q *http.Request) {
	select {
	case r.asked <- time.Now():
	case <-r.over:
	case <-q.Context().Done():
	}
	select {
	case d := <-r.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", d.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(d.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":123456789012:function:check")
		_, _ = w.Write(d.payload) // a function that is gone is noticed by its end
	case <-r.over:
		http.Error(w, "no more events", http.StatusGone)
	case <-q.Context().Done():
	}
}

// hear takes the function's word on an event, or on its own start.
func (r *Runtime) hear(w http.ResponseWriter, q *http.Request) {
	payload, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	select {
	case r.said <- said{payload, strings.HasSuffix(q.URL.Path, "/error")}:
		w.WriteHeader(http.StatusAccepted)
	default:
		http.Error(w, "not the event in hand", http.StatusBadRequest)
	}
}
