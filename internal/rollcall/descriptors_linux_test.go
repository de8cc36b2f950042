package rollcall

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

const (
	filesInLambda = 1024
	listVariable  = "ROLLCALL_TEST_LIST" // set for the child only: where its targets file is
	namesVariable = "ROLLCALL_TEST_NAMES"
	crowd         = 1200
	atOnce        = 860 // of them, with so many descriptors
)

// TestMain also is the child of [TestDescriptors], which must be a process of its own: the
// limit is that of a process, and the other ends of its connections must not count.
func TestMain(m *testing.M) {
	if list := os.Getenv(listVariable); list != "" {
		if err := json.NewEncoder(os.Stdout).Encode(askCrowd(list, os.Getenv(namesVariable))); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// seenByChild is what the child saw.
type seenByChild struct {
	Err     string
	Workers int
	Up      int
	Causes  map[string]int // of those that were not up, by class
	Peak    int            // most descriptors open at once
}

// askCrowd is the child: as many files as Lambda allows, and everybody asked at once. Names
// are looked up at the given address, over real sockets.
func askCrowd(list, names string) (seen seenByChild) {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: filesInLambda, Max: filesInLambda}); err != nil {
		return seenByChild{Err: err.Error()}
	}
	r, err := Open(context.Background(), Settings{Config: list, Resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", names)
		},
	}})
	if err != nil {
		return seenByChild{Err: err.Error()}
	}
	over, peak := make(chan struct{}), make(chan int)
	go func() { peak <- mostOpen(over) }()
	report, err := r.Check(context.Background(), nil, time.Minute)
	close(over)
	seen = seenByChild{Workers: report.Workers, Up: report.Counts.Up, Causes: map[string]int{}, Peak: <-peak}
	if err != nil {
		seen.Err = err.Error()
	}
	for _, result := range report.Results {
		if result.Status != health.Up {
			seen.Causes[string(result.Class)+": "+result.Cause]++
		}
	}
	return seen
}

// mostOpen counts this process's descriptors until it is over, and gives the most.
func mostOpen(over <-chan struct{}) (most int) {
	folder, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0
	}
	defer folder.Close()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := folder.Seek(0, 0); err == nil {
			names, _ := folder.Readdirnames(-1)
			most = max(most, len(names))
		}
		select {
		case <-over:
			return most
		case <-tick.C:
		}
	}
}

// Lambda allows 1,024 descriptors, and running out of them reads as failures of DNS, and as
// targets that are down though they are well. 1,200 targets that all redirect, by address, by
// localhost and by a name each, are asked 860 at a time, and every one is seen to be up.
func TestDescriptors(t *testing.T) {
	gates := map[string]*gate{"/": newGate(t), "/end": newGate(t)}
	slowly := peer.Behaviour{Name: "redirects once", Answer: func(w http.ResponseWriter, r *http.Request) {
		gates[r.URL.Path].pass()
		if r.URL.Path != "/end" {
			http.Redirect(w, r, "/end", http.StatusFound)
		}
	}}
	var ports [16]string
	for i := range ports {
		slowly.Host = fmt.Sprintf("127.0.0.%d", i+1)
		_, ports[i], _ = net.SplitHostPort(stand(t, slowly).Addr)
	}
	var list strings.Builder
	list.WriteString("fleet: crowd\ndefaults: {timeout: 20s, attempts: 1}\ntargets:\n")
	for i := range crowd {
		n := i / 3 % len(ports)
		host := fmt.Sprintf("127.0.0.%d", n+1)
		switch i % 3 {
		case 1:
			host, n = "localhost", 0
		case 2:
			host = fmt.Sprintf("h%d-%d.rollcall.test", n+1, i)
		}
		fmt.Fprintf(&list, "  - {name: t%d, url: \"http://%s:%s/\", http: {inward: true}}\n", i, host, ports[n])
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), listVariable+"="+file(t, list.String()), namesVariable+"="+nameServer(t))
	child.Stderr = os.Stderr
	out, err := child.Output()
	var seen seenByChild
	if err != nil || json.Unmarshal(out, &seen) != nil || seen.Err != "" {
		t.Fatalf("the child: %v, %s, printed %s", err, seen.Err, out)
	}
	t.Logf("%d workers, at most %d descriptors open", seen.Workers, seen.Peak)
	if seen.Workers != atOnce {
		t.Errorf("%d workers, want %d", seen.Workers, atOnce)
	}
	if seen.Up != crowd {
		t.Errorf("%d of %d up: %v", seen.Up, crowd, seen.Causes)
	}
	if seen.Peak >= filesInLambda || seen.Peak < atOnce {
		t.Errorf("at most %d descriptors were open, want %d to %d", seen.Peak, atOnce, filesInLambda-1)
	}
}

// gate lets nobody through until the whole crowd that can be there at once stands before it,
// and has been seen.
type gate struct {
	t    *testing.T
	came atomic.Int32
	open chan struct{}
}

func newGate(t *testing.T) *gate { return &gate{t: t, open: make(chan struct{})} }

func (g *gate) pass() {
	if g.came.Add(1) == atOnce {
		time.AfterFunc(200*time.Millisecond, func() { close(g.open) })
	}
	select {
	case <-g.open:
	case <-g.t.Context().Done():
	}
}

// nameServer answers, after a while, for names such as h7-12.rollcall.test: 127.0.0.7.
func nameServer(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			if answer := answerTo(query[:n]); answer != nil {
				time.AfterFunc(50*time.Millisecond, func() { _, _ = conn.WriteTo(answer, from) })
			}
		}
	}()
	return conn.LocalAddr().String()
}

// answerTo is the question as it came (the name's labels, an empty one, type and class), and
// behind it one address if it asks for one (RFC 1035, section 4.1).
func answerTo(query []byte) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	var host byte
	if end > len(query) {
		return nil
	}
	if _, err := fmt.Sscanf(string(query[13:end]), "h%d-", &host); err != nil {
		return nil
	}
	answer := bytes.Clone(query[:end])
	copy(answer[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	if isA := binary.BigEndian.Uint16(query[end-4:]) == 1; isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, host)
	}
	return answer
}
