package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"rollcall/internal/health"
)

// patience is for how long after its Grace a checker is waited for, at most, while that
// costs the proof nothing: on a starved processor a good checker may be late.
const patience = time.Second

// ask makes the attempt and keeps what it brought. A checker that ignores its end is left
// behind when waiting for it would cost others their time: its goroutine stays until it
// returns, what it returns is dropped, and it is not asked again in this sweep.
func (s *sweep) ask(ctx context.Context, t turn) {
	within, cancel := context.WithDeadline(ctx, t.began.Add(t.allowed))
	defer cancel()
	var known atomic.Bool // what to keep of this attempt
	answered := make(chan struct{})
	watch := context.AfterFunc(within, func() {
		if !overtime(answered, t.end) && known.CompareAndSwap(false, true) {
			s.leave(ctx, t)
		}
	})
	late := time.Since(t.began) // the target had that much less
	reading := put(within, &s.plan.jobs[t.job], t)
	reading.Waited += late
	watch()
	close(answered)
	if known.CompareAndSwap(false, true) {
		s.keep(ctx, t, reading)
	}
}

// keep keeps what an attempt brought.
func (s *sweep) keep(ctx context.Context, t turn, reading health.Reading) {
	if ctx.Err() != nil { // cut from outside, it had no longer than this
		t.allowed = min(t.allowed, max(0, s.lasted(time.Now()).Sub(t.began)))
	}
	outcome := &s.outcomes[t.job]
	outcome.Attempts = append(outcome.Attempts, health.Attempt{Reading: reading, Allowed: t.allowed})
	t.over()
}

// leave leaves a checker behind.
func (s *sweep) leave(ctx context.Context, t turn) {
	const left = "its checker did not end with its time"
	target := &s.plan.jobs[t.job].Target
	slog.Error("checker left behind", "target", target.Name, "pass", t.pass, "allowed", t.allowed)
	if t.attempt < attemptsOf(target) {
		s.outcomes[t.job].Missing = s.owed(t.job, t.attempt+1, left)
	}
	s.keep(ctx, t, health.Unasked("ask %s: %s", target.Name, left))
}

// overtime waits for a checker whose time is up: for Grace, and for longer while its worker
// is not needed before end. It reports whether it has answered.
func overtime(answered <-chan struct{}, end time.Time) bool {
	rest := max(Grace, min(time.Until(end), Grace+patience))
	late := time.NewTimer(rest + 1) // within Grace includes its last nanosecond
	defer late.Stop()
	select {
	case <-answered:
		return true
	case <-late.C:
		return false
	}
}

// put asks once and always gives exactly one reading. That a checker panics is the check's
// to see first; here it must not take the other targets with it.
func put(ctx context.Context, job *Job, t turn) (reading health.Reading) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("checker panicked", "target", job.Target.Name, "pass", t.pass,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			reading = health.Unasked("ask %s: its checker panicked, the log has the stack", job.Target.Name)
		}
	}()
	return job.Ask(ctx, t.pass, t.sent)
}
