// Package mock is the downstream of the bench: it answers each request 200 ms after it was
// read, on 127.0.0.1 to 127.0.0.16, so that local ports do not run out.
//
// It is written to take as little processor as can be, because it shares the machine with
// whoever is measured: no net/http, one goroutine a connection, one request a connection,
// one answer that never changes. It counts what it served and how late its answers were, so
// that a measurement over a mock that could not keep up can be told from a good one.
package mock

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"rollcall/internal/peer"
)

const (
	// Wait is how long a request waits for its answer.
	Wait = 200 * time.Millisecond
	// Away is the round trip to a mock that plays being far: its side of the handshake comes
	// so much later, and so does its answer. The connection itself is not held up.
	Away = 20 * time.Millisecond
	// Addresses is how many loopback addresses it listens on, from 127.0.0.1.
	Addresses = 16
)

// Door is one way in.
type Door string

// The doors.
const (
	HTTP     Door = "http"
	HTTPS    Door = "https"
	FarHTTPS Door = "https-far"
)

// Doors are all of them.
var Doors = [...]Door{HTTP, HTTPS, FarHTTPS}

// Truth is how long a check through d takes when nobody is short of anything.
func (d Door) Truth() time.Duration {
	if d == FarHTTPS {
		return Wait + 2*Away
	}
	return Wait
}

// Secure reports whether a check through d shakes hands.
func (d Door) Secure() bool { return d == HTTPS || d == FarHTTPS }

// answer is all of it; it closes the connection.
var answer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}")

// Mock is a running downstream.
type Mock struct {
	Roots []byte       // PEM of the authority that its certificate is from
	Ports map[Door]int // the same at each address

	listeners []net.Listener
	mu        sync.Mutex
	served    []time.Duration // of each answer, how much later than it should have been
	refused   int             // connections that ended without an answer
}

// Start listens at every door of every address. The caller closes the mock.
func Start() (*Mock, error) {
	authority, err := peer.NewAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := authority.Issue(peer.Leaf{})
	if err != nil {
		return nil, err
	}
	m := &Mock{Roots: authority.PEM(), Ports: map[Door]int{}}
	near := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}}
	far := near.Clone()
	far.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		time.Sleep(Away)
		return nil, nil // as before, only later
	}
	settings := map[Door]*tls.Config{HTTP: nil, HTTPS: near, FarHTTPS: far}
	for _, door := range Doors {
		if err := m.open(door, settings[door]); err != nil {
			m.Close()
			return nil, err
		}
	}
	return m, nil
}

// open listens at one door of every address, at one port.
func (m *Mock) open(door Door, settings *tls.Config) error {
	for i := range Addresses {
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.%d:%d", i+1, m.Ports[door]))
		if err != nil {
			return fmt.Errorf("open %s at 127.0.0.%d: %w", door, i+1, err)
		}
		m.listeners = append(m.listeners, l)
		m.Ports[door] = l.Addr().(*net.TCPAddr).Port
		go m.accept(l, door, settings)
	}
	return nil
}

// Close stops listening. What is under way ends by itself.
func (m *Mock) Close() {
	for _, l := range m.listeners {
		l.Close()
	}
}

func (m *Mock) accept(l net.Listener, door Door, settings *tls.Config) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if settings != nil {
			conn = tls.Server(conn, settings)
		}
		go m.serve(conn, door)
	}
}

// patience is for how long a connection may keep the mock waiting.
const patience = 30 * time.Second

// serve answers the one request of a connection.
func (m *Mock) serve(conn net.Conn, door Door) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if !readRequest(conn) {
		m.count(0, false)
		return
	}
	asked, wait := time.Now(), Wait
	if door == FarHTTPS {
		wait += Away
	}
	time.Sleep(wait)
	_, err := conn.Write(answer)
	m.count(time.Since(asked)-wait, err == nil)
}

var buffers = sync.Pool{New: func() any { return new([2048]byte) }}

// readRequest reads to the end of the head; nobody here sends a body.
func readRequest(conn net.Conn) bool {
	buffer := buffers.Get().(*[2048]byte)
	defer buffers.Put(buffer)
	for n := 0; n < len(buffer); {
		read, err := conn.Read(buffer[n:])
		n += read
		if bytes.HasSuffix(buffer[:n], []byte("\r\n\r\n")) {
			return true
		}
		if err != nil {
			return false
		}
	}
	return false
}

func (m *Mock) count(late time.Duration, answered bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if answered {
		m.served = append(m.served, late)
	} else {
		m.refused++
	}
}
