package fleet

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rollcall/internal/check"
	"rollcall/internal/secret"
)

// address is the URL of a target, as far as all kinds agree on it.
type address struct {
	kind    *check.Kind
	scheme  string // in lower case
	secure  bool   // it speaks TLS
	derived string // the name of a target that has none of its own
	host    string // of the URL as it is written, lower case, without port and brackets
}

// defaultPorts are left out of derived names.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// hasUserinfo reports whether a user name or password stands in a URL, or in what was
// meant to be one: a password with a "/" in it ends the authority early, and shows by a
// port that is none and an "@" further on.
func hasUserinfo(s string) bool {
	_, rest, ok := strings.Cut(s, "//")
	if !ok {
		user, _, at := strings.Cut(s, "@")
		return at && strings.Contains(user, ":") && !strings.ContainsAny(user, "/ ")
	}
	authority := authorityOf(rest)
	if strings.Contains(authority, "@") {
		return true
	}
	_, port, f := splitAuthority(authority)
	return strings.Contains(rest, "@") && (f.found() || !validPort(port))
}

// authorityOf is the part of what follows "//" that names host and port (RFC 3986, 3.2).
func authorityOf(rest string) string {
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// readAddress reads the URL of a target. What is wrong never shows a user name or
// password.
func readAddress(s string, kinds []check.Kind) (address, flaw) {
	scheme, rest, ok := strings.Cut(s, "://")
	authority := authorityOf(rest)
	if !ok {
		return address{}, schemeless(s)
	}
	kind := kindOf(scheme, kinds)
	switch {
	case hasUserinfo(s):
		return address{}, flaw{"holds a user name or password", "remove them, and send them as a header: Authorization: Basic ${env:NAME}"}
	case kind == nil:
		return address{}, flaw{"has the unknown scheme " + quote(scheme), instead(scheme, schemes(kinds), "write another")}
	case strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7F }):
		return address{}, flaw{"holds a space or a line break", "remove it, or write it as %20"}
	}
	host, port, f := splitAuthority(authority)
	if f.found() {
		return address{}, f
	}
	if !validPort(port) {
		return address{}, flaw{"has the port " + quote(port), "write a port from 1 to 65535"}
	}
	if strings.Contains(s, `\`) {
		return address{}, flaw{"holds a backslash", "write a slash, or %5C"}
	}
	if _, err := url.Parse(s); err != nil {
		return address{}, flaw{"is not a URL", `look for a "%" that no two hexadecimal digits follow`}
	}
	derived := host
	if port != "" && port != defaultPorts[strings.ToLower(scheme)] {
		derived += ":" + port
	}
	path, _, _ := strings.Cut(rest[len(authority):], "#")
	path, _, _ = strings.Cut(path, "?")
	scheme = strings.ToLower(scheme)
	return address{kind, scheme, slices.Contains(kind.Secure, scheme), derived + path, hostOf(s, nil)}, flaw{}
}

// hostOf is the host of a URL with references, which may hold anything and stay as they
// are.
func hostOf(s string, refs []secret.Reference) string {
	hidden := []byte(s)
	for _, ref := range refs {
		for i := range ref.String() {
			hidden[ref.Offset+i] = 'x'
		}
	}
	scheme, rest, _ := strings.Cut(string(hidden), "://")
	host, _, _ := splitAuthority(authorityOf(rest))
	at := len(scheme) + len("://")
	end := at + len(host)
	var b strings.Builder
	for _, ref := range refs {
		if at <= ref.Offset && ref.Offset < end {
			b.WriteString(strings.ToLower(s[at:ref.Offset]) + ref.String())
			at = ref.Offset + len(ref.String())
		}
	}
	b.WriteString(strings.ToLower(s[at:end]))
	return strings.Trim(b.String(), "[]")
}

// kindOf is the kind that answers for a scheme, or nil.
func kindOf(scheme string, kinds []check.Kind) *check.Kind {
	for i := range kinds {
		for _, s := range kinds[i].Schemes {
			if strings.EqualFold(s, scheme) {
				return &kinds[i]
			}
		}
	}
	return nil
}

func schemes(kinds []check.Kind) []string {
	var all []string
	for _, k := range kinds {
		all = append(all, k.Schemes...)
	}
	return all
}

// oneSlash is a scheme with its slashes forgotten.
var oneSlash = regexp.MustCompile(`^(?i)(https?|tcp):/?([^/0-9].*)$`)

// schemeless says what is wrong with a URL without "://".
func schemeless(s string) flaw {
	bare := strings.TrimLeft(s, "/")
	if i := strings.LastIndex(bare, "@"); i >= 0 && hasUserinfo(bare) {
		bare = bare[i+1:]
	}
	switch m := oneSlash.FindStringSubmatch(s); {
	case s == "":
		return flaw{"is empty", "write a URL such as https://example.com/health"}
	case m != nil:
		return flaw{`has no "//" behind its scheme`, "write " + strings.ToLower(m[1]) + "://" + plainURL(m[2])}
	}
	host, port, f := splitAuthority(authorityOf(bare))
	switch {
	case strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//"):
		return flaw{"is a path without a host", "write the whole URL, such as https://example.com/health"}
	case f.found() || !validPort(port) || strings.ContainsAny(bare, " \t\r\n"):
		return flaw{"is not a URL", "write one such as https://example.com/health"}
	case port != "" && port != "443" && port != "80":
		return flaw{"has no scheme", "write https://" + plainURL(bare) + ", or tcp://" + host + ":" + port + " for a bare connection"}
	case port == "80":
		return flaw{"has no scheme", "write http://" + plainURL(bare)}
	default:
		return flaw{"has no scheme", "write https://" + plainURL(bare)}
	}
}

// plainURL is the rest of a URL as a remedy shows it.
func plainURL(s string) string {
	if i := strings.LastIndex(s, "@"); i >= 0 && hasUserinfo("//"+s) {
		s = s[i+1:]
	}
	return strings.Trim(quote(s), `"`)
}

