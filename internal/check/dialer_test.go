package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// What this machine lacks is not the target's failure.
func TestShortOf(t *testing.T) {
	failing := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", errno)}
	}
	for _, c := range []struct {
		errno syscall.Errno
		class health.Class
		words string
	}{
		{syscall.EMFILE, health.ClassChecker, "too many open files in this process"},
		{syscall.ENFILE, health.ClassChecker, "too many open files on this machine"},
		{syscall.EADDRNOTAVAIL, health.ClassChecker, "no address or port is free to call from on this machine"},
		{syscall.ENOBUFS, health.ClassChecker, "no memory for another socket on this machine"},
		{syscall.EPERM, health.ClassChecker, "this machine may not connect there"},
		{syscall.ECONNREFUSED, health.ClassConnect, "connection refused"},
		{syscall.EHOSTUNREACH, health.ClassConnect, "host unreachable"},
		{syscall.ENETUNREACH, health.ClassConnect, "network unreachable"},
		{syscall.ETIMEDOUT, health.ClassConnect, "connection timed out"},
	} {
		w := &world{broken: map[string]error{"203.0.113.1": failing(c.errno)}}
		n := w.network(t, Settings{})
		wantCause(t, ask(t, n, "http://203.0.113.1", get()), c.class, `get "http://203.0.113.1": `+c.words)
		wantCause(t, ask(t, n, "tcp://203.0.113.1:80", newTCP()), c.class, `dial 203.0.113.1:80: `+c.words)
	}
}

func TestLookupCauses(t *testing.T) {
	for _, c := range []struct {
		err    error
		family Family
		class  health.Class
		words  string
	}{
		{&net.DNSError{Err: "no such host", IsNotFound: true}, IPv4, health.ClassDNS, "no such host: a.example.com, or none with an IPv4 address"},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, IPv6, health.ClassDNS, "no such host: a.example.com, or none with an IPv6 address"},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, AnyFamily, health.ClassDNS, "no such host: a.example.com"},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, IPv4, health.ClassDNS, "look-up of a.example.com: no answer from the resolver"},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, IPv4, health.ClassDNS, "look-up of a.example.com: the resolver failed (SERVFAIL)"},
		{&net.DNSError{Err: "read udp 10.0.0.9:4321->10.0.0.2:53: i/o timeout", Server: "10.0.0.2:53", IsTimeout: true}, IPv4, health.ClassDNS, "look-up of a.example.com: no answer from the resolver"},
		{&net.DNSError{Err: "read udp 127.0.0.1:4321->127.0.0.1:53: read: connection refused", Server: "127.0.0.1:53", IsTemporary: true}, IPv4,
			health.ClassChecker, "the resolver 127.0.0.1:53 cannot be reached: connection refused"},
		{&net.DNSError{Err: "dial udp 10.0.0.2:53: connect: network is unreachable", Server: "10.0.0.2:53", IsTemporary: true}, IPv4,
			health.ClassChecker, "the resolver 10.0.0.2:53 cannot be reached: network is unreachable"},
		{&net.DNSError{Err: "dial", UnwrapErr: syscall.ENETUNREACH}, IPv4, health.ClassChecker, "the resolver cannot be reached: network is unreachable"},
		{&net.DNSError{Err: "dial udp 127.0.0.53:53: socket: too many open files"}, IPv4, health.ClassChecker, "too many open files in this process"},
	} {
		w := &world{answer: func(string) error { return c.err }}
		n := w.network(t, Settings{})
		r := ask(t, n, "tcp://a.example.com:80", &TCP{IP: c.family})
		wantCause(t, r, c.class, "dial a.example.com:80: "+c.words)
	}
}

// What the standard library makes of a resolver that is not there.
func TestNoResolverHere(t *testing.T) {
	closed := stand(t, peer.Behaviour{Refuse: true}).Addr
	n := NewNetwork(Settings{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", closed)
	}}})
	defer n.Close()
	r := ask(t, n, "tcp://a.example.com:80", newTCP())
	if r.Class != health.ClassChecker || !regexp.MustCompile(`^dial a.example.com:80: the resolver \S+ cannot be reached: connection refused$`).MatchString(r.Cause) {
		t.Errorf("%s: %s", r.Class, r.Cause)
	}
}

