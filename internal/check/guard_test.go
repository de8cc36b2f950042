package check

import (
	"net/netip"
	"strings"
	"testing"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

func TestScopes(t *testing.T) {
	for _, c := range []struct {
		scope     scope
		addresses string
	}{
		{never, "0.0.0.0 0.255.255.255 127.0.0.0 127.0.0.1 127.255.255.255"},
		{never, "169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255"},
		{never, "224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255"},
		{never, ":: ::1 fe80:: fe80::1%eth0 febf:ffff::1 ff00:: ff02::1 ffff::"},
		{never, "fd00:ec2:: fd00:ec2::254 fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff"},
		{private, "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255"},
		{private, "100.64.0.0 100.127.255.255 192.0.0.0 192.0.0.255 198.18.0.0 198.19.255.255"},
		{private, "fc00:: fdff:ffff::1 fd00:ec1::1 fd00:ec3::1 fd12::1%eth0"},

		// Just outside of each.
		{public, "1.0.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 223.255.255.255"},
		{public, "9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0"},
		{public, "100.63.255.255 100.128.0.0 191.255.255.255 192.0.1.0 198.17.255.255 198.20.0.0"},
		{public, "fe7f:ffff::1 fec0:: feff::1 fbff:ffff::1 fe00::1 2001:db8::1 64:ff9b:2::7f00:1 8.8.8.8 2600::1"},

		// An IPv4 address that is wrapped in another stands for itself.
		{never, "::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0 ::127.0.0.1 ::169.254.169.254 ::2 ::ffff:127.0.0.1%lo"},
		{private, "::ffff:10.0.0.1 ::10.0.0.1 ::192.168.1.1"},
		{public, "::ffff:8.8.8.8 ::8.8.8.8 ::1:7f00:1"},
		{never, "64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b::0.0.0.0"},
		{private, "64:ff9b::10.0.0.1 64:ff9b::100.64.0.1"},
		{public, "64:ff9b::8.8.8.8 64:ff9b::1:127.0.0.1"},
		{never, "2002:7f00:1:: 2002:7f00:0001:1::1 2002:a9fe:a9fe::1"},
		{private, "2002:a00:1:: 2002:c0a8:101::1"},
		{public, "2002:808:808:: 2003:7f00:1:: 2001:ffff:7f00:1::"},

		// Under 64:ff9b:1::/48 it may lie in four places.
		{never, "64:ff9b:1::127.0.0.1 64:ff9b:1::169.254.169.254"},              // /96
		{never, "64:ff9b:1:7f00:0:100:: 64:ff9b:1:a9fe:a9:fe00::"},              // /48
		{never, "64:ff9b:1:a9fe:a9:fe00:808:808"},                               // the same, with a tail that is to be ignored
		{never, "64:ff9b:1:7f:0:1:: 64:ff9b:1:00a9:00fe:a9fe::"},                // /56
		{never, "64:ff9b:1:0:7f:0:100:: 64:ff9b:1:0:00a9:fea9:fe00:0"},          // /64
		{private, "64:ff9b:1::10.0.0.1 64:ff9b:1:a00:0:100::"},                  //
		{public, "64:ff9b:1::8.8.8.8 64:ff9b:1:808:8:800:: 64:ff9b:1::9.9.9.9"}, //
		{never, "64:ff9b:1::"},
		{public, "64:ff9b:0:1::7f00:1 64:ff9a:ffff::7f00:1"},
	} {
		for text := range strings.FieldsSeq(c.addresses) {
			if got := scopeOf(netip.MustParseAddr(text)); got != c.scope {
				t.Errorf("%s is %s, want %s", text, got, c.scope)
			}
		}
	}
}

func TestGuard(t *testing.T) {
	const runtimeAPI, xray = "169.254.100.1:9001", "tcp:127.0.0.1:2001 udp:10.9.9.9:2002"
	for _, c := range []struct {
		why  string
		to   string // "host:port"
		addr string
		may  string // permitted, redirected
		from scope  // of the first connection
		want string // of the refusal; empty: none
	}{
		{"a name may lead to the world", "a.example.com:80", "8.8.8.8", "", never, ""},
		{"and to our own network", "a.example.com:80", "10.0.0.1", "", never, ""},
		{"never to this machine", "a.example.com:80", "127.0.0.1", "", never, "a.example.com is 127.0.0.1, an inward address; write inward: true if that is meant"},
		{"however it is written", "a.example.com:80", "::ffff:127.0.0.1", "", never, "a.example.com is 127.0.0.1, an inward address; write inward: true if that is meant"},
		{"unless it says inward", "a.example.com:80", "127.0.0.1", "permitted", never, ""},

		{"a redirect stays in the world", "b.example.com:80", "8.8.8.8", "redirected", public, ""},
		{"and does not lead into our network", "b.example.com:80", "10.0.0.1", "redirected", public, "b.example.com is 10.0.0.1, an address of a private network, where this redirect may not lead; make it a target of its own if that is meant"},
		{"even for an address", "10.0.0.1:80", "10.0.0.1", "redirected", public, "10.0.0.1 is an address of a private network, where this redirect may not lead; make it a target of its own if that is meant"},
		{"within our network it may lead on", "b.example.com:80", "10.0.0.1", "redirected", private, ""},
		{"and out of it", "b.example.com:80", "8.8.8.8", "redirected", private, ""},
		{"but not to this machine", "b.example.com:80", "127.0.0.1", "redirected", private, "b.example.com is 127.0.0.1, an inward address, where this redirect may not lead; make it a target of its own if that is meant"},
		{"nor from one port of this machine to another", "127.0.0.1:81", "127.0.0.1", "redirected", never, "127.0.0.1 is an inward address, where this redirect may not lead; make it a target of its own if that is meant"},
		{"to its own host and port it may", "127.0.0.1:80", "127.0.0.1", "permitted redirected", never, ""},
		{"not when it came from further out", "a.example.com:80", "127.0.0.1", "permitted redirected", public, "a.example.com is 127.0.0.1, an inward address, where this redirect may not lead; make it a target of its own if that is meant"},

		{"the runtime is nobody's", "169.254.100.1:9001", "169.254.100.1", "permitted", never, "169.254.100.1:9001 is the Lambda runtime, which no target may ask"},
		{"its address is, when asked for by address", "169.254.100.1:80", "169.254.100.1", "permitted", never, ""},
		{"nor are the extensions", "localhost:2773", "127.0.0.1", "permitted", never, "localhost:2773 is the extensions' port of Lambda, which no target may ask"},
		{"at any loopback address", "127.8.8.8:2773", "127.8.8.8", "permitted", never, "127.8.8.8:2773 is the extensions' port of Lambda, which no target may ask"},
		{"in the other family", "[::1]:2773", "::1", "permitted", never, "[::1]:2773 is the extensions' port of Lambda, which no target may ask"},
		{"as this machine's no address", "0.0.0.0:2773", "0.0.0.0", "permitted", never, "0.0.0.0:2773 is the extensions' port of Lambda, which no target may ask"},
		{"wrapped", "a.example.com:2773", "64:ff9b::127.0.0.1", "permitted", never, "a.example.com:2773 is the extensions' port of Lambda, which no target may ask"},
		{"elsewhere 2773 is a port like others", "a.example.com:2773", "8.8.8.8", "", never, ""},
		{"nor is X-Ray", "169.254.79.129:2000", "169.254.79.129", "permitted", never, "169.254.79.129:2000 is the X-Ray daemon, which no target may ask"},
		{"where it says it is", "a.example.com:2001", "127.0.0.1", "permitted", never, "a.example.com:2001 is the X-Ray daemon, which no target may ask"},
		{"in both its places", "a.example.com:2002", "10.9.9.9", "permitted", never, "a.example.com:2002 is the X-Ray daemon, which no target may ask"},
		{"a service's address is inward, whatever the port", "a.example.com:80", "10.9.9.9", "", never, "a.example.com is 10.9.9.9, an inward address; write inward: true if that is meant"},
	} {
		t.Run(c.why, func(t *testing.T) {
			g := newGuard(runtimeAPI, xray)
			ap := c.to[:strings.LastIndexByte(c.to, ':')]
			w := way{endpoint: endpoint{strings.Trim(ap, "[]"), port(t, c.to)},
				permitted: strings.Contains(c.may, "permitted"), redirected: strings.Contains(c.may, "redirected")}
			got := ""
			if r := g.refuse(w, netip.MustParseAddr(c.addr), c.from); r != nil {
				got = r.Error()
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func port(t *testing.T, address string) uint16 {
	u := prepared(t, newTCP(), "tcp://"+address)
	return u.way.port
}

// A runtime that is named, not numbered, is guarded too.
func TestGuardByName(t *testing.T) {
	g := newGuard("LOCALHOST:9001", "daemon.internal:2000")
	for _, c := range []struct{ host, addr string }{{"localhost", "127.0.0.1"}, {"a.example.com", "127.0.0.1"}, {"::1", "::1"}} {
		if g.refuse(way{endpoint: endpoint{c.host, 9001}, permitted: true}, netip.MustParseAddr(c.addr), never) == nil {
			t.Errorf("%s with port 9001 is dialled", c.host)
		}
	}
	if g.refuse(way{endpoint: endpoint{"daemon.internal", 2000}}, netip.MustParseAddr("8.8.8.8"), never) == nil {
		t.Error("daemon.internal:2000 is dialled")
	}
}

func TestWhatMayBeDialled(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, ""))
	at := p.Addr[strings.LastIndexByte(p.Addr, ':'):]
	w := &world{names: map[string][]string{
		"in.example.com":   {"127.0.0.1"},
		"both.example.com": {"127.0.0.1", "203.0.113.1"},
	}, stands: map[string]string{"203.0.113.1": p.Addr}}
	n := w.network(t, Settings{RuntimeAPI: "127.0.0.1:9001"})

	wantUp(t, ask(t, n, "http://127.0.0.1"+at, get()))
	wantUp(t, ask(t, n, "http://localhost"+at, get()))
	wantUp(t, ask(t, n, "http://LocalHost."+at, get()))
	wantUp(t, ask(t, n, "http://in.example.com"+at, get(inward)))
	wantCause(t, ask(t, n, "http://in.example.com"+at, get()), health.ClassChecker,
		`get "http://in.example.com`+at+`": in.example.com is 127.0.0.1, an inward address; write inward: true if that is meant`)
	wantCause(t, ask(t, n, "tcp://in.example.com"+at, newTCP()), health.ClassChecker,
		`dial in.example.com`+at+`: in.example.com is 127.0.0.1, an inward address; write inward: true if that is meant`)
	wantUp(t, ask(t, n, "tcp://in.example.com"+at, &TCP{Inward: true}))
	wantCause(t, ask(t, n, "tcp://localhost:9001", newTCP()), health.ClassChecker,
		"dial localhost:9001: localhost:9001 is the Lambda runtime, which no target may ask")

	// Of a name's addresses only the inward one is passed over.
	w.dialled = nil
	wantUp(t, ask(t, n, "http://both.example.com"+at, get()))
	if got := strings.Join(w.dialled, " "); got != "203.0.113.1"+at {
		t.Errorf("dialled %s", got)
	}
}
