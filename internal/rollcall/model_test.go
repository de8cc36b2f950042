package rollcall

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// TestModel plays random rounds with the adapters that the function has, while the proxy
// before S3 and SNS does at random what networks and busy services do, and holds what
// arrives behind the topic to what the committed rounds amount to. The same for everything
// but the adapters, a million times over and with kills at every boundary, is the model in
// internal/round.
//
// Without flags it is one short story, always the same. With -rapid.checks=N each of several
// clouds lives so many; what fails is told with the -rapid.seed that plays it again.
func TestModel(t *testing.T) {
	patient := !short(t, map[string]string{"rapid.checks": "2", "rapid.steps": "8", "rapid.seed": "5"})
	clouds := 1
	if patient {
		clouds = 6
	}
	moto, proxy := behindProxy(t)
	var all sync.WaitGroup
	var steps atomic.Int64
	for n := range clouds {
		all.Go(func() {
			t.Run(fmt.Sprint("cloud ", n+1), func(t *testing.T) {
				rapid.Check(t, func(rt *rapid.T) {
					l := newLife(t, rt, newCloud(t, moto, proxy))
					defer l.lift()
					rt.Repeat(map[string]func(*rapid.T){
						"":               func(*rapid.T) { steps.Add(1); l.holds() },
						"a round":        func(*rapid.T) { l.turns(); l.play(l.next()) },
						"a troubled one": func(*rapid.T) { l.turns(); l.trouble(patient); l.play(l.next()); l.lift() },
						"in bad weather": func(*rapid.T) { l.trouble(patient); l.turns(); l.play(l.next()) },
						"the same again": func(*rapid.T) { l.play(l.n) },
						"two at once": func(*rapid.T) {
							l.turns()
							l.trouble(patient)
							n := l.next()
							l.play(n, n-rapid.IntRange(0, 1).Draw(rt, "earlier"))
						},
					})
					l.calm(patient)
				})
			})
		})
	}
	all.Wait()
	t.Logf("%d steps", steps.Load())
}

// short sets flags for the length of a test, if nobody has set rapid.checks, and reports whether it did.
func short(t *testing.T, flags map[string]string) bool {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return false
	}
	for name, value := range flags {
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
	return true
}

// life is what happens in one cloud, and what must be believed of it.
type life struct {
	*cloud
	rt       *rapid.T
	downs    map[string]*atomic.Bool
	n        int // the last round
	by       int // the last invocation
	mu       sync.Mutex
	met      map[string]map[string]health.Status // what each invocation read of each target
	state    health.State                        // as it was last read
	tallies  map[string]*tally
	texts    map[string]string // what people got, by its id
	open     map[string]bool   // what people believe to be open, by id
	closed   map[string]bool   // and what they know has ended
	injected []*awslocal.Injected
}

// tally is what one target's readings amount to.
type tally struct {
	failAfter, recoverAfter int
	bad, good               int
	open                    bool
}

func newLife(t *testing.T, rt *rapid.T, c *cloud) *life {
	l := &life{cloud: c, rt: rt, downs: map[string]*atomic.Bool{}, n: -1, met: map[string]map[string]health.Status{},
		tallies: map[string]*tally{"a": {failAfter: 1, recoverAfter: 1}, "b": {failAfter: 2, recoverAfter: 2}},
		texts:   map[string]string{}, open: map[string]bool{}, closed: map[string]bool{}}
	text := "fleet: shop\ndefaults: {attempts: 1, timeout: 1s}\ntargets:\n"
	for name, n := range l.tallies {
		down := &atomic.Bool{}
		l.downs[name] = down
		target := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, _ *http.Request) {
			if down.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}})
		text += fmt.Sprintf("  - {name: %s, url: %q, fail_after: %d, recover_after: %d}\n", name, target.URL, n.failAfter, n.recoverAfter)
	}
	l.file = file(t, text)
	return l
}

func (l *life) next() int { l.n++; return l.n }

// round is the scheduled time of the n-th round: two days ago and later, and so far apart
// that what changes in each does not flap.
func (l *life) round(n int) time.Time {
	return l.first.Add(-40*time.Hour + time.Duration(n)*15*time.Minute)
}

// turns lets targets go down or come up.
func (l *life) turns() {
	for _, name := range []string{"a", "b"} {
		if rapid.Bool().Draw(l.rt, "turns") {
			l.downs[name].Store(!l.downs[name].Load())
		}
	}
}

// trouble injects one fault; those that cost seconds only when there is time.
func (l *life) trouble(patient bool) {
	times := rapid.IntRange(1, 4).Draw(l.rt, "times")
	after := rapid.IntRange(0, 1).Draw(l.rt, "after")
	deeds := []awslocal.Deed{
		awslocal.LoseAnswer(), awslocal.Reset(), awslocal.Answer(503, "SlowDown"), awslocal.Answer(500, "InternalError"),
		awslocal.Delay(50 * time.Millisecond), awslocal.Answer(409, "ConditionalRequestConflict"), awslocal.Answer(412, "PreconditionFailed"),
	}
	if patient {
		deeds = append(deeds, awslocal.Hang(), awslocal.Delay(3*time.Second), awslocal.Answer(403, "AccessDenied"))
	}
	at := rapid.IntRange(0, len(deeds)-1).Draw(l.rt, "deed")
	var in *awslocal.Injected
	switch rapid.IntRange(0, 3).Draw(l.rt, "where") {
	case 0:
		in = l.inState(http.MethodGet, after, times, deeds[at])
	case 3:
		in = l.proxy.Inject(awslocal.Fault{Method: http.MethodPost, Body: "people-of-" + l.bucket + "-only", After: after, Times: times, Do: deeds[at]})
	default:
		in = l.inState(http.MethodPut, after, times, deeds[at])
	}
	l.injected = append(l.injected, in)
}

