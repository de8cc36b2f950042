package check

import (
	"strings"
	"testing"

	"rollcall/internal/secret"
)

func TestURLs(t *testing.T) {
	for _, c := range []struct{ url, host, want string }{
		{"https://shop.example.com", "shop.example.com:443", ""},
		{"http://Shop.Example.COM./x?y=%20", "shop.example.com.:80", ""},
		{"http://shop.example.com:65535", "shop.example.com:65535", ""},
		{"http://[::1]:8080/", "[::1]:8080", ""},
		{"http://[fe80::1%25eth0]/", "[fe80::1%eth0]:80", ""},
		{"http://my_service:80", "my_service:80", ""},
		{"https://bücher.example", "xn--bcher-kva.example:443", ""},
		{"https://BÜCHER.example", "xn--bcher-kva.example:443", ""},
		{"https://shop.example.com/a@b", "shop.example.com:443", ""},

		{"", "", "url is empty"},
		{"https://", "", "url has no host"},
		{"https:///path", "", "url has no host"},
		{"https://:443/", "", "url has no host"},
		{"https:shop.example.com", "", "url has no host"},
		{"https://shop.example.com:", "", "url has a colon after the host, but no port"},
		{"https://shop.example.com:0", "", "url has a port that no host has"},
		{"https://shop.example.com:70000", "", "url has a port that no host has"},
		{"https://shop.example.com:https", "", "url has a port that is not a number"},
		{"https://shop.example.com/a b", "", "url holds a space or a line break"},
		{"https://shop.example.com/\n", "", "url holds a space or a line break"},
		{"https://shop.example.com/\x00", "", "url holds a control character"},
		{"https://shop.example.com/\xff", "", "url is not UTF-8"},
		{"https://shop.example.com/%zz", "", `url has a "%" that escapes nothing`},
		{"https://shop.example.com/#top", "", "url has a fragment, which is never sent"},
		{"https://shop.example.com/#", "", "url has a fragment, which is never sent"},
		{"https://shop..example.com", "", "url has a host that is neither a name nor an address"},
		{"https://shop,example.com", "", "url has a host that is neither a name nor an address"},
		{"https://" + strings.Repeat("a", 64) + ".example.com", "", "url has a host that is neither a name nor an address"},
		{"https://" + strings.Repeat("a.", 130) + "example", "", "url has a host that is neither a name nor an address"},
		{"https://[::1", "", "url is not a URL"},
		{"https://sh<op", "", "url has a host that is neither a name nor an address"},
		{"https://sh\\op", "", "url has a character in its host that no host has"},
		{"ftp://shop.example.com", "", "url has another check's scheme"},
		{"shop.example.com", "", "url has no host"},
	} {
		t.Run(c.url, func(t *testing.T) {
			a, problems := prepareURL(secret.Plain(c.url), httpPorts)
			got, at := "", ""
			if problems == nil {
				at = a.endpoint.String()
			} else {
				got = problems[0].What
				if len(problems) != 1 || strings.Join(problems[0].Path, ".") != "url" || problems[0].Remedy == "" {
					t.Errorf("problems %s", told(problems))
				}
			}
			if got != c.want || at != c.host {
				t.Errorf("got  %q %s\nwant %q %s", got, at, c.want, c.host)
			}
		})
	}
}

// Credentials are refused, and are nowhere in what is said about it, however mangled.
func TestCredentialsInURLs(t *testing.T) {
	for _, url := range []string{
		"https://user:hunter2@shop.example.com", "https://hunter2@shop.example.com", "https://user:hunter2@", "https://:hunter2@shop.example.com:x",
		"https://user:hun ter2@shop.example.com", "https://user:hunter2%zz@shop.example.com", "https://user:hunter2/x@shop.example.com",
		"https://user:hunter2#x@shop.example.com", "https://user:hunter2@[::1", "https://user:hunter2\\@shop.example.com", "https://us<er:hunter2@shop",
	} {
		_, problems := prepareURL(secret.Plain(url), httpPorts)
		if problems == nil {
			t.Errorf("%s is taken", url)
		}
		if said := told(problems); strings.Contains(said, "hun") || strings.Contains(said, "user") {
			t.Errorf("%s: %s", url, said)
		}
	}
}

// A reference may stand anywhere, resolved or only collected, and its value in no problem.
func TestReferencesInURLs(t *testing.T) {
	asThemselves := func(r secret.Reference) (string, error) { return r.String(), nil }
	for _, source := range []string{
		"https://${env:HOST}/", "https://${env:SUB}.example.com", "https://shop.example.com:${env:PORT}/", "https://shop.example.com/${env:A}/${env:B}?c=${env:C}",
	} {
		text, err := secret.Resolve(source, asThemselves)
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := prepareURL(text, httpPorts); problems != nil {
			t.Errorf("%s: %s", source, told(problems))
		}
	}
	for _, value := range []string{"hunter2:x", "hunter2 hunter2", "hunter2/%zz", "hunter2<", "hunter2\n"} {
		_, problems := prepareURL(resolved(t, "https://${env:HOST}", value), httpPorts)
		if problems == nil || strings.Contains(told(problems), "hunter2") {
			t.Errorf("%s: %s", value, told(problems))
		}
	}
}

