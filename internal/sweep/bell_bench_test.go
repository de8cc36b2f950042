package sweep

import (
	"context"
	"testing"
	"time"
)

func BenchmarkBell(b *testing.B) {
	bell := newBell()
	defer bell.close()
	for b.Loop() {
		bell.ring(context.Background(), time.Now().Add(time.Hour))
	}
}

func BenchmarkHold(b *testing.B) {
	p := NewPace(2, func() time.Duration { return 0 })
	defer p.Close()
	latest := time.Now().Add(time.Hour)
	for b.Loop() {
		_, over := p.Hold(context.Background(), latest)
		over()
	}
}
