package quota

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// duty stops a process when it has used up its share of a period, and lets it go on in a
// period that it has not. It looks once a millisecond, so a process on two cores may run two
// milliseconds over; that is carried over and taken off the next period, as the kernel does.
type duty struct{}

func (duty) Name() string {
	return "SIGSTOP and SIGCONT, looked at each millisecond, period " + Period.String()
}

func (duty) prepare(share float64) (place, error) {
	return place{
		watch: func(pid int, done <-chan struct{}) { hold(pid, share, done) },
		leave: func() error { return nil },
	}, nil
}

// look is how often a process is looked at.
const look = time.Millisecond

func hold(pid int, share float64, done <-chan struct{}) {
	l := ledger{share: share, from: time.Now()}
	stopped := false
	for ticks := time.NewTicker(look); ; {
		select {
		case <-done:
			ticks.Stop()
			return
		case now := <-ticks.C:
			used, ok := usedBy(pid)
			if !ok {
				continue // over, and done is about to say so
			}
			if stop := l.over(now, used); stop != stopped {
				stopped = stop
				signal := syscall.SIGCONT
				if stop {
					signal = syscall.SIGSTOP
				}
				_ = syscall.Kill(pid, signal)
			}
		}
	}
}

// ledger counts what a process may still use in this period.
type ledger struct {
	share   float64
	from    time.Time     // when periods began
	dealt   int64         // periods dealt out
	allowed time.Duration // processor time that it may have used by now
}

// over tells whether a process that has used so much by now has to stop. What it saves in a
// period is lost, what it takes over is owed.
func (l *ledger) over(now time.Time, used time.Duration) bool {
	period := int64(now.Sub(l.from)/Period) + 1
	for ; l.dealt < period; l.dealt++ {
		slice := time.Duration(l.share * float64(Period))
		l.allowed = min(l.allowed+slice, used+slice)
	}
	return used >= l.allowed
}

// usedBy is the processor time of a process. Its clock is the one of clock_getcpuclockid(3).
func usedBy(pid int) (time.Duration, bool) {
	var at unix.Timespec
	clock := int32(^uint32(pid)<<3 | 2)
	if unix.ClockGettime(clock, &at) != nil {
		return 0, false
	}
	return time.Duration(at.Nano()), true
}
