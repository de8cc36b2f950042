package awslocal

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
)

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
