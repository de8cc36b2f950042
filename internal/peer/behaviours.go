package peer

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answering answers after a while with a status and a body, whatever was asked.
func Answering(after time.Duration, status int, body string) Behaviour {
	return Behaviour{
		Name: fmt.Sprintf("answers %d after %s", status, after),
		Answer: func(w http.ResponseWriter, r *http.Request) {
			if wait(r.Context().Done(), after) {
				w.WriteHeader(status)
				io.WriteString(w, body)
			}
		},
	}
}

// Redirecting sends whoever comes to location. A location that begins with "/" is the
// peer itself; it answers 200 there.
func Redirecting(code int, location string) Behaviour {
	return Behaviour{
		Name: fmt.Sprintf("redirects with %d to %s", code, location),
		Answer: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == location {
				return
			}
			w.Header().Set("Location", location)
			w.WriteHeader(code)
		},
	}
}

// Echoing answers with the request as it came: the first line, then the headers, then the
// body.
func Echoing() Behaviour {
	return Behaviour{
		Name: "echoes the request",
		Answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprintf(w, "%s %s %s\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.Proto, r.Host)
			r.Header.Write(w)
			io.WriteString(w, "\r\n")
			io.Copy(w, r.Body)
		},
	}
}

// Hostile are the peers that a checker meets sooner or later, one line each. None of them
// ever gives a complete answer with a status of 200.
var Hostile = [...]Behaviour{
	{Name: "refuses", Refuse: true},
	{Name: "accepts and never answers", Converse: silent},
	{Name: "never shakes hands", Converse: silent, Secure: true},
	{Name: "closes at once", Converse: hangUp},
	{Name: "closes the handshake at once", Converse: hangUp, Secure: true},
	{Name: "resets at once", Converse: resetAtOnce},
	{Name: "resets midway", Converse: resetMidway},
	{Name: "ends midway", Converse: endMidway},
	{Name: "speaks no HTTP", Converse: garbage},
	{Name: "speaks no TLS", Converse: garbage, Secure: true},
	{Name: "drips its headers", Converse: drip("HTTP/1.1 200 OK\r\nX-Slow: ", "a")},
	{Name: "drips its body", Converse: drip("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", "a")},
	{Name: "sends headers without end", Converse: flood("HTTP/1.1 200 OK\r\n", "X-Flood: "+strings.Repeat("a", 1000)+"\r\n")},
	{Name: "sends interim answers without end", Converse: flood("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")},
	{Name: "sends a body without end", Converse: flood("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", strings.Repeat("a", 4096))},
	{Name: "redirects in a circle", Answer: circle},
	{Name: "redirects without end", Answer: onAndOn},
	{Name: "redirects to nowhere", Answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }},
	{Name: "redirects to another scheme", Answer: Redirecting(http.StatusFound, "file:///etc/passwd").Answer},
	{Name: "is not available", Answer: Answering(0, http.StatusServiceUnavailable, "come back later").Answer},
}

// wait waits for d, and reports whether it was let to.
func wait(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return false
	case <-timer.C:
		return true
	}
}

// listen reads a request's headers, or what there is of them.
func listen(conn net.Conn) {
	var seen strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(seen.String(), "\r\n\r\n") && seen.Len() < 1<<16 {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		seen.Write(buffer[:n])
	}
}

func silent(_ net.Conn, done <-chan struct{}) { <-done }

// hangUp closes when it hears the first word. Any sooner, and whether that word meets an
// end or a reset would be chance.
func hangUp(conn net.Conn, _ <-chan struct{}) {
	conn.Read(make([]byte, 1<<16))
}

func resetAtOnce(conn net.Conn, done <-chan struct{}) {
	hangUp(conn, done)
	reset(conn)
}

// reset closes so that the other side sees a reset, not an end.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

func resetMidway(conn net.Conn, done <-chan struct{}) {
	endMidway(conn, done)
	wait(done, 20*time.Millisecond) // or the reset overtakes the half
	reset(conn)
}

func endMidway(conn net.Conn, _ <-chan struct{}) {
	listen(conn)
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it")
}

func garbage(conn net.Conn, _ <-chan struct{}) {
	io.WriteString(conn, "220 \x00\xff this is no web server\r\n")
	listen(conn)
}

// drip says the first part at once, and then a little every 20 ms.
func drip(first, little string) func(net.Conn, <-chan struct{}) {
	return func(conn net.Conn, done <-chan struct{}) {
		listen(conn)
		for said := first; ; said = little {
			if _, err := io.WriteString(conn, said); err != nil || !wait(done, 20*time.Millisecond) {
				return
			}
		}
	}
}

// flood says the first part, and then more for as long as anybody takes it.
func flood(first, more string) func(net.Conn, <-chan struct{}) {
	return func(conn net.Conn, _ <-chan struct{}) {
		listen(conn)
		for said := first; ; said = more {
			if _, err := io.WriteString(conn, said); err != nil {
				return
			}
		}
	}
}

func circle(w http.ResponseWriter, r *http.Request) {
	next := "/a"
	if r.URL.Path == "/a" {
		next = "/b"
	}
	http.Redirect(w, r, next, http.StatusFound)
}

func onAndOn(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	http.Redirect(w, r, "/"+strconv.Itoa(n+1), http.StatusFound)
}
