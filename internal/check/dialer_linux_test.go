package check

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"rollcall/internal/health"
)

// A port to call from is taken for one destination, not for all: else those of one minute
// would be all that a machine has.
func TestPortsAreNotSpent(t *testing.T) {
	n := NewNetwork(Settings{})
	defer n.Close()
	const most = 10_000 // connections; some port is had twice long before
	froms := map[int]string{}
	for len(froms) < most {
		var to []netip.AddrPort
		for i := range 40 {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:0", i%16+1))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			to = append(to, netip.MustParseAddrPort(l.Addr().String()))
		}
		for range 50 {
			for _, addr := range to {
				conn, err := n.connect(t.Context(), addr)
				if err != nil {
					t.Fatal(err)
				}
				from := conn.LocalAddr().(*net.TCPAddr).Port
				conn.Close() // and the port stays taken for a minute
				if other, had := froms[from]; had && other != addr.String() {
					return
				}
				froms[from] = addr.String()
			}
		}
	}
	t.Errorf("%d connections took as many ports", most)
}

// A connection that does not open is left as soon as its time is over, or it is stopped.
func TestConnectHangs(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil { // and whom nobody accepts has to wait
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	for {
		conn, err := net.DialTimeout("tcp", addr, 100*time.Millisecond)
		if err != nil {
			break
		}
		defer conn.Close()
	}
	n := NewNetwork(Settings{})
	defer n.Close()
	r := punctual(t, n, "tcp://"+addr, newTCP(), 200*time.Millisecond)
	wantCause(t, r, health.ClassTimeout, "dial "+addr+": no answer within 200ms")

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	r = n.Ask(ctx, Attempt{Target: target("tcp://" + addr), Checker: prepared(t, newTCP(), "tcp://"+addr), Pass: 1})
	wantCause(t, r, health.ClassChecker, "dial "+addr+": stopped before an answer came")
}
