package sweep

import (
	"context"
	"sync"
	"time"
)

// What a [Pace] reckons with before it has seen anything, and at most.
const (
	// usual is how long a question takes to leave.
	usual = 20 * time.Millisecond
	// believed is for how long an attempt is taken to be about to send its question.
	believed = 50 * time.Millisecond
	// among is how long those on their way may wait for one another, where there is a whole
	// processor: with less, processors that wake each other stand still in between.
	among = 3 * time.Millisecond
	// calm is for how long a bell may ring when nothing of any length was before it. Where there
	// is a whole processor so many start without one then: it costs 4 us, of the 200 of a check.
	calm, unheard = 500 * time.Microsecond, 4
	// costs is the processor time of an attempt, counted as that of so many: an https
	// handshake on a processor of 2024.
	costs, asIf = time.Millisecond, 4
)

// Pace starts attempts as fast as the processor at hand can serve them, and no faster.
//
// An attempt works while it begins: it dials, shakes hands, writes its request. Then it
// waits, which costs nothing, and in the end it works a little more. When more of them work
// at once than the processor serves, each waits for the others with its clock running, and
// a checker with a fraction of a core tells that wait as its targets' latency, or as their
// failure. So starts are held back instead, before their clocks run:
//
//   - Until few enough are on their way with their questions: as many as it takes to keep the
//     processor busy while they wait for the network, which is its share by the time that
//     takes, by what one costs (Little's law), and one. One that does not get on holds its
//     place only for a while.
//   - Until whatever was ready before has had its turn (see bell). Where the share is not
//     what we believe, this alone keeps the queue short.
//
// So nothing has to be set: what it costs, and how long it takes, are measured on the way.
//
// It is made for one sweep and is for one goroutine, but for sent.
type Pace struct {
	share float64                                     // of a processor
	used  func() time.Duration                        // processor time of this process so far
	ring  func(ctx context.Context, latest time.Time) // returns when whatever was ready before has had its turn
	hush  func()                                      // ends that
	whole bool                                        // the share is a processor or more
	rests int                                         // so many may start without it
	watch *metronome

	mu      sync.Mutex
	began   time.Duration // processor time when the sweep began
	begun   []*beginning  // those on their way, and some that were, the oldest first
	pending int           // of these, those on their way
	sent    int           // attempts that are not on their way any more
	way     time.Duration // how long that takes, on the average
	free    chan struct{} // somebody has sent since it was emptied
}

// beginning is an attempt that has started.
type beginning struct {
	at   time.Time
	sent bool
}

// NewPace is the pace of one sweep on a share of a processor (0.29 of one, or 2), of which
// used tells how much the process has spent. The caller closes it.
func NewPace(share float64, used func() time.Duration) *Pace {
	b, second := newBell(), newBell()
	return &Pace{
		share: share, whole: share >= 1, used: used, watch: newMetronome(second.ring),
		ring: b.ring, hush: func() { b.close(); second.close() },
		began: used(), way: usual, free: make(chan struct{}, 1),
	}
}

// Close ends it. It may not hold anything then.
func (p *Pace) Close() {
	p.watch.close()
	p.hush()
}

// Hold returns when the next attempt may start, and no later than at latest or when ctx
// ends. Of what it returns, sent is called when the question is on its way, more than once
// does no harm, and over when the attempt has ended.
func (p *Pace) Hold(ctx context.Context, latest time.Time) (sent, over func()) {
	for ctx.Err() == nil && time.Now().Before(latest) {
		hold := p.full(ctx, latest)
		if hold == 0 {
			p.turn(ctx, latest)
			break
		}
		p.room(ctx, min(hold, time.Until(latest)))
	}
	return p.begin()
}

// turn waits for its turn, unless nothing was waiting a few starts before.
func (p *Pace) turn(ctx context.Context, latest time.Time) {
	if p.rests > 0 {
		p.rests--
		return
	}
	if p.calm(ctx, latest) && p.whole {
		p.rests = unheard
	}
}

// calm waits for its turn, and reports whether nothing of any length was before it.
func (p *Pace) calm(ctx context.Context, latest time.Time) bool {
	now := time.Now()
	p.ring(ctx, latest)
	return time.Since(now) < calm
}

// room returns as soon as somebody has sent, but not later than after hold, or when ctx ends.
func (p *Pace) room(ctx context.Context, hold time.Duration) {
	timer := time.NewTimer(hold)
	defer timer.Stop()
	select {
	case <-p.free:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// full is for how long, at most, too many are on their way; 0: they are not.
func (p *Pace) full(ctx context.Context, latest time.Time) time.Duration {
	rest, full := p.rest()
	if full && rest <= 0 {
		if !p.calm(ctx, latest) { // it may well be us whom they wait for
			return believed / 4
		}
		p.giveUp()
		rest, full = p.rest()
	}
	if !full {
		return 0
	}
	return max(rest, time.Microsecond)
}

// rest tells whether too many are on their way, and how long the oldest of them is still
// believed to be about to send.
func (p *Pace) rest() (rest time.Duration, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.begun) > 0 && p.begun[0].sent {
		p.begun = p.begun[1:]
	}
	if p.pending < p.enough() {
		return 0, false
	}
	select {
	case <-p.free: // of before
	default:
	}
	return time.Until(p.begun[0].at.Add(believed)), true
}

// enough is how many on their way keep the processor busy, and one. A whole processor may
// have twice as many: what waits for it then waits for little, and it never stands still.
func (p *Pace) enough() int {
	cost := (costs*asIf + p.used() - p.began) / time.Duration(asIf+p.sent)
	busy := p.way
	if p.whole {
		busy += p.way + among
	}
	return 1 + int(p.share*float64(busy)/float64(max(cost, time.Microsecond)))
}

// giveUp takes those for on their way no longer who have not sent for too long, though the
// processor had time for them: they wait for the network.
func (p *Pace) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.begun {
		if time.Since(b.at) < believed {
			return
		}
		p.settle(b, believed)
	}
}

func (p *Pace) begin() (sent, over func()) {
	p.watch.ask(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &beginning{at: time.Now()}
	p.begun = append(p.begun, b)
	p.pending++
	sent = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.settle(b, time.Since(b.at))
	}
	return sent, func() {
		sent()
		p.watch.ask(-1)
	}
}

// settle notes that a question left after so long.
func (p *Pace) settle(b *beginning, took time.Duration) {
	if b.sent {
		return
	}
	b.sent = true
	p.pending--
	p.sent++
	p.way += (min(took, believed) - p.way) / time.Duration(min(p.sent, 8))
	select {
	case p.free <- struct{}{}:
	default:
	}
}

// Delay is how long, on the average over the sweep so far, whatever became ready in this
// process waited for the processor.
func (p *Pace) Delay() time.Duration { return p.watch.late() }
