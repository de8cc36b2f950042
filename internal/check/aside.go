package check

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"rollcall/internal/health"
)

// errNoTurn is a body that its attempt's time ran out on before anybody looked at it.
var errNoTurn = errors.New("not judged: all places were taken until the end")

// aside judges a body in a goroutine of its own, because a large one may take longer than
// the context allows. What runs on then is bounded by the body, and touches nothing of the
// attempt. A panic is the caller's; where it happened is logged here, where it is known.
//
// It waits for one of the network's places first. Decoded, a body takes many times the
// memory that it came in, and there are never more of those than processors to judge them,
// or two.
// Whoever runs on keeps the place. What is light needs none of it, and is judged here.
func (d *Dialer) aside(ctx context.Context, light bool, judge func() (health.Class, string)) (health.Class, string, error) {
	if light {
		class, words := judge()
		return class, words, nil
	}
	type verdict struct {
		class    health.Class
		words    string
		panicked any
	}
	if err := d.takePlace(ctx); err != nil {
		return "", "", err
	}
	verdicts := make(chan verdict, 1)
	go func() {
		var v verdict
		defer func() {
			if v.panicked = recover(); v.panicked != nil {
				slog.Error("judging a body panicked", "stack", d.net.settings.Secrets.Redact(string(debug.Stack())))
			}
			<-d.net.judging
			verdicts <- v
		}()
		v.class, v.words = judge()
	}()
	select {
	case v := <-verdicts:
		if v.panicked != nil {
			panic(v.panicked)
		}
		return v.class, v.words, nil
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
}

// takePlace waits for a place to judge in. The answer has come by then, so the wait is no
// part of what its latency is reckoned from.
func (d *Dialer) takePlace(ctx context.Context) error {
	select {
	case d.net.judging <- struct{}{}:
		return nil
	default:
	}
	began := time.Now()
	defer func() { d.queued += time.Since(began) }()
	select {
	case d.net.judging <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errNoTurn
	}
}
