package round_test

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/round"
	"rollcall/internal/store"
	"rollcall/internal/sweep"
)

// process is one sandbox of the function: it plays one round after another, and remembers
// what it stored last.
type process struct {
	states *store.States
	plays  *invocation
}

// invocation is one run of the function.
type invocation struct {
	*life
	by        string
	scheduled time.Time
	slot      int // the nanoseconds of a microsecond at which it is awake
	fates     []fate
	done      [steps]int // steps taken, by their kind
	process   *process
	started   time.Time

	// Under the lock of its life.
	fleet    *fleet.Fleet // what it plays by
	wrongly  bool         // its targets file was wrong
	asked    map[string]string
	knew     belief            // what was believed of what it loaded
	copied   bool              // a last good copy was there then
	quietly  *[]health.Silence // the silences that it read
	read     []byte            // what it read last of the state
	landed   bool              // it has judged its round into the state
	returned bool
}

// begin lets an invocation play a round after a while.
func (l *life) begin(scheduled time.Time, by string, after time.Duration, cold bool, fates []fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := &invocation{life: l, by: by, scheduled: scheduled.UTC(), slot: l.slot(), fates: fates, asked: map[string]string{}}
	l.note("%s of round %s begins in %s, cold %v, fates %v", by, scheduled.Format(time.RFC3339), after, cold, fates)
	l.running.Go(func() {
		i.pause(context.Background(), after)
		i.wake(cold)
		i.started = time.Now()
		defer i.ends()
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		report, err := i.round().Run(ctx)
		i.returns(ctx, report, err)
	})
}

// slot is a time within the microsecond that nobody else is awake at; 0 is the story's own.
func (l *life) slot() int {
	l.begun++
	return 1 + l.begun%999
}

// pause lets others act for d at least, or until ctx ends.
func (i *invocation) pause(ctx context.Context, d time.Duration) bool {
	then := time.Now().Add(d)
	d += time.Duration((i.slot-then.Nanosecond()%1000+1000)%1000) * time.Nanosecond
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wake finds the invocation a process.
func (i *invocation) wake(cold bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if n := len(i.idle) - 1; n >= 0 && !cold {
		i.process, i.idle = i.idle[n], i.idle[:n]
	} else {
		i.process = &process{}
		i.process.states = store.NewStates(i.process, fleetName, shard)
	}
	i.process.plays = i
}

// ends gives the process back, unless it was killed.
func (i *invocation) ends() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.returned {
		i.idle = append(i.idle, i.process)
	} else {
		i.note("%s is dead", i.by)
	}
}

func (i *invocation) round() round.Round {
	return round.Round{
		Scheduled: i.scheduled, By: i.by, Shard: shard, Interval: time.Minute,
		Fleet: fleetName, Topic: "people",
		Read:      i.readFile,
		Parse:     i.parse,
		Memory:    func(string) round.Memory { return i.process.states },
		Archive:   func(string) round.Archive { return i.process.states },
		Network:   func(*fleet.Fleet, int) round.Network { return network{i} },
		Limits:    func(*fleet.Fleet) sweep.Limits { return sweep.Limits{} },
		Meter:     func(*fleet.Fleet) round.Meter { return meter{} },
		Voice:     voice{i},
		Processor: round.Processor{Used: func() time.Duration { return 0 }},
	}
}

func (i *invocation) readFile(context.Context) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.file == "" {
		i.wrongly = true
		return nil, fmt.Errorf("read targets.yaml: no such file")
	}
	return []byte(i.file), nil
}

func (i *invocation) parse(file []byte) (*fleet.Fleet, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(string(file), "file %d", &n); err != nil {
		i.wrongly = true
		return nil, fleet.Problems{{What: "unknown key " + string(file), Remedy: "remove it"}}
	}
	i.fleet = i.files[n]
	return i.fleet, nil
}

type network struct{ i *invocation }

func (n network) Ask(_ context.Context, t fleet.Target, pass int, _ func()) health.Reading {
	n.i.mu.Lock()
	defer n.i.mu.Unlock()
	m := n.i.moods[t.Name].now(pass)
	if m == 0 { // a witness
		m = well
	}
	if n.i.blind {
		m = hidden
	}
	n.i.asked[t.Name] += string(m)
	return m.reading()
}

func (network) Close() {}

type meter struct{}

func (meter) Results(health.Report) error { return nil }
func (meter) Finish(health.Report) error  { return nil }

// dies ends the invocation where it stands: nothing of it happens any more, but what it has
// under way may yet arrive.
func (i *invocation) dies() { runtime.Goexit() }

// later lets an effect take place after d, whatever has become of the invocation.
func (i *invocation) later(d time.Duration, effect func() error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	straggler := &invocation{life: i.life, slot: i.life.slot()}
	i.running.Go(func() {
		straggler.pause(context.Background(), d)
		_ = effect()
	})
}
