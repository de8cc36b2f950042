package mock

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// client trusts what the mock shows, and opens a connection for each request.
func client(t *testing.T, roots []byte) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		t.Fatal("the roots are no PEM")
	}
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
}

func get(c *http.Client, url string) (string, error) {
	response, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprint(response.StatusCode, " ", string(body)), err
}

// Each door answers at each address, never before the truth, and the tally has it.
func TestDoors(t *testing.T) {
	t.Parallel()
	m, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	c := client(t, m.Roots)
	type reply struct {
		url, text string
		took      time.Duration
		least     time.Duration
		err       error
	}
	replies := make(chan reply)
	asked := 0
	for _, door := range Doors {
		for _, u := range urls(door, m.Ports[door], Addresses) {
			asked++
			go func() {
				began := time.Now()
				text, err := get(c, u)
				replies <- reply{u, text, time.Since(began), door.Truth(), err}
			}()
		}
	}
	for range asked {
		if r := <-replies; r.err != nil || r.text != `200 {"status":"ok"}` || r.took < r.least {
			t.Errorf("%s: %q, %v, within %s, want no sooner than %s", r.url, r.text, r.err, r.took, r.least)
		}
	}
	waitFor(t, asked, func() (Tally, error) { return m.Tally(), nil })
}

// waitFor waits until so many answers are counted, and not one more.
func waitFor(t *testing.T, answers int, tally func() (Tally, error)) {
	t.Helper()
	served := 0
	for range 200 {
		now, err := tally()
		if err != nil {
			t.Fatal(err)
		}
		served += now.Served
		if served >= answers {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if served != answers {
		t.Errorf("%d answers counted, want %d", served, answers)
	}
}

// Whoever hangs up without asking is counted apart.
func TestBroken(t *testing.T) {
	t.Parallel()
	m, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", m.Ports[HTTP]))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for range 200 {
		if tally := m.Tally(); tally.Broken == 1 && tally.Served == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a connection that ended without a request was not counted")
}

// A mock of its own process says where it is and what it did, and ends when it is told no more.
func TestProcess(t *testing.T) {
	if os.Getenv("BENCH_MOCK") != "" {
		if err := Play(os.Stdin, os.Stdout); err != nil {
			t.Fatal(err)
		}
		os.Exit(0)
	}
	t.Setenv("BENCH_MOCK", "1")
	p, err := Spawn(os.Args[0], "-test.run=TestProcess$")
	if err != nil {
		t.Fatal(err)
	}
	all := p.URLs(HTTPS, 3)
	if len(all) != 3 || !strings.HasPrefix(all[2], "https://127.0.0.3:") {
		t.Errorf("the URLs are %v", all)
	}
	if text, err := get(client(t, p.Roots), all[2]); err != nil || !strings.HasPrefix(text, "200") {
		t.Errorf("%s: %q, %v", all[2], text, err)
	}
	waitFor(t, 1, p.Tally)
	if err := p.Close(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