// Without a way out nobody was asked; what a router answers was asked, and so was the other
// address of the name.
func TestNoRouteHere(t *testing.T) {
	failing := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}
	}
	lost, refused := failing(syscall.ENETUNREACH), failing(syscall.ECONNREFUSED)
	const noRoute = "this machine has no route to 203.0.113.1"
	for _, c := range []struct {
		addrs  string
		comes  []error
		routed bool
		family Family
		class  health.Class
		words  string
	}{
		{addrs: "203.0.113.1", comes: []error{lost}, class: health.ClassChecker, words: noRoute},
		{addrs: "203.0.113.1", comes: []error{lost}, routed: true, class: health.ClassConnect, words: "network unreachable"},
		{addrs: "203.0.113.1", comes: []error{failing(syscall.EHOSTUNREACH)}, class: health.ClassConnect, words: "host unreachable"},
		{addrs: "203.0.113.1 203.0.113.2", comes: []error{lost, refused}, class: health.ClassConnect, words: "connection refused"},
		{addrs: "203.0.113.2 203.0.113.1", comes: []error{failing(syscall.ETIMEDOUT), lost}, class: health.ClassConnect, words: "connection timed out"},
		{addrs: "2001:db8::1 203.0.113.2", family: AnyFamily, comes: []error{lost, refused}, class: health.ClassConnect, words: "connection refused"},
		{addrs: "203.0.113.1 2001:db8::1", family: AnyFamily, comes: []error{lost, lost}, class: health.ClassChecker, words: noRoute},
	} {
		addrs := strings.Fields(c.addrs)
		w := &world{names: map[string][]string{"a.example.com": addrs}, broken: map[string]error{}, routes: func(netip.AddrPort) bool { return c.routed }}
		for i, addr := range addrs {
			w.broken[addr] = c.comes[i]
		}
		wantCause(t, ask(t, w.network(t, Settings{}), "tcp://a.example.com:80", &TCP{IP: c.family}), c.class, "dial a.example.com:80: "+c.words)
	}
}

// A machine without IPv6 says so; a host that IPv6 does not reach is unreachable.
func TestNoIPv6Here(t *testing.T) {
	unreachable := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	w := &world{names: map[string][]string{"a.example.com": {"2001:db8::1"}}, broken: map[string]error{"2001:db8::1": unreachable}}
	n := w.network(t, Settings{})
	w.routes = func(netip.AddrPort) bool { return false }
	wantCause(t, ask(t, n, "tcp://a.example.com:80", &TCP{IP: IPv6}), health.ClassChecker,
		"dial a.example.com:80: this machine has no route to 2001:db8::1; write ip: 4, or give the machine IPv6")
	w.routes = func(netip.AddrPort) bool { return true }
	wantCause(t, ask(t, n, "tcp://a.example.com:80", &TCP{IP: IPv6}), health.ClassConnect,
		"dial a.example.com:80: network unreachable")
}

func TestRouted(t *testing.T) {
	if !routed(netip.MustParseAddrPort("127.0.0.1:9")) {
		t.Error("no route to loopback")
	}
}

func TestDialledFamilies(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, ""))
	w := &world{
		names:  map[string][]string{"a.example.com": {"2001:db8::1", "203.0.113.1"}},
		stands: map[string]string{"203.0.113.1": p.Addr, "2001:db8::1": p.Addr},
	}
	for family, want := range map[Family]string{IPv4: "203.0.113.1:80", IPv6: "[2001:db8::1]:80", AnyFamily: "[2001:db8::1]:80"} {
		w.dialled = nil
		wantUp(t, ask(t, w.network(t, Settings{}), "tcp://a.example.com:80", &TCP{IP: family}))
		if got := strings.Join(w.dialled, " "); got != want {
			t.Errorf("ip %s dialled %s, want %s", family, got, want)
		}
	}
	for family, want := range map[Family]string{IPv4: "127.0.0.1", IPv6: "::1"} {
		got, _ := way{endpoint: endpoint{"localhost", 80}, family: family}.known()
		if len(got) != 1 || got[0].String() != want {
			t.Errorf("localhost with ip %s is %v, want %s", family, got, want)
		}
	}
}

// coming is what connecting to an address comes to, after a while.
type coming struct {
	after    time.Duration
	err      error
	stubborn bool // comes to it even when nobody wants it any more
}

