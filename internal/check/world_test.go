package check

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

// world is the outside, as a test wants it: names and what they lead to, and addresses
// beyond this machine where peers of this machine stand.
type world struct {
	mu      sync.Mutex
	names   map[string][]string       // host to addresses
	stands  map[string]string         // address, with a port or for all, to the peer that stands there
	broken  map[string]error          // address to what dialling it comes to
	asked   []string                  // "host network", in the order of the look-ups
	dialled []string                  // "address:port"
	answer  func(host string) error   // what a look-up comes to before names is looked at
	routes  func(netip.AddrPort) bool // whether this machine has a way there; nil: always
}

func (w *world) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, host+" "+network)
	if w.answer != nil {
		if err := w.answer(host); err != nil {
			return nil, err
		}
	}
	var addrs []netip.Addr
	for _, text := range w.names[host] {
		addr := netip.MustParseAddr(text)
		if network == "ip" || addr.Is4() == (network == "ip4") {
			addrs = append(addrs, addr)
		}
	}
	if addrs == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

func (w *world) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, to.String())
	at, err := to.String(), w.broken[to.Addr().String()]
	for _, address := range []string{to.String(), to.Addr().String()} {
		if stands, ok := w.stands[address]; ok {
			at = stands
			break
		}
	}
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", at)
}

// network is a network in this world.
func (w *world) network(t testing.TB, s Settings) *Network {
	s.Resolver = w
	n := NewNetwork(s)
	n.connect = w.connect
	n.routed = func(to netip.AddrPort) bool { return w.routes == nil || w.routes(to) }
	t.Cleanup(n.Close)
	return n
}

// stand starts a peer that ends with the test.
func stand(t testing.TB, b peer.Behaviour) *peer.Peer {
	t.Helper()
	p, err := peer.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// target is one with a timeout that no test of a healthy peer comes near.
func target(url string) health.Target {
	return health.Target{Name: "it", URL: url, Kind: "http", Policy: health.Policy{Timeout: 5 * time.Second}}
}

// prepared is c, made ready for a URL without references.
func prepared[C Checker](t testing.TB, c C, url string) C {
	t.Helper()
	if problems := c.Prepare(secret.Plain(url)); problems != nil {
		t.Fatalf("prepare %s: %s", url, told(problems))
	}
	return c
}

// ask asks url once, the way c says, in the first pass.
func ask(t testing.TB, n *Network, url string, c Checker) health.Reading {
	t.Helper()
	return n.Ask(t.Context(), Attempt{Target: target(url), Checker: prepared(t, c, url), Pass: 1})
}

// get is the question of a bare URL, changed as a test wants it.
func get(changes ...func(*HTTP)) *HTTP {
	c := newHTTP()
	for _, change := range changes {
		change(c)
	}
	return c
}

func inward(c *HTTP) { c.Inward = true }

func wantUp(t testing.TB, r health.Reading) {
	t.Helper()
	if r.Status != health.Up || r.Cause != "" || r.Class != "" {
		t.Errorf("%s, %s: %q; want up", r.Status, r.Class, r.Cause)
	}
}

// wantCause wants a reading that is not up, its class, and its whole sentence.
func wantCause(t testing.TB, r health.Reading, class health.Class, cause string) {
	t.Helper()
	status := health.Down
	if class == health.ClassChecker {
		status = health.Unknown
	}
	if r.Status != status || r.Class != class || r.Cause != cause {
		t.Errorf("got  %s, %s: %s\nwant %s, %s: %s", r.Status, r.Class, r.Cause, status, class, cause)
	}
}

func told(problems []Problem) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", strings.Join(p.Path, "."), p.What, p.Remedy))
	}
	return strings.Join(lines, "\n")
}

// wanting is a match as the file's reader makes it.
func wanting(t testing.TB, value any) *Match {
	t.Helper()
	m := new(Match)
	if problems := m.FromFile(value); problems != nil {
		t.Fatal(told(problems))
	}
	return m
}

// hang is a connection that never opens.
func hang(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
