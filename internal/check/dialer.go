package check

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"rollcall/internal/health"
)

// Dialer is what one attempt dials with. It holds the guard to the attempt's first
// connection, keeps its clocks, and closes what it opened when the attempt is over. At
// most one connection of an attempt is open at a time. It is for one goroutine.
type Dialer struct {
	net     *Network
	pass    int
	timeout time.Duration // the target's
	until   time.Time     // when ctx ends; zero: never
	sent    func()        // may be nil

	start  time.Time
	ended  time.Time     // when the last byte came; zero: not yet
	waited time.Duration // at the gate of look-ups
	queued time.Duration // for a place to judge the body in, after ended
	phases health.Phases
	first  time.Time // when the first byte of the latest answer came
	stage  stage     // what the attempt is waiting for
	got    int64     // bytes of the latest answer's body so far

	certificate *health.Cert

	conn    net.Conn
	wire    *wire       // what speaks over conn, once anything does
	scope   scope       // of conn
	release func() bool // takes conn out of reach of the context's end
	opened  bool        // there was a first connection
	outer   scope       // of the first connection; never, before there is one

	aim health.Scope // of the address that was dialled first; empty before
}

// way is one connection that an attempt wants.
type way struct {
	endpoint
	family     Family
	permitted  bool // to an inward address: the target's own host and port, written to be dialled there
	redirected bool // the answer of another connection led here
}

// known are the host's addresses when they need no look-up.
func (w way) known() ([]netip.Addr, bool) {
	addrs, literal := w.literal()
	if len(addrs) > 1 && w.family != AnyFamily { // localhost has an address of each
		addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool { return a.Is6() != (w.family == IPv6) })
	}
	return addrs, literal
}

// permission is whether a target may dial an inward address of its own host and port: it
// says so, or its URL cannot mean anything else.
func permission(e endpoint, inward bool) bool {
	_, literal := e.literal()
	return inward || literal
}

func newDialer(ctx context.Context, n *Network, a Attempt) *Dialer {
	d := &Dialer{net: n, pass: a.Pass, timeout: a.Target.Timeout, sent: a.Sent, start: time.Now(), outer: never}
	d.until, _ = ctx.Deadline()
	return d
}

// dial opens a connection, looking the host up first if it is a name. Addresses are tried
// in the order of the answer, each with a fair share of the time that is left; with
// [AnyFamily] the families race. When ctx ends, whatever waits on the connection returns.
func (d *Dialer) dial(ctx context.Context, w way) (net.Conn, error) {
	d.hangUp()
	addrs, err := d.resolve(ctx, w)
	if err != nil {
		return nil, err
	}
	d.stage = connecting
	d.aims(scopeOf(addrs[0].Addr()))
	began := time.Now()
	conn, addr, err := d.reach(ctx, w, addrs)
	d.phases.Connect += time.Since(began)
	if err != nil {
		return nil, err
	}
	d.hold(ctx, conn, scopeOf(addr.Addr()))
	return conn, nil
}

// aims remembers where the attempt was dialled first: known before anything is there to
// answer, so of an attempt too whose connection never opens.
func (d *Dialer) aims(s scope) {
	if d.aim == "" {
		d.aim = s.distance()
	}
}

// hold makes conn, which leads to the given scope, the attempt's connection.
func (d *Dialer) hold(ctx context.Context, conn net.Conn, leads scope) {
	if !d.opened {
		d.opened, d.outer = true, leads
	}
	d.aims(leads) // one that was kept is not dialled
	d.conn, d.scope, d.ended = conn, leads, time.Time{}
	d.release = context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}

// letGo hands the attempt's connection to the caller, and reports whether it can still be used.
func (d *Dialer) letGo() bool {
	alive := d.release()
	if !alive {
		d.conn.Close()
	}
	d.conn, d.wire = nil, nil
	return alive
}

// hangUp closes the attempt's connection, if there is one, and gives its buffer back: what
// is read over a connection is read by the attempt's own goroutine, which is here now. Of a
// TLS connection it closes the one below: a farewell could block.
func (d *Dialer) hangUp() {
	if d.conn != nil {
		d.release()
		d.conn.Close()
		d.conn = nil
	}
	if d.wire != nil {
		d.net.buffers.read(d.wire.in)
		d.wire.in, d.wire = nil, nil // who reads on, reads nobody else's
	}
}

// resolve gives the addresses of w's host that may be dialled.
func (d *Dialer) resolve(ctx context.Context, w way) ([]netip.AddrPort, error) {
	addrs, literal := w.known()
	if !literal {
		d.stage = lookingUp
		began := time.Now()
		a := d.net.lookups.ask(ctx, question{w.host, w.family, d.pass})
		d.waited += a.waited
		d.phases.DNS += max(0, time.Since(began)-a.waited)
		if !a.begun {
			d.stage = queueing
		}
		if a.err != nil {
			return nil, a.err
		}
		addrs = a.addrs
	}
	var allowed []netip.AddrPort
	var refused *refusal
	for _, addr := range addrs {
		if r := d.net.guard.refuse(w, addr, d.outer); r == nil {
			allowed = append(allowed, netip.AddrPortFrom(addr.Unmap(), w.port))
		} else if refused == nil {
			refused = r
		}
	}
	if allowed == nil {
		return nil, refused
	}
	return allowed, nil
}
