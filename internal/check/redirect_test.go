package check

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

// abroad is a world with two web servers beyond this machine: a.example.com, which
// redirects as location says, and b.example.com, which answers.
func abroad(t *testing.T, code int, location string) (*world, *peer.Peer, *peer.Peer) {
	a := stand(t, peer.Redirecting(code, location))
	b := stand(t, peer.Answering(0, 200, "ok"))
	return &world{
		names: map[string][]string{
			"a.example.com": {"203.0.113.1"}, "b.example.com": {"203.0.113.2"},
			"in.example.com": {"127.0.0.1"}, "private.example.com": {"10.0.0.1"},
		},
		stands: map[string]string{"203.0.113.1": a.Addr, "203.0.113.2": b.Addr, "10.0.0.1": b.Addr},
	}, a, b
}

// full is a question with everything that must not travel.
func full(c *HTTP) {
	c.Headers = map[string]secret.Text{}
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Content-Type", "Host", "Referer"} {
		c.Headers[name] = secret.Plain("configured.example.com")
	}
}

func TestRedirectsToAnotherOrigin(t *testing.T) {
	for _, location := range []string{
		"http://b.example.com/there", "//b.example.com", "http://user:pass@b.example.com", "HTTP://B.example.com.:80",
		"http://a.example.com:81", // the same host, another port
	} {
		t.Run(location, func(t *testing.T) {
			w, a, b := abroad(t, 302, location)
			w.names["b.example.com."] = w.names["b.example.com"]
			w.stands["203.0.113.1:81"] = b.Addr
			wantUp(t, ask(t, w.network(t, Settings{}), "http://a.example.com/here", get(full)))
			got := b.Last()
			if got == nil {
				t.Fatal("was not asked")
			}
			if len(got.Header) != 3 || got.UserAgent() == "" || strings.Contains(got.Host, "configured") {
				t.Errorf("got host %s, headers %v", got.Host, got.Header)
			}
			if a.Last().Header.Get("X-Api-Key") == "" {
				t.Error("the target itself was asked without its header")
			}
		})
	}
}

// A configured Accept-Encoding stays behind; what we offer in its place is decoded.
func TestCodingAbroad(t *testing.T) {
	w, _, _ := abroad(t, 302, "http://b.example.com/there")
	coded := stand(t, peer.Behaviour{Answer: func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			rw.WriteHeader(http.StatusTeapot)
			return
		}
		rw.Header().Set("Content-Encoding", "gzip")
		rw.Write(gzipped(t, strings.NewReader("we are ready")))
	}})
	w.stands["203.0.113.2"] = coded.Addr
	wantUp(t, ask(t, w.network(t, Settings{}), "http://a.example.com/here", get(func(c *HTTP) {
		c.Headers = map[string]secret.Text{"Accept-Encoding": secret.Plain("identity")}
		c.Expect.Body = wanting(t, map[string]any{"contains": secret.Plain("ready")})
	})))
}

func TestRedirectsAtHome(t *testing.T) {
	n := NewNetwork(Settings{})
	defer n.Close()
	for _, c := range []struct {
		code         int
		method, then string
		body         bool // goes along
	}{
		{301, "GET", "GET", true}, {302, "HEAD", "HEAD", true}, {301, "POST", "GET", false}, {302, "PUT", "GET", false},
		{303, "POST", "GET", false}, {303, "HEAD", "HEAD", true}, {307, "POST", "POST", true}, {308, "PUT", "PUT", true},
	} {
		t.Run(fmt.Sprint(c.code, c.method), func(t *testing.T) {
			p := stand(t, peer.Redirecting(c.code, "/there"))
			r := ask(t, n, p.URL+"/here", get(full, func(h *HTTP) { h.Method = c.method; h.Body = secret.Plain("hello") }))
			wantUp(t, r)
			got := p.Last()
			if got.Method != c.then || got.URL.Path != "/there" || got.Header.Get("Authorization") == "" || got.Host != "configured.example.com" {
				t.Errorf("%s %s, host %s, %v", got.Method, got.URL.Path, got.Host, got.Header)
			}
			if (got.ContentLength == 5) != c.body || (got.Header.Get("Content-Type") != "") != c.body {
				t.Errorf("content length %d, type %q", got.ContentLength, got.Header.Get("Content-Type"))
			}
			if got.Header.Get("Referer") != "configured.example.com" { // its own, not one of ours
				t.Errorf("referer %q", got.Header.Get("Referer"))
			}
		})
	}
}

