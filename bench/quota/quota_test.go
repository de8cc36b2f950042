package quota

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A process stops when it has used its share, goes on in the next period, pays back what it
// took over, and saves nothing.
func TestLedger(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		share float64
		steps []struct {
			at, used time.Duration
			stop     bool
		}
	}{
		{"a quarter", 0.25, []struct {
			at, used time.Duration
			stop     bool
		}{{1 * ms, 1 * ms, false}, {4 * ms, 4 * ms, false}, {6 * ms, 6 * ms, true}, {19 * ms, 6 * ms, true}, {21 * ms, 6 * ms, false}, {25 * ms, 10 * ms, true}}},
		{"far over its share it waits for more than a period", 0.1, []struct {
			at, used time.Duration
			stop     bool
		}{{5 * ms, 6 * ms, true}, {21 * ms, 6 * ms, true}, {41 * ms, 6 * ms, true}, {61 * ms, 6 * ms, false}}},
		{"what it did not use is lost", 0.5, []struct {
			at, used time.Duration
			stop     bool
		}{{1 * ms, 0, false}, {99 * ms, 0, false}, {119 * ms, 11 * ms, false}, {120 * ms, 11 * ms, false}, {121 * ms, 21 * ms, true}}},
	} {
		from := time.Now()
		l := ledger{share: c.share, from: from}
		for _, s := range c.steps {
			if got := l.over(from.Add(s.at), s.used); got != s.stop {
				t.Errorf("%s: at %s with %s used it is stopped: %t, want %t", c.name, s.at, s.used, got, s.stop)
			}
		}
	}
}

// What runs is in the group from its first instruction, has the descriptors it was given, and
// leaves no group behind.
func TestCgroup(t *testing.T) {
	t.Parallel()
	m, err := Choose("cgroup")
	if err != nil {
		t.Skip(err)
	}
	a, err := Do(m, Run{
		Words: []string{"/bin/sh", "-c", "cat /proc/self/cgroup; ulimit -n; ulimit -Hn"},
		Share: 0.5, Files: 64, Limit: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if said := string(a.Output); !strings.Contains(said, "/rollcall-") || !strings.HasSuffix(said, "64\n64\n") {
		t.Errorf("it is where it should not be:\n%s", said)
	}
	at, err := m.prepare(Whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := at.leave(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(at.procs); err == nil {
		t.Errorf("the group of %s is still there", at.procs)
	}
}

// Either way a process gets to its end and into the account.
func TestAccount(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, 0.5} {
		a, err := Do(duty{}, Run{
			Words: []string{"/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo $NAME"},
			Env:   []string{"NAME=done"}, Share: share, Limit: time.Minute,
		})
		if err != nil || string(a.Output) != "done\n" {
			t.Fatalf("share %g: %q, %v", share, a.Output, err)
		}
		if a.CPU <= 0 || a.Wall <= 0 || a.Peak <= 0 {
			t.Errorf("share %g: the account is empty: %+v", share, a)
		}
	}
}

// Alone, a process knows nothing of the runner's environment.
func TestAlone(t *testing.T) {
	t.Setenv("NAME", "the runner's")
	for alone, want := range map[bool]string{false: "the runner's its own\n", true: "its own\n"} {
		a, err := Do(duty{}, Run{Words: []string{"/bin/sh", "-c", "echo $NAME $OTHER"}, Env: []string{"OTHER=its own"}, Alone: alone, Limit: time.Minute})
		if err != nil || string(a.Output) != want {
			t.Errorf("alone %t: it knows %q, %v; want %q", alone, a.Output, err, want)
		}
	}
}

// A failure quotes what the process complained of; one that hangs is ended.
func TestFailures(t *testing.T) {
	t.Parallel()
	_, err := Do(duty{}, Run{Words: []string{"/bin/sh", "-c", "echo alas >&2; exit 3"}, Limit: time.Minute})
	if err == nil || !strings.Contains(err.Error(), "exit status 3: alas") {
		t.Errorf("error %v, want the status and alas", err)
	}
	_, err = Do(duty{}, Run{Words: []string{"sleep", "60"}, Limit: 50 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "not ended within 50ms") {
		t.Errorf("error %v, want that it did not end", err)
	}
}

// A small process is small, whatever the size of who starts it.
func TestPeak(t *testing.T) {
	t.Parallel()
	large := make([]byte, 64<<20)
	for i := range large {
		large[i] = 1
	}
	a, err := Do(duty{}, Run{Words: []string{"sleep", "0.2"}, Limit: time.Minute})
	if err != nil || a.Peak <= 0 || a.Peak > 16<<20 {
		t.Errorf("sleep had %d bytes at most, %v; want less than 16 MiB", a.Peak, err)
	}
	runtime.KeepAlive(large)
	if got := highWater([]byte("VmSize:\t 9 kB\nVmHWM:\t    1024 kB\nVmRSS:\t 7 kB\n")); got != 1<<20 {
		t.Errorf("the high water is %d, want 1 MiB", got)
	}
	if got := highWater([]byte("Name:\tzombie\n")); got != 0 {
		t.Errorf("a process without memory had %d", got)
	}
}
