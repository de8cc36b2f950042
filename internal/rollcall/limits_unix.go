//go:build unix

package rollcall

import (
	"syscall"
	"time"
)

// openFiles is how many descriptors this process may have; 0: unknown.
func openFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	const plenty = 1 << 20 // some systems say "no limit" with the largest number there is
	return int(min(uint64(limit.Cur), plenty))
}

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
