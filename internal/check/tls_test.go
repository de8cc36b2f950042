package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// safe is a server that speaks TLS as a test wants it, and what it saw of the last request's
// connection.
type safe struct {
	url   string
	addr  string
	roots *x509.CertPool
	seen  atomic.Pointer[tls.ConnectionState]
}

// guarded starts one that ends with the test.
func guarded(t testing.TB, names []string, change func(*tls.Config)) *safe {
	t.Helper()
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue(peer.Leaf{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	s := &safe{roots: authority.Pool()}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.seen.Store(r.TLS)
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	if change != nil {
		change(server.TLS)
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	s.url, s.addr = server.URL, server.Listener.Addr().String()
	return s
}

func hybrid(c *HTTP)   { c.tls.PostQuantum = true }
func resuming(c *HTTP) { c.tls.Resume = true }

// X25519 is what is agreed on, and the hybrid with it only where a target says so.
func TestKeyExchange(t *testing.T) {
	s := guarded(t, nil, nil)
	n := NewNetwork(Settings{Roots: s.roots})
	defer n.Close()
	wantUp(t, ask(t, n, s.url, get()))
	if got := s.seen.Load().CurveID; got != tls.X25519 {
		t.Errorf("by itself: %s", got)
	}
	wantUp(t, ask(t, n, s.url, get(hybrid)))
	if got := s.seen.Load().CurveID; got != tls.X25519MLKEM768 {
		t.Errorf("with post_quantum: %s", got)
	}
}

// No server is lost that speaks one of the older key exchanges only, nor one of an older TLS.
func TestOtherKeyExchanges(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, curve := range []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521} {
			s := guarded(t, nil, func(c *tls.Config) { c.MaxVersion, c.CurvePreferences = version, []tls.CurveID{curve} })
			n := NewNetwork(Settings{Roots: s.roots})
			for _, c := range []*HTTP{get(), get(hybrid)} {
				r := ask(t, n, s.url, c)
				wantUp(t, r)
				if seen := s.seen.Load(); seen.CurveID != curve || seen.Version != version || r.Certificate == nil {
					t.Errorf("%s of %s: %s of %s, %+v", curve, tls.VersionName(version), seen.CurveID, tls.VersionName(seen.Version), r.Certificate)
				}
			}
			n.Close()
		}
	}
}

// A session is taken up in the same round, by those who say so, and only by them.
func TestResume(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := guarded(t, nil, func(c *tls.Config) { c.MaxVersion = version })
		n := NewNetwork(Settings{Roots: s.roots})
		resumed := func(n *Network, path string, c *HTTP) bool {
			r := ask(t, n, s.url+path, c)
			wantUp(t, r)
			if r.Certificate == nil || r.Certificate.Subject != "localhost" {
				t.Errorf("certificate %+v", r.Certificate)
			}
			return s.seen.Load().DidResume
		}
		for i, c := range []struct {
			n    *Network
			path string
			how  func(*HTTP)
			want bool
		}{
			{n, "/", func(*HTTP) {}, false},
			{n, "/", resuming, false}, // of the one before nothing was kept
			{n, "/", resuming, true},
			{n, "/other", resuming, true},
			{n, "/other", func(*HTTP) {}, false},
			{NewNetwork(Settings{Roots: s.roots}), "/", resuming, false}, // the next round
		} {
			if got := resumed(c.n, c.path, get(c.how)); got != c.want {
				t.Errorf("%s: ask %d resumed: %t, want %t", tls.VersionName(version), i, got, c.want)
			}
		}
		n.Close()
		for range 2 {
			if resumed(n, "/", get(resuming)) {
				t.Errorf("%s: resumed beyond the round", tls.VersionName(version))
			}
		}
	}
}

// What tells targets apart tells their sessions apart. Each of these is asked twice by
// itself, so that it could have taken up a session of the one before, and does its own.
func TestResumeKeepsApart(t *testing.T) {
	names := []string{"a.example.com", "b.example.com"}
	s := guarded(t, names, nil)
	w := &world{names: map[string][]string{}, stands: map[string]string{"203.0.113.1": s.addr}}
	for _, name := range names {
		w.names[name] = []string{"203.0.113.1"}
	}
	n := w.network(t, Settings{Roots: s.roots})
	for _, c := range []struct {
		what, url string
		how       func(*HTTP)
	}{
		{"the first", "https://a.example.com", resuming},
		{"another name", "https://b.example.com", resuming},
		{"another port", "https://a.example.com:8443", resuming},
		{"one that may dial inward", "https://a.example.com", func(c *HTTP) { resuming(c); inward(c) }},
		{"another key exchange", "https://a.example.com", func(c *HTTP) { resuming(c); hybrid(c) }},
	} {
		for i, want := range []bool{false, true} {
			wantUp(t, ask(t, n, c.url, get(c.how)))
			if got := s.seen.Load().DidResume; got != want {
				t.Errorf("%s: ask %d resumed: %t, want %t", c.what, i+1, got, want)
			}
		}
	}
	// Where a redirect leads is another way there, with sessions of its own.
	for i, want := range []bool{false, true} {
		wantUp(t, ask(t, n, "https://b.example.com/?to=https://a.example.com/", get(resuming)))
		if got := s.seen.Load().DidResume; got != want {
			t.Errorf("a redirect: ask %d resumed: %t, want %t", i+1, got, want)
		}
	}
}

