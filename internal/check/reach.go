package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// fallbackDelay is the head start of the first family (RFC 8305, section 5, as Go has it).
const fallbackDelay = 300 * time.Millisecond

// reach connects to one of several addresses.
func (d *Dialer) reach(ctx context.Context, w way, addrs []netip.AddrPort) (net.Conn, netip.AddrPort, error) {
	if len(addrs) == 1 {
		conn, err := d.tryOne(ctx, addrs[0], 1)
		return conn, addrs[0], err
	}
	var first, second []netip.AddrPort
	for _, a := range addrs {
		if w.family == AnyFamily && a.Addr().Is4() != addrs[0].Addr().Is4() {
			second = append(second, a)
		} else {
			first = append(first, a)
		}
	}
	if second == nil {
		return d.inOrder(ctx, first)
	}
	return d.race(ctx, first, second)
}

// race gives one family a head start and takes whichever connects first.
func (d *Dialer) race(ctx context.Context, first, second []netip.AddrPort) (net.Conn, netip.AddrPort, error) {
	type finish struct {
		conn net.Conn
		addr netip.AddrPort
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	finishes := make(chan finish)
	run := func(addrs []netip.AddrPort) {
		conn, addr, err := d.inOrder(ctx, addrs)
		finishes <- finish{conn, addr, err}
	}
	go run(first)
	running, started := 1, false
	start := func() {
		if !started {
			started = true
			running++
			go run(second)
		}
	}
	headStart := time.NewTimer(fallbackDelay)
	defer headStart.Stop()
	var won finish
	var lost error
	for running > 0 {
		select {
		case <-headStart.C:
			start()
		case f := <-finishes:
			running--
			switch {
			case f.err == nil && won.conn == nil:
				won, started = f, true // the other family need not start any more
				cancel()
			case f.err == nil:
				f.conn.Close() // both made it
			case won.conn == nil:
				lost = saysMore(lost, f.err)
				start()
			}
		}
	}
	if won.conn == nil {
		return nil, netip.AddrPort{}, lost
	}
	return won.conn, won.addr, nil
}

// leastShare is the least that an address gets of the time that is left, as [net.Dialer] has it.
const leastShare = 2 * time.Second

// inOrder tries addresses one after the other.
func (d *Dialer) inOrder(ctx context.Context, addrs []netip.AddrPort) (net.Conn, netip.AddrPort, error) {
	var first error
	for i, addr := range addrs {
		conn, err := d.tryOne(ctx, addr, len(addrs)-i)
		if err == nil {
			return conn, addr, nil
		}
		first = saysMore(first, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, netip.AddrPort{}, first
}

// saysMore is the error that says more of the target, the first if both say as much: what
// an address answered, then that it did not answer, then that there was no way to ask it.
func saysMore(first, next error) error {
	says := func(err error) int {
		var noRoute *noRouteError
		var timeout net.Error
		switch {
		case err == nil:
			return 0
		case errors.As(err, &noRoute):
			return 1
		case errors.As(err, &timeout) && timeout.Timeout():
			return 2
		default:
			return 3
		}
	}
	if says(next) > says(first) {
		return next
	}
	return first
}

// tryOne connects to addr within its share of the time that is left for several addresses.
func (d *Dialer) tryOne(ctx context.Context, addr netip.AddrPort, several int) (net.Conn, error) {
	if several > 1 && !d.until.IsZero() {
		left := time.Until(d.until)
		share := max(left/time.Duration(several), min(left, leastShare))
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, share)
		defer cancel()
	}
	conn, err := d.net.connect(ctx, addr)
	if err != nil {
		return nil, d.net.explain(addr, err)
	}
	return conn, nil
}

// noRouteError is an address that this machine has no way to.
type noRouteError struct {
	addr netip.Addr
	err  error
}

func (e *noRouteError) Error() string { return "no route to " + e.addr.String() }
func (e *noRouteError) Unwrap() error { return e.err }

// words say what is missing here.
func (e *noRouteError) words() string {
	if e.addr.Is4() {
		return "this machine has no route to " + e.addr.String()
	}
	return "this machine has no route to " + e.addr.String() + "; write ip: 4, or give the machine IPv6"
}

// explain tells an address that this machine has no route to from one that its network does
// not reach. Only the first can be asked of the kernel without a packet. "Host unreachable"
// of an IPv4 address is what a router answers, or a neighbour does not: it is left as it is.
func (n *Network) explain(to netip.AddrPort, err error) error {
	unreachable := errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) && to.Addr().Is6()
	if !unreachable || n.routed(to) {
		return err
	}
	return &noRouteError{to.Addr(), err}
}

// routed tells whether the kernel knows a way to an address. A UDP socket that is connected
// sends nothing.
func routed(to netip.AddrPort) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
