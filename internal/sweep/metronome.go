package sweep

import (
	"context"
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
// times, rings a bell, so as to wait in the line of the sockets and not before it, and a time
// that passed while it could not wake counts with all of its delay: so it is the average of
// what something that comes at any time has to wait. Of the attempts that were under way then,
// each counts: what was quick when there was nobody to ask is no comfort.
type metronome struct {
	ring func(ctx context.Context, latest time.Time)
	stop context.CancelFunc
	over chan struct{}

	mu    sync.Mutex
	asked int // attempts under way
	most  int // of them at once
	next  time.Time
	beats int           // for each attempt under way
	delay time.Duration // likewise
}

func newMetronome(ring func(context.Context, time.Time)) *metronome {
	ctx, stop := context.WithCancel(context.Background())
	m := &metronome{ring: ring, stop: stop, over: make(chan struct{}), next: time.Now().Add(beat)}
	go m.run(ctx)
	return m
}

func (m *metronome) run(ctx context.Context) {
	defer close(m.over)
	timer := time.NewTimer(time.Until(m.next))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			m.ring(ctx, time.Now().Add(time.Minute))
			timer.Reset(time.Until(m.hear(time.Now())))
		}
	}
}

// ask notes that an attempt begins, or by -1 that one has ended.
func (m *metronome) ask(more int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked += more
	m.most = max(m.most, m.asked)
}

// hear counts the beats until now and gives the time of the next.
func (m *metronome) hear(now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.next.After(now) {
		m.delay += now.Sub(m.next) * time.Duration(m.asked)
		m.beats += m.asked
		m.next = m.next.Add(beat)
	}
	return m.next
}

// late is the mean delay.
func (m *metronome) late() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.delay / time.Duration(max(1, inTime*m.most+m.beats))
}

func (m *metronome) close() {
	m.stop()
	<-m.over
}
