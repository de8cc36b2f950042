package awslocal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"time"
)

// keeper is a shell that starts the server and ends it when its own input ends, which the
// system sees to when the test binary is gone, be it by SIGKILL: so nothing is left
// running, and nothing needs to be told. It lets go of the output, so that the end of the
// output is the end of the server.
const keeper = `"$@" </dev/null & server=$!; exec >/dev/null 2>&1; read -r line; kill -9 $server`

// server is a child process that lives as long as this one.
type server struct {
	keeper  *exec.Cmd
	input   io.WriteCloser // held open: the keeper lives by it
	printed tail
	ended   chan struct{} // closed when the output has ended
}

// serve starts the program at path. It chooses its port itself and prints it.
func serve(path string, args ...string) (*server, error) {
	s := &server{ended: make(chan struct{})}
	s.keeper = exec.Command("sh", append([]string{"-c", keeper, "sh", path}, args...)...)
	output, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	s.keeper.Stdout, s.keeper.Stderr = theirs, theirs
	if s.input, err = s.keeper.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.keeper.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.ended)
		defer output.Close()
		_, _ = io.Copy(&s.printed, output)
	}()
	return s, nil
}

var running = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)\s`)

// address waits until the server has printed where it listens.
func (s *server) address() (string, error) {
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	for {
		more := s.printed.more()
		if found := running.FindStringSubmatch(s.printed.String()); found != nil {
			return found[1], nil
		}
		select {
		case <-more:
		case <-s.ended:
			return "", fmt.Errorf("it ended before it listened, having printed:\n%s", s.printed.String())
		case <-limit.C:
			return "", fmt.Errorf("it does not listen after %v, having printed:\n%s", startLimit, s.printed.String())
		}
	}
}

// tail keeps the last of what was written to it.
type tail struct {
	mu   sync.Mutex
	last bytes.Buffer
	wake chan struct{}
}

const tailKept = 16 << 10

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Write(p)
	t.last.Next(max(0, t.last.Len()-tailKept))
	if t.wake != nil {
		close(t.wake)
		t.wake = nil
	}
	return len(p), nil
}

// more is closed at the next write.
func (t *tail) more() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wake == nil {
		t.wake = make(chan struct{})
	}
	return t.wake
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.String()
}
