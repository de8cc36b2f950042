package sweep_test

import (
	"testing"

	"rollcall/internal/sweep"
)

func TestMaxWorkers(t *testing.T) {
	const MiB = 1 << 20
	for _, c := range []struct {
		name   string
		limits sweep.Limits
		want   int
	}{
		{"nothing known, nothing limits but the ceiling", sweep.Limits{}, 10_000},
		{"Lambda's descriptors", sweep.Limits{Files: 1024, Sockets: 1}, 860},
		{"two sockets while address families race", sweep.Limits{Files: 1024, Sockets: 2}, 430},
		{"an unknown number of sockets is one", sweep.Limits{Files: 1024}, 860},
		{"hardly any descriptors", sweep.Limits{Files: 100, Sockets: 1}, 1},
		{"a container with a million descriptors", sweep.Limits{Files: 1 << 20, Sockets: 1}, 10_000},
		{"512 MiB and bodies of 256 KiB", sweep.Limits{Memory: 512 * MiB, Body: 256 << 10}, 1109},
		{"128 MiB and no body kept", sweep.Limits{Memory: 128 * MiB}, 256},
		{"less memory than we take ourselves", sweep.Limits{Memory: 64 * MiB, Body: 1}, 1},
		{"a body that was never set", sweep.Limits{Memory: 128 * MiB, Body: -1}, 256},
		{"a person's own limit", sweep.Limits{Files: 1024, Sockets: 1, Workers: 40}, 40},
		{"a person cannot lift the machine's", sweep.Limits{Files: 1024, Sockets: 1, Workers: 4000}, 860},
		{"the least of all", sweep.Limits{Files: 1024, Sockets: 2, Memory: 128 * MiB, Workers: 300}, 256},
	} {
		if got := c.limits.MaxWorkers(); got != c.want {
			t.Errorf("%s: %d workers, want %d", c.name, got, c.want)
		}
	}
}

// What a sweep uses stays below what limits it, and with one worker more it would not.
func TestUses(t *testing.T) {
	for _, l := range []sweep.Limits{
		{Files: 1024}, {Files: 1024, Sockets: 2}, {Memory: 512 << 20, Body: 256 << 10}, {Memory: 128 << 20},
	} {
		within := func(workers int) bool {
			files, memory := l.Uses(workers)
			return (l.Files == 0 || files <= l.Files) && (l.Memory == 0 || memory <= l.Memory)
		}
		if most := l.MaxWorkers(); !within(most) || within(most+1) {
			t.Errorf("%+v: %d workers stay within it: %v, one more: %v", l, most, within(most), within(most+1))
		}
	}
}
