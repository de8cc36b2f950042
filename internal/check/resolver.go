package check

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// Resolver looks names up, as a [net.Resolver] does.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const (
	// lookupsAtOnce bounds the descriptors that look-ups take: two sockets each, when both
	// families are asked. Running out of them reads as a failure of DNS.
	lookupsAtOnce = 50
	// longestLookup is the longest that an attempt may last, so nobody waits beyond it.
	longestLookup = 60 * time.Second
)

// lookups looks each name up once a pass, for all who ask.
type lookups struct {
	resolver Resolver
	gate     chan struct{}

	mu    sync.Mutex
	known map[question]*lookup
}

// question is what is looked up. The next pass asks anew: a second opinion on an old answer
// would be none.
type question struct {
	host   string
	family Family
	pass   int
}

// lookup is one question on its way. began and what follows are written before the channel
// beside them is closed, and only read after.
type lookup struct {
	cancel context.CancelFunc
	askers int // that still wait; guarded by lookups.mu

	begun chan struct{}
	began time.Time // when the gate let it through

	done  chan struct{}
	addrs []netip.Addr
	err   error
}

// answer is what came of asking.
type answer struct {
	addrs  []netip.Addr
	waited time.Duration // at our own gate, before the look-up began
	begun  bool          // the gate had let the look-up through
	err    error         // *lookupError, or ctx's own when the asker had to leave first
}

// lookupError is what a resolver answered instead of addresses.
type lookupError struct {
	host   string
	family Family
	err    error
}

func (e *lookupError) Error() string { return "look up " + e.host + ": " + e.err.Error() }
func (e *lookupError) Unwrap() error { return e.err }

func newLookups(r Resolver) *lookups {
	return &lookups{resolver: r, gate: make(chan struct{}, lookupsAtOnce), known: map[question]*lookup{}}
}

// ask looks q up, or waits for whoever does already. The look-up has a context of its own:
// it outlives an asker that leaves, and ends when the last one has left.
func (l *lookups) ask(ctx context.Context, q question) answer {
	start := time.Now()
	k := l.join(q)
	defer l.leave(q, k)
	select {
	case <-k.done:
	case <-ctx.Done():
		a := answer{waited: time.Since(start), err: ctx.Err()}
		select {
		case <-k.begun:
			a.begun, a.waited = true, max(0, k.began.Sub(start))
		default:
		}
		return a
	}
	a := answer{addrs: k.addrs, waited: max(0, k.began.Sub(start)), begun: true}
	if k.err != nil {
		a.err = &lookupError{q.host, q.family, k.err}
	}
	return a
}

func (l *lookups) join(q question) *lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.known[q]
	if k == nil {
		ctx, cancel := context.WithTimeout(context.Background(), longestLookup)
		k = &lookup{cancel: cancel, begun: make(chan struct{}), done: make(chan struct{})}
		l.known[q] = k
		go l.run(ctx, q, k)
	}
	k.askers++
	return k
}

func (l *lookups) leave(q question, k *lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.askers--; k.askers > 0 {
		return
	}
	select {
	case <-k.done: // its answer stays for the rest of the pass
	default:
		if l.known[q] == k { // whoever comes now starts another
			delete(l.known, q)
		}
		k.cancel()
	}
}

func (l *lookups) run(ctx context.Context, q question, k *lookup) {
	defer k.cancel()
	defer close(k.done)
	select {
	case l.gate <- struct{}{}:
	case <-ctx.Done(): // nobody waits any more
		k.err = ctx.Err()
		return
	}
	defer func() { <-l.gate }()
	k.began = time.Now()
	close(k.begun)
	network := [...]string{IPv4: "ip4", IPv6: "ip6", AnyFamily: "ip"}[q.family]
	k.addrs, k.err = l.resolver.LookupNetIP(ctx, network, q.host)
	if k.err == nil && len(k.addrs) == 0 {
		k.err = fmt.Errorf("the resolver answered with no address")
	}
}
