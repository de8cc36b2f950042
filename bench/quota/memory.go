package quota

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// glance is how often memory is looked at.
const glance = 5 * time.Millisecond

// highest is the most memory in bytes that a process had resident until done, as the kernel
// keeps it for its image (proc(5), VmHWM); 0: it cannot be seen. What wait4(2) says will not
// do: it is no less than what the process had that started it.
func highest(pid int, done <-chan struct{}) int64 {
	var most int64
	for ticks := time.NewTicker(glance); ; {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		most = max(most, highWater(text))
		select {
		case <-done:
			ticks.Stop()
			return most
		case <-ticks.C:
		}
	}
}

// highWater is VmHWM of a status in bytes; 0: it has none.
func highWater(status []byte) int64 {
	_, rest, found := bytes.Cut(status, []byte("\nVmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	kib, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(line), []byte("kB")))), 10, 64)
	if !found || err != nil {
		return 0
	}
	return kib << 10
}
