//go:build !unix

package rollcall

import "time"

// openFiles is unknown here.
func openFiles() int { return 0 }

// cpuTime is unknown here.
func cpuTime() time.Duration { return 0 }
