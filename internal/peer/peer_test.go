package peer_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rollcall/internal/peer"
)

func start(t *testing.T, b peer.Behaviour) *peer.Peer {
	t.Helper()
	p, err := peer.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

// ask is one request with an ordinary client, all of its answer read: the first 64 KiB, or
// what came within the timeout.
func ask(t *testing.T, p *peer.Peer, path string, timeout time.Duration) (int, string, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.Roots}}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, strings.NewReader("ping"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Asked-By", "a test")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err == nil && len(body) == 64<<10 {
		err = errors.New("no end of it")
	}
	return response.StatusCode, string(body), err
}

func TestHostilePeersNeverAnswerWell(t *testing.T) {
	for _, b := range peer.Hostile {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			status, body, err := ask(t, start(t, b), "/", 300*time.Millisecond)
			if err == nil && status == http.StatusOK {
				t.Errorf("answered 200 with %.40q", body)
			}
		})
	}
}

// Close has to end what a client still hangs on, and leave nothing behind.
func TestCloseEndsEverythingAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	behaviours := append(peer.Hostile[:], peer.Answering(time.Hour, 200, ""), peer.Echoing())
	for _, b := range behaviours {
		p, err := peer.Start(b)
		if err != nil {
			t.Fatal(err)
		}
		var clients []net.Conn
		for range 3 {
			conn, err := net.Dial("tcp", p.Addr)
			if err != nil {
				continue
			}
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			conn.Read(make([]byte, 1))
			clients = append(clients, conn)
		}
		began := time.Now()
		if err := p.Close(); err != nil {
			t.Errorf("%s: close: %v", b.Name, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: close took %s", b.Name, took)
		}
		for _, conn := range clients {
			conn.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
				t.Errorf("%s: a connection outlived the peer", b.Name)
			}
			conn.Close()
		}
	}
	for deadline := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// When Close returns nobody is still at work, not even who takes his time to leave.
