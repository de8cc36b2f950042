package check

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

// late is what a check may take to notice that its context ended; a sweep counts on it.
const late = 50 * time.Millisecond

// hostileCauses are what the hostile peers come to: the class and the words after
// `get "URL": `, as a pattern. What is not down is up.
var hostileCauses = map[string]struct {
	class health.Class
	words string
}{
	"refuses":                           {health.ClassConnect, `connection refused`},
	"accepts and never answers":         {health.ClassTimeout, `no answer within 300ms: connected, but not a byte came`},
	"never shakes hands":                {health.ClassTimeout, `no answer within 300ms: the TLS handshake hung`},
	"closes at once":                    {"connect|protocol", `connection (closed|reset) (before an answer came|while the request was sent)`}, // with or without our request
	"closes the handshake at once":      {health.ClassTLS, `the server closed the connection during the TLS handshake`},
	"resets at once":                    {health.ClassConnect, `connection reset( before an answer came| while the request was sent|)`},
	"resets midway":                     {health.ClassConnect, `connection reset in the middle of the body`},
	"ends midway":                       {health.ClassProtocol, `connection closed after 10 bytes of a body of 1000 bytes`},
	"speaks no HTTP":                    {health.ClassProtocol, `the answer is not HTTP: it is SMTP or FTP`},
	"speaks no TLS":                     {health.ClassTLS, `the server does not speak TLS there`},
	"drips its headers":                 {health.ClassTimeout, `no answer within 300ms: the headers did not end`},
	"drips its body":                    {health.ClassTimeout, `no answer within 300ms: the body did not end, \d+ bytes came`},
	"sends headers without end":         {health.ClassProtocol, `the headers are longer than 64 KiB`},
	"sends interim answers without end": {health.ClassProtocol, `the headers are longer than 64 KiB`},
	"sends a body without end":          {}, // it is asked for no more than the cap
	"redirects in a circle":             {health.ClassProtocol, `redirect loop: back at "URL/b"`},
	"redirects without end":             {health.ClassProtocol, `redirects on beyond the limit of 5, to "URL/6"`},
	"redirects to nowhere":              {health.ClassStatus, `status 302, want 2xx`},
	"redirects to another scheme":       {health.ClassProtocol, `status 302 redirects to "file:///etc/passwd", which is not HTTP`},
	"is not available":                  {health.ClassStatus, `status 503, want 2xx`},
}

// Whatever the other side does, its cause names it, and an attempt has ended 50 ms after
// its context.
func TestHostilePeers(t *testing.T) {
	for _, b := range peer.Hostile {
		t.Run(b.Name, func(t *testing.T) {
			want, known := hostileCauses[b.Name]
			if !known {
				t.Fatal("has no cause here")
			}
			p := stand(t, b)
			n := NewNetwork(Settings{})
			defer n.Close()
			const timeout = 300 * time.Millisecond
			r := punctual(t, n, p.URL, get(), timeout)
			if want.class == "" {
				wantUp(t, r)
			} else {
				words := strings.ReplaceAll(want.words, "URL", regexp.QuoteMeta(p.URL))
				pattern := `^(` + string(want.class) + `): get "` + regexp.QuoteMeta(p.URL) + `": ` + words + `$`
				if got := string(r.Class) + ": " + r.Cause; r.Status != health.Down || !regexp.MustCompile(pattern).MatchString(got) {
					t.Errorf("got  %s, %s\nwant %s", r.Status, got, pattern)
				}
			}
			if r.Certificate != nil {
				t.Error("a certificate without a handshake")
			}

			// A connection is all that the port is asked for, and only a refusal fails it.
			dial := punctual(t, n, "tcp://"+p.Addr, newTCP(), timeout)
			if b.Refuse {
				wantCause(t, dial, health.ClassConnect, "dial "+p.Addr+": connection refused")
			} else if dial.Cause != "dial "+p.Addr+": connection reset" { // by who resets at once
				wantUp(t, dial)
			}
		})
	}
	if len(hostileCauses) != len(peer.Hostile) {
		t.Errorf("%d causes for %d peers", len(hostileCauses), len(peer.Hostile))
	}
}

// punctual asks with a timeout, and holds Ask to its promise. A machine that is busy with
// other tests may hold a process up now and then, but not three times in a row.
func punctual(t *testing.T, n *Network, url string, c Checker, timeout time.Duration) health.Reading {
	t.Helper()
	to := target(url)
	to.Timeout = timeout
	prepared(t, c, url)
	for try := 1; ; try++ {
		start := time.Now()
		r := n.Ask(t.Context(), Attempt{Target: to, Checker: c, Pass: 1})
		took := time.Since(start)
		if took <= timeout+late {
			return r
		}
		if try == 3 {
			t.Errorf("took %s, %s were allowed", took, timeout)
			return r
		}
	}
}

// The same promise where an expectation needs the body, and where the body takes longer to
// judge than there is time.
func TestHostileBodies(t *testing.T) {
	n := NewNetwork(Settings{})
	defer n.Close()
	for name, converse := range map[string]http.HandlerFunc{
		"drips": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, "a")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		},
		"stops": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := stand(t, peer.Behaviour{Answer: converse})
			r := punctual(t, n, p.URL, get(func(c *HTTP) { c.Expect.Body = wanting(t, secret.Plain("b")) }), 200*time.Millisecond)
			if r.Class != health.ClassTimeout || !strings.Contains(r.Cause, "no answer within 200ms: the body did not end, ") {
				t.Errorf("%s: %s", r.Class, r.Cause)
			}
		})
	}
}