// splitAuthority takes host and port apart, and says what is wrong with the host.
func splitAuthority(authority string) (host, port string, f flaw) {
	host = authority
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
		if port == "" {
			return host, port, flaw{"ends its host with a colon and no port", "write the port, or remove the colon"}
		}
	}
	if host == "" {
		return host, port, flaw{"has no host", "write one: https://example.com/health"}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		if a, err := netip.ParseAddr(strings.Replace(inner, "%25", "%", 1)); !closed || err != nil || !a.Is6() {
			return host, port, flaw{"has brackets with no IPv6 address in them", "write one such as [2001:db8::1]"}
		}
		return host, port, flaw{}
	}
	if strings.Contains(host, ":") {
		if _, err := netip.ParseAddr(authority); err == nil {
			return host, port, flaw{"has an IPv6 address without brackets", "write [" + authority + "]"}
		}
		return host, port, flaw{"has more than one colon in its host and port", "write host:port; an IPv6 address stands in brackets"}
	}
	return host, port, hostFlaw(host)
}

// hostFlaw says what is wrong with the name of a host. Underscores are no hostname's, but
// the DNS and many a certificate have them.
func hostFlaw(host string) flaw {
	if len(host) > 253 {
		return flaw{"has a host of more than 253 characters", "write a name that the DNS can hold"}
	}
	for _, label := range strings.Split(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 {
			return flaw{"has a host that is no name: a part between its dots is empty or longer than 63", "write a name that the DNS can hold"}
		}
	}
	for _, c := range host {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		case unicode.In(c, unicode.L, unicode.M, unicode.N): // for the kind to write in ASCII, if it can
		default:
			return flaw{fmt.Sprintf("has a host with %q in it", string(c)), "write a-z, 0-9, - and . only"}
		}
	}
	return flaw{}
}

// validPort reports whether a port may be asked; none is the scheme's own.
func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
