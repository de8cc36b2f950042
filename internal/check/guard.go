package check

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/health"
)

// scope is how far in an address lies. The order is what a redirect is held to: it never
// leads to a scope beyond that of the first connection.
type scope int

const (
	public  scope = iota
	private       // the network we stand in
	never         // this machine, its link, the platform's own services
)

func (s scope) String() string {
	return [...]string{public: "a public address", private: "an address of a private network", never: "an inward address"}[s]
}

// scopes are the prefixes that are not public. All other addresses are.
var scopes = [...]struct {
	prefix netip.Prefix
	scope  scope
}{
	{netip.MustParsePrefix("0.0.0.0/8"), never},      // this network; 0.0.0.0 reaches this machine
	{netip.MustParsePrefix("127.0.0.0/8"), never},    // loopback
	{netip.MustParsePrefix("169.254.0.0/16"), never}, // link-local, the metadata services among them
	{netip.MustParsePrefix("224.0.0.0/4"), never},    // multicast
	{netip.MustParsePrefix("240.0.0.0/4"), never},    // reserved, and the broadcast
	{netip.MustParsePrefix("::/128"), never},
	{netip.MustParsePrefix("::1/128"), never},
	{netip.MustParsePrefix("fe80::/10"), never},     // link-local
	{netip.MustParsePrefix("ff00::/8"), never},      // multicast
	{netip.MustParsePrefix("fd00:ec2::/32"), never}, // AWS's own services on every instance

	{netip.MustParsePrefix("10.0.0.0/8"), private}, // RFC 1918, as the next two
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.168.0.0/16"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), private}, // carriers' NAT, RFC 6598
	{netip.MustParsePrefix("192.0.0.0/24"), private},  // IETF protocols, RFC 6890
	{netip.MustParsePrefix("198.18.0.0/15"), private}, // benchmarks, RFC 2544
	{netip.MustParsePrefix("fc00::/7"), private},      // RFC 4193
}

// scopeOf is the scope of the address that a packet to a would reach: an IPv4 address that
// is wrapped in a stands for itself.
func scopeOf(a netip.Addr) scope {
	a = a.Unmap().WithZone("") // no prefix contains an address with a zone
	widest := public
	for _, s := range scopes {
		if s.prefix.Contains(a) {
			widest = max(widest, s.scope)
		}
	}
	if a.Is4() {
		return widest
	}
	for _, wrapped := range wrappedIn(a) {
		widest = max(widest, scopeOf(wrapped))
	}
	return widest
}

// ScopeOf is how far away an address is, by the guard's own tables: what a name never leads
// to is [health.Local].
func ScopeOf(a netip.Addr) health.Scope { return scopeOf(a).distance() }

// distance is s as readings have it.
func (s scope) distance() health.Scope {
	return [...]health.Scope{public: health.Public, private: health.Private, never: health.Local}[s]
}

// The prefixes whose addresses hold an IPv4 address.
var (
	compatible = netip.MustParsePrefix("::/96")          // RFC 4291, section 2.5.5.1
	nat64      = netip.MustParsePrefix("64:ff9b::/96")   // RFC 6052
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48") // RFC 8215
	sixToFour  = netip.MustParsePrefix("2002::/16")      // RFC 3056
)

// wrappedIn are the IPv4 addresses that an IPv6 address may stand for.
//
// Under 64:ff9b:1::/48 a network chooses how long its prefix is, and with it which bytes
// hold the address (RFC 6052, section 2.2). All four layouts are read. Those that come to
// 0/8, where nothing can be reached, are not the network's unless all do.
func wrappedIn(a netip.Addr) []netip.Addr {
	b := a.As16()
	at := func(i, j, k, l int) netip.Addr { return netip.AddrFrom4([4]byte{b[i], b[j], b[k], b[l]}) }
	switch {
	case compatible.Contains(a), nat64.Contains(a):
		return []netip.Addr{at(12, 13, 14, 15)}
	case sixToFour.Contains(a):
		return []netip.Addr{at(2, 3, 4, 5)}
	case localNAT64.Contains(a):
		layouts := []netip.Addr{at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), at(12, 13, 14, 15)}
		nowhere := func(v4 netip.Addr) bool { return v4.As4()[0] == 0 }
		if meant := slices.DeleteFunc(slices.Clone(layouts), nowhere); len(meant) > 0 {
			return meant
		}
		return layouts
	default:
		return nil
	}
}

