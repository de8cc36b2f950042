package check

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// Settings are what a [Network] needs to know of the world it runs in.
type Settings struct {
	Roots      *x509.CertPool   // whom to trust; nil: whom the system trusts
	Version    string           // ours, for the User-Agent
	RuntimeAPI string           // AWS_LAMBDA_RUNTIME_API; empty outside Lambda
	XRay       string           // AWS_XRAY_DAEMON_ADDRESS; may be empty
	Secrets    *secret.Redactor // taken out of every string that a reading holds
	Resolver   Resolver         // nil: the system's
}

// Network is one round's way to the outside: at most 50 look-ups at once and one for a
// host in a pass, as many bodies judged at once as there are processors, two at least, the guard over
// every address that is dialled, the connections that targets with `reuse` share, and the
// TLS sessions that those with `resume` do. It is safe for concurrent use. Nothing of it may
// outlive the round: in a function the sockets are dead after it was frozen.
type Network struct {
	settings Settings
	agent    []string // the User-Agent, as a header's values
	guard    guard
	lookups  *lookups
	judging  chan struct{} // a place for each body that is judged
	idle     idle
	sessions sessions
	buffers  buffers

	// Tests put other ways to the outside in place of these.
	connect func(context.Context, netip.AddrPort) (net.Conn, error)
	routed  func(netip.AddrPort) bool
}

// NewNetwork is a network that has not been used yet.
func NewNetwork(s Settings) *Network {
	if s.Resolver == nil {
		s.Resolver = &net.Resolver{}
	}
	dialer := net.Dialer{KeepAlive: -1} // no connection lives long enough for a probe
	return &Network{
		settings: s,
		agent:    []string{strings.TrimSuffix("rollcall/"+s.Version, "/") + " (scheduled health check)"},
		guard:    newGuard(s.RuntimeAPI, s.XRay),
		lookups:  newLookups(s.Resolver),
		judging:  make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), // one that takes long leaves a place
		connect: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			// Not DialTCP, which binds a port before it knows where to: those of one
			// minute would be all that there are, for all targets together.
			return dialer.DialContext(undated{ctx}, "tcp", to.String())
		},
		routed: routed,
	}
}

// Close closes the connections that were kept for reuse, and forgets all TLS sessions.
func (n *Network) Close() {
	n.idle.close()
	n.sessions.close()
}

// Attempt is one question to ask.
type Attempt struct {
	Target  health.Target
	Checker Checker // the target's
	Pass    int     // of the sweep, from 1
	Sent    func()  // called when the question is on its way, once for each request; nil: nobody wants to know
}

// Ask makes an attempt, and returns within 50 ms of the end of ctx or of its target's
// timeout, whichever comes first. A check that panics has asked nobody: its reading is
// unknown, and the stack is in the log. No string of the reading holds a resolved secret, a
// line break or more than [longestCause] characters.
func (n *Network) Ask(ctx context.Context, a Attempt) (r health.Reading) {
	start, t := time.Now(), a.Target
	if own := start.Add(t.Timeout); t.Timeout > 0 && !endsBy(ctx, own) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, own)
		defer cancel()
	}
	d := newDialer(ctx, n, a)
	d.start = start
	defer func() {
		if p := recover(); p != nil {
			slog.Error("check panicked", "target", t.Name, "panic", n.tidy(fmt.Sprint(p)),
				"stack", n.settings.Secrets.Redact(string(debug.Stack())))
			r = health.Unasked("the %s check panicked; its stack is in the log", t.Kind)
		}
		d.hangUp()
		r.Latency, r.Waited, r.Phases = d.latency(), d.waited+d.queued, d.phases
		r.Scope = d.aim
		if r.Certificate = d.certificate; r.Certificate != nil {
			r.Certificate.Subject = n.tidy(r.Certificate.Subject)
		}
		r.Cause = n.tidy(r.Cause)
	}()
	return a.Checker.Check(ctx, t, d)
}

// endsBy tells whether ctx ends then or before by itself, and needs no second clock.
func endsBy(ctx context.Context, then time.Time) bool {
	ends, ok := ctx.Deadline()
	return ok && !ends.After(then)
}

// undated is a context that ends with another, but does not say when. Dialling with it sets
// no timer of its own.
type undated struct{ context.Context }

func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }

// longestCause is where the sentence of a cause is cut, in characters.
const longestCause = 600

// tidy is s without resolved secrets, on one line and not too long. Secrets go first: half
// of one would not be known any more.
func (n *Network) tidy(s string) string {
	s = strings.ToValidUTF8(n.settings.Secrets.Redact(s), "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		default:
			return r
		}
	}, s)
	count := 0
	for i := range s {
		if count++; count > longestCause {
			return s[:i] + "..."
		}
	}
	return s
}

// latency is the time from the first look-up to the last byte, waits at our own gates left
// out. An attempt that ended early lasted until then.
func (d *Dialer) latency() time.Duration {
	end := d.ended
	if end.IsZero() {
		end = time.Now()
	}
	return max(0, end.Sub(d.start)-d.waited)
}
