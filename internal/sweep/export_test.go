package sweep

import (
	"context"
	"time"
)

// NewPaceOf is a pace with a bell that the caller rings.
func NewPaceOf(share float64, used func() time.Duration, ring func()) *Pace {
	p := NewPace(share, used)
	p.Close()
	p.ring, p.hush = func(context.Context, time.Time) { ring() }, func() {}
	p.watch = newMetronome(func(context.Context, time.Time) {})
	return p
}

// DelayOver is the mean delay that a metronome hears which could not wake for so long.
func DelayOver(gap time.Duration) time.Duration {
	m := &metronome{next: time.Unix(0, 0)}
	m.ask(7)
	m.hear(m.next.Add(gap))
	return m.late()
}

// DelayWith is the mean delay over a gap with so many under way, and then over a time in
// which all is well and others are.
func DelayWith(gap time.Duration, busy int, well time.Duration, idle int) time.Duration {
	m := &metronome{next: time.Unix(0, 0)}
	m.ask(busy)
	end := m.hear(m.next.Add(gap)).Add(well)
	m.ask(idle - busy)
	for m.next.Before(end) {
		m.hear(m.next)
	}
	return m.late()
}

// RingUnheard rings a bell that nobody hears.
func RingUnheard(ctx context.Context, latest time.Time) {
	b := &bell{rung: true, heard: make(chan struct{})}
	b.ring(ctx, latest)
}