// lift ends all faults.
func (l *life) lift() {
	for _, in := range l.injected {
		in.Lift()
	}
	l.injected = nil
}

// play plays rounds at the same time, and waits for them.
func (l *life) play(rounds ...int) {
	var all sync.WaitGroup
	for _, n := range rounds {
		l.by++
		by := fmt.Sprint("i", l.by)
		i := l.invocation(by)
		i.settings.Timeout, i.settings.Interval = 10*time.Second, 24*time.Hour
		l.mu.Lock()
		l.met[by] = map[string]health.Status{}
		l.mu.Unlock()
		i.settings.Watch = func(s Seen) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.met[by][s.Target.Name] = s.Reading.Status
		}
		all.Go(func() {
			report, err := i.Round(context.WithoutCancel(l.t.Context()), l.round(n), by)
			if err == nil && !report.Completed && !report.Repeated {
				l.rt.Errorf("%s of round %d is neither completed nor repeated, and says nothing of it", by, n)
			}
		})
	}
	all.Wait()
}

// holds holds the state to what the rounds that were committed amount to, and what people
// got to the state.
func (l *life) holds() {
	next := l.cloud.state()
	switch {
	case next.Seq < l.state.Seq || next.Round.Before(l.state.Round):
		l.rt.Fatalf("seq %d of round %s became %d of %s", l.state.Seq, l.state.Round, next.Seq, next.Round)
	case next.Seq == 0:
		return
	}
	seen := slices.Index(next.Commits, last(l.state.Commits))
	for _, c := range next.Commits[seen+1:] {
		for name, n := range l.tallies {
			n.count(l.met[c.By][name])
		}
	}
	l.state = next
	open := map[string]bool{}
	for _, m := range next.Incidents {
		open[m.Subject.Name] = true
		if m.Told.IsZero() {
			l.rt.Errorf("%s is open and not told", m.Subject.Name)
		}
	}
	for name, n := range l.tallies {
		if open[name] != n.open {
			l.rt.Errorf("%s is open %v, want %v", name, open[name], n.open)
		}
	}
	for _, d := range l.told() {
		l.hears(d)
	}
}

func (n *tally) count(s health.Status) {
	switch s {
	case health.Down:
		n.bad, n.good = n.bad+1, 0
		n.open = n.open || n.bad >= n.failAfter
	case health.Up:
		n.bad, n.good = 0, n.good+1
		n.open = n.open && n.good < n.recoverAfter
	}
}

func last(all []health.Commit) (c health.Commit) {
	if len(all) > 0 {
		c = all[len(all)-1]
	}
	return c
}

// hears is what people got.
func (l *life) hears(d health.Digest) {
	d.Sent = time.Time{}
	text, err := json.Marshal(d)
	l.must(err)
	if was, is := l.texts[d.ID]; is && was != string(text) {
		l.rt.Errorf("%s is the id of two digests:\n%s\n%s", d.ID, was, text)
	}
	l.texts[d.ID] = string(text)
	l.knows(d)
}

// knows is what people know from a digest.
func (l *life) knows(d health.Digest) {
	for _, m := range slices.Concat(d.Opened, d.Open, d.Reminded) {
		l.open[m.ID] = true
	}
	for _, m := range d.Closed {
		l.closed[m.ID] = true
	}
}

// calm lifts all faults and plays until told is believed. What an invocation could not tell
// stays its own until it has surely ended: that is waited for when there is time.
func (l *life) calm(patient bool) {
	l.lift()
	for range 3 {
		l.play(l.next())
	}
	l.holds()
	for patient && len(l.state.Outbox) > 0 {
		until := l.state.Outbox[0].Until
		if time.Until(until) > time.Minute {
			l.rt.Fatalf("%s is somebody's until %s", l.state.Outbox[0].ID, until)
		}
		<-time.After(time.Until(until))
		l.play(l.next())
		l.holds()
	}
	for _, e := range l.state.Outbox {
		if e.Until.Before(time.Now()) {
			l.rt.Errorf("%s is owed still", e.ID)
		}
		l.knows(e.Digest)
	}
	for _, m := range l.state.Incidents {
		if !l.open[m.ID] || l.closed[m.ID] {
			l.rt.Errorf("%s is open, and people do not know", m.Subject.Name)
		}
	}
	for id := range l.open {
		if !l.closed[id] && !slices.ContainsFunc(l.state.Incidents, func(m health.Incident) bool { return m.ID == id }) {
			l.rt.Errorf("people believe that %s is open", id)
		}
	}
}
