package check

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

// flooding answers as it is told to, and then goes on for as long as anybody is there.
func flooding(answer string) peer.Behaviour {
	return peer.Behaviour{Name: "floods", Converse: func(conn net.Conn, done <-chan struct{}) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		text := answer
		for more := strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nflood", 100); ; text = more {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	}}
}

// Buffers go from one target to the next, and never what was read into them: whatever comes
// too much, or too late, everybody reads their own answer.
func TestNobodyReadsAnother(t *testing.T) {
	long := strings.Repeat("-", 3*int(readBuffer))
	echo := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, r *http.Request) {
		for _, part := range []string{"asked for ", r.URL.Path, long} { // in pieces, so that buffers fill in between
			io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
	}})
	floods := []*peer.Peer{
		stand(t, flooding("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")),
		stand(t, flooding("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")),
		stand(t, flooding("HTTP/1.1 503 Not Now\r\nContent-Length: 9999999\r\n\r\n")),
		stand(t, flooding("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n")),
		stand(t, flooding("HTTP/1.1 200 OK\r\nX-Long: ")),
	}
	n := NewNetwork(Settings{})
	defer n.Close()
	var asking sync.WaitGroup
	for worker := range 8 {
		asking.Go(func() {
			for i := range 40 {
				url := fmt.Sprintf("%s/%d/%d", echo.URL, worker, i)
				c := get(func(c *HTTP) {
					c.Reuse = i%2 == 0
					c.Expect.Body = wanting(t, secret.Plain(fmt.Sprintf("asked for /%d/%d%s", worker, i, long)))
				})
				if r := ask(t, n, url, c); r.Status != health.Up {
					t.Errorf("%s: %s", url, r.Cause)
				}
				to := target(floods[i%len(floods)].URL)
				to.Timeout = 20 * time.Millisecond
				n.Ask(t.Context(), Attempt{Target: to, Checker: prepared(t, get(func(c *HTTP) { c.Reuse = i%3 == 0 }), to.URL), Pass: 1})
			}
		})
	}
	asking.Wait()
}

// A connection that is kept has its buffer for itself; one that is over has none any more.
func TestWhoseBuffer(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, "ok"))
	n := NewNetwork(Settings{})
	defer n.Close()
	wantUp(t, ask(t, n, p.URL, get(func(c *HTTP) { c.Reuse = true })))
	kept := n.idle.kept[0].wire
	for range 10 {
		if n.buffers.reader(nil) == kept.in {
			t.Fatal("somebody else was given the buffer of a connection that is kept")
		}
	}
	wantUp(t, ask(t, n, p.URL, get(func(c *HTTP) { c.Reuse = true })))
	if n.idle.kept[0].wire != kept || kept.in == nil {
		t.Error("its buffer did not come back with it")
	}

	d := newDialer(t.Context(), n, Attempt{Target: target(p.URL), Pass: 1})
	c := prepared(t, get(), p.URL)
	o, err := d.open(t.Context(), c.way, false, TLS{})
	if err != nil {
		t.Fatal(err)
	}
	d.hangUp()
	if o.in != nil {
		t.Error("a connection that is over still has its buffer")
	}
}

// Neither heads nor requests need fit: a buffer is only how much comes at a time.
func TestSmallBuffers(t *testing.T) {
	long := strings.Repeat("a", 10*int(readBuffer))
	p := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Long", r.Header.Get("X-Long"))
		w.Write(body)
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	for _, body := range []string{"short", long} {
		wantUp(t, ask(t, n, p.URL, get(func(c *HTTP) {
			c.Method, c.Body = http.MethodPost, secret.Plain(body)
			c.Headers = map[string]secret.Text{"X-Long": secret.Plain(long)}
			c.Expect.Headers = map[string]Match{"X-Long": *wanting(t, secret.Plain(long))}
			c.Expect.Body = wanting(t, secret.Plain(body))
		})))
	}
}
