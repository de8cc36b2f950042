package awslocal

import (
	"fmt"
	"io"
	"maps"
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
	faults []*Injected    // at work
	hits   map[string]int // of all that ever were, by name
	seen   []*Request
}

// Request is one request as the proxy saw it, in the order of arrival.
type Request struct {
	Service string // that it is signed for: s3, sns, sqs, ssm; empty: it is not signed
	Method  string
	Path    string // without the query
	Header  http.Header
	Body    string
	Status  int // of the answer that went back; 0: none did, or not yet
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
		hits:     map[string]int{},
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

// Forget drops what [Proxy.Requests] remembers: in a day of rounds it adds up.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = nil
}

// Hits is how many requests were hit so far, by the [Fault]'s name: of every fault that was
// injected and has one, lifted or not.
func (p *Proxy) Hits() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.hits)
}

// Fault is what goes wrong, and with which requests. The first fault injected that still
// wants a request gets it.
type Fault struct {
	Name    string // under which [Proxy.Hits] counts; empty: it does not
	Service string // s3, sns, sqs, ssm; empty: any
	Method  string // empty: any
	Path    string // a part of the path; empty: any
	Body    string // a part of the body, such as "Action=Publish"; empty: any
	After   int    // so many matching requests are spared first
	Times   int    // and so many are hit then; 0: all, until it is lifted
	Do      Deed
}

func (f Fault) matches(r *Request) bool {
	return (f.Service == "" || f.Service == r.Service) && (f.Method == "" || f.Method == r.Method) &&
		strings.Contains(r.Path, f.Path) && strings.Contains(r.Body, f.Body)
}

// signedFor reads the service off a signature, whose scope is date/region/service/aws4_request
// (AWS Signature Version 4).
func signedFor(r *http.Request) string {
	scope, _, _ := strings.Cut(r.Header.Get("Authorization"), "/aws4_request")
	service := scope[strings.LastIndex(scope, "/")+1:]
	if !strings.HasPrefix(scope, "AWS4-HMAC-SHA256 ") {
		return ""
	}
	return service
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
	if f.Name != "" {
		p.hits[f.Name] += 0 // it counts from now on
	}
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
		seen: &Request{Service: signedFor(r), Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: string(body)}}
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
		if in.Name != "" {
			p.hits[in.Name]++
		}
		return in
	}
	return nil
}
