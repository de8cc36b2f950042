package check

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rollcall/internal/secret"
)

// step is one request of an attempt: the first, or one that a redirect led to.
type step struct {
	method string
	url    *url.URL
	to     endpoint
	body   string
	home   bool     // at the target's own origin, which no redirect has left: configured headers go along
	bare   bool     // a redirect took the body away, and with it the headers that describe it
	trail  []string // the requests before this one
}

// httpPorts are the schemes of HTTP and the ports they stand for.
var httpPorts = map[string]uint16{"http": 80, "https": 443}

// redirects are the statuses that send elsewhere.
var redirects = [...]int{
	http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
	http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
}

// redirected tells whether an answer asks to go elsewhere. 300 and 304 do not, nor does a
// redirect that names no place.
func redirected(resp *http.Response) bool {
	return slices.Contains(redirects[:], resp.StatusCode) && resp.Header.Get("Location") != ""
}

// follow is the step that a redirect asks for (RFC 9110, section 15.4), after at most
// limit others. A body is not sent to another origin.
func (s step) follow(resp *http.Response, limit int, secrets *secret.Redactor) (step, error) {
	to, err := s.url.Parse(resp.Header.Get("Location"))
	if err != nil {
		return s, protocolErrorf("status %d redirects to what is not a URL", resp.StatusCode)
	}
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	name := showURL(to, secrets)
	port, known := httpPorts[to.Scheme]
	if !known || to.Hostname() == "" {
		return s, protocolErrorf("status %d redirects to %s, which is not HTTP", resp.StatusCode, name)
	}
	e, err := endpointOf(to, port)
	if err != nil || !validHost(e.host) {
		return s, protocolErrorf("status %d redirects to %s, which no host has", resp.StatusCode, name)
	}
	next := step{method: s.method, url: to, to: e, body: s.body, bare: s.bare, trail: append(slices.Clip(s.trail), s.method+" "+s.url.String())}
	next.home = s.home && s.url.Scheme == to.Scheme && s.to == e
	if resp.StatusCode < http.StatusTemporaryRedirect && s.method != http.MethodGet && s.method != http.MethodHead {
		next.method, next.body, next.bare = http.MethodGet, "", true
	}
	switch {
	case len(next.trail) > limit && slices.Contains(next.trail, next.method+" "+to.String()):
		return s, protocolErrorf("redirect loop: back at %s", name)
	case len(next.trail) > limit:
		return s, protocolErrorf("redirects on beyond the limit of %d, to %s", limit, name)
	case next.body != "" && !sameOrigin(s, next):
		return s, protocolErrorf("status %d would send the body on to %s, which is another origin", resp.StatusCode, name)
	}
	return next, nil
}

func sameOrigin(a, b step) bool { return a.url.Scheme == b.url.Scheme && a.to == b.to }

// aboutBody are the headers that describe a body, and go when the body goes.
var aboutBody = [...]string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"}

// request is the step as it is sent. header and host are the target's own, for as long as
// the step is at home.
func (s step) request(header http.Header, host string, agent []string, keep bool) *http.Request {
	r := &http.Request{
		Method: s.method, URL: s.url, Host: host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(header)+2), Close: !keep,
	}
	if s.home {
		maps.Copy(r.Header, header)
	}
	if !s.home || host == "" {
		r.Host = s.authority()
	}
	if s.body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(s.body)), int64(len(s.body))
	}
	if s.bare {
		for _, name := range aboutBody {
			delete(r.Header, name)
		}
	}
	offer(r.Header, "User-Agent", agent)
	offer(r.Header, "Accept-Encoding", onlyGzip)
	return r
}

// onlyGzip is the coding that we offer by ourselves.
var onlyGzip = []string{"gzip"}

// offer sets a header that is not configured.
func offer(header http.Header, name string, values []string) {
	if _, configured := header[name]; !configured {
		header[name] = values
	}
}

// authority is the host as a request names it: a port that goes without saying is not said.
func (s step) authority() string {
	if s.to.port != httpPorts[s.url.Scheme] {
		return s.to.String()
	}
	if strings.Contains(s.to.host, ":") {
		return "[" + s.to.host + "]"
	}
	return s.to.host
}

// where says how the step was come to, for the sentence of a cause.
func (s step) where(secrets *secret.Redactor) string {
	if len(s.trail) == 0 {
		return ""
	}
	return ": redirected to " + showURL(s.url, secrets)
}

// showURL quotes a URL that a peer made. What it escaped in a way of its own is unescaped
// to find secrets in it.
func showURL(u *url.URL, secrets *secret.Redactor) string {
	text := u.String()
	for _, unescape := range [...]func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
		if plain, err := unescape(text); err == nil {
			if redacted := secrets.Redact(plain); redacted != plain {
				return quote(redacted)
			}
		}
	}
	return quote(secrets.Redact(text))
}
