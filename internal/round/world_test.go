package round

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/store"
	"rollcall/internal/sweep"
)

// world plays everything that a round touches, keeps a diary of it, and breaks what a test
// wants broken. Its store is a real one.
type world struct {
	t       *testing.T
	objects *store.Memory
	file    string                    // what Read gives; empty: it cannot be read
	topic   health.Delivery           // what the topic answers
	down    map[string]bool           // targets that fail
	brings  map[string]health.Reading // what asking brings instead
	slow    map[string]time.Duration
	workers int         // asking at once; 0: as many as there are targets
	hangs   atomic.Bool // the topic never answers

	delay  time.Duration // what is ready waits for a processor so long
	used   time.Duration // processor time so far
	pacers []*pacer      // of the sweeps so far

	groups    []health.Group // in the targets file
	witnesses []fleet.Witness

	mu     sync.Mutex
	diary  []string                     // what happened, in order
	asked  map[string][]int             // the passes in which targets and witnesses were asked
	of     int                          // targets that the last network was for
	told   []health.Digest              // what the topic got, accepted or not
	last   health.Report                // what the last line said
	lines  int                          // last lines written
	faulty map[string]func(n int) error // by step: what goes wrong with its n-th call, from 1
	calls  map[string]int
	after  map[string]func() // by step: what happens behind the round's back, once, right after it
}

// files are the targets files of these tests; parsing is not what they are about.
var files = map[string][]health.Target{
	"one":   {target("a")},
	"two":   {target("a"), target("b")},
	"brief": {withTimeout(target("a"), 100*time.Millisecond)},
}

// asking is how long any target takes at least.
const asking = 100 * time.Millisecond

func target(name string) health.Target {
	return health.Target{Name: name, Group: "all", URL: "https://" + name + ".example.com", Host: name + ".example.com", Kind: "http", Policy: health.Policy{
		Enabled: true, Every: time.Minute, Timeout: 5 * time.Second, Attempts: 1,
		FailAfter: 1, RecoverAfter: 1, Remind: 6 * time.Hour, Severity: health.Critical,
	}}
}

func withTimeout(t health.Target, d time.Duration) health.Target { t.Timeout = d; return t }

// bubble runs a story in a world whose clock starts on the minute and moves by itself.
func bubble(t *testing.T, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		story(&world{
			t: t, objects: store.NewMemory(), file: "one", topic: health.Accepted,
			down: map[string]bool{}, slow: map[string]time.Duration{}, brings: map[string]health.Reading{}, asked: map[string][]int{},
			faulty: map[string]func(int) error{}, calls: map[string]int{}, after: map[string]func(){},
		})
	})
}

// round plays the round of this minute as invocation by, with the 55 s that a function has.
func (w *world) round(by string) (health.Report, error) {
	return w.roundOf(time.Now().Truncate(time.Minute), by)
}

func (w *world) roundOf(scheduled time.Time, by string) (health.Report, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
	defer cancel()
	return w.plan(scheduled, by).Run(ctx)
}

func (w *world) plan(scheduled time.Time, by string) Round {
	memory := &faultyMemory{w, store.NewStates(w.objects, "shop", "0-1")}
	return Round{
		Scheduled: scheduled.UTC(), By: by, Shard: "0-1", Interval: time.Minute,
		Fleet: "shop", Topic: "people",
		Read:      w.read,
		Parse:     w.parse,
		Memory:    func(string) Memory { return memory },
		Archive:   func(string) Archive { return memory },
		Network:   w.network,
		Limits:    func(*fleet.Fleet) sweep.Limits { return sweep.Limits{Workers: w.workers} },
		Meter:     func(*fleet.Fleet) Meter { return meter{w} },
		Voice:     voice{w},
		Processor: Processor{Share: 0.25, Used: w.cpu, Pace: w.pace},
	}
}

// must plays a round in which nothing of ours goes wrong, and waits for the next minute.
func (w *world) must(by string) health.Report {
	w.t.Helper()
	report, err := w.round(by)
	if err != nil {
		w.t.Fatalf("round of %s: %v", by, err)
	}
	w.nextMinute()
	return report
}

func (w *world) nextMinute() {
	now := time.Now()
	time.Sleep(now.Truncate(time.Minute).Add(time.Minute).Sub(now))
}

// note writes into the diary and lets the step fail, if it is to.
func (w *world) note(step, what string) error {
	w.mu.Lock()
	w.calls[step]++
	n := w.calls[step]
	fails := w.faulty[step]
	w.diary = append(w.diary, strings.TrimSpace(step+" "+what))
	w.mu.Unlock()
	if fails != nil {
		return fails(n)
	}
	return nil
}

