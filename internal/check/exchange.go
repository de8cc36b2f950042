package check

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

// longestHead bounds the headers of an answer, interim answers included, in bytes.
const longestHead = 64 << 10

// wire is a connection that speaks HTTP/1.1, one request after another.
//
// It is driven by hand, with the standard library's own writer of requests and reader of
// answers, rather than by an [http.Transport]. That takes about two thirds of the processor
// time a check (bench/results), no second goroutine stands between the socket
// and the clock, and no pool can hand a connection that one target was permitted to another
// that was not. The price is HTTP/2, which costs more than it would tell.
type wire struct {
	conn  net.Conn // TLS, when there is TLS
	below net.Conn // TCP
	limit io.LimitedReader
	in    *bufio.Reader
	outer scope
	ends  *x509.Certificate // of the verified chain, that which ends first; nil without TLS
}

// open dials and, for https, shakes hands.
func (d *Dialer) open(ctx context.Context, w way, secure bool, t TLS) (*wire, error) {
	conn, err := d.dial(ctx, w)
	if err != nil {
		return nil, err
	}
	o := &wire{conn: conn, below: conn, outer: d.scope}
	if secure {
		if o.conn, o.ends, err = d.handshake(w, t); err != nil {
			return nil, err
		}
	}
	o.limit.R = o.conn
	o.in = d.net.buffers.reader(&o.limit)
	d.wire = o
	return o, nil
}

// adopt makes a connection that was kept the attempt's own.
func (d *Dialer) adopt(ctx context.Context, o *wire) {
	d.hold(ctx, o.below, o.outer)
	d.wire = o
	d.trust(o.ends)
}

// send writes a request.
func (d *Dialer) send(o *wire, req *http.Request) error {
	if req.ContentLength > int64(writeBuffer) {
		return req.Write(o.conn) // in larger pieces
	}
	out := d.net.buffers.writer(o.conn)
	defer d.net.buffers.wrote(out)
	if err := req.Write(out); err != nil {
		return err
	}
	return out.Flush()
}

// exchange sends a request and reads the head of its answer. The answer's body is read
// from the connection.
func (d *Dialer) exchange(o *wire, req *http.Request) (*http.Response, error) {
	o.limit.N = longestHead
	d.got, d.stage = 0, sending
	wrote := d.send(o, req) // may break while an answer already lies here: refused before it was read
	sent := time.Now()
	if d.sent != nil {
		d.sent()
	}
	if wrote == nil {
		d.stage = awaiting
	}
	if _, err := o.in.Peek(1); err != nil {
		if wrote != nil {
			return nil, wrote
		}
		return nil, err
	}
	d.first = time.Now()
	d.phases.Wait += d.first.Sub(sent)
	d.stage = readingHead
	begins, _ := o.in.Peek(min(o.in.Buffered(), longestGreeting))
	stranger := greeting(string(begins))
	for {
		resp, err := http.ReadResponse(o.in, req)
		switch {
		case err != nil && o.limit.N <= 0:
			return nil, protocolErrorf("the headers are longer than %s", Size(longestHead))
		case err != nil && transported(err):
			return nil, err
		case err != nil && stranger != "":
			return nil, protocolErrorf("the answer is not HTTP: it is %s", stranger)
		case err != nil:
			return nil, protocolErrorf("the answer is not HTTP")
		case resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols:
			continue // an interim answer (RFC 9110, section 15.2)
		}
		o.limit.N = math.MaxInt64
		d.stage = readingBody
		return resp, nil
	}
}

// transported tells a connection that broke from an answer that is wrong.
func transported(err error) bool {
	var op *net.OpError
	var errno syscall.Errno
	return errors.As(err, &op) || errors.As(err, &errno) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// greetings are how other protocols begin. What a peer says is not quoted: cut short, a
// secret that it echoes would not be known again.
var greetings = [...]struct{ begins, is string }{
	{"\x15\x03", "TLS; write https in the url"},
	{"SSH-", "SSH"},
	{"220", "SMTP or FTP"},
	{"* OK", "IMAP"},
	{"+OK", "POP3"},
	{"-ERR", "Redis"},
}

const longestGreeting = 4

func greeting(s string) string {
	for _, g := range greetings {
		if strings.HasPrefix(s, g.begins) {
			return g.is
		}
	}
	return ""
}

// stale tells whether a kept connection had been closed by the other side before it took
// the request, so that asking again on a fresh one repeats nothing.
func (d *Dialer) stale(err error) bool {
	return d.stage <= awaiting && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE))
}

// line is what kept connections are told apart by. A target that may not dial inward never
// shares one with a target that may.
type line struct {
	way    way
	secure bool
	tls    TLS
}

// mostIdle bounds the descriptors that kept connections hold. They come out of those that
// the plan of a sweep leaves for the rest of the process.
const mostIdle = 32

// idle keeps connections for reuse, the oldest first.
type idle struct {
	mu   sync.Mutex
	kept []kept
	over bool
}

type kept struct {
	line line
	wire *wire
}

// take gives the connection of a line that was used last, or nil.
func (i *idle) take(l line) *wire {
	i.mu.Lock()
	defer i.mu.Unlock()
	for at := len(i.kept) - 1; at >= 0; at-- {
		if i.kept[at].line == l {
			w := i.kept[at].wire
			i.kept = append(i.kept[:at], i.kept[at+1:]...)
			return w
		}
	}
	return nil
}

// keep takes a connection that may be used again. If there are too many, the oldest goes.
func (i *idle) keep(l line, w *wire) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.over {
		w.below.Close()
		return
	}
	if len(i.kept) == mostIdle {
		i.kept[0].wire.below.Close()
		i.kept = append(i.kept[:0], i.kept[1:]...)
	}
	i.kept = append(i.kept, kept{l, w})
}

func (i *idle) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.over = true
	for _, k := range i.kept {
		k.wire.below.Close()
	}
	i.kept = nil
}
