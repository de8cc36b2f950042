package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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
	"rollcall/internal/secret"
)

// One check of each kind beside what Go's own client takes for the same question, many at a
// time. The server is a process of its own, so that cpu-us/op is the asking side's alone:
//
//	go test ./internal/check -run '^$' -bench . -count 10 | benchstat -col /by -

func BenchmarkHTTP(b *testing.B) {
	s := serve(b, "http")
	b.Run("by=rollcall", func(b *testing.B) { asks(b, s, expectingOK(b)) })
	b.Run("by=net", func(b *testing.B) { fetches(b, s) })
}

func BenchmarkHTTPS(b *testing.B) {
	s := serve(b, "https")
	b.Run("by=rollcall", func(b *testing.B) { asks(b, s, expectingOK(b)) })
	b.Run("by=net", func(b *testing.B) { fetches(b, s) })
}

func BenchmarkTCP(b *testing.B) {
	s := serve(b, "http")
	for i, url := range s.urls {
		s.urls[i] = "tcp" + strings.TrimPrefix(url, "http")
	}
	b.Run("by=rollcall", func(b *testing.B) { asks(b, s, func() Checker { return newTCP() }) })
	b.Run("by=net", func(b *testing.B) { dials(b, s) })
}

// expectingOK makes checks that look at all of an answer: status, a header and the body.
func expectingOK(b *testing.B) func() Checker {
	return func() Checker {
		return get(func(c *HTTP) {
			c.Expect.Headers = map[string]Match{"Content-Type": *wanting(b, map[string]any{"contains": secret.Plain("text/")})}
			c.Expect.Body = wanting(b, map[string]any{"contains": secret.Plain("ok")})
		})
	}
}

// asks makes checks, as a sweep does: with a context that ends with the attempt.
func asks(b *testing.B, s served, check func() Checker) {
	n := NewNetwork(Settings{Roots: s.roots})
	defer n.Close()
	checks := map[string]Checker{}
	for _, url := range s.urls {
		checks[url] = prepared(b, check(), url)
	}
	each(b, s, func(url string) error {
		to := target(url)
		ctx, cancel := context.WithTimeout(b.Context(), to.Timeout)
		defer cancel()
		if r := n.Ask(ctx, Attempt{Target: to, Checker: checks[url], Pass: 1}); r.Status != health.Up {
			return errors.New(r.Cause)
		}
		return nil
	})
}

// fetches makes the same requests with a plain client, on fresh connections too.
func fetches(b *testing.B, s served) {
	transport := &http.Transport{DisableKeepAlives: true}
	if s.roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: s.roots}
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: transport}
	each(b, s, func(url string) error {
		resp, err := client.Get(url)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	})
}

// dials opens the same connections with a plain dialer.
func dials(b *testing.B, s served) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	each(b, s, func(url string) error {
		conn, err := dialer.DialContext(b.Context(), "tcp", strings.TrimPrefix(url, "tcp://"))
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// each asks b.N times, many at once and all URLs alike, what must not fail.
func each(b *testing.B, s served, ask func(url string) error) {
	b.ReportAllocs()
	b.SetParallelism(32)
	var turn atomic.Int64
	before := spent()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := ask(s.urls[turn.Add(1)%int64(len(s.urls))]); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((spent()-before).Microseconds())/float64(b.N), "cpu-us/op")
}

// spent is the processor time of this process so far.
func spent() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// served is a server in a process of its own. It stands at several addresses, so that no
// benchmark runs out of ports to call from.
type served struct {
	urls  []string
	roots *x509.CertPool
}

// serving is the variable that makes this program a server.
const serving = "ROLLCALL_CHECK_SERVES"

// TestMain also is the server of the benchmarks.
func TestMain(m *testing.M) {
	switch scheme := os.Getenv(serving); {
	case scheme == "":
		os.Exit(m.Run())
	case !serves(scheme):
		os.Exit(1)
	}
}

// serves answers until standard input ends. It says its URLs, an empty line, and whom to
// trust.
func serves(scheme string) bool {
	b := peer.Answering(0, http.StatusOK, "ok")
	authority, err := peer.NewAuthority()
	if err != nil {
		return false
	}
	if scheme == "https" {
		b.Authority, b.Certificate = authority, peer.Shows(peer.Leaf{})
	}
	for i := range 16 {
		b.Host = fmt.Sprintf("127.0.0.%d", i+1)
		p, err := peer.Start(b)
		if err != nil {
			return false
		}
		defer p.Close()
		fmt.Println(p.URL)
	}
	fmt.Printf("\n%s\n", authority.PEM())
	os.Stdout.Close()
	io.Copy(io.Discard, os.Stdin)
	return true
}

// serve starts a server that ends with the benchmark.
func serve(b *testing.B, scheme string) served {
	b.Helper()
	itself, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	child := exec.Command(itself)
	child.Env = append(os.Environ(), serving+"="+scheme)
	alive, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	says, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		alive.Close()
		child.Wait()
	})
	text, err := io.ReadAll(says)
	urls, root, ok := strings.Cut(string(text), "\n\n")
	if err != nil || !ok {
		b.Fatalf("the server did not say where it is: %v", err)
	}
	s := served{urls: strings.Fields(urls)}
	if scheme == "https" {
		s.roots = x509.NewCertPool()
		s.roots.AppendCertsFromPEM([]byte(root))
	}
	return s
}