// behind plays what a test wants to happen right after a step, once.
func (w *world) behind(step string) {
	w.mu.Lock()
	happens := w.after[step]
	delete(w.after, step)
	w.mu.Unlock()
	if happens != nil {
		happens()
	}
}

func (w *world) read(context.Context) ([]byte, error) {
	if w.file == "" {
		return nil, errors.New("read targets.yaml: no such file")
	}
	return []byte(w.file), nil
}

func (w *world) parse(file []byte) (*fleet.Fleet, error) {
	targets, ok := files[string(file)]
	if !ok {
		return nil, fleet.Problems{{What: "unknown key " + string(file), Remedy: "remove it"}, {What: "and another"}}
	}
	f := &fleet.Fleet{Name: "shop", Groups: w.groups, Witnesses: w.witnesses}
	for _, t := range targets {
		f.Targets = append(f.Targets, fleet.Target{Target: t})
	}
	return f, nil
}

func (w *world) network(_ *fleet.Fleet, of int) Network {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of = of
	return network{w}
}

type network struct{ w *world }

func (n network) Ask(ctx context.Context, t fleet.Target, pass int, sent func()) health.Reading {
	_ = n.w.note("ask", t.Name)
	n.w.mu.Lock()
	n.w.asked[t.Name] = append(n.w.asked[t.Name], pass)
	bring, odd := n.w.brings[t.Name]
	n.w.mu.Unlock()
	n.w.behind("ask")
	sent()
	select {
	case <-time.After(n.w.slow[t.Name] + asking):
	case <-ctx.Done():
		return health.Failing(health.ClassTimeout, "no answer")
	}
	if odd {
		return bring
	}
	if n.w.down[t.Name] {
		return health.Failing(health.ClassStatus, "status 503, want 2xx")
	}
	return health.Reading{Status: health.Up, Scope: health.Public}
}

func (n network) Close() { _ = n.w.note("close", "") }

func (w *world) cpu() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.used
}

// pace makes the pacer of one sweep.
func (w *world) pace() Pacer {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &pacer{w: w}
	w.pacers = append(w.pacers, p)
	return p
}

// pacer holds each start for a while, and spends processor time on it.
type pacer struct {
	w                        *world
	held, sent, over, closed int
}

func (p *pacer) Hold(ctx context.Context, _ time.Time) (sent, over func()) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.held++
	p.w.used += 10 * time.Millisecond
	count := func(n *int) func() {
		return func() {
			p.w.mu.Lock()
			defer p.w.mu.Unlock()
			*n++
		}
	}
	return count(&p.sent), count(&p.over)
}

func (p *pacer) Delay() time.Duration { return p.w.delay }
func (p *pacer) Close()               { p.closed++ }

type voice struct{ w *world }

func (v voice) Publish(ctx context.Context, d health.Digest) (health.Delivery, error) {
	if err := v.w.note("publish", d.ID); err != nil {
		return health.Unsure, err
	}
	if v.w.hangs.Load() {
		<-ctx.Done()
		return health.Unsure, ctx.Err()
	}
	v.w.mu.Lock()
	v.w.told = append(v.w.told, d)
	answer, request := v.w.topic, len(v.w.told)
	v.w.mu.Unlock()
	v.w.behind("publish")
	if answer != health.Accepted {
		return answer, fmt.Errorf("the topic says %s, request %d", answer, request)
	}
	return answer, nil
}

type meter struct{ w *world }

func (m meter) Results(r health.Report) error { return m.w.note("results", "") }
func (m meter) Finish(r health.Report) error {
	m.w.mu.Lock()
	m.w.last = r
	m.w.lines++
	m.w.mu.Unlock()
	return m.w.note("finish", "")
}

// stored is the state as it lies in the store.
func (w *world) stored() health.State {
	w.t.Helper()
	s, _, err := store.NewStates(w.objects, "shop", "0-1").Load(w.t.Context())
	if err != nil {
		w.t.Fatalf("stored state: %v", err)
	}
	return s
}

// steps are the diary's entries that begin with one of the words, by their first word.
func (w *world) steps(words ...string) string {
	var s []string
	for _, line := range w.diary {
		word, _, _ := strings.Cut(line, " ")
		if slices.Contains(words, word) {
			s = append(s, word)
		}
	}
	return strings.Join(s, " ")
}

// heard is what people have been told, a line each: kind and the subjects, + opened, - closed.
func (w *world) heard() string {
	var lines []string
	for _, d := range w.told {
		line := string(d.Kind)
		for _, i := range d.Opened {
			line += " +" + i.Subject.Name
		}
		for _, i := range d.Closed {
			line += " -" + i.Subject.Name
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (w *world) wantHeard(want ...string) {
	w.t.Helper()
	if got := w.heard(); got != strings.Join(want, "\n") {
		w.t.Fatalf("people heard\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