// Of a body without end the cap is judged, and memory holds no more.
func TestEndlessBody(t *testing.T) {
	p := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, r *http.Request) {
		for line := strings.Repeat("a", 4096); ; {
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
		}
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	r := punctual(t, n, p.URL, get(func(c *HTTP) { c.Expect.Body = wanting(t, map[string]any{"contains": secret.Plain("b")}) }), time.Second)
	if r.Class != health.ClassBody || !strings.HasSuffix(r.Cause, "in the first 256 KiB; raise max_body") {
		t.Errorf("%s: %s", r.Class, r.Cause)
	}
}

// A request that nobody reads, and a resolver and a network that never answer.
func TestHangsElsewhere(t *testing.T) {
	t.Run("sending", func(t *testing.T) {
		p := stand(t, peer.Behaviour{Converse: func(_ net.Conn, done <-chan struct{}) { <-done }})
		n := NewNetwork(Settings{})
		defer n.Close()
		r := punctual(t, n, p.URL, get(func(c *HTTP) { c.Method = "POST"; c.Body = secret.Plain(strings.Repeat("a", 32<<20)) }), 300*time.Millisecond)
		wantCause(t, r, health.ClassTimeout, `post "`+p.URL+`": no answer within 300ms: the request was not taken`)
	})
	t.Run("looking up", func(t *testing.T) {
		n := NewNetwork(Settings{Resolver: &slow{takes: time.Minute}})
		defer n.Close()
		r := punctual(t, n, "http://a.example.com", get(), 100*time.Millisecond)
		wantCause(t, r, health.ClassTimeout, `get "http://a.example.com": no answer within 100ms: the look-up hung`)
		r = punctual(t, n, "tcp://a.example.com:80", newTCP(), 100*time.Millisecond)
		wantCause(t, r, health.ClassTimeout, `dial a.example.com:80: no answer within 100ms: the look-up hung`)
	})
	t.Run("queueing", func(t *testing.T) {
		n := NewNetwork(Settings{Resolver: &slow{takes: 300 * time.Millisecond}})
		defer n.Close()
		go allAtOnce(n.lookups, 1, distinct(lookupsAtOnce)...)
		for len(n.lookups.gate) < lookupsAtOnce {
			runtime.Gosched()
		}
		r := punctual(t, n, "http://a.example.com", get(), 100*time.Millisecond)
		wantCause(t, r, health.ClassChecker,
			`get "http://a.example.com": its look-up did not come to its turn within 100ms: 50 run at once`)
		if r.Waited < 90*time.Millisecond || r.Latency > 40*time.Millisecond {
			t.Errorf("waited %s, latency %s", r.Waited, r.Latency)
		}
	})
	t.Run("connecting", func(t *testing.T) {
		w := &world{}
		n := w.network(t, Settings{})
		n.connect = hang
		r := punctual(t, n, "http://203.0.113.1", get(), 100*time.Millisecond)
		wantCause(t, r, health.ClassTimeout, `get "http://203.0.113.1": no answer within 100ms: the connection did not open`)
		r = punctual(t, n, "tcp://203.0.113.1:80", newTCP(), 100*time.Millisecond)
		wantCause(t, r, health.ClassTimeout, `dial 203.0.113.1:80: no answer within 100ms`)
	})
}

// Who is told to stop has not been given its time.
func TestStopped(t *testing.T) {
	p := stand(t, peer.Hostile[1])
	n := NewNetwork(Settings{})
	defer n.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	r := n.Ask(ctx, Attempt{Target: target(p.URL), Checker: prepared(t, get(), p.URL), Pass: 1})
	wantCause(t, r, health.ClassChecker, `get "`+p.URL+`": stopped before an answer came`)

	// Given longer by its caller, it has its own time.
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	short := target(p.URL)
	short.Timeout = 100 * time.Millisecond
	r = n.Ask(ctx, Attempt{Target: short, Checker: prepared(t, get(), p.URL), Pass: 1})
	wantCause(t, r, health.ClassTimeout, `get "`+p.URL+`": no answer within 100ms: connected, but not a byte came`)
	if ctx.Err() != nil {
		t.Error("it took all the time that its caller had")
	}

	// Cut short by its caller, it says how long it had.
	ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r = n.Ask(ctx, Attempt{Target: target(p.URL), Checker: prepared(t, get(), p.URL), Pass: 1})
	if !regexp.MustCompile(`: no answer within (100|\d\d)ms: `).MatchString(r.Cause) {
		t.Error(r.Cause)
	}
}

// Nothing of an attempt outlives it but what is kept for reuse, and that ends with the network.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	var open atomic.Int64
	func() {
		var peers []*peer.Peer
		for _, b := range peer.Hostile {
			p, err := peer.Start(b)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			peers = append(peers, p)
		}
		well := stand(t, peer.Answering(0, 200, "ok"))
		n := NewNetwork(Settings{})
		connect := n.connect
		n.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			conn, err := connect(ctx, to)
			if err == nil {
				open.Add(1)
			}
			return &closing{conn, &open}, err
		}
		for _, p := range peers {
			to := target(p.URL)
			to.Timeout = 50 * time.Millisecond
			n.Ask(t.Context(), Attempt{Target: to, Checker: prepared(t, get(), p.URL), Pass: 1})
		}
		for range 3 {
			wantUp(t, ask(t, n, well.URL, get(func(c *HTTP) { c.Reuse = true })))
		}
		if got := len(n.idle.kept); got != 1 {
			t.Errorf("%d connections kept, want 1", got)
		}
		n.Close()
		well.Close()
	}()
	if got := open.Load(); got != 0 {
		t.Errorf("%d connections are open", got)
	}
	for deadline := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
