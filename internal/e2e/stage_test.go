package e2e

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/peer"
)

// The moods of a target that is not well.
const (
	fails    = "answers 503"
	stumbles = "answers 503 to the first attempt of a round" // it is up, after all
	lingers  = "takes its time"
	tells    = "gives away what it was told" // and so does not answer as it should
	ends     = "shows a certificate near its end"
	refuses  = "refuses connections" // for "database" alone
	vanishes = "nothing answers"     // for everybody
	absent   = "is not in the targets file"
	gentle   = "everybody takes their time, and is up" // for everybody: a moment of ours is little beside it
)

// How long a target takes that lingers, and everybody while they are gentle.
const (
	lingering  = 900 * time.Millisecond
	gentleness = 200 * time.Millisecond
)

// stage is the other side: every endpoint of the fleet, and how each behaves in this round.
type stage struct {
	t         *testing.T
	authority *peer.Authority
	web       *peer.Peer // of all http targets, each at a path of its own
	secure    *peer.Peer // the one of https
	database  *peer.Peer // the one of tcp
	witness   *peer.Peer
	fallen    map[*peer.Peer]bool

	sound, ending tls.Certificate

	mu    sync.Mutex
	moods map[string]string // of who is not well in this round
	asked map[string]int    // how often in this round
	agent string            // the User-Agent that was heard last
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, fallen: map[*peer.Peer]bool{}, moods: map[string]string{}, asked: map[string]int{}}
	var err error
	s.authority, err = peer.NewAuthority()
	must(t, err)
	now := time.Now()
	s.sound, err = s.authority.Issue(peer.Leaf{NotBefore: now.Add(-10 * day), NotAfter: now.Add(80 * day)})
	must(t, err)
	s.ending, err = s.authority.Issue(peer.Leaf{NotBefore: now.Add(-89 * day), NotAfter: now.Add(day)})
	must(t, err)
	for _, stands := range []struct {
		at **peer.Peer
		as peer.Behaviour
	}{
		{&s.web, peer.Behaviour{Name: "the fleet", Answer: s.answer}},
		{&s.secure, peer.Behaviour{Name: "https", Converse: s.converse, Secure: true}},
		{&s.database, peer.Behaviour{Name: "database", Converse: func(net.Conn, <-chan struct{}) {}}},
		{&s.witness, peer.Behaviour{Name: "witness", Converse: func(net.Conn, <-chan struct{}) {}}},
	} {
		p, err := peer.Start(stands.as)
		must(t, err)
		t.Cleanup(func() { _ = p.Close() })
		*stands.at = p
	}
	return s
}

const day = 24 * time.Hour

// behaves sets how everybody behaves in the round to come.
func (s *stage) behaves(moods map[string]string) {
	s.t.Helper()
	all := moods["everybody"] == vanishes
	for p, falls := range map[*peer.Peer]bool{s.web: all, s.secure: all, s.witness: all, s.database: all || moods["database"] == refuses} {
		if falls == s.fallen[p] {
			continue
		}
		s.fallen[p] = falls
		turn := p.Rise
		if falls {
			turn = p.Fall
		}
		must(s.t, turn())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moods, s.asked = moods, map[string]int{}
}

// mood is how name behaves, to a question that is its n-th in this round.
func (s *stage) mood(name, agent string) (mood string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[name]++
	if agent != "" {
		s.agent = agent
	}
	if mood = s.moods[name]; mood == "" {
		mood = s.moods["everybody"]
	}
	return mood, s.asked[name]
}

// heard is the User-Agent of whoever asked last.
func (s *stage) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.agent
}

// questions is how many were asked in this round.
func (s *stage) questions() (all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.asked {
		all += n
	}
	return all
}

func (s *stage) answer(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	switch mood, n := s.mood(name, r.UserAgent()); {
	case mood == fails, mood == stumbles && n == 1:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case mood == tells:
		giveAway(w, r, name)
		return
	case mood == lingers:
		time.Sleep(lingering)
	case mood == gentle:
		time.Sleep(gentleness)
	}
	w.Header().Set("X-Reply", "fine")
	_, _ = io.WriteString(w, `{"reply":"fine"}`)
}