func TestCloseWaitsForEverybody(t *testing.T) {
	var left atomic.Int32
	arrived := make(chan struct{}, 2)
	linger := func(done <-chan struct{}) {
		arrived <- struct{}{}
		<-done
		<-time.After(30 * time.Millisecond)
		left.Add(1)
	}
	for _, b := range []peer.Behaviour{
		{Name: "answers", Answer: func(_ http.ResponseWriter, r *http.Request) { linger(r.Context().Done()) }},
		{Name: "converses", Converse: func(_ net.Conn, done <-chan struct{}) { linger(done) }},
	} {
		p, err := peer.Start(b)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		<-arrived
		before := left.Load()
		if err := p.Close(); err != nil || left.Load() != before+1 {
			t.Errorf("%s: close returned before its connection's goroutine (%v)", b.Name, err)
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func TestRefusesForAsLongAsItLives(t *testing.T) {
	p := start(t, peer.Hostile[0])
	for range 100 {
		if _, err := net.Dial("tcp", p.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("dial: %v, want connection refused", err)
		}
		if other, err := net.Listen("tcp", p.Addr); err == nil {
			other.Close()
			t.Fatal("somebody else could listen on its port")
		}
	}
}

func TestCertificates(t *testing.T) {
	for _, c := range peer.Certificates {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			b := peer.Answering(0, http.StatusOK, "hello")
			b.Certificate = c.Issue
			p := start(t, b)
			conn, err := tls.Dial("tcp", p.Addr, &tls.Config{RootCAs: p.Roots})
			if !c.Sound {
				var wrong *tls.CertificateVerificationError
				if !errors.As(err, &wrong) {
					t.Fatalf("handshake: %v, want a certificate that is refused", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			first := time.Now().Add(1000 * 24 * time.Hour)
			for _, certificate := range conn.ConnectionState().VerifiedChains[0] {
				if certificate.NotAfter.Before(first) {
					first = certificate.NotAfter
				}
			}
			if left := time.Until(first); (left < 48*time.Hour) != c.Ending {
				t.Errorf("the chain ends in %s, near its end is %t", left, c.Ending)
			}
			if status, body, err := ask(t, p, "/", 5*time.Second); status != 200 || body != "hello" {
				t.Errorf("answered %d %q %v", status, body, err)
			}
		})
	}
}

func TestOneAuthorityForMany(t *testing.T) {
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.16"} {
		b := peer.Answering(0, http.StatusOK, "hello")
		b.Host, b.Authority, b.Certificate = host, authority, peer.Shows(peer.Leaf{})
		p := start(t, b)
		if !strings.HasPrefix(p.URL, "https://"+host+":") || !p.Roots.Equal(authority.Pool()) {
			t.Fatalf("started at %s with other roots than the authority's", p.URL)
		}
		if status, _, err := ask(t, p, "/", 5*time.Second); status != 200 {
			t.Errorf("%s: %d %v", host, status, err)
		}
	}
}

func TestAnsweringManyPathsAfterAWhile(t *testing.T) {
	p := start(t, peer.Answering(200*time.Millisecond, http.StatusAccepted, "soon"))
	began := time.Now()
	var asking sync.WaitGroup
	for i := range 50 {
		asking.Go(func() {
			if status, body, err := ask(t, p, fmt.Sprintf("/%d", i), 5*time.Second); status != 202 || body != "soon" {
				t.Errorf("answered %d %q %v", status, body, err)
			}
		})
	}
	asking.Wait()
	if took := time.Since(began); took < 200*time.Millisecond || took > 2*time.Second {
		t.Errorf("50 at once took %s, want a little over 200ms", took)
	}
	if p.Connections() != 50 || p.Requests() != 50 {
		t.Errorf("%d connections, %d requests; want 50 of each", p.Connections(), p.Requests())
	}
}

func TestEchoingAndRedirecting(t *testing.T) {
	echo := start(t, peer.Echoing())
	_, body, err := ask(t, echo, "/here?q=1", 5*time.Second)
	if err != nil || !strings.HasPrefix(body, "GET /here?q=1 HTTP/1.1\r\n") ||
		!strings.Contains(body, "X-Asked-By: a test\r\n") || !strings.HasSuffix(body, "\r\n\r\nping") {
		t.Errorf("echoed %q, %v", body, err)
	}
	if echo.Last().Header.Get("X-Asked-By") != "a test" {
		t.Errorf("last request: %v", echo.Last())
	}
	away := start(t, peer.Redirecting(http.StatusTemporaryRedirect, echo.URL+"/there"))
	if _, body, err := ask(t, away, "/", 5*time.Second); err != nil || !strings.HasPrefix(body, "GET /there") {
		t.Errorf("redirected to %q, %v", body, err)
	}
	home := start(t, peer.Redirecting(http.StatusFound, "/end"))
	if status, _, err := ask(t, home, "/", 5*time.Second); status != 200 || home.Requests() != 2 {
		t.Errorf("redirected to itself: %d after %d requests, %v", status, home.Requests(), err)
	}
}

// alone listens only where nobody is, as the system does when it chooses a port.
var alone = net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) { set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0) })
	return errors.Join(err, set)
}}

// A peer that has fallen refuses, and is at the same address when it rises, for http and
// for a bare connection, whatever still hung on it when it fell.
func TestFallAndRise(t *testing.T) {
	t.Parallel()
	for _, b := range []peer.Behaviour{
		peer.Answering(0, http.StatusOK, "well"),
		{Name: "speaks", Converse: func(conn net.Conn, done <-chan struct{}) { io.WriteString(conn, "hello"); <-done }},
	} {
		p := start(t, b)
		at := p.Addr
		dial := func() (net.Conn, error) { return net.DialTimeout("tcp", at, 2*time.Second) }
		for range 3 {
			if err := p.Fall(); err != nil {
				t.Fatal(err)
			}
			if other, err := alone.Listen(t.Context(), "tcp", at); err == nil {
				other.Close()
				t.Errorf("%s: fallen, its port is free", b.Name)
			}
			if _, err := dial(); !errors.Is(err, syscall.ECONNREFUSED) || p.Addr != at {
				t.Errorf("%s: fallen at %s: %v, want %s to refuse", b.Name, p.Addr, err, at)
			}
			if err := p.Rise(); err != nil || p.Addr != at {
				t.Fatalf("%s: risen at %s, %v", b.Name, p.Addr, err)
			}
			hanging, err := dial()
			if err != nil {
				t.Fatalf("%s: %v", b.Name, err)
			}
			defer hanging.Close()
		}
		if b.Answer == nil {
			continue
		}
		if code, body, err := ask(t, p, "/", 2*time.Second); code != http.StatusOK || body != "well" || err != nil {
			t.Errorf("risen: %d, %q, %v", code, body, err)
		}
	}
}