// guard keeps targets from steering us to where nobody but this machine should go. It is
// asked about every address before that address is dialled.
type guard struct {
	services []service
}

// service is one of the platform's own, which no target reaches whatever it is permitted.
type service struct {
	name string
	host string // in lower case, without brackets
	port uint16
	addr netip.Addr // the zero Addr when host is a name other than localhost
}

// The services that are where they are without an environment variable saying so. The
// extensions' port is that of every loopback address.
var fixedServices = [...]service{
	{name: "the extensions' port of Lambda", host: "127.0.0.1", port: 2773, addr: netip.AddrFrom4([4]byte{127, 0, 0, 1})},
	{name: "the X-Ray daemon", host: "169.254.79.129", port: 2000, addr: netip.AddrFrom4([4]byte{169, 254, 79, 129})},
}

// newGuard reads AWS_LAMBDA_RUNTIME_API ("127.0.0.1:9001") and AWS_XRAY_DAEMON_ADDRESS
// ("169.254.79.129:2000", or "tcp:host:port udp:host:port"). Either may be empty.
func newGuard(runtimeAPI, xray string) guard {
	g := guard{services: slices.Clone(fixedServices[:])}
	g.add("the Lambda runtime", runtimeAPI)
	for _, field := range strings.Fields(xray) {
		g.add("the X-Ray daemon", strings.TrimPrefix(strings.TrimPrefix(field, "tcp:"), "udp:"))
	}
	return g
}

func (g *guard) add(name, address string) {
	i := strings.LastIndexByte(address, ':')
	if i < 0 {
		return
	}
	port, err := strconv.ParseUint(address[i+1:], 10, 16)
	if err != nil {
		return
	}
	s := service{name: name, host: strings.ToLower(strings.Trim(address[:i], "[]")), port: uint16(port)}
	if s.addr, err = netip.ParseAddr(s.host); err != nil && s.host == "localhost" {
		s.addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	g.services = append(g.services, s)
}

// refusal is why an address is not dialled.
type refusal struct {
	to       endpoint
	addr     netip.Addr
	scope    scope
	service  string // one of the platform's own; empty: for its scope
	redirect bool
}

func (r *refusal) Error() string {
	if r.service != "" {
		return r.to.String() + " is " + r.service + ", which no target may ask"
	}
	what := r.to.host + " is "
	if literal, err := netip.ParseAddr(r.to.host); err != nil || literal != r.addr {
		what += r.addr.String() + ", "
	}
	what += r.scope.String()
	if r.redirect {
		return what + ", where this redirect may not lead; make it a target of its own if that is meant"
	}
	return what + "; write inward: true if that is meant"
}

// refuse says why addr is not dialled on the way w, or nil. outer is the scope of the
// attempt's first connection; before there is one, never.
func (g *guard) refuse(w way, addr netip.Addr, outer scope) *refusal {
	addr = addr.Unmap().WithZone("")
	leads := scopeOf(addr)
	refusing := func(service string) *refusal {
		return &refusal{to: w.endpoint, addr: addr, scope: leads, service: service, redirect: w.redirected}
	}
	for _, s := range g.services {
		if s.port == w.port && (s.host == w.host || sameMachine(s.addr, addr)) {
			return refusing(s.name)
		}
		if s.addr.IsValid() && s.addr == addr {
			leads = never
		}
	}
	switch {
	case w.redirected && leads > outer:
		return refusing("")
	case leads == never && !w.permitted:
		return refusing("")
	default:
		return nil
	}
}

// sameMachine tells whether two addresses reach the same machine: they are equal, or both
// lead to this one, as every loopback and unspecified address does.
func sameMachine(a, b netip.Addr) bool {
	return a == b || here(a) && here(b)
}

func here(a netip.Addr) bool {
	if !a.IsValid() {
		return false
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		for _, v4 := range wrappedIn(a) {
			if here(v4) {
				return true
			}
		}
	}
	return a.IsLoopback() || a.IsUnspecified() || a.Is4() && a.As4()[0] == 0
}
