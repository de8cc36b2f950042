package main

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"rollcall/bench/contest"
)

// What loops call a failure is one for both of them, and nothing else is.
func TestWhatFails(t *testing.T) {
	status := http.StatusOK
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer endpoint.Close()
	secure := httptest.NewTLSServer(endpoint.Config.Handler)
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	for _, c := range []struct {
		url         string
		status      int
		loops, bare int // failures
	}{
		{endpoint.URL, http.StatusOK, 0, 0},
		{endpoint.URL, http.StatusServiceUnavailable, 1, 1},
		{secure.URL, http.StatusOK, 0, 1}, // TLS is not for a bare connection
	} {
		status = c.status
		task := contest.Task{URLs: []string{c.url}, Roots: roots, Timeout: 5 * time.Second}
		if got := run(task); got.Failed != c.loops {
			t.Errorf("%s, %d: %d failed, %v, want %d", c.url, c.status, got.Failed, got.Causes, c.loops)
		}
		if got := bare(task); got.Failed != c.bare {
			t.Errorf("%s, %d over a bare connection: %d failed, %v, want %d", c.url, c.status, got.Failed, got.Causes, c.bare)
		}
	}
}
