package awslocal

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a function does beside its events stands still between them.
func TestAFunctionStandsStillBetweenEvents(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	file := filepath.Join(t.TempDir(), "scribbled")
	answered(t, r.Invoke(event(t, order{Do: "scribble", With: file}), plenty))
	answered(t, r.Invoke(event(t, order{Do: "see more", With: file}), plenty))
	written := size(file)
	time.Sleep(50 * time.Millisecond)
	if now := size(file); now != written {
		t.Errorf("%d bytes were written between two events, want none", now-written)
	}
	if in := r.Invoke(event(t, order{Do: "see more", With: file}), plenty); in.Cold || answered(t, in).Handled != 3 {
		t.Errorf("%+v, want the same process, which goes on", in)
	}
}

// A process that stands still ends as any other.
func TestWhatStandsStillEnds(t *testing.T) {
	for name, ends := range map[string]func(*Runtime){"killed": (*Runtime).Kill, "stopped": (*Runtime).Stop,
		"replaced": func(r *Runtime) { r.Replace(r.function.Dir) }} {
		r := NewRuntime(t, bootstrap(t))
		address := answered(t, do(t, r, "listen", plenty)).Address
		if !listening(address) {
			t.Fatalf("%s: not at %s", name, address)
		}
		ends(r)
		if listening(address) {
			t.Errorf("%s: it is still at %s", name, address)
		}
		if in := do(t, r, "", plenty); !in.Cold || answered(t, in).Handled != 1 {
			t.Errorf("%s: %+v, want another process", name, in)
		}
	}
}

// Even one of a test binary that was killed itself.
func TestWhatStandsStillEndsWithTheBinary(t *testing.T) {
	const victim = "ROLLCALL_TEST_FROZEN"
	if os.Getenv(victim) != "" {
		fmt.Printf("\nat %s\n", answered(t, do(t, NewRuntime(t, bootstrap(t)), "listen", plenty)).Address)
		select {}
	}
	child := exec.Command(os.Args[0], "-test.run=^TestWhatStandsStillEndsWithTheBinary$")
	child.Env = append(os.Environ(), victim+"=yes")
	output, err := child.StdoutPipe()
	if err = errors.Join(err, child.Start()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill() }()
	var address string
	for lines, is := bufio.NewScanner(output), false; !is && lines.Scan(); {
		address, is = strings.CutPrefix(lines.Text(), "at ")
	}
	if !listening(address) {
		t.Fatalf("nobody is at %q", address)
	}
	_ = child.Process.Kill()
	_ = child.Wait() // it was killed, and says so
	for began := time.Now(); listening(address); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("the function at %s outlives the test that started it", address)
		}
	}
}

func listening(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// meeting answers requests when so many are there.
func meeting(t *testing.T, want int) (url string) {
	t.Helper()
	var mu sync.Mutex
	all := make(chan struct{})
	came := 0
	place := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if came++; came == want {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(place.Close)
	return place.URL
}

func TestEventsAtOneTimeHaveAProcessEach(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	o := event(t, order{Do: "meet", With: meeting(t, 2)})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if in := r.Invoke(o, plenty); in.Failed() || !in.Cold {
				t.Errorf("%+v, want a process of its own", in)
			}
		})
	}
	both.Wait()
	if in := do(t, r, "", plenty); in.Cold || answered(t, in).Handled != 2 {
		t.Errorf("%+v, want one of them", in)
	}
}

// A start that fails is tried once more, in the time of the event.
func TestAStartIsTriedOnceMore(t *testing.T) {
	const patient = 2 * time.Second
	for _, start := range []string{"badly, once", "saying why, once", "never, once"} {
		f := bootstrap(t)
		f.Env["START"] = start
		r := NewRuntime(t, f)
		r.patient = patient
		if in := do(t, r, "", plenty); in.Starts != 2 || !in.Cold || answered(t, in).Handled != 1 {
			t.Errorf("%s: %+v, want the second process's answer", start, in)
		}
	}
	f := bootstrap(t)
	f.Env["START"] = "never"
	r := NewRuntime(t, f)
	r.patient = 50 * time.Millisecond
	if in := do(t, r, "", 300*time.Millisecond); in.Starts != 2 || !in.Killed || in.ErrorType != "Sandbox.Timedout" || !strings.Contains(in.Error, "timed out after 0.30 seconds") {
		t.Errorf("%+v, want the second start ended by the event's time", in)
	}
	if in := do(t, r, "", 300*time.Millisecond); in.Starts != 1 || !in.Killed {
		t.Errorf("%+v, want one start, in the event's time", in)
	}
}

// After a process that ended on its own or was killed the next one starts in the time of its
// event.
func TestTheStartAfterAnEndTakesFromTheEvent(t *testing.T) {
	for _, end := range []string{"exit", "hang"} {
		f := bootstrap(t)
		f.Env["START"] = "slowly"
		r := NewRuntime(t, f)
		answered(t, do(t, r, "", plenty))
		if in := do(t, r, end, time.Second); !in.Failed() {
			t.Fatalf("%+v", in)
		}
		if in := do(t, r, "", plenty); in.Starts != 1 || answered(t, in).Left > plenty-slowStart || in.Took < slowStart {
			t.Errorf("after %s: %+v, want its start to count", end, in)
		}
	}
}

func TestAnUpgrade(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	if got := answered(t, do(t, r, "", plenty)); !slices.Contains(got.Environment, "VERSION=1") {
		t.Error("not the first version")
	}
	r.Replace(bootstrapOf(t, "2"))
	in := do(t, r, "", plenty)
	if got := answered(t, in); !in.Cold || got.Handled != 1 || !slices.Contains(got.Environment, "VERSION=2") {
		t.Errorf("%+v, want the second version", in)
	}
}

// Everything that was printed is there, whichever process printed it, and however it ended.
func TestWhatWasPrinted(t *testing.T) {
	f := bootstrap(t)
	f.Env["START"] = "badly, once"
	r := NewRuntime(t, f)
	do(t, r, "exit", plenty)
	do(t, r, "", plenty)
	do(t, r, "", plenty)
	r.Stop()
	if got, want := r.Printed(), "no such thing\nevent 1\nevent 1\nevent 2\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}
