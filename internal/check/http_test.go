package check

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

func TestUp(t *testing.T) {
	p := stand(t, peer.Answering(50*time.Millisecond, 204, ""))
	n := NewNetwork(Settings{Version: "1.2.3"})
	defer n.Close()
	r := ask(t, n, p.URL+"/health?deep=1", get())
	wantUp(t, r)
	if r.Latency < 50*time.Millisecond || r.Phases.Wait < 50*time.Millisecond || r.Waited != 0 || r.Certificate != nil {
		t.Errorf("%+v", r)
	}
	got := p.Last()
	if got.Method != "GET" || got.RequestURI != "/health?deep=1" || got.Host != p.Addr || !got.Close {
		t.Errorf("%s %s, host %s, close %t", got.Method, got.RequestURI, got.Host, got.Close)
	}
	if len(got.Header) != 3 || got.UserAgent() != "rollcall/1.2.3 (scheduled health check)" ||
		got.Header.Get("Accept-Encoding") != "gzip" || got.Header.Get("Connection") != "close" {
		t.Errorf("headers %v", got.Header)
	}
}

// The phases are the latency, split: what is left over is our own work between them.
func TestPhasesAddUp(t *testing.T) {
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	p := stand(t, peer.Behaviour{Authority: authority, Certificate: peer.Shows(peer.Leaf{Names: []string{"a.example.com"}}),
		Answer: func(w http.ResponseWriter, r *http.Request) {
			pause(r.Context(), 60*time.Millisecond)
			io.WriteString(w, "first")
			w.(http.Flusher).Flush()
			pause(r.Context(), 60*time.Millisecond)
		}})
	w := &world{stands: map[string]string{"203.0.113.1": p.Addr}}
	n := w.network(t, Settings{Roots: p.Roots})
	n.lookups = newLookups(&slow{takes: 60 * time.Millisecond})
	var r health.Reading
	var left time.Duration
	for pass := range 3 { // a machine that is busy with other tests may hold one up
		r = n.Ask(t.Context(), Attempt{Target: target("https://a.example.com"), Checker: prepared(t, get(), "https://a.example.com"), Pass: pass})
		wantUp(t, r)
		ph := r.Phases
		if left = r.Latency - (ph.DNS + ph.Connect + ph.TLS + ph.Wait + ph.Read); left < 20*time.Millisecond {
			break
		}
	}
	ph := r.Phases
	for name, phase := range map[string]time.Duration{"dns": ph.DNS, "wait": ph.Wait, "read": ph.Read} {
		if phase < 55*time.Millisecond {
			t.Errorf("%s took %s, want 60ms", name, phase)
		}
	}
	if ph.Connect <= 0 || ph.TLS <= 0 {
		t.Errorf("connect %s, tls %s", ph.Connect, ph.TLS)
	}
	if left < 0 || left > 20*time.Millisecond {
		t.Errorf("%s of %s are in no phase: %+v", left, r.Latency, ph)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func TestRequest(t *testing.T) {
	p := stand(t, peer.Echoing())
	n := NewNetwork(Settings{})
	defer n.Close()
	sent := func(changes ...func(*HTTP)) string {
		c := get(append(changes, func(c *HTTP) { c.Expect.Body = wanting(t, secret.Plain("never")) })...)
		r := ask(t, n, p.URL+"/x", c)
		if r.Class != health.ClassBody {
			t.Fatalf("%s: %s", r.Class, r.Cause)
		}
		return p.Last().Host + "|" + p.Last().UserAgent() + "|" + p.Last().Header.Get("X-One") + "|" + r.Cause
	}
	got := sent(func(c *HTTP) {
		c.Method = "POST"
		c.Headers = map[string]secret.Text{"host": secret.Plain("shop.example.com"), "user-agent": secret.Plain("mine"), "x-one": secret.Plain("1")}
		c.Body = secret.Plain("hello")
	})
	if want := `shop.example.com|mine|1|post "` + p.URL + `/x": body "POST /x HTTP/1.1\r\n`; !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if p.Last().ContentLength != 5 {
		t.Errorf("content length %d", p.Last().ContentLength)
	}
}

func TestExpectations(t *testing.T) {
	p := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"status":"ok","queue":{"depth":120}}`)
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	for name, c := range map[string]struct {
		expect func(*Expect)
		class  health.Class
		words  string
	}{
		"nothing": {func(*Expect) {}, "", ""},
		"all met": {func(e *Expect) { e.JSON = map[string]Match{"$.status": *wanting(t, secret.Plain("ok"))} }, "", ""},
		"status":  {func(e *Expect) { e.Status = Statuses{{404, 404}} }, health.ClassStatus, "status 200, want 404"},
		"header":  {func(e *Expect) { e.Headers = map[string]Match{"server": *wanting(t, map[string]any{"exists": true})} }, health.ClassHeader, "header server is absent, want present"},
		"body": {func(e *Expect) {
			e.Body = wanting(t, map[string]any{"not": map[string]any{"contains": secret.Plain("ok")}})
		}, health.ClassBody, ""},
		"too deep": {func(e *Expect) {
			e.JSON = map[string]Match{"$.queue.depth": *wanting(t, map[string]any{"max": int64(99)})}
		}, health.ClassBody, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := ask(t, n, p.URL, get(func(h *HTTP) { c.expect(&h.Expect) }))
			if r.Class != c.class || !strings.HasSuffix(r.Cause, c.words) || c.class != "" && !strings.HasPrefix(r.Cause, `get "`+p.URL+`": `) {
				t.Errorf("%s: %s", r.Class, r.Cause)
			}
		})
	}
}

// A body is read to the cap: more of it is neither wanted nor waited for, and what the cap
// hides is said to be hidden.
func TestCap(t *testing.T) {
	var sent int
	p := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("a", sent))
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	capped := func(c *HTTP) { c.MaxBody = 1 * KiB }
	ends := func(c *HTTP) { c.Expect.Body = wanting(t, map[string]any{"matches": secret.Plain("a$")}) }
	for _, sent = range []int{0, 1, 1023, 1024, 1025, 1 << 20} {
		wantUp(t, ask(t, n, p.URL, get(capped)))
	}
	for _, sent = range []int{1, 1023, 1024} {
		wantUp(t, ask(t, n, p.URL, get(capped, ends)))
	}
	for _, sent = range []int{1025, 1 << 20} {
		r := ask(t, n, p.URL, get(capped, func(c *HTTP) { c.Expect.Body = wanting(t, map[string]any{"contains": secret.Plain("b")}) }))
		if r.Class != health.ClassBody || !strings.HasSuffix(r.Cause, "in the first 1 KiB; raise max_body") {
			t.Errorf("%s: %s", r.Class, r.Cause)
		}
	}
}

func TestGzip(t *testing.T) {
	var body []byte
	p := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(body)
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	ready := func(c *HTTP) { c.Expect.Body = wanting(t, map[string]any{"contains": secret.Plain("ready")}) }
	coded := func(c *HTTP) {
		c.Expect.Headers = map[string]Match{"content-encoding": *wanting(t, secret.Plain("gzip"))}
	}

	body = gzipped(t, strings.NewReader("we are ready"))
	wantUp(t, ask(t, n, p.URL, get(ready, coded))) // decoded, and the header as it came
	wantUp(t, ask(t, n, p.URL, get()))             // nobody looks

	// A bomb: what it decodes to is what the cap is for.
	body = gzipped(t, io.LimitReader(zeros{}, 4<<20))
	r := ask(t, n, p.URL, get(ready))
	if !strings.HasSuffix(r.Cause, "in the first 256 KiB; raise max_body") {
		t.Error(r.Cause)
	}

	const prefix = `: the body is not the gzip that its headers say`
	body = []byte("plain text all along")
	wantCause(t, ask(t, n, p.URL, get(ready)), health.ClassProtocol, `get "`+p.URL+`"`+prefix)
	body = gzipped(t, strings.NewReader("we are ready"))
	body[len(body)-5] ^= 1 // its checksum
	wantCause(t, ask(t, n, p.URL, get(ready)), health.ClassProtocol, `get "`+p.URL+`"`+prefix)

	// Without an end, and never a byte of text.
	body = bytes.Repeat(gzipped(t, strings.NewReader("")), 1<<15)
	if r := ask(t, n, p.URL, get(ready)); r.Class != health.ClassProtocol {
		t.Errorf("%s: %s", r.Class, r.Cause)
	}

	// Whoever asks for a coding of their own sees what comes.
	body = gzipped(t, strings.NewReader("we are ready"))
	r = ask(t, n, p.URL, get(ready, func(c *HTTP) {
		c.Headers = map[string]secret.Text{"Accept-Encoding": secret.Plain("gzip")}
	}))
	if r.Class != health.ClassBody {
		t.Errorf("%s: %s", r.Class, r.Cause)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func gzipped(t *testing.T, r io.Reader) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return b.Bytes()
}

// Answers that are unusual, and answers that are none.
func TestOddAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.0 200 OK\r\n\r\nready":                                                 "",
		"HTTP/1.1 200\r\n\r\nready":                                                    "",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nready":                    "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nready\r\n0\r\n\r\n": "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nready":              "protocol: connection closed in the middle of the body, after 5 bytes",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nready\r\n":               "protocol: the body's chunks are malformed",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nready":                     "protocol: the answer is not HTTP",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nready":                           "protocol: the answer is not HTTP",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n":       "body: body is empty, want \"ready\"",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n":                            "body: body is empty, want \"ready\"",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                     "status: status 101, want 2xx",
		"HTTP/1.1 304 Not Modified\r\nLocation: /\r\n\r\n":                             "status: status 304, want 2xx",
		"HTTP/1.1 200 OK\r\n: nameless\r\n\r\n":                                        "protocol: the answer is not HTTP",
		"HTTP/1.1 200 OK\r\nX: y":                                                      "protocol: connection closed in the middle of the headers",
		"HTTP/9 200 OK\r\n\r\n":                                                        "protocol: the answer is not HTTP",
		"SSH-2.0-OpenSSH_9.6\r\n":                                                      "protocol: the answer is not HTTP: it is SSH",
		"\x15\x03\x01\x00\x02\x02\x0a":                                                 "protocol: the answer is not HTTP: it is TLS; write https in the url",
		"\x00":                                                                         "protocol: the answer is not HTTP",
	} {
		p := stand(t, peer.Behaviour{Converse: func(conn net.Conn, _ <-chan struct{}) {
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				io.WriteString(conn, answer)
			}
		}})
		n := NewNetwork(Settings{})
		r := ask(t, n, p.URL, get(func(c *HTTP) { c.Expect.Body = wanting(t, secret.Plain("ready")) }))
		n.Close()
		got := ""
		if r.Status != health.Up {
			got = string(r.Class) + ": " + strings.TrimPrefix(r.Cause, `get "`+p.URL+`": `)
		}
		if got != want {
			t.Errorf("%q\ngot  %s\nwant %s", answer, got, want)
		}
	}
}

// Proxies are for those who browse: a check asks the target itself.
func TestNoProxy(t *testing.T) {
	proxy := stand(t, peer.Answering(0, 200, ""))
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	p := stand(t, peer.Answering(0, 200, ""))
	w := &world{names: map[string][]string{"a.example.com": {"203.0.113.1"}}, stands: map[string]string{"203.0.113.1": p.Addr}}
	wantUp(t, ask(t, w.network(t, Settings{}), "http://a.example.com", get()))
	if proxy.Connections() != 0 || p.Requests() != 1 {
		t.Errorf("%d went to the proxy", proxy.Connections())
	}
}

func TestCertificates(t *testing.T) {
	day := func(d int) string {
		return time.Now().Add(time.Duration(d) * 24 * time.Hour).UTC().Format(time.DateOnly)
	}
	words := map[string]string{
		"expired":                       "certificate expired on " + day(-1),
		"below an expired authority":    `certificate of the authority "rollcall test intermediate" expired on ` + day(-1),
		"not valid yet":                 "certificate is not valid before " + day(1),
		"for another name":              "certificate is for elsewhere.example.com, not for 127.0.0.1",
		"of an authority nobody trusts": `certificate not trusted: signed by "rollcall test root", an unknown authority, and the server sent no certificate of it`,
		"signed by itself":              "certificate not trusted: signed by itself",
	}
	for _, c := range peer.Certificates {
		t.Run(c.Name, func(t *testing.T) {
			p := stand(t, peer.Behaviour{Certificate: c.Issue, Answer: peer.Answering(0, 200, "").Answer})
			n := NewNetwork(Settings{Roots: p.Roots})
			defer n.Close()
			r := ask(t, n, p.URL, get())
			if !c.Sound {
				wantCause(t, r, health.ClassCertificate, `get "`+p.URL+`": `+words[c.Name])
				if r.Certificate != nil {
					t.Error("a certificate that nobody verified")
				}
				return
			}
			wantUp(t, r)
			if r.Certificate == nil || r.Phases.TLS == 0 {
				t.Fatalf("%+v", r)
			}
			if left := time.Until(r.Certificate.NotAfter); (left < 25*time.Hour) != c.Ending {
				t.Errorf("%s ends in %s", r.Certificate.Subject, left)
			}
		})
	}
}

// A certificate is known once the handshake is through, whatever the server says then.
func TestCertificateOfAFailure(t *testing.T) {
	p := stand(t, peer.Behaviour{Certificate: peer.Shows(peer.Leaf{}), Answer: peer.Answering(0, 503, "").Answer})
	n := NewNetwork(Settings{Roots: p.Roots})
	defer n.Close()
	r := ask(t, n, p.URL, get())
	wantCause(t, r, health.ClassStatus, `get "`+p.URL+`": status 503, want 2xx`)
	if r.Certificate == nil || r.Certificate.Subject != "localhost" {
		t.Errorf("%+v", r.Certificate)
	}
}

// The name goes along with the handshake, and the wrong scheme is called so.
func TestServerNameAndScheme(t *testing.T) {
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	var asked string
	p := stand(t, peer.Behaviour{Authority: authority, Certificate: peer.Shows(peer.Leaf{Names: []string{"xn--bcher-kva.example"}}),
		Answer: func(_ http.ResponseWriter, r *http.Request) { asked = r.TLS.ServerName + " " + r.Host }})
	w := &world{names: map[string][]string{"xn--bcher-kva.example": {"203.0.113.1"}}, stands: map[string]string{"203.0.113.1": p.Addr}}
	n := w.network(t, Settings{Roots: p.Roots})
	wantUp(t, ask(t, n, "https://Bücher.example", get()))
	if asked != "xn--bcher-kva.example xn--bcher-kva.example" {
		t.Errorf("asked for %q", asked)
	}
	plain := stand(t, peer.Answering(0, 200, ""))
	wantCause(t, ask(t, n, "https://"+plain.Addr, get()), health.ClassTLS,
		`get "https://`+plain.Addr+`": the server speaks plain HTTP there, not TLS`)
}

func TestPanic(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)
	token := resolved(t, "${env:TOKEN}", "hunter2-hunter2")
	n := NewNetwork(Settings{Secrets: secret.NewRedactor(token)})
	defer n.Close()
	r := n.Ask(t.Context(), Attempt{Target: target("http://a.example.com"), Checker: panicking{token.Reveal()}, Pass: 1})
	wantCause(t, r, health.ClassChecker, "the http check panicked; its stack is in the log")
	if !strings.Contains(log.String(), "panicking") || strings.Contains(log.String(), "hunter2") {
		t.Error(log.String())
	}
}

type panicking struct{ with string }

func (panicking) Prepare(secret.Text) []Problem { return nil }
func (panicking) Needs() Needs                  { return Needs{} }
func (p panicking) Check(context.Context, health.Target, *Dialer) health.Reading {
	panic("panicking with " + p.with)
}

func resolved(t testing.TB, source, value string) secret.Text {
	t.Helper()
	text, err := secret.Resolve(source, func(secret.Reference) (string, error) { return value, nil })
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReuse(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, "ok"))
	n := NewNetwork(Settings{})
	defer n.Close()
	reuse := func(c *HTTP) { c.Reuse = true }
	for range 3 {
		wantUp(t, ask(t, n, p.URL, get(reuse)))
		wantUp(t, ask(t, n, p.URL+"/other", get(reuse)))
	}
	if got := p.Connections(); got != 1 {
		t.Errorf("%d connections for six that share, want 1", got)
	}
	for range 3 {
		wantUp(t, ask(t, n, p.URL, get()))
	}
	wantUp(t, ask(t, n, p.URL, get(func(c *HTTP) { c.Method = "POST" })))
	if got := p.Connections(); got != 5 {
		t.Errorf("%d connections, want 4 more for those that do not share", got-1)
	}
	n.Close()
	wantUp(t, ask(t, n, p.URL, get(reuse)))
	if len(n.idle.kept) != 0 {
		t.Error("kept beyond the round")
	}
}

// A kept connection that the server has closed meanwhile is nobody's failure.
func TestReuseOfAStaleConnection(t *testing.T) {
	p := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		buffered.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") // and does not say that it closes
		buffered.Flush()
		conn.Close()
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	for range 5 {
		wantUp(t, ask(t, n, p.URL, get(func(c *HTTP) { c.Reuse = true })))
	}
}

// What one target may dial is no way in for another.
func TestReuseKeepsPermissionsApart(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, "ok"))
	w := &world{names: map[string][]string{"in.example.com": {"127.0.0.1"}}}
	n := w.network(t, Settings{})
	url := "http://in.example.com" + p.Addr[strings.LastIndexByte(p.Addr, ':'):]
	reuse := func(c *HTTP) { c.Reuse = true }
	wantUp(t, ask(t, n, url, get(reuse, inward)))
	if r := ask(t, n, url, get(reuse)); r.Status != health.Unknown {
		t.Errorf("%s: %s", r.Status, r.Cause)
	}
}

func TestFewAreKept(t *testing.T) {
	n := NewNetwork(Settings{})
	defer n.Close()
	for range mostIdle + 10 {
		p := stand(t, peer.Answering(0, 200, "ok"))
		wantUp(t, ask(t, n, p.URL, get(func(c *HTTP) { c.Reuse = true })))
	}
	if got := len(n.idle.kept); got != mostIdle {
		t.Errorf("%d kept, want %d", got, mostIdle)
	}
}