// giveAway repeats what came with a request, each target in another place of its answer, and
// nowhere as it should be.
func giveAway(w http.ResponseWriter, r *http.Request, name string) {
	body, _ := io.ReadAll(r.Body)
	token, query := r.Header.Get("X-Token"), r.URL.Query().Get("key")
	all := token + " " + query + " " + string(body)
	switch name {
	case "vault-header":
		w.Header().Set("X-Reply", token+" "+query+" "+base64.StdEncoding.EncodeToString([]byte(token)))
		w.Header().Set("Authorization", token)
	case "vault-redirect":
		w.Header().Set("Location", "ftp://"+r.Host+"/?key="+url.QueryEscape(query)+"&token="+url.QueryEscape(token))
		w.WriteHeader(http.StatusFound)
		return
	}
	fmt.Fprintf(w, `{"reply":%q}`, all+" "+base64.StdEncoding.EncodeToString([]byte(all)))
}

// converse is the server of https. Its certificate can change while it stands.
func (s *stage) converse(conn net.Conn, _ <-chan struct{}) {
	shown := &s.sound
	if mood, _ := s.mood("secure", ""); mood == ends {
		shown = &s.ending
	}
	c := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*shown}})
	if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
	_ = c.Close()
}

// plain are the http targets that have no settings of their own.
var plain = []string{"web-1", "web-2", "web-3", "web-4", "web-5", "web-6", "web-7", "web-8",
	"edge", "basket", "old", "api", "batch", "flappy"}

// fleetSize is how many targets the fleet has.
const fleetSize = 32

// file is the targets file, without those named. Windows are for maintenance of "batch".
func (s *stage) file(windows [][2]time.Time, without ...string) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		for _, n := range without {
			if n == name {
				return
			}
		}
		fmt.Fprintf(&b, "  - {name: %s, %s}\n", name, fmt.Sprintf(format, args...))
	}
	b.WriteString("fleet: shop\nmetrics: group\nresults: changes\ndefaults: {attempts: 1}\n" +
		"groups:\n  payments: {min_up: 2}\n  shop: {depends_on: [edge]}\ntargets:\n")
	for _, name := range plain {
		line(name, "url: %q", s.web.URL+"/"+name)
	}
	for n := range 5 {
		line(fmt.Sprint("shop-", n+1), "group: shop, url: %q", fmt.Sprint(s.web.URL, "/shop-", n+1))
	}
	for n := range 3 {
		line(fmt.Sprint("pay-", n+1), "group: payments, url: %q", fmt.Sprint(s.web.URL, "/pay-", n+1))
	}
	line("legacy", "remind: 1h, url: %q", s.web.URL+"/legacy")
	line("gate", "fail_after: 1, url: %q", s.web.URL+"/gate")
	line("hourly", "every: 5m, url: %q", s.web.URL+"/hourly")
	line("blip", "attempts: 2, url: %q", s.web.URL+"/blip")
	line("slow", "fail_after: 1, slow_after: 500ms, url: %q", s.web.URL+"/slow")
	line("secure", "url: %q", s.secure.URL+"/")
	line("database", "url: %q", "tcp://"+s.database.Addr)
	for _, name := range []string{"vault-json", "vault-header", "vault-redirect"} {
		line(name, "url: %q, http: {method: POST, headers: {X-Token: '${env:VAULT_TOKEN}'}, body: 'say ${env:VAULT_BODY}', "+
			"expect: {headers: {X-Reply: fine}, json: {$.reply: fine}}}", s.web.URL+"/"+name+"?key=${env:VAULT_KEY}")
	}
	b.WriteString("maintenance:\n")
	for _, w := range windows {
		fmt.Fprintf(&b, "  - {why: new disks, targets: [batch], from: %s, until: %s}\n", w[0].Format(time.RFC3339), w[1].Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "witnesses: [%q]\n", "tcp://"+s.witness.Addr)
	return b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
