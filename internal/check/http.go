package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// HTTP asks a web server and holds its answer to what is expected.
//
// It speaks HTTP/1.1, on a fresh connection for every request unless Reuse says else. It
// offers gzip; a body is decoded when an expectation wants to see it, and headers stay as
// they came.
type HTTP struct {
	Method    string                 `yaml:"method"`
	Headers   map[string]secret.Text `yaml:"headers"` // to the target's own origin only; Host and User-Agent may be among them
	Body      secret.Text            `yaml:"body"`
	Redirects int                    `yaml:"redirects"` // followed at most, 0..10; with 0 the redirect is the answer
	MaxBody   Size                   `yaml:"max_body"`  // read of an answer, decoded; 1 B..8 MiB
	Reuse     bool                   `yaml:"reuse"`     // share connections within a round; only for methods that may be repeated
	Expect    Expect                 `yaml:"expect"`
	Inward    bool                   `yaml:"inward"` // the name may lead to an address of this machine
	IP        Family                 `yaml:"ip"`

	tls     TLS
	address address
	way     way
	header  http.Header // Headers but Host
	host    string      // Headers' Host
}

const (
	defaultRedirects = 5
	mostRedirects    = 10
	defaultMaxBody   = 256 * KiB
	mostMaxBody      = 8 * MiB
)

func newHTTP() *HTTP {
	return &HTTP{Method: http.MethodGet, Redirects: defaultRedirects, MaxBody: defaultMaxBody}
}

// Prepare validates and compiles everything.
func (c *HTTP) Prepare(url secret.Text) []Problem {
	a, problems := prepareURL(url, httpPorts)
	c.address = a
	c.way = way{endpoint: a.endpoint, family: c.IP.orUsual(), permitted: permission(a.endpoint, c.Inward)}
	problems = append(problems, within(slices.Concat(
		c.prepareMethod(),
		within(c.prepareHeaders(), "headers"),
		c.prepareLimits(),
		c.prepareStatus(),
		c.IP.misplaced(a.endpoint),
		within(c.Expect.prepare(), "expect"),
	), "http")...)
	return problems
}

func (c *HTTP) prepareMethod() []Problem {
	known := [...]string{
		http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodTrace,
	}
	problem := func(key, what, remedy string) []Problem {
		return []Problem{{Path: []string{key}, What: what, Remedy: remedy}}
	}
	upper := strings.ToUpper(c.Method)
	switch {
	case !isToken(c.Method):
		return problem("method", "method "+quote(c.Method)+" is not a method", "write GET, or another in capitals")
	case c.Method == http.MethodConnect:
		return problem("method", "method CONNECT is for proxies", "write GET, or check the port with tcp://")
	case c.Method != upper && slices.Contains(known[:], upper):
		return problem("method", "method "+quote(c.Method)+" is not in capitals", "write "+upper)
	case c.Method == http.MethodHead && c.Expect.needsBody():
		return problem("expect", "an answer to HEAD has no body to expect anything of", "write method: GET, or expect only status and headers")
	case c.Reuse && !c.Needs().Repeatable:
		return problem("reuse", "reuse is not for method "+c.Method+", which a connection that went stale would make us ask twice",
			"leave it out, or write reuse: false, or use GET, HEAD or OPTIONS")
	default:
		return nil
	}
}

// framing are the headers that say how a request is sent. They follow from how it is sent.
var framing = [...]string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

func (c *HTTP) prepareHeaders() []Problem {
	var problems []Problem
	c.header, c.host = http.Header{}, ""
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		problem := func(what, remedy string) {
			problems = append(problems, Problem{Path: []string{name}, What: "header " + quote(name) + " " + what, Remedy: remedy})
		}
		canonical, value := http.CanonicalHeaderKey(name), c.Headers[name].Reveal()
		first, twice := seen[canonical]
		seen[canonical] = name
		switch {
		case !isToken(name):
			problem("is not a header's name", "write letters, digits and dashes")
		case twice:
			problem("is the same as "+quote(first), "write it once")
		case slices.Contains(framing[:], canonical):
			problem("follows from how the request is sent", "leave it out")
		case strings.ContainsAny(value, "\r\n"):
			problem("has a value with a line break", "write it on one line; an environment variable may end in one")
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			problem("has a value with a control character", "take it out")
		case canonical == "Host":
			c.host = value
			if value == "" || strings.ContainsAny(value, " /@?#") {
				problem("is not a host", "write a name such as shop.example.com, with its port if that is not the usual")
			}
		default:
			c.header[canonical] = []string{value}
		}
	}
	return problems
}

func (c *HTTP) prepareLimits() []Problem {
	var problems []Problem
	if c.Redirects < 0 || c.Redirects > mostRedirects {
		problems = append(problems, Problem{Path: []string{"redirects"},
			What: fmt.Sprintf("redirects %d is out of bounds", c.Redirects), Remedy: fmt.Sprintf("write 0..%d", mostRedirects)})
	}
	if c.MaxBody < 1 || c.MaxBody > mostMaxBody {
		problems = append(problems, Problem{Path: []string{"max_body"},
			What: fmt.Sprintf("max_body %s is out of bounds", c.MaxBody), Remedy: "write 1B..8MiB"})
	}
	return problems
}

