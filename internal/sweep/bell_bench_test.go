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
		bell.ring()
	}
}

func BenchmarkHold(b *testing.B) {
	p := NewPace(2, func() time.Duration { return 0 })
	defer p.Close()
	latest := time.Now().Add(time.Hour)
	for b.Loop() {
		p.Hold(context.Background(), latest)()
	}
}