// Away from home nothing configured goes along, however many steps are taken there.
func TestRedirectsAbroad(t *testing.T) {
	w, _, _ := abroad(t, http.StatusFound, "http://b.example.com/first")
	b := stand(t, peer.Redirecting(http.StatusFound, "/second"))
	w.stands["203.0.113.2"] = b.Addr
	wantUp(t, ask(t, w.network(t, Settings{}), "http://a.example.com/", get(full)))
	if got := b.Last(); got.URL.Path != "/second" || got.Header.Get("Authorization") != "" || got.Host != "b.example.com" {
		t.Errorf("%s, host %s, %v", got.URL.Path, got.Host, got.Header)
	}
}

// Who may be dialled inward is that host and port, and not what stands beside it.
func TestRedirectsToTheNextPort(t *testing.T) {
	inner := stand(t, peer.Answering(0, 200, "ok"))
	p := stand(t, peer.Redirecting(http.StatusFound, inner.URL))
	n := NewNetwork(Settings{})
	defer n.Close()
	r := ask(t, n, p.URL, get(inward))
	wantCause(t, r, health.ClassProtocol, `get "`+p.URL+`": redirected to "`+inner.URL+
		`": 127.0.0.1 is an inward address, where this redirect may not lead; make it a target of its own if that is meant`)
	if inner.Connections() != 0 {
		t.Error("was dialled")
	}
}

