package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"rollcall/internal/peer"
)

// regions are where the shop of the story runs, and services what runs in each of them,
// behind an edge and a database.
var (
	regions  = [...]string{"eu", "us"}
	services = [...]string{
		"account", "basket", "catalogue", "checkout", "coupons", "delivery", "help", "home", "images", "invoices",
		"login", "mail", "orders", "payment", "prices", "returns", "reviews", "stock", "tracking", "wishes",
	}
	batch = [...]string{"batch/backup", "batch/export", "batch/import", "batch/reports"}
)

// The endpoints of the story that are in no region.
const (
	secure = "shop"            // its certificate ends
	fickle = "recommendations" // it flaps
)

// certificateWarn is what the secure endpoint's certificate should have left.
const certificateWarn = 14 * 24 * time.Hour

// part is an endpoint of the story. One without a name is a witness.
type part struct {
	name string
	what peer.Behaviour
}

// cast is everybody in the story, witnesses last. The certificate has certificateWarn left
// at ending.
func cast(ending time.Time) []part {
	well := peer.Answering(0, http.StatusOK, ready)
	greeting := peer.Behaviour{Name: "greets", Converse: func(conn net.Conn, _ <-chan struct{}) { _, _ = io.WriteString(conn, ready) }}
	certified := well
	certified.Host = "127.0.0.1" // what certificates are for
	certified.Certificate = peer.Shows(peer.Leaf{
		NotBefore: ending.Add(certificateWarn - 90*24*time.Hour), NotAfter: ending.Add(certificateWarn),
	})
	var parts []part
	for _, region := range regions {
		parts = append(parts, part{region + "/edge", well}, part{region + "/database", greeting})
		for _, service := range services {
			parts = append(parts, part{region + "/" + service, well})
		}
	}
	for _, job := range batch {
		parts = append(parts, part{job, well})
	}
	return append(parts, part{fickle, well}, part{secure, certified}, part{"", greeting}, part{"", greeting})
}

// streets is the stage of the story: each endpoint on a host of its own, where this machine
// has so many loopback addresses.
type streets struct {
	authority *peer.Authority
	peers     map[string]*peer.Peer // by the name of their target
	names     []string              // of the targets, in their order
	witnesses []*peer.Peer
}

// pave starts them all.
func pave(parts []part) (*streets, error) {
	authority, err := peer.NewAuthority()
	if err != nil {
		return nil, err
	}
	s := &streets{authority: authority, peers: map[string]*peer.Peer{}}
	for i, one := range parts {
		one.what.Authority = authority
		if one.what.Host == "" {
			one.what.Host = fmt.Sprintf("127.0.1.%d", i+1)
		}
		p, err := peer.Start(one.what)
		if err != nil {
			one.what.Host = "" // not every system has more than one
			p, err = peer.Start(one.what)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		if one.name == "" {
			s.witnesses = append(s.witnesses, p)
			continue
		}
		s.peers[one.name] = p
		s.names = append(s.names, one.name)
	}
	return s, nil
}

// fall lets endpoints die, and rise brings them back, each at its old address.
func (s *streets) fall(names ...string) error { return s.each((*peer.Peer).Fall, names) }
func (s *streets) rise(names ...string) error { return s.each((*peer.Peer).Rise, names) }

func (s *streets) each(do func(*peer.Peer) error, names []string) error {
	for _, name := range names {
		if err := do(s.peers[name]); err != nil {
			return err
		}
	}
	return nil
}

// dark takes the network away, witnesses and all; light gives it back.
func (s *streets) dark() error  { return s.all((*peer.Peer).Fall) }
func (s *streets) light() error { return s.all((*peer.Peer).Rise) }

func (s *streets) all(do func(*peer.Peer) error) error {
	for _, w := range s.witnesses {
		if err := do(w); err != nil {
			return err
		}
	}
	return s.each(do, s.names)
}

func (s *streets) close() error {
	var errs []error
	for _, p := range s.peers {
		errs = append(errs, p.Close())
	}
	for _, w := range s.witnesses {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}

// targets is the targets file of the story, with its maintenance from one time until another.
func (s *streets) targets(from, until time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "fleet: demo\n\ndefaults:\n  attempts: 1\n\ngroups:\n")
	for _, region := range regions {
		fmt.Fprintf(&b, "  %s:\n    depends_on: [%[1]s/edge, %[1]s/database]\n", region)
	}
	fmt.Fprintf(&b, "  batch: {}\n\ntargets:\n")
	for _, name := range s.names {
		group, _, grouped := strings.Cut(name, "/")
		p := s.peers[name]
		fmt.Fprintf(&b, "  - name: %s\n", name)
		switch {
		case strings.HasSuffix(name, "/edge"):
			fmt.Fprintf(&b, "    url: %s/\n", p.URL)
		case strings.HasSuffix(name, "/database"):
			fmt.Fprintf(&b, "    url: tcp://%s\n    depends_on: [%s/edge]\n", p.Addr, group)
		case grouped:
			fmt.Fprintf(&b, "    url: %s/\n    group: %s\n", p.URL, group)
		case name == secure:
			fmt.Fprintf(&b, "    url: %s/\n    certificate:\n      warn: %dd\n      critical: 1d\n", p.URL, certificateWarn/(24*time.Hour))
		default:
			fmt.Fprintf(&b, "    url: %s/\n", p.URL)
		}
	}
	fmt.Fprintf(&b, "\nmaintenance:\n  - why: weekly patching\n    targets: [batch]\n    from: %s\n    until: %s\n", from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339))
	fmt.Fprintf(&b, "\nwitnesses:\n")
	for _, w := range s.witnesses {
		fmt.Fprintf(&b, "  - tcp://%s\n", w.Addr)
	}
	return b.String()
}
