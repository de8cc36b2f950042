package sweep

import "time"

// NewPaceOf is a pace with a bell that the caller rings.
func NewPaceOf(share float64, used func() time.Duration, ring func()) *Pace {
	p := NewPace(share, used)
	p.hush()
	p.ring, p.hush = ring, func() {}
	return p
}

// DelayOver is the mean delay that a metronome hears which could not wake for so long.
func DelayOver(gap time.Duration) time.Duration {
	m := &metronome{next: time.Unix(0, 0)}
	m.hear(m.next.Add(gap))
	return m.late()
}