// TestReach plays dialling in a bubble, to the millisecond.
func TestReach(t *testing.T) {
	const v4, w4, v6 = "203.0.113.1", "203.0.113.2", "2001:db8::1"
	refused := errors.New("refused")
	for _, c := range []struct {
		why   string
		addrs string
		comes map[string]coming
		want  string // the address, or the error
		took  time.Duration
	}{
		{"the first that answers", v4 + " " + w4, map[string]coming{v4: {after: time.Second}}, v4, time.Second},
		{"the second if the first refuses", v4 + " " + w4, map[string]coming{v4: {err: refused}, w4: {after: time.Second}}, w4, time.Second},
		{"the second if the first hangs for its share", v4 + " " + w4, map[string]coming{v4: {after: time.Hour}, w4: {after: time.Second}}, w4, 6 * time.Second},
		{"what says more than a timeout", v4 + " " + w4, map[string]coming{v4: {after: time.Hour}, w4: {err: refused}}, "refused", 5 * time.Second},
		{"nothing, when all hang", v4 + " " + w4, map[string]coming{v4: {after: time.Hour}, w4: {after: time.Hour}}, "context deadline exceeded", 10 * time.Second},

		{"the first family, in its head start", v6 + " " + v4, map[string]coming{v6: {after: 299 * time.Millisecond}, v4: {after: 0}}, v6, 299 * time.Millisecond},
		{"the other, when the first is slow", v6 + " " + v4, map[string]coming{v6: {after: time.Hour}, v4: {after: time.Second}}, v4, 1300 * time.Millisecond},
		{"the first, when it is still faster", v6 + " " + v4, map[string]coming{v6: {after: time.Second}, v4: {after: time.Second}}, v6, time.Second},
		{"one of two that both connect", v6 + " " + v4, map[string]coming{v6: {after: time.Second}, v4: {after: time.Second, stubborn: true}}, v6, 1300 * time.Millisecond},
		{"the other at once, when the first refuses", v6 + " " + v4, map[string]coming{v6: {err: refused}, v4: {after: time.Second}}, v4, time.Second},
		{"nothing, when both refuse", v6 + " " + v4, map[string]coming{v6: {err: refused}, v4: {after: time.Second, err: refused}}, "refused", time.Second},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := NewNetwork(Settings{})
				var open atomic.Int64
				n.connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
					comes := c.comes[to.Addr().String()]
					stop := ctx.Done()
					if comes.stubborn {
						stop = nil
					}
					select {
					case <-time.After(comes.after):
					case <-stop:
						return nil, ctx.Err()
					}
					if comes.err != nil {
						return nil, comes.err
					}
					open.Add(1)
					return &closing{open: &open}, nil
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				d := newDialer(ctx, n, Attempt{Pass: 1})
				var addrs []netip.AddrPort
				for text := range strings.FieldsSeq(c.addrs) {
					addrs = append(addrs, netip.AddrPortFrom(netip.MustParseAddr(text), 80))
				}
				_, addr, err := d.reach(ctx, way{family: AnyFamily}, addrs)
				got := addr.Addr().String()
				if err != nil {
					got = err.Error()
				}
				took := time.Since(d.start)
				synctest.Wait()
				if got != c.want || took != c.took {
					t.Errorf("%s after %s, want %s after %s", got, took, c.want, c.took)
				}
				if want := map[bool]int64{true: 1, false: 0}[err == nil]; open.Load() != want {
					t.Errorf("%d connections are open, want %d", open.Load(), want)
				}
			})
		})
	}
}

// closing counts connections down, once each.
type closing struct {
	net.Conn
	open *atomic.Int64
}

func (c *closing) Close() error {
	if c.open != nil {
		c.open.Add(-1)
		c.open = nil
	}
	if c.Conn == nil {
		return nil
	}
	return c.Conn.Close()
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		timeout, had time.Duration
		want         string
	}{
		{2 * time.Second, 2 * time.Second, "2s"},
		{2 * time.Second, 1999 * time.Millisecond, "2s"},
		{2 * time.Second, 1234567 * time.Microsecond, "1.23s"},
		{500 * time.Millisecond, 123456 * time.Microsecond, "123ms"},
		{time.Minute, time.Minute, "1m"},
		{90 * time.Second, 90 * time.Second, "1m30s"},
	} {
		d := &Dialer{timeout: c.timeout, start: time.Unix(100, 0)}
		d.until = d.start.Add(c.had)
		if got := d.allowed(); got != c.want {
			t.Errorf("%s of %s: got %s, want %s", c.had, c.timeout, got, c.want)
		}
	}
}

// What leaves is one line, printable, and of bounded length.
func TestTidy(t *testing.T) {
	n := NewNetwork(Settings{})
	for in, want := range map[string]string{
		"plain":                       "plain",
		"two\r\nlines\tand\u2028more": "two  lines and more",
		"\x1b[31mred":                 "\uFFFD[31mred",
		"not \xff UTF-8":              "not \uFFFD UTF-8",
		strings.Repeat("ü", 601):      strings.Repeat("ü", 600) + "...",
	} {
		if got := n.tidy(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
