package check

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"

	"rollcall/internal/health"
)

// gap is what of our own kept an attempt that err ended from its target: a resolver that
// gave no answer, or a route that this machine does not have. A name that nobody knows is
// no gap, nor is a refusal of ours, our own gate, an attempt that was stopped, or a machine
// that ran out of something.
func (d *Dialer) gap(ctx context.Context, err error) health.Gap {
	var (
		refused *refusal
		lookup  *lookupError
		noRoute *noRouteError
	)
	switch {
	case errors.As(err, &refused), errors.Is(ctx.Err(), context.Canceled):
		return ""
	case ctx.Err() != nil && d.stage == lookingUp:
		return health.GapResolver
	case ctx.Err() != nil, shortOf(err) != "":
		return ""
	case errors.As(err, &lookup) && lookup.unanswered():
		return health.GapResolver
	case errors.As(err, &noRoute):
		return health.GapRoute
	default:
		return ""
	}
}

// unanswered tells a resolver that gave no answer, or failed, from one that answered that
// there is no such name.
func (e *lookupError) unanswered() bool {
	var dns *net.DNSError
	switch {
	case !errors.As(e.err, &dns):
		return errors.Is(e.err, context.DeadlineExceeded) // the look-up's own bound
	case dns.IsNotFound:
		return false
	default:
		return dns.IsTimeout || dns.IsTemporary || misbehaving(dns) || unreachable(dns) != ""
	}
}

// misbehaving are net's words for SERVFAIL and whatever else is no answer.
func misbehaving(dns *net.DNSError) bool { return dns.Err == "server misbehaving" }

// unreached are the ends of what a look-up comes to when the resolver itself is not there.
// The resolver hands them on as text.
var unreached = [...]syscall.Errno{syscall.ECONNREFUSED, syscall.ENETUNREACH, syscall.EHOSTUNREACH}

// unreachable says why the resolver itself was not reached; empty when it was.
func unreachable(dns *net.DNSError) string {
	at := slices.IndexFunc(unreached[:], func(errno syscall.Errno) bool {
		return errors.Is(dns, errno) || strings.HasSuffix(dns.Err, ": "+errno.Error())
	})
	if at < 0 {
		return ""
	}
	return unreached[at].Error()
}
