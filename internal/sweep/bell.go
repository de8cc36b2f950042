package sweep

import (
	"context"
	"os"
	"time"
)

// bell tells when everything that was ready before it was rung has had its turn. It is a
// pipe: what is written into it becomes ready behind the sockets that are ready already,
// and whoever reads it waits in the same queues for a processor as they do.
type bell struct {
	in, out *os.File
	heard   chan struct{}
	rung    bool // and not heard yet
}

// newBell is a bell, or nil where no pipe is to be had: then no turn is waited for.
func newBell() *bell {
	out, in, err := os.Pipe()
	if err != nil {
		return nil
	}
	b := &bell{in: in, out: out, heard: make(chan struct{}, 1)}
	go b.listen()
	return b
}

func (b *bell) listen() {
	defer close(b.heard)
	var one [1]byte
	for {
		if _, err := b.out.Read(one[:]); err != nil {
			return
		}
		b.heard <- struct{}{}
	}
}

// ring returns when it is heard, but not later than at latest or when ctx ends.
func (b *bell) ring(ctx context.Context, latest time.Time) {
	if b == nil {
		return
	}
	if !b.rung { // else what was rung before is still on its way
		if _, err := b.in.Write([]byte{1}); err != nil {
			return
		}
		b.rung = true
	}
	timer := time.NewTimer(time.Until(latest))
	defer timer.Stop()
	select {
	case <-b.heard:
		b.rung = false
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (b *bell) close() {
	if b != nil {
		b.in.Close()
		b.out.Close()
		for range b.heard { // its listener has ended
		}
	}
}