// prepareStatus refuses to wait for an answer that is never the last.
func (c *HTTP) prepareStatus() []Problem {
	if c.Redirects < 1 || len(c.Expect.Status) == 0 {
		return nil
	}
	for _, s := range c.Expect.Status {
		if s.first != s.last || !slices.Contains(redirects[:], s.first) {
			return nil
		}
	}
	return []Problem{{Path: []string{"expect", "status"},
		What: "status " + c.Expect.Status.String() + " is never met while redirects are followed", Remedy: "write redirects: 0"}}
}

// Needs is a socket, or two while address families race, and the body that an expectation
// needs.
func (c *HTTP) Needs() Needs {
	n := Needs{Sockets: sockets(c.IP)}
	if c.Expect.needsBody() {
		n.Body = int64(c.MaxBody + piece)
	}
	switch c.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		n.Repeatable = true
	}
	return n
}

// Check asks, follows redirects, and judges the last answer.
func (c *HTTP) Check(ctx context.Context, t health.Target, d *Dialer) health.Reading {
	secrets := d.net.settings.Secrets
	doing := strings.ToLower(c.Method) + ` "` + t.URL + `"`
	s := step{method: c.Method, url: c.address.URL, to: c.address.endpoint, body: c.Body.Reveal(), home: true}
	for {
		o, resp, err := c.ask(ctx, d, s)
		if err != nil {
			return d.fail(ctx, doing+s.where(secrets), err)
		}
		if c.Redirects == 0 || !redirected(resp) {
			return c.judge(ctx, d, doing+s.where(secrets), o, resp)
		}
		d.readUntilNow()
		if s, err = s.follow(resp, c.Redirects, secrets); err != nil {
			return d.fail(ctx, doing, err)
		}
	}
}

// ask sends one step's request and reads the head of its answer. Only the first step may go
// over a connection that was kept: where a redirect leads is looked at anew.
func (c *HTTP) ask(ctx context.Context, d *Dialer, s step) (*wire, *http.Response, error) {
	keep := c.keeps(s)
	request := func() *http.Request { return s.request(c.header, c.host, d.net.agent, keep) }
	if keep {
		if o := d.net.idle.take(c.line()); o != nil {
			d.adopt(ctx, o)
			resp, err := d.exchange(o, request())
			if err == nil || ctx.Err() != nil || !d.stale(err) {
				return o, resp, err
			}
		}
	}
	w := way{endpoint: s.to, family: c.way.family, permitted: c.way.permitted && s.to == c.way.endpoint, redirected: len(s.trail) > 0}
	o, err := d.open(ctx, w, s.url.Scheme == "https", c.tls)
	if err != nil {
		return nil, nil, err
	}
	resp, err := d.exchange(o, request())
	return o, resp, err
}

func (c *HTTP) keeps(s step) bool { return c.Reuse && len(s.trail) == 0 }

// TLS is how its handshakes are made, those where a redirect led to among them.
func (c *HTTP) TLS() *TLS { return &c.tls }

func (c *HTTP) line() line { return line{c.way, c.address.Scheme == "https", c.tls} }

// judge holds an answer to what is expected. The body is read first, because what it took
// is part of the answer's time, but not if the head decides already.
func (c *HTTP) judge(ctx context.Context, d *Dialer, doing string, o *wire, resp *http.Response) health.Reading {
	secrets := d.net.settings.Secrets
	if class, words := c.Expect.head(resp.StatusCode, resp.Header, secrets); class != "" {
		d.readUntilNow()
		return health.Failing(class, "%s: %s", doing, words)
	}
	kept, cut, err := c.read(d, resp)
	d.readUntilNow()
	if err != nil {
		return d.fail(ctx, doing, err)
	}
	whole := !cut && o.in.Buffered() == 0
	if whole && !resp.Request.Close && !resp.Close && d.letGo() {
		d.net.idle.keep(c.line(), o)
	}
	if !c.Expect.needsBody() {
		return health.Reading{Status: health.Up}
	}
	class, words, err := d.aside(ctx, c.Expect.light(kept), func() (health.Class, string) { return c.Expect.body(kept, cut, secrets) })
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return health.Unasked("%s: stopped before the answer was judged", doing)
	case errors.Is(err, errNoTurn):
		return health.Unasked("%s: the answer came, but its body did not come to its turn within %s: %d judged at once", doing, d.allowed(), cap(d.net.judging))
	case err != nil:
		return health.Unasked("%s: the answer came, but %s of it took too long to judge", doing, Size(len(kept)))
	case class != "":
		return health.Failing(class, "%s: %s", doing, words)
	default:
		return health.Reading{Status: health.Up}
	}
}
