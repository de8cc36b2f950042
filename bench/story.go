package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"rollcall/bench/mock"
)

// The doors of the story's own downstream, FastAPI on uvicorn: with an endpoint that is async
// def, and with one that is plain def, which FastAPI calls in a pool of 40 threads.
const (
	fastAPI      mock.Door = "fastapi"
	fastAPIPlain mock.Door = "fastapi-def"
)

// errNoPython is that no Python here can run the story's scripts.
var errNoPython = errors.New("no Python here has the modules (bench/story/install.sh)")

// story reports whether the downstream of h is the story's.
func (h heat) story() bool { return h.door == fastAPI || h.door == fastAPIPlain }

// endpoints are the URLs of a heat, and what ends whatever serves them.
func (t track) endpoints(h heat) ([]string, func(), error) {
	if !h.story() {
		return t.mock.URLs(h.door, h.n), func() {}, nil
	}
	if t.python == "" {
		return nil, nil, errNoPython
	}
	command := exec.Command(t.python, "story/downstream.py")
	if h.door == fastAPIPlain {
		command.Args = append(command.Args, "-plain")
	}
	command.Stderr = os.Stderr
	said, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	end := func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		stubborn := time.AfterFunc(5*time.Second, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		stubborn.Stop()
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		end()
		return nil, nil, fmt.Errorf("story/downstream.py does not say where it is: %w", err)
	}
	urls := make([]string, h.n)
	for i := range urls {
		urls[i] = fmt.Sprintf("%s?%05d", strings.TrimSpace(line), i)
	}
	return urls, end, nil
}
