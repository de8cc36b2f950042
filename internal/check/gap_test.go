package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

func TestScopeOf(t *testing.T) {
	for text, want := range map[string]health.Scope{
		"1.1.1.1": health.Public, "2606:4700::1111": health.Public, "64:ff9b::8.8.8.8": health.Public,
		"10.0.0.1": health.Private, "::ffff:192.168.1.1": health.Private, "2002:a00:1::": health.Private, "fd00::1": health.Private,
		"127.0.0.1": health.Local, "169.254.169.254": health.Local, "::1": health.Local, "fe80::1%eth0": health.Local, "64:ff9b::127.0.0.1": health.Local,
	} {
		if got := ScopeOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// Where an attempt was dialled first is known whatever came of it, and when nobody was
// dialled it is not.
func TestScopeOfAReading(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, "ok"))
	refusing := stand(t, peer.Behaviour{Refuse: true})
	onwards := stand(t, peer.Redirecting(302, "http://public.example.com/"))
	inwards := stand(t, peer.Redirecting(302, "http://private.example.com/"))
	for _, c := range []struct {
		why, url string
		check    Checker
		status   health.Status
		want     health.Scope
	}{
		{"a public one", "http://public.example.com", get(), health.Up, health.Public},
		{"a private one", "http://private.example.com", get(), health.Up, health.Private},
		{"this machine", p.URL, get(), health.Up, health.Local},
		{"an address", "tcp://203.0.113.1:80", newTCP(), health.Up, health.Public},
		{"refused", "tcp://10.0.0.2:80", newTCP(), health.Down, health.Private},
		{"no TLS there", "https://private.example.com", get(), health.Down, health.Private},
		{"the first of two", "tcp://two.example.com:80", newTCP(), health.Up, health.Private},
		{"the first that may be dialled", "tcp://passed-over.example.com:80", newTCP(), health.Up, health.Public},
		{"of a race, who has the head start", "tcp://race.example.com:80", &TCP{IP: AnyFamily}, health.Up, health.Private},
		{"the first hop", "http://onwards.example.com", get(), health.Up, health.Private},
		{"the first hop, though it leads nowhere", "http://inwards.example.com", get(), health.Down, health.Public},
		{"no such name", "tcp://nobody.example.com:80", newTCP(), health.Down, ""},
		{"not to be dialled", "tcp://inner.example.com:80", newTCP(), health.Unknown, ""},
	} {
		w := &world{
			names: map[string][]string{
				"public.example.com": {"203.0.113.1"}, "private.example.com": {"10.0.0.1"}, "inner.example.com": {"127.0.0.1"},
				"two.example.com": {"10.0.0.2", "203.0.113.1"}, "passed-over.example.com": {"127.0.0.1", "203.0.113.1"},
				"race.example.com":    {"fd00::1", "203.0.113.1"},
				"onwards.example.com": {"10.0.0.3"}, "inwards.example.com": {"203.0.113.3"},
			},
			stands: map[string]string{
				"203.0.113.1": p.Addr, "10.0.0.1": p.Addr, "10.0.0.2": refusing.Addr, "fd00::1": refusing.Addr,
				"10.0.0.3": onwards.Addr, "203.0.113.3": inwards.Addr,
			},
		}
		if r := ask(t, w.network(t, Settings{}), c.url, c.check); r.Scope != c.want || r.Status != c.status || r.Gap != "" {
			t.Errorf("%s: %s, scope %q, gap %q (%s); want %s, %q and no gap", c.why, r.Status, r.Scope, r.Gap, r.Cause, c.status, c.want)
		}
	}
}

// A kept connection is not dialled, and leads where it was dialled to.
func TestScopeOfAKeptConnection(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, "ok"))
	w := &world{names: map[string][]string{"a.example.com": {"10.0.0.1"}}, stands: map[string]string{"10.0.0.1": p.Addr}}
	n := w.network(t, Settings{})
	for range 2 {
		r := ask(t, n, "http://a.example.com", get(func(c *HTTP) { c.Reuse = true }))
		wantUp(t, r)
		if r.Scope != health.Private {
			t.Errorf("scope %q, want %q", r.Scope, health.Private)
		}
	}
	if p.Connections() != 1 {
		t.Errorf("%d connections: the test proves nothing", p.Connections())
	}
}

// A connection that never opens has a scope too.
func TestScopeOfAnAttemptThatHung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(Settings{})
		n.connect = hang
		r := ask(t, n, "tcp://10.0.0.1:80", newTCP())
		if r.Class != health.ClassTimeout || r.Scope != health.Private || r.Gap != "" {
			t.Errorf("%s, scope %q, gap %q; want a timeout, private, no gap", r.Class, r.Scope, r.Gap)
		}
	})
}