func TestTCPNeedsAPort(t *testing.T) {
	for url, want := range map[string]string{
		"tcp://edge.example.com:443":   "",
		"tcp://edge.example.com:443/":  "",
		"tcp://edge.example.com":       "url has no port",
		"tcp://edge.example.com:443/x": "url has a path or a query, which a tcp check does not send",
		"tcp://edge.example.com:443?x": "url has a path or a query, which a tcp check does not send",
		"tcp://edge.example.com:0":     "url has a port that no host has",
		"http://edge.example.com:80":   "url has another check's scheme",
	} {
		got := ""
		if problems := newTCP().Prepare(secret.Plain(url)); problems != nil {
			got = problems[0].What
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

func TestHTTPProblems(t *testing.T) {
	plain := func(headers ...string) map[string]secret.Text {
		m := map[string]secret.Text{}
		for i := 0; i < len(headers); i += 2 {
			m[headers[i]] = secret.Plain(headers[i+1])
		}
		return m
	}
	for _, c := range []struct {
		change func(*HTTP)
		want   string // path: what
	}{
		{func(c *HTTP) { c.Method = "" }, `http.method: method "" is not a method`},
		{func(c *HTTP) { c.Method = "GET /" }, `http.method: method "GET /" is not a method`},
		{func(c *HTTP) { c.Method = "get" }, `http.method: method "get" is not in capitals`},
		{func(c *HTTP) { c.Method = "CONNECT" }, `http.method: method CONNECT is for proxies`},
		{func(c *HTTP) { c.Method, c.Expect.Body = "HEAD", wanting(t, secret.Plain("x")) }, `http.expect: an answer to HEAD has no body to expect anything of`},
		{func(c *HTTP) { c.Method, c.Reuse = "POST", true }, `http.reuse: reuse is not for method POST, which a connection that went stale would make us ask twice`},
		{func(c *HTTP) { c.Expect.Status = Statuses{{302, 302}} }, `http.expect.status: status 302 is never met while redirects are followed`},
		{func(c *HTTP) {
			c.Expect.Status, c.Redirects = Statuses{{301, 301}, {302, 302}, {303, 303}, {307, 307}, {308, 308}}, 1
		}, `http.expect.status: status 301, 302, 303, 307 or 308 is never met while redirects are followed`},
		{func(c *HTTP) { c.Headers = plain("X A", "1") }, `http.headers.X A: header "X A" is not a header's name`},
		{func(c *HTTP) { c.Headers = plain("X-A", "1", "x-a", "2") }, `http.headers.x-a: header "x-a" is the same as "X-A"`},
		{func(c *HTTP) { c.Headers = plain("content-length", "5") }, `http.headers.content-length: header "content-length" follows from how the request is sent`},
		{func(c *HTTP) { c.Headers = plain("X-A", "1\r\nX-B: 2") }, `http.headers.X-A: header "X-A" has a value with a line break`},
		{func(c *HTTP) { c.Headers = plain("X-A", "1\x002") }, `http.headers.X-A: header "X-A" has a value with a control character`},
		{func(c *HTTP) { c.Headers = plain("Host", "a b") }, `http.headers.Host: header "Host" is not a host`},
		{func(c *HTTP) { c.Headers = map[string]secret.Text{"X-A": resolved(t, "${env:A}", "hunter2\n")} }, `http.headers.X-A: header "X-A" has a value with a line break`},
		{func(c *HTTP) { c.Redirects = -1 }, `http.redirects: redirects -1 is out of bounds`},
		{func(c *HTTP) { c.Redirects = 11 }, `http.redirects: redirects 11 is out of bounds`},
		{func(c *HTTP) { c.MaxBody = 0 }, `http.max_body: max_body 0 bytes is out of bounds`},
		{func(c *HTTP) { c.MaxBody = 9 * MiB }, `http.max_body: max_body 9 MiB is out of bounds`},
		{func(c *HTTP) { c.Expect.Headers = map[string]Match{"X A": *wanting(t, secret.Plain("1"))} }, `http.expect.headers.X A: header "X A" is not a header's name`},
	} {
		problems := get(c.change).Prepare(secret.Plain("https://shop.example.com"))
		if len(problems) != 1 || !strings.HasPrefix(told(problems), c.want+"; ") || problems[0].Remedy == "" {
			t.Errorf("got  %s\nwant %s", told(problems), c.want)
		}
	}
	for name, change := range map[string]func(*HTTP){
		"reuse of what may be repeated":          func(c *HTTP) { c.Method, c.Reuse = "OPTIONS", true },
		"redirects that are the answer":          func(c *HTTP) { c.Expect.Status, c.Redirects = Statuses{{302, 302}}, 0 },
		"redirects among others":                 func(c *HTTP) { c.Expect.Status = Statuses{{302, 302}, {200, 200}} },
		"redirects among others of their class":  func(c *HTTP) { c.Expect.Status = Statuses{{300, 399}} },
		"an answer of the class that is no move": func(c *HTTP) { c.Expect.Status = Statuses{{304, 304}} },
	} {
		if problems := get(change).Prepare(secret.Plain("https://shop.example.com")); problems != nil {
			t.Errorf("%s: %s", name, told(problems))
		}
	}
	// All at once, the URL's too.
	all := get(func(c *HTTP) { c.Method, c.Redirects, c.MaxBody = "get", 99, 0 })
	if problems := all.Prepare(secret.Plain("https://")); len(problems) != 4 {
		t.Errorf("want four problems:\n%s", told(problems))
	}
}

// A family that is written has to be that of an address that is written; none need be.
func TestFamilyOfAnAddress(t *testing.T) {
	const v4, v6 = "192.0.2.1:80", "[2001:db8::1]:80"
	for _, c := range []struct {
		host   string
		family Family
		want   string
	}{
		{v4, usualFamily, ""}, {v4, IPv4, ""}, {v4, AnyFamily, ""},
		{v4, IPv6, "ip: ip 6 is not what the url's host is, an IPv4 address; leave it out, or write ip: 4"},
		{v6, usualFamily, ""}, {v6, IPv6, ""}, {v6, AnyFamily, ""},
		{v6, IPv4, "ip: ip 4 is not what the url's host is, an IPv6 address; leave it out, or write ip: 6"},
		{"[::ffff:192.0.2.1]:80", IPv4, ""},
		{"localhost:80", IPv4, ""}, {"localhost:80", IPv6, ""}, {"shop.example.com:80", IPv6, ""},
	} {
		for kind, problems := range map[string][]Problem{
			"http": get(func(h *HTTP) { h.IP = c.family }).Prepare(secret.Plain("http://" + c.host)),
			"tcp":  (&TCP{IP: c.family}).Prepare(secret.Plain("tcp://" + c.host)),
		} {
			want := c.want
			if want != "" {
				want = kind + "." + want
			}
			if got := told(problems); got != want {
				t.Errorf("%s://%s at %q:\ngot  %s\nwant %s", kind, c.host, c.family, got, want)
			}
		}
	}
}

func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		checker Checker
		want    Needs
	}{
		{get(), Needs{Sockets: 1, Repeatable: true}},
		{get(func(c *HTTP) { c.Method = "POST" }), Needs{Sockets: 1}},
		{get(func(c *HTTP) { c.IP = AnyFamily; c.Expect.Body = wanting(t, secret.Plain("x")) }), Needs{Body: (256 + 32) << 10, Sockets: 2, Repeatable: true}},
		{&TCP{}, Needs{Sockets: 1, Repeatable: true}},
		{&TCP{IP: AnyFamily}, Needs{Sockets: 2, Repeatable: true}},
	} {
		if got := c.checker.Needs(); got != c.want {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example.com/health?x=1", "tcp://[::1]:443", "http://user:pass@h", "http://h:0", "https://bücher.example:8080/ü",
		"http://[fe80::1%25eth0]:80", "http://127.1", "https://h/%2e%2e//..", "http://\u2100.example", "https://xn--a.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, problems := prepareURL(secret.Plain(text), map[string]uint16{"http": 80, "https": 443, "tcp": 0})
		if problems != nil {
			return
		}
		switch {
		case a.port == 0:
			t.Errorf("%q has port 0", text)
		case a.User != nil || a.Fragment != "":
			t.Errorf("%q keeps credentials or a fragment", text)
		case !validHost(a.host) || a.host != strings.ToLower(a.host):
			t.Errorf("%q leads to host %q", text, a.host)
		case strings.ContainsAny(a.RequestURI(), " \r\n\x00"):
			t.Errorf("%q asks for %q", text, a.RequestURI())
		}
		again, problems := prepareURL(secret.Plain(a.URL.String()), map[string]uint16{"http": 80, "https": 443, "tcp": 0})
		if problems != nil || again.endpoint != a.endpoint {
			t.Errorf("%q is %s, written again %s: %s", text, a.endpoint, again.endpoint, told(problems))
		}
	})
}