// Once away, an attempt is never at home again: the way back was another's choice.
func TestRedirectsThereAndBack(t *testing.T) {
	var back *http.Request
	w := &world{names: map[string][]string{"a.example.com": {"203.0.113.1"}, "b.example.com": {"203.0.113.2"}}}
	a := stand(t, peer.Behaviour{Answer: func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/transfer" {
			back = r
			return
		}
		rw.Header().Set("Location", "http://b.example.com/")
		rw.WriteHeader(302)
	}})
	b := stand(t, peer.Redirecting(302, "http://a.example.com/transfer"))
	w.stands = map[string]string{"203.0.113.1": a.Addr, "203.0.113.2": b.Addr}
	wantUp(t, ask(t, w.network(t, Settings{}), "http://a.example.com", get(full)))
	if back == nil || back.Header.Get("Authorization") != "" || back.Host != "a.example.com" {
		t.Errorf("%+v", back)
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	post := func(c *HTTP) { c.Method, c.Body = "POST", secret.Plain("hello") }
	none := func(c *HTTP) { c.Redirects = 0 }
	const get302, inwards = `get "http://a.example.com": `, `, where this redirect may not lead; make it a target of its own if that is meant`
	for _, c := range []struct {
		code     int
		location string
		change   func(*HTTP)
		class    health.Class
		cause    string
	}{
		{307, "http://b.example.com/", post, health.ClassProtocol, `post "http://a.example.com": status 307 would send the body on to "http://b.example.com/", which is another origin`},
		{308, "http://a.example.com:8080/", post, health.ClassProtocol, `post "http://a.example.com": status 308 would send the body on to "http://a.example.com:8080/", which is another origin`},
		{302, "http://b.example.com/", none, health.ClassStatus, get302 + `status 302, want 2xx`},
		{302, "http://127.0.0.1:9001/", inward, health.ClassProtocol, get302 + `redirected to "http://127.0.0.1:9001/": 127.0.0.1 is an inward address` + inwards},
		{302, "http://169.254.169.254/latest", nil, health.ClassProtocol, get302 + `redirected to "http://169.254.169.254/latest": 169.254.169.254 is an inward address` + inwards},
		{302, "http://in.example.com/", inward, health.ClassProtocol, get302 + `redirected to "http://in.example.com/": in.example.com is 127.0.0.1, an inward address` + inwards},
		{302, "http://localhost/", nil, health.ClassProtocol, get302 + `redirected to "http://localhost/": localhost is 127.0.0.1, an inward address` + inwards},
		{302, "http://private.example.com/", nil, health.ClassProtocol, get302 + `redirected to "http://private.example.com/": private.example.com is 10.0.0.1, an address of a private network` + inwards},
		{302, "http://[64:ff9b::10.0.0.1]/", nil, health.ClassProtocol, get302 + `redirected to "http://[64:ff9b::10.0.0.1]/": 64:ff9b::10.0.0.1 is an address of a private network` + inwards},
		{302, "http://nowhere.example.com/", nil, health.ClassDNS, get302 + `redirected to "http://nowhere.example.com/": no such host: nowhere.example.com, or none with an IPv4 address`},
		{302, "gopher://b.example.com/", nil, health.ClassProtocol, get302 + `status 302 redirects to "gopher://b.example.com/", which is not HTTP`},
		{302, "gopher://user:hunter2@b.example.com/", nil, health.ClassProtocol, get302 + `status 302 redirects to "gopher://b.example.com/", which is not HTTP`},
		{302, "http:///path", nil, health.ClassProtocol, get302 + `status 302 redirects to "http:///path", which is not HTTP`},
		{302, "http://b.example.com:0/", nil, health.ClassProtocol, get302 + `status 302 redirects to "http://b.example.com:0/", which no host has`},
		{302, "http://b.example.com:x/", nil, health.ClassProtocol, get302 + `status 302 redirects to what is not a URL`},
		{302, "https://b.example.com/", nil, health.ClassTLS, get302 + `redirected to "https://b.example.com/": the server speaks plain HTTP there, not TLS`},
	} {
		t.Run(fmt.Sprint(c.code, " ", c.location), func(t *testing.T) {
			w, _, b := abroad(t, c.code, c.location)
			h := get()
			if c.change != nil {
				c.change(h)
			}
			r := ask(t, w.network(t, Settings{}), "http://a.example.com", h)
			wantCause(t, r, c.class, c.cause)
			if b.Requests() != 0 {
				t.Error("was asked all the same")
			}
		})
	}
}

// In the private network a redirect may lead on, to the world as well.
func TestRedirectsOutwards(t *testing.T) {
	w, a, b := abroad(t, 302, "http://b.example.com/")
	w.names["inner.example.com"] = []string{"10.0.0.9"}
	w.stands["10.0.0.9"] = a.Addr
	wantUp(t, ask(t, w.network(t, Settings{}), "http://inner.example.com", get()))
	if b.Requests() != 1 {
		t.Error("was not asked")
	}

	// It is the first connection that counts, not the one before.
	w.stands["203.0.113.2"] = stand(t, peer.Redirecting(http.StatusFound, "http://private.example.com/")).Addr
	wantUp(t, ask(t, w.network(t, Settings{}), "http://inner.example.com", get()))
	if b.Requests() != 2 {
		t.Error("was not asked by way of the world")
	}
}

