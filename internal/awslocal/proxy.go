package awslocal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Proxy hands requests on to an upstream, and its answers back, except where a [Fault]
// says otherwise. It remembers what it saw.
type Proxy struct {
	t        testing.TB
	upstream *url.URL
	server   *httptest.Server
	onward   *http.Transport
	closing  chan struct{} // closed when the test is over

	put sync.Mutex // held while the upstream has a PUT

	mu     sync.Mutex
	faults []*Injected
	seen   []*Request
}

// Request is one request as the proxy saw it, in the order of arrival.
type Request struct {
	Method string
	Path   string // without the query
	Header http.Header
	Body   string
	Status int // of the answer that went back; 0: none did, or not yet
}

// NewProxy is a proxy before upstream, such as [Moto.URL], without faults. It ends with
// the test; what it still holds then is dropped.
func NewProxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		t:        t,
		upstream: to,
		onward:   &http.Transport{DisableCompression: true},
		closing:  make(chan struct{}),
	}
	p.server = httptest.NewServer(p)
	t.Cleanup(func() {
		close(p.closing)
		p.server.Close()
		p.onward.CloseIdleConnections()
	})
	return p
}

// URL is where the proxy answers, without a slash at its end.
func (p *Proxy) URL() string { return p.server.URL }

// Requests are those seen so far whose method is method and whose path has path in it;
// an empty string is any.
func (p *Proxy) Requests(method, path string) []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	var seen []Request
	for _, r := range p.seen {
		if (Fault{Method: method, Path: path}).matches(r) {
			seen = append(seen, *r)
		}
	}
	return seen
}

// Fault is what goes wrong, and with which requests. The first fault injected that still
// wants a request gets it.
type Fault struct {
	Method string // empty: any
	Path   string // a part of the path; empty: any
	Body   string // a part of the body, such as "Action=Publish"; empty: any
	After  int    // so many matching requests are spared first
	Times  int    // and so many are hit then; 0: all, until it is lifted
	Do     Deed
}

func (f Fault) matches(r *Request) bool {
	return (f.Method == "" || f.Method == r.Method) && strings.Contains(r.Path, f.Path) && strings.Contains(r.Body, f.Body)
}

// Injected is a fault at work.
type Injected struct {
	Fault
	p        *Proxy
	release  sync.Once
	released chan struct{}

	// Under the proxy's lock.
	matched int           // requests, the spared ones too
	hit     int           // requests
	through int           // of those hit, the ones that are done with
	change  chan struct{} // closed when hit or through has changed
}

// Inject adds a fault.
func (p *Proxy) Inject(f Fault) *Injected {
	in := &Injected{Fault: f, p: p, change: make(chan struct{}), released: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, in)
	return in
}

// Lift ends a fault. Requests that it holds stay held.
func (in *Injected) Lift() {
	in.p.mu.Lock()
	defer in.p.mu.Unlock()
	in.p.faults = slices.DeleteFunc(in.p.faults, func(f *Injected) bool { return f == in })
}

// Hits is how many requests were hit so far.
func (in *Injected) Hits() int {
	in.p.mu.Lock()
	defer in.p.mu.Unlock()
	return in.hit
}

// Await waits until n requests were hit.
func (in *Injected) Await(n int) {
	in.p.t.Helper()
	in.await(fmt.Sprintf("%d requests", n), func() bool { return in.hit >= n })
}

// Release lets the requests go on that [Hold] holds, and returns when the upstream has
// answered them. It holds no more from then on.
func (in *Injected) Release() {
	in.p.t.Helper()
	in.release.Do(func() { close(in.released) })
	in.await("an end of those held", func() bool { return in.through == in.hit })
}

// awaitLimit is how long a test waits for a request that does not come.
const awaitLimit = 20 * time.Second

func (in *Injected) await(what string, enough func() bool) {
	in.p.t.Helper()
	limit := time.NewTimer(awaitLimit)
	defer limit.Stop()
	for {
		in.p.mu.Lock()
		done, change := enough(), in.change
		in.p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-change:
		case <-limit.C:
			in.p.t.Fatalf("proxy: method %q, path %q: want %s within %v", in.Method, in.Path, what, awaitLimit)
		}
	}
}

// count adds to one of the counters; whoever calls it holds the proxy's lock.
func (in *Injected) count(n *int) {
	*n++
	close(in.change)
	in.change = make(chan struct{})
}

// ServeHTTP sees a request, and gives it to its fault or hands it on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone before it has said all
	}
	x := &exchange{p: p, w: w, r: r, body: body,
		seen: &Request{Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: string(body)}}
	if x.fault = p.see(x.seen); x.fault == nil {
		x.reply(x.forward())
		return
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		x.fault.count(&x.fault.through)
	}()
	x.fault.Do(x)
}

// see remembers a request and finds the fault that hits it, or nil.
func (p *Proxy) see(r *Request) *Injected {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, r)
	for _, in := range p.faults {
		if !in.matches(r) {
			continue
		}
		in.matched++
		if in.matched <= in.After || in.Times > 0 && in.hit >= in.Times {
			continue
		}
		in.count(&in.hit)
		return in
	}
	return nil
}

// exchange is one request on its way through the proxy.
type exchange struct {
	p     *Proxy
	w     http.ResponseWriter
	r     *http.Request
	body  []byte
	seen  *Request
	fault *Injected
}

// answer is what goes back to the client.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// forward asks the upstream, whether or not the client still waits: a request that has
// left cannot be called back.
func (x *exchange) forward() answer {
	if x.r.Method == http.MethodPut {
		x.p.put.Lock()
		defer x.p.put.Unlock()
	}
	to := *x.r.URL
	to.Scheme, to.Host = x.p.upstream.Scheme, x.p.upstream.Host
	r, err := http.NewRequestWithContext(context.WithoutCancel(x.r.Context()), x.r.Method, to.String(), bytes.NewReader(x.body))
	if err != nil {
		return answer{status: http.StatusBadGateway, body: []byte(err.Error())}
	}
	r.Header = x.r.Header.Clone()
	for _, hop := range []string{"Connection", "Expect", "Te", "Transfer-Encoding"} {
		r.Header.Del(hop)
	}
	got, err := x.p.onward.RoundTrip(r)
	if err != nil {
		return answer{status: http.StatusBadGateway, body: []byte(err.Error())}
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return answer{status: http.StatusBadGateway, body: []byte(err.Error())}
	}
	return answer{status: got.StatusCode, header: got.Header, body: body}
}

// reply sends a back to the client.
func (x *exchange) reply(a answer) {
	x.p.mu.Lock()
	x.seen.Status = a.status
	x.p.mu.Unlock()
	for name, values := range a.header {
		if name != "Connection" && name != "Transfer-Encoding" {
			x.w.Header()[name] = values
		}
	}
	x.w.WriteHeader(a.status)
	_, _ = x.w.Write(a.body) // the client may be gone; that is its business
}

// drop ends the connection without an answer: in good order, or by a reset.
func (x *exchange) drop(reset bool) {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server is going down, which ends it as well
	}
	if tcp, is := conn.(*net.TCPConn); is && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
