package check

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a resolver that takes its time over every name, and counts.
type slow struct {
	takes          time.Duration
	fails          error
	running, peak  atomic.Int64
	asked, stopped atomic.Int64
}

func (s *slow) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	s.asked.Add(1)
	s.peak.Store(max(s.peak.Load(), s.running.Add(1)))
	defer s.running.Add(-1)
	select {
	case <-time.After(s.takes):
		return []netip.Addr{netip.MustParseAddr("203.0.113.1")}, s.fails
	case <-ctx.Done():
		s.stopped.Add(1)
		return nil, ctx.Err()
	}
}

// allAtOnce asks for all names at once and gives the answers in their order.
func allAtOnce(l *lookups, pass int, names ...string) []answer {
	answers := make([]answer, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { answers[i] = l.ask(context.Background(), question{name, IPv4, pass}) })
	}
	wg.Wait()
	return answers
}

func distinct(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%d.example.com", i)
	}
	return names
}

func TestOneLookupAHostAPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Second}
		l := newLookups(s)
		same := make([]string, 200)
		for i := range same {
			same[i] = "shop.example.com"
		}
		for _, a := range allAtOnce(l, 1, same...) {
			if a.err != nil || a.waited != 0 || len(a.addrs) != 1 {
				t.Fatalf("%+v", a)
			}
		}
		allAtOnce(l, 1, "shop.example.com")
		if got := s.asked.Load(); got != 1 {
			t.Errorf("%d look-ups in the first pass, want 1", got)
		}
		allAtOnce(l, 2, same...)
		if got := s.asked.Load(); got != 2 {
			t.Errorf("%d look-ups after the second pass, want 2", got)
		}
	})
}

func TestLookupsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Second}
		start := time.Now()
		answers := allAtOnce(newLookups(s), 1, distinct(120)...)
		if s.peak.Load() != 50 || time.Since(start) != 3*time.Second {
			t.Errorf("%d at once, %s in all; want 50 and 3s", s.peak.Load(), time.Since(start))
		}
		waited := map[time.Duration]int{}
		for _, a := range answers {
			waited[a.waited]++
		}
		if waited[0] != 50 || waited[time.Second] != 50 || waited[2*time.Second] != 20 {
			t.Errorf("waited at the gate: %v", waited)
		}
	})
}

// A failure is an answer too, and shared.
func TestLookupFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{fails: errors.New("no")}
		l := newLookups(s)
		for range 2 {
			if a := allAtOnce(l, 1, "a.example.com")[0]; !errors.Is(a.err, s.fails) {
				t.Errorf("%+v", a)
			}
		}
		if got := s.asked.Load(); got != 1 {
			t.Errorf("asked %d times, want 1", got)
		}
	})
}

// An asker that leaves takes nothing from those who stay, and the last to leave ends the
// look-up, so that its place at the gate is free.
func TestAskersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: 10 * time.Second}
		l := newLookups(s)
		q := question{"shop.example.com", IPv4, 1}
		ask := func(patience time.Duration) answer {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			return l.ask(ctx, q)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if a := ask(time.Second); a.err == nil || !a.begun {
				t.Errorf("the impatient one got %+v", a)
			}
		})
		wg.Go(func() {
			if a := ask(20 * time.Second); a.err != nil {
				t.Errorf("the patient one got %+v", a)
			}
		})
		wg.Wait()
		if s.stopped.Load() != 0 {
			t.Error("the first to leave ended the look-up of the other")
		}

		q.pass = 2
		ask(time.Second)
		synctest.Wait()
		if s.stopped.Load() != 1 || len(l.gate) != 0 {
			t.Errorf("%d stopped, %d at the gate; want 1, 0", s.stopped.Load(), len(l.gate))
		}
		if a := ask(20 * time.Second); a.err != nil {
			t.Errorf("whoever comes after it was ended got %+v", a)
		}
	})
}

// Who never got past the gate has waited all the time, and asked nothing.
func TestGateStaysShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: 10 * time.Second}
		l := newLookups(s)
		go allAtOnce(l, 1, distinct(50)...)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		a := l.ask(ctx, question{"late.example.com", IPv4, 1})
		if a.begun || a.waited != 3*time.Second || a.err == nil || s.asked.Load() != 50 {
			t.Errorf("%+v, %d asked", a, s.asked.Load())
		}
		time.Sleep(10 * time.Second)
	})
}

// A look-up that nobody ends is bounded all the same.
func TestLookupIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		a := allAtOnce(newLookups(&slow{takes: time.Hour}), 1, "a.example.com")[0]
		if a.err == nil || time.Since(start) != time.Minute {
			t.Errorf("%+v after %s", a, time.Since(start))
		}
	})
}