func TestGapOfALookup(t *testing.T) {
	for _, c := range []struct {
		why string
		err error
		gap health.Gap
	}{
		{"no such host", &net.DNSError{Err: "no such host", IsNotFound: true}, ""},
		{"no such host, for now", &net.DNSError{Err: "no such host", IsNotFound: true, IsTemporary: true}, ""},
		{"no answer", &net.DNSError{Err: "i/o timeout", IsTimeout: true}, health.GapResolver},
		{"SERVFAIL", &net.DNSError{Err: "server misbehaving", IsTemporary: true}, health.GapResolver},
		{"SERVFAIL of the last server", &net.DNSError{Err: "server misbehaving"}, health.GapResolver},
		{"glibc's EAI_AGAIN", &net.DNSError{Err: "Temporary failure in name resolution", IsTemporary: true}, health.GapResolver},
		{"refused", &net.DNSError{Err: "read udp 127.0.0.1:4321->127.0.0.1:53: read: connection refused"}, health.GapResolver},
		{"no route", &net.DNSError{Err: "dial", UnwrapErr: syscall.ENETUNREACH}, health.GapResolver},
		{"the look-up's own bound", context.DeadlineExceeded, health.GapResolver},
		{"too many files", &net.DNSError{Err: "dial udp 127.0.0.53:53: socket: too many open files", IsTemporary: true}, ""},
		{"an answer that is none", &net.DNSError{Err: "invalid DNS response"}, ""},
		{"whatever else", errors.New("odd"), ""},
	} {
		w := &world{answer: func(string) error { return c.err }}
		r := ask(t, w.network(t, Settings{}), "http://a.example.com", get())
		if r.Gap != c.gap || r.Scope != "" || r.Status == health.Up {
			t.Errorf("%s: gap %q, scope %q (%s), want gap %q", c.why, r.Gap, r.Scope, r.Cause, c.gap)
		}
	}
	w := &world{names: map[string][]string{"a.example.com": {"2001:db8::1"}}} // an answer, without an address we may use
	if r := ask(t, w.network(t, Settings{}), "tcp://a.example.com:80", newTCP()); r.Gap != "" || r.Class != health.ClassDNS {
		t.Errorf("no address of the family: gap %q (%s), want none", r.Gap, r.Cause)
	}
}

// An attempt whose time runs out while it looks up met no answer; one that never came to
// its turn, or was stopped, says nothing of the resolver.
func TestGapOfALookupThatHung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := NewNetwork(Settings{Resolver: &slow{takes: time.Hour}})
		if r := ask(t, n, "http://a.example.com", get()); r.Gap != health.GapResolver || r.Class != health.ClassTimeout {
			t.Errorf("its time ran out: gap %q (%s), want %q", r.Gap, r.Cause, health.GapResolver)
		}

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		c := prepared(t, get(), "http://b.example.com")
		if r := n.Ask(ctx, Attempt{Target: target("http://b.example.com"), Checker: c, Pass: 1}); r.Gap != "" || r.Status != health.Unknown {
			t.Errorf("stopped: gap %q (%s), want none", r.Gap, r.Cause)
		}

		go allAtOnce(n.lookups, 1, distinct(lookupsAtOnce)...)
		synctest.Wait()
		if r := ask(t, n, "http://c.example.com", get()); r.Gap != "" || !strings.Contains(r.Cause, "did not come to its turn") {
			t.Errorf("our own gate: gap %q (%s), want none", r.Gap, r.Cause)
		}
		time.Sleep(longestLookup)
	})
}

func TestGapOfARoute(t *testing.T) {
	failing := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}
	}
	for _, c := range []struct {
		errno  syscall.Errno
		routed bool
		gap    health.Gap
	}{
		{syscall.ENETUNREACH, false, health.GapRoute},
		{syscall.ENETUNREACH, true, ""}, // a router's answer
		{syscall.EHOSTUNREACH, false, ""},
		{syscall.ECONNREFUSED, false, ""},
		{syscall.EPERM, false, ""},
		{syscall.EMFILE, false, ""},
	} {
		w := &world{broken: map[string]error{"203.0.113.1": failing(c.errno)}, routes: func(netip.AddrPort) bool { return c.routed }}
		r := ask(t, w.network(t, Settings{}), "tcp://203.0.113.1:80", newTCP())
		if r.Gap != c.gap || r.Scope != health.Public {
			t.Errorf("%v, a route %v: gap %q, scope %q (%s), want gap %q, public", c.errno, c.routed, r.Gap, r.Scope, r.Cause, c.gap)
		}
	}
}
