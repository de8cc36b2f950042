package check

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall/internal/secret"
)

// endpoint is where a connection goes.
type endpoint struct {
	host string // ASCII, in lower case, without brackets
	port uint16
}

func (e endpoint) String() string { return net.JoinHostPort(e.host, strconv.Itoa(int(e.port))) }

// name is the host as certificates know it.
func (e endpoint) name() string {
	host, _, _ := strings.Cut(e.host, "%") // an address's zone is this machine's own affair
	return strings.TrimSuffix(host, ".")
}

// literal is the host when it is an address, and when it is localhost, which is always an
// address of this machine (RFC 6761, section 6.3).
func (e endpoint) literal() ([]netip.Addr, bool) {
	if addr, err := netip.ParseAddr(e.host); err == nil {
		return []netip.Addr{addr}, true
	}
	if e.name() == "localhost" {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, true
	}
	return nil, false
}

// address is a target's URL, prepared.
type address struct {
	*url.URL // resolved: for the wire, never for a person
	endpoint
}

// prepareURL reads a target's URL. defaults are the schemes it may have and their ports; a
// scheme with port 0 wants one written. No problem quotes a resolved value, nor
// credentials, wherever in the text they may stand.
func prepareURL(text secret.Text, defaults map[string]uint16) (address, []Problem) {
	problem := func(what, remedy string) (address, []Problem) {
		return address{}, []Problem{{Path: []string{"url"}, What: what, Remedy: remedy}}
	}
	raw := standIn(text)
	if what, remedy := unprintable(raw); what != "" {
		return problem("url "+what, remedy)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return problem(parseWords(err))
	case u.User != nil:
		return problem("url holds credentials", "take them out and write an Authorization header with a reference such as ${env:NAME}")
	case u.Opaque != "" || u.Hostname() == "":
		return problem("url has no host", "write it as "+u.Scheme+"://shop.example.com")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return problem("url has a fragment, which is never sent", "leave out the # and what follows it, or write %23")
	}
	fallback, known := defaults[u.Scheme]
	if !known {
		return problem("url has another check's scheme", "write the scheme that belongs to the check")
	}
	e, err := endpointOf(u, fallback)
	if err != nil {
		return problem(err.Error(), portRemedy)
	}
	if !validHost(e.host) {
		return problem("url has a host that is neither a name nor an address", "write a name such as shop.example.com, or an address")
	}
	return address{u, e}, nil
}

const portRemedy = "write a port from 1 to 65535 after the host"

// endpointOf is where a URL leads. fallback is the port of its scheme, 0 for none.
func endpointOf(u *url.URL, fallback uint16) (endpoint, error) {
	e := endpoint{host: strings.ToLower(u.Hostname()), port: fallback}
	if ascii, ok := asciiHost(e.host); ok {
		e.host = ascii
	}
	written := u.Port()
	switch {
	case written == "" && strings.HasSuffix(u.Host, ":"):
		return e, errors.New("url has a colon after the host, but no port")
	case written == "" && fallback == 0:
		return e, errors.New("url has no port")
	case written == "":
		return e, nil
	}
	port, err := strconv.ParseUint(written, 10, 16)
	if err != nil || port == 0 {
		return e, errors.New("url has a port that no host has")
	}
	e.port = uint16(port)
	return e, nil
}

// standIn is the resolved URL. Where the references were only collected, and the text stands
// for itself, a digit stands for each: it may be part of a host, a port or a path.
func standIn(text secret.Text) string {
	raw := text.Reveal()
	if !text.Secret() || raw != text.String() {
		return raw
	}
	refs, err := secret.References(raw)
	if err != nil {
		return raw
	}
	for _, r := range refs {
		raw = strings.Replace(raw, r.String(), "1", 1)
	}
	return raw
}

// unprintable says what in s no URL may hold, without quoting it.
func unprintable(s string) (what, remedy string) {
	switch {
	case s == "":
		return "is empty", "write one, such as https://shop.example.com"
	case !utf8.ValidString(s):
		return "is not UTF-8", "save the file as UTF-8"
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "holds a space or a line break", "write %20 for a space that is meant"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "holds a control character", "take it out"
	default:
		return "", ""
	}
}

// parseWords says what is wrong with a URL in words of our own: those of net/url quote parts
// of it, and any part may be a password.
func parseWords(err error) (what, remedy string) {
	var escape url.EscapeError
	var host url.InvalidHostError
	switch {
	case errors.As(err, &escape):
		return `url has a "%" that escapes nothing`, "write %25 for a percent sign"
	case errors.As(err, &host):
		return "url has a character in its host that no host has", "write a name such as shop.example.com, or an address"
	case strings.Contains(err.Error(), "invalid port"):
		return "url has a port that is not a number", portRemedy
	default:
		return "url is not a URL", "write it as https://shop.example.com/path"
	}
}

// asciiHost is host as it is looked up: names with letters beyond ASCII in punycode. The
// standard library has the conversion, but shows it only in what it sends.
func asciiHost(host string) (string, bool) {
	ascii := func(r rune) bool { return r >= utf8.RuneSelf }
	if !strings.ContainsFunc(host, ascii) {
		return host, true
	}
	var sent strings.Builder
	r := http.Request{Method: http.MethodHead, URL: &url.URL{Scheme: "http", Host: host, Path: "/"}}
	if err := r.Write(&sent); err != nil {
		return "", false
	}
	_, after, _ := strings.Cut(sent.String(), "\r\nHost: ")
	name, _, _ := strings.Cut(after, "\r\n")
	return name, name != ""
}

// validHost tells whether host is an address, or a name that could be looked up: labels of
// 1 to 63 characters, 253 in all (RFC 1035, section 2.3.4), underscores allowed.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.TrimSuffix(host, ".")
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}