// Another round may trust others: nothing that was trusted in this one counts there.
func TestResumeKeepsRootsApart(t *testing.T) {
	s, stranger := guarded(t, nil, nil), guarded(t, nil, nil)
	for range 2 {
		n := NewNetwork(Settings{Roots: s.roots})
		wantUp(t, ask(t, n, s.url, get(resuming)))
		n.Close()
		n = NewNetwork(Settings{Roots: stranger.roots})
		if r := ask(t, n, s.url, get(resuming)); r.Class != health.ClassCertificate {
			t.Errorf("%s, %s: %s", r.Status, r.Class, r.Cause)
		}
		n.Close()
	}
}

// Of many sessions the one used longest ago goes.
func TestFewSessionsAreKept(t *testing.T) {
	var s sessions
	state, err := tls.NewResumptionState([]byte("ticket"), &tls.SessionState{})
	if err != nil {
		t.Fatal(err)
	}
	to := func(i int) tls.ClientSessionCache {
		return s.of(way{endpoint: endpoint{host: fmt.Sprint(i, ".example.com"), port: 443}}, TLS{Resume: true})
	}
	for i := range mostSessions + 1 {
		to(i).Put("", state)
	}
	for i, want := range map[int]bool{0: false, 1: true, mostSessions: true} {
		if _, got := to(i).Get(""); got != want {
			t.Errorf("session %d is kept: %t, want %t", i, got, want)
		}
	}
	s.close()
	to(1).Put("", state)
	if _, got := to(1).Get(""); got {
		t.Error("kept beyond the round")
	}
}

// A kept connection is for those who would have made the same.
func TestReuseKeepsHandshakesApart(t *testing.T) {
	s := guarded(t, nil, nil)
	n := NewNetwork(Settings{Roots: s.roots})
	defer n.Close()
	reuse := func(c *HTTP) { c.Reuse = true }
	wantUp(t, ask(t, n, s.url, get(reuse)))
	wantUp(t, ask(t, n, s.url, get(reuse, hybrid)))
	if got := s.seen.Load().CurveID; got != tls.X25519MLKEM768 {
		t.Errorf("went over a connection of %s", got)
	}
	r := ask(t, n, s.url, get(reuse, hybrid))
	wantUp(t, r)
	if r.Phases.TLS != 0 || r.Certificate == nil {
		t.Errorf("not reused, or without its certificate: %+v", r)
	}
}

// writing counts what is written to a connection at a time.
type writing struct {
	net.Conn
	times *atomic.Int64
}

func (c writing) Write(p []byte) (int, error) {
	c.times.Add(1)
	return c.Conn.Write(p)
}

// The end of a handshake is sent with the request, not before it.
func TestHandshakeEndsWithTheRequest(t *testing.T) {
	s := guarded(t, nil, func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} })
	n := NewNetwork(Settings{Roots: s.roots})
	defer n.Close()
	var times atomic.Int64
	connect := n.connect
	n.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		conn, err := connect(ctx, to)
		return writing{conn, &times}, err
	}
	wantUp(t, ask(t, n, s.url, get()))
	if got := times.Load(); got != 2 {
		t.Errorf("%d writes, want the hello, and all else", got)
	}
}

// Whoever shows a certificate that nobody trusts is told so.
func TestServersAreToldWhyWeLeave(t *testing.T) {
	told := make(chan error, 1)
	p := stand(t, peer.Behaviour{Certificate: peer.Untrusted, Secure: true, Converse: func(conn net.Conn, _ <-chan struct{}) {
		told <- conn.(*tls.Conn).Handshake()
	}})
	n := NewNetwork(Settings{Roots: p.Roots})
	defer n.Close()
	if r := ask(t, n, p.URL, get()); r.Class != health.ClassCertificate {
		t.Errorf("%s: %s", r.Class, r.Cause)
	}
	if err := <-told; err == nil || !strings.Contains(err.Error(), "bad certificate") && !strings.Contains(err.Error(), "unknown certificate") {
		t.Errorf("the server heard: %v", err)
	}
}