// A redirect uses no kept connection, neither of its own target nor of another.
func TestRedirectsDialAnew(t *testing.T) {
	w, a, b := abroad(t, 302, "http://b.example.com/")
	n := w.network(t, Settings{})
	reuse := func(c *HTTP) { c.Reuse = true }
	wantUp(t, ask(t, n, "http://b.example.com/", get(reuse)))
	wantUp(t, ask(t, n, "http://b.example.com/", get(reuse)))
	if b.Connections() != 1 || len(n.idle.kept) != 1 {
		t.Fatalf("%d connections, %d kept", b.Connections(), len(n.idle.kept))
	}
	wantUp(t, ask(t, n, "http://a.example.com/", get(reuse)))
	if a.Connections() != 1 || b.Connections() != 2 {
		t.Errorf("%d and %d connections, want 1 and 2", a.Connections(), b.Connections())
	}

	// Nor is one to the target itself there for a redirect to take.
	var both sync.WaitGroup
	both.Add(2)
	c := stand(t, peer.Behaviour{Answer: func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/both":
			both.Done()
			both.Wait()
		case "/":
			rw.Header().Set("Location", "http://b.example.com/")
			rw.WriteHeader(http.StatusFound)
		}
	}})
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() { wantUp(t, ask(t, n, c.URL+"/both", get(reuse))) })
	}
	asking.Wait()
	wantUp(t, ask(t, n, c.URL, get(reuse)))
	if c.Connections() != 2 || c.Requests() != 3 || b.Requests() != 4 {
		t.Errorf("%d connections, asked %d times; the other %d times", c.Connections(), c.Requests(), b.Requests())
	}

	// What was dialled with leave is out of a redirect's reach even while it is open.
	w.names["in.example.com"] = []string{"127.0.0.1"}
	inner := stand(t, peer.Answering(0, 200, "ok"))
	at := inner.Addr[strings.LastIndexByte(inner.Addr, ':'):]
	wantUp(t, ask(t, n, "http://in.example.com"+at, get(reuse, inward)))
	lure := stand(t, peer.Redirecting(302, "http://in.example.com"+at))
	w.stands["203.0.113.1"] = lure.Addr
	if r := ask(t, n, "http://a.example.com/", get(reuse, inward)); r.Class != health.ClassProtocol || inner.Requests() != 1 {
		t.Errorf("%s: %s; asked %d times", r.Class, r.Cause, inner.Requests())
	}
}

// Whatever of a secret a peer sends back does not leave.
func TestSecretsStayHere(t *testing.T) {
	const value = "s3cr3t/t0ken with=more"
	token := resolved(t, "${env:TOKEN}", value)
	url, err := secret.Resolve("http://a.example.com/${env:PATH}?key=1", func(secret.Reference) (string, error) { return "hidden-path-7", nil })
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"in a header": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-State", r.Header.Get("X-Token")) },
		"in the body": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, strings.Repeat("x", 60)+r.Header.Get("X-Token"))
		},
		"in the location": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "gopher://x/"+r.Header.Get("X-Token")+r.URL.Path, http.StatusFound)
		},
		"in the host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://hidden-path-7.example.com"+r.URL.Path, http.StatusFound)
		},
		"in the status": func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", r.Header.Get("X-Token"))
			conn.Close()
		},
		"instead of HTTP": func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(conn, "%s\r\n\r\n", r.Header.Get("X-Token"))
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := stand(t, peer.Behaviour{Answer: answer})
			w := &world{names: map[string][]string{"a.example.com": {"203.0.113.1"}}, stands: map[string]string{"203.0.113.1": p.Addr}}
			n := w.network(t, Settings{Secrets: secret.NewRedactor(token, url)})
			c := get(func(c *HTTP) {
				c.Headers = map[string]secret.Text{"X-Token": token}
				c.Expect.Headers = map[string]Match{"X-State": *wanting(t, []any{secret.Plain("ready"), map[string]any{"exists": false}})}
				c.Expect.Body = wanting(t, secret.Plain("ready"))
			})
			if problems := c.Prepare(url); problems != nil {
				t.Fatal(told(problems))
			}
			r := n.Ask(t.Context(), Attempt{Target: target(url.String()), Checker: c, Pass: 1})
			if r.Status != health.Down {
				t.Fatalf("%s: %s", r.Status, r.Cause)
			}
			if !strings.HasPrefix(r.Cause, `get "http://a.example.com/${env:PATH}?key=1": `) {
				t.Error(r.Cause)
			}
			for _, part := range []string{"s3cr3t", "t0ken", "hidden", "path-7"} {
				if strings.Contains(r.Cause, part) {
					t.Errorf("%q in %s", part, r.Cause)
				}
			}
		})
	}
}
