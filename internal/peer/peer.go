// Package peer plays the other side: small servers on loopback, well-behaved and hostile,
// for tests, the demo and the bench.
//
// Every peer has ended when Close returns: its port is free, its connections are closed
// under whoever still hangs on them, its goroutines are gone.
package peer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Behaviour is how a peer treats whoever comes. One of Answer, Converse and Refuse says it.
type Behaviour struct {
	Name string // what it does, in a few words
	Host string // the loopback address it stands at, of all that Linux has: "127.0.0.16"; empty: "127.0.0.1"

	Answer   http.HandlerFunc                          // as an HTTP server; a handler that waits watches its request's context
	Converse func(conn net.Conn, done <-chan struct{}) // with the bare connection; done is closed when the peer is
	Refuse   bool                                      // the port is taken, and nobody listens there

	Certificate Certificate // with TLS, showing this; nil: without
	Authority   *Authority  // who issues the certificate; nil: one of the peer's own
	Secure      bool        // the URL says https though there is no Certificate to shake hands with
}

// Peer is a running server.
type Peer struct {
	URL   string         // "http://127.0.0.1:40123", without a path: every path is answered alike
	Addr  string         // "127.0.0.1:40123"
	Roots *x509.CertPool // trusts the peer's authority; nil without TLS

	behaviour Behaviour
	tls       *tls.Config
	closers   []func() error
	done      context.CancelFunc
	running   sync.WaitGroup

	mu          sync.Mutex
	conns       map[net.Conn]struct{} // those of Converse
	connections int
	requests    int
	last        *http.Request
}

// Start begins to behave. The caller closes the peer.
func Start(b Behaviour) (*Peer, error) {
	if b.Host == "" {
		b.Host = "127.0.0.1"
	}
	p := &Peer{behaviour: b, conns: map[net.Conn]struct{}{}}
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("start peer %q: %w", b.Name, err)
	}
	p.URL = "http://" + p.Addr
	if b.Secure || b.Certificate != nil {
		p.URL = "https://" + p.Addr
	}
	return p, nil
}

func (p *Peer) start() (err error) {
	free := net.JoinHostPort(p.behaviour.Host, "0")
	if p.behaviour.Refuse {
		return p.refuse(free)
	}
	if p.tls, err = p.shakeHands(p.behaviour); err != nil {
		return err
	}
	return p.listen(free)
}

// refuse takes addr and listens to nobody.
func (p *Peer) refuse(addr string) error {
	addr, release, err := occupy(addr)
	if err != nil {
		return err
	}
	p.Addr, p.closers, p.done = addr, []func() error{release}, func() {}
	return nil
}

// listen takes addr and behaves there until end.
func (p *Peer) listen(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b, config := p.behaviour, p.tls
	p.Addr, p.done = listener.Addr().String(), cancel
	if b.Converse != nil {
		p.closers = []func() error{listener.Close}
		p.running.Go(func() { p.accept(ctx, listener, config, b.Converse) })
		return nil
	}
	server := &http.Server{
		Handler:     p.counting(b.Answer),
		TLSConfig:   config,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState:   p.track,
		ErrorLog:    log.New(io.Discard, "", 0), // strangers who leave in the middle are the point
	}
	p.closers = []func() error{server.Close}
	p.running.Go(func() {
		if config != nil {
			_ = server.ServeTLS(listener, "", "")
			return
		}
		_ = server.Serve(listener)
	})
	return nil
}

// shakeHands is the TLS configuration that b asks for, nil for none.
func (p *Peer) shakeHands(b Behaviour) (*tls.Config, error) {
	if b.Certificate == nil {
		return nil, nil
	}
	authority := b.Authority
	if authority == nil {
		var err error
		if authority, err = NewAuthority(); err != nil {
			return nil, err
		}
	}
	certificate, err := b.Certificate(authority)
	if err != nil {
		return nil, err
	}
	p.Roots = authority.Pool()
	return &tls.Config{Certificates: []tls.Certificate{certificate}}, nil
}

// accept lets every connection converse by itself.
func (p *Peer) accept(ctx context.Context, listener net.Listener, config *tls.Config, converse func(net.Conn, <-chan struct{})) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		p.mu.Lock()
		p.connections++
		p.conns[conn] = struct{}{}
		if ctx.Err() != nil { // it came while Close was closing the others
			conn.Close()
		}
		p.mu.Unlock()
		p.running.Go(func() {
			defer func() {
				conn.Close()
				p.mu.Lock()
				delete(p.conns, conn)
				p.mu.Unlock()
			}()
			if config != nil {
				converse(tls.Server(conn, config), ctx.Done())
				return
			}
			converse(conn, ctx.Done())
		})
	}
}

// track keeps Close waiting for the connections of an HTTP server, which its own Close
// does not.
func (p *Peer) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.running.Add(1)
		p.mu.Lock()
		p.connections++
		p.mu.Unlock()
	case http.StateClosed, http.StateHijacked:
		p.running.Done()
	}
}

func (p *Peer) counting(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.requests++
		p.last = r.Clone(context.Background())
		p.mu.Unlock()
		answer(w, r)
	})
}

// Fall ends what is under way and refuses whoever comes, at the same address, until the
// peer rises. When it fails, the peer is closed.
func (p *Peer) Fall() error {
	return p.become("fall", p.refuse)
}

// Rise behaves again as before the fall. When it fails, the peer is closed.
func (p *Peer) Rise() error {
	return p.become("rise", p.listen)
}

func (p *Peer) become(what string, begin func(addr string) error) error {
	err := p.Close()
	if err == nil {
		err = begin(p.Addr)
	}
	if err != nil {
		return fmt.Errorf("%s peer %q: %w", what, p.behaviour.Name, err)
	}
	return nil
}

// Close ends the peer at once, whatever is still under way.
func (p *Peer) Close() error {
	p.done()
	var errs []error
	for _, end := range p.closers {
		errs = append(errs, end())
	}
	p.closers = nil
	p.mu.Lock()
	for conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
	return errors.Join(errs...)
}

// Connections is how many were accepted so far.
func (p *Peer) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.connections
}

// Requests is how many were read so far. A peer that converses reads none.
func (p *Peer) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// Last is the request that came last, without its body; nil before any.
func (p *Peer) Last() *http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}
