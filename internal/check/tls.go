package check

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"

	"rollcall/internal/health"
)

// TLS is how a target's handshakes are made, whatever its kind: its `tls` block.
type TLS struct {
	// PostQuantum offers the hybrid of X25519 and ML-KEM-768 first, as Go does by itself. It
	// costs about a fifth of a check's processor time, which is why X25519 alone is usual.
	PostQuantum bool `yaml:"post_quantum"`
	// Resume takes up the TLS session of an earlier handshake of the same round, by a target
	// that resumes too, with the same host, port and permission. Such a handshake shows no
	// certificate: the reading has that of the chain which was verified when the session
	// began, in this round, and which Go held to time, name and roots once more.
	Resume bool `yaml:"resume"`
}

// Secured is a [Checker] that may speak TLS.
type Secured interface {
	Checker
	// TLS is where its `tls` block is kept, to be filled before it is prepared.
	TLS() *TLS
}

// usualCurves are the key exchanges that are offered: a share of X25519 is sent along, and
// a server that wants another asks for it.
var usualCurves = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}

// onlyHTTP1 is what is spoken within TLS.
var onlyHTTP1 = []string{"http/1.1"}

// config is what a handshake on the way w is made with. Of what differs from target to
// target there is so little that a template would only have to be copied.
func (n *Network) config(w way, t TLS) *tls.Config {
	c := &tls.Config{ServerName: w.name(), RootCAs: n.settings.Roots, NextProtos: onlyHTTP1}
	if !t.PostQuantum {
		c.CurvePreferences = usualCurves
	}
	if t.Resume {
		c.ClientSessionCache = n.sessions.of(w, t)
	}
	return c
}

// handshake opens TLS on the attempt's connection, and remembers the certificate of the
// verified chain that ends first, which it also returns.
func (d *Dialer) handshake(w way, t TLS) (*tls.Conn, *x509.Certificate, error) {
	d.stage = shakingHands
	began := time.Now()
	below := &bundled{Conn: d.conn, hold: true}
	conn := tls.Client(below, d.net.config(w, t))
	err := conn.Handshake() // the context's end is the connection's deadline
	below.hold = false
	d.phases.TLS += time.Since(began)
	if err != nil {
		_ = below.flush() // an alert, that says why we leave
		return nil, nil, &handshakeError{w.name(), err}
	}
	ends := earliest(conn.ConnectionState().VerifiedChains)
	d.trust(ends)
	return conn, ends, nil
}

// trust remembers a certificate of a verified chain, if it ends before what is remembered.
func (d *Dialer) trust(c *x509.Certificate) {
	if c != nil && (d.certificate == nil || c.NotAfter.Before(d.certificate.NotAfter)) {
		d.certificate = &health.Cert{Subject: holder(c), NotBefore: c.NotBefore, NotAfter: c.NotAfter}
	}
}

// bundled is a connection that holds back what a handshake writes until the other side is
// waited for. So the last of it, which nobody answers, goes out in one packet with the
// request.
type bundled struct {
	net.Conn
	hold bool
	held []byte
}

func (c *bundled) Write(p []byte) (int, error) {
	if c.hold {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if len(c.held) == 0 {
		return c.Conn.Write(p)
	}
	before := len(c.held)
	all := append(c.held, p...)
	c.held = nil
	n, err := c.Conn.Write(all)
	return max(0, n-before), err
}

func (c *bundled) Read(p []byte) (int, error) {
	if len(c.held) > 0 {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(p)
}

func (c *bundled) flush() error {
	held := c.held
	c.held = c.held[:0]
	_, err := c.Conn.Write(held)
	return err
}

// mostSessions bounds the memory of TLS sessions. The one used longest ago goes first.
const mostSessions = 256

// sessions are what handshakes of one round may take up again. None outlives it.
type sessions struct {
	mu    sync.Mutex
	cache tls.ClientSessionCache
	over  bool
}

// session is the part of the sessions that one kind of handshake may see. The names that
// crypto/tls gives them do not tell ports or permissions apart.
type session struct {
	all *sessions
	key string
}

func (s *sessions) of(w way, t TLS) tls.ClientSessionCache {
	return &session{s, fmt.Sprint(w.endpoint, w.family, w.permitted, w.redirected, t.PostQuantum)}
}

// open is nil when the round is over.
func (s *sessions) open() tls.ClientSessionCache {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cache == nil && !s.over {
		s.cache = tls.NewLRUClientSessionCache(mostSessions)
	}
	return s.cache
}

func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cache, s.over = nil, true
}

func (s *session) Get(string) (*tls.ClientSessionState, bool) {
	if cache := s.all.open(); cache != nil {
		return cache.Get(s.key)
	}
	return nil, false
}

func (s *session) Put(_ string, state *tls.ClientSessionState) {
	if cache := s.all.open(); cache != nil {
		cache.Put(s.key, state)
	}
}
