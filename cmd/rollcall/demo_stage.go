package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"rollcall/internal/peer"
)

const (
	wellCount = 100
	wellAfter = 200 * time.Millisecond
	wellGroup = "shop"
)

// ready is what an endpoint of the demo says when it works, and what some are asked for.
const (
	ready     = "ready"
	wantReady = "http: {expect: {body: {contains: " + ready + "}}}"
)

// broken is what is wrong in the demo, one endpoint each.
var broken = [...]struct {
	name string
	what peer.Behaviour
	keys string // of its target, one line
}{
	{name: "refused", what: hostile("refuses")},
	{name: "hanging", what: hostile("accepts and never answers")},
	{name: "slow", what: peer.Answering(600*time.Millisecond, http.StatusOK, ready), keys: "slow_after: 500ms"},
	{name: "unavailable", what: hostile("is not available")},
	{name: "wrong-body", what: peer.Answering(0, http.StatusOK, "closed for maintenance"), keys: wantReady},
	{name: "expired-certificate", what: showing("expired")},
	{name: "untrusted-certificate", what: showing("of an authority nobody trusts")},
	{name: "redirect-loop", what: hostile("redirects in a circle")},
	{name: "endless-body", what: peer.Behaviour{Name: "never stops loading", Answer: endless}, keys: wantReady},
}

func hostile(name string) peer.Behaviour {
	for _, b := range peer.Hostile {
		if b.Name == name {
			return b
		}
	}
	panic("no hostile peer " + name)
}

func showing(certificate string) peer.Behaviour {
	for _, c := range peer.Certificates {
		if c.Name == certificate {
			b := peer.Answering(0, http.StatusOK, ready)
			b.Certificate = c.Issue
			return b
		}
	}
	panic("no certificate " + certificate)
}

// endless says the same for as long as anybody listens, in words that a person reads more
// easily than those of the hostile peer.
func endless(w http.ResponseWriter, _ *http.Request) {
	page := strings.Repeat("loading ... ", 1000)
	for {
		if _, err := io.WriteString(w, page); err != nil {
			return
		}
	}
}

// stage is the endpoints of the demo, running.
type stage struct {
	authority *peer.Authority
	well      *peer.Peer
	broken    []*peer.Peer
}

// raise starts them all.
func raise() (*stage, error) {
	authority, err := peer.NewAuthority()
	if err != nil {
		return nil, err
	}
	s := &stage{authority: authority}
	if s.well, err = peer.Start(peer.Answering(wellAfter, http.StatusOK, ready)); err != nil {
		return nil, err
	}
	for _, b := range broken {
		b.what.Authority = authority
		p, err := peer.Start(b.what)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.broken = append(s.broken, p)
	}
	return s, nil
}

// roots trust the certificates of the demo.
func (s *stage) roots() *x509.CertPool { return s.authority.Pool() }

func (s *stage) close() error {
	err := s.well.Close()
	for _, p := range s.broken {
		err = errors.Join(err, p.Close())
	}
	return err
}

// targets is the targets file of the demo.
func (s *stage) targets() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fleet: demo\n\ndefaults:\n  timeout: 1s\n\ngroups:\n  %s: {}\n\ntargets:\n", wellGroup)
	for i := range wellCount {
		fmt.Fprintf(&b, "  - name: %s/%03d\n    url: %s/%03d\n    group: %[1]s\n", wellGroup, i+1, s.well.URL, i+1)
	}
	for i, one := range broken {
		fmt.Fprintf(&b, "  - name: %s\n    url: %s/\n", one.name, s.broken[i].URL)
		if one.keys != "" {
			fmt.Fprintf(&b, "    %s\n", one.keys)
		}
	}
	return b.String()
}
