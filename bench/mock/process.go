package mock

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"
)

// greeting is the first line a mock says: where it is and whom to trust.
type greeting struct {
	Ports map[Door]int `json:"ports"`
	Roots []byte       `json:"roots"`
}

// Play is a mock as a process: it says where it is, then a tally for every line it hears,
// until it hears no more.
func Play(heard io.Reader, said io.Writer) error {
	debug.SetGCPercent(400)
	m, err := Start()
	if err != nil {
		return err
	}
	defer m.Close()
	out := json.NewEncoder(said)
	if err := out.Encode(greeting{m.Ports, m.Roots}); err != nil {
		return err
	}
	for lines := bufio.NewScanner(heard); lines.Scan(); {
		if err := out.Encode(m.Tally()); err != nil {
			return err
		}
	}
	return nil
}

// Process is a mock that somebody else started.
type Process struct {
	Ports map[Door]int
	Roots []byte

	command *exec.Cmd
	ask     io.WriteCloser
	told    *json.Decoder
}

// Spawn starts a mock as a process of its own: the words must end in Play. Where the system
// allows it (to root), it is served before whoever is measured: a downstream is elsewhere,
// and does not wait for a processor that its client keeps busy. The caller closes it.
func Spawn(words ...string) (*Process, error) {
	command := exec.Command("nice", append([]string{"-n", "-20"}, words...)...)
	if syscall.Geteuid() != 0 {
		command = exec.Command(words[0], words[1:]...)
	}
	command.Env = append(os.Environ(), "GOMAXPROCS=1") // who is measured has at most the other core
	command.Stderr = os.Stderr
	ask, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	told, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the mock: %w", err)
	}
	p := &Process{command: command, ask: ask, told: json.NewDecoder(told)}
	var g greeting
	if err := p.told.Decode(&g); err != nil {
		return nil, fmt.Errorf("hear where the mock is: %w", err)
	}
	p.Ports, p.Roots = g.Ports, g.Roots
	return p, nil
}

// Tally is what the mock did since it was asked last.
func (p *Process) Tally() (Tally, error) {
	var t Tally
	if _, err := io.WriteString(p.ask, "\n"); err != nil {
		return t, err
	}
	return t, p.told.Decode(&t)
}

// URLs are n endpoints behind a door, spread over all addresses.
func (p *Process) URLs(door Door, n int) []string { return urls(door, p.Ports[door], n) }

func urls(door Door, port, n int) []string {
	scheme := "http"
	if door.Secure() {
		scheme = "https"
	}
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s://127.0.0.%d:%d/%05d", scheme, i%Addresses+1, port, i)
	}
	return all
}

// Close ends the process.
func (p *Process) Close() error {
	p.ask.Close()
	return p.command.Wait()
}
