package sweep

import (
	"sync"
	"time"
)

// beat is how often the processor's lateness is looked at. It is no part or multiple of the
// period of a quota, of which it would see one moment only.
const beat = 23 * time.Millisecond

// inTime is how many beats are counted as heard in time before the first: one moment of ours
// says nothing of a sweep that is over after two beats.
const inTime = 4

// metronome measures how late this process is for whatever becomes ready. It wakes at fixed
// times, and a time that passed while it could not wake counts with all of its delay: so it
// is the average of what something that comes at any time has to wait.
type metronome struct {
	stop chan struct{}
	over chan struct{}

	mu    sync.Mutex
	next  time.Time
	beats int
	delay time.Duration // of all beats together
}

func newMetronome() *metronome {
	m := &metronome{stop: make(chan struct{}), over: make(chan struct{}), next: time.Now().Add(beat)}
	go m.run()
	return m
}

func (m *metronome) run() {
	defer close(m.over)
	timer := time.NewTimer(time.Until(m.next))
	defer timer.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-timer.C:
			timer.Reset(time.Until(m.hear(time.Now())))
		}
	}
}

// hear counts the beats until now and gives the time of the next.
func (m *metronome) hear(now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.next.After(now) {
		m.delay += now.Sub(m.next)
		m.beats++
		m.next = m.next.Add(beat)
	}
	return m.next
}

// late is the mean delay.
func (m *metronome) late() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.delay / time.Duration(inTime+m.beats)
}

func (m *metronome) close() {
	close(m.stop)
	<-m.over
}
