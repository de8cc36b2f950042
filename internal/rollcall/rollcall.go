// Package rollcall is the wiring, written once: the same rounds in Lambda and on a laptop.
//
// [Open] connects what the settings name; [Rollcall.Round] plays a scheduled round with
// memory and messages; [Rollcall.Check] asks now, remembers nothing and tells nobody;
// [Rollcall.Validate] proves a targets file without asking anybody, [Rollcall.Plan] forecasts
// how its rounds run and what they cost, and [Rollcall.Push] puts it where they read it.
package rollcall

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"rollcall/internal/check"
	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/metric"
	"rollcall/internal/round"
	"rollcall/internal/secret"
	"rollcall/internal/source"
	"rollcall/internal/store"
	"rollcall/internal/sweep"
)

// Settings are everything that differs between one deployment and another. Zero values are
// safe: no store outside the process, no topic, no metrics.
type Settings struct {
	Version string // of this program, for its User-Agent
	Config  string // where the targets file is: a path, file:PATH, s3://BUCKET/KEY, ssm:/NAME, or - for standard input
	Fleet   string // what the targets file must be called; empty: whatever it says
	Store   string // a folder or s3://BUCKET; empty: the memory of this process
	Topic   string // ARN of the topic for people; empty: nobody is told

	Timeout  time.Duration // of a whole round, where its context has no deadline; 0: that of Interval in [Intervals], else 55 s
	Interval time.Duration // of the schedule, whole minutes; 0: 1 m
	Memory   int64         // bytes the process may use; 0: unknown
	Workers  int           // a person's own limit; 0: none

	// Processors is the share of processors that a person or a platform grants, such as 0.29
	// of one; 0: all that are found. Where less is found, less is reckoned with.
	Processors float64

	Roots      *x509.CertPool     // whom to trust; nil: whom the system trusts
	Resolver   check.Resolver     // who looks names up; nil: the system's
	RuntimeAPI string             // AWS_LAMBDA_RUNTIME_API: never to be asked
	XRay       string             // AWS_XRAY_DAEMON_ADDRESS: likewise
	Metrics    io.Writer          // for result lines and metrics; nil: none
	Voice      round.Voice        // who tells people in place of Topic
	Pace       func() round.Pacer // who holds the starts of a sweep back; nil: what serves the share of processors
	Watch      func(Seen)         // called after every attempt, from many goroutines; nil: nobody looks
}

// Seen is one attempt, as it ended.
type Seen struct {
	Target  health.Target
	Of      int // targets asked in this round
	Pass    int // from 1
	Reading health.Reading
	At      time.Time
}

const (
	// functionFiles is how many descriptors Lambda gives a function, not to be raised.
	functionFiles = 1024
	// Whole is the only shard of a fleet that fits one function.
	Whole = "0-1"
)

// Rollcall is an opened deployment. It is safe for one round at a time.
type Rollcall struct {
	settings Settings
	objects  store.Objects
	voice    round.Voice
	topic    string
	share    float64                  // of processors
	kept     map[string]*store.States // by fleet: what a process knows it has written
	cloud    *aws.Config              // nil: nothing of AWS was needed so far
	config   source.Location          // of the targets file
	list     place                    // where AWS keeps the targets file; nil: it was not read there so far
	readTry  time.Duration            // how long a round waits for it, each of [readTries]
}

// Open connects what the settings name. Nothing is asked yet, but a store that cannot be
// used is an error, and so is a Config that is no location. With less than a whole
// processor the process goes on with GOMAXPROCS 1.
func Open(ctx context.Context, s Settings) (*Rollcall, error) {
	if s.Interval == 0 {
		s.Interval = time.Minute
	}
	if s.Interval < 0 || s.Interval%time.Minute != 0 {
		return nil, fmt.Errorf("a round every %s, want whole minutes", s.Interval)
	}
	config, err := source.Parse(s.Config)
	if err != nil {
		return nil, err
	}
	if s.Timeout == 0 {
		s.Timeout = FunctionTimeout
		if in, err := IntervalOf(s.Interval); err == nil {
			s.Timeout = in.Timeout
		}
	}
	if s.Metrics == nil {
		s.Metrics = io.Discard
	}
	r := &Rollcall{settings: s, config: config, voice: s.Voice, topic: s.Topic, share: processors(s.Processors), kept: map[string]*store.States{}, readTry: readTry}
	oneThread(r.share)
	if r.topic == "" && s.Voice != nil {
		r.topic = "local"
	}
	if err := r.connect(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Round plays the round scheduled at that time, in the name of one invocation. The error
// joins what went wrong with us; targets that are down are no error.
func (r *Rollcall) Round(ctx context.Context, scheduled time.Time, by string) (health.Report, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.settings.Timeout)
		defer cancel()
	}
	return round.Round{
		Scheduled: scheduled.UTC(), By: by, Shard: Whole,
		Interval: r.settings.Interval, Fleet: r.settings.Fleet, Topic: r.topic,
		Read:    r.readInTime,
		Parse:   func(file []byte) (*fleet.Fleet, error) { return r.parse(file, fromEnvironment) },
		Memory:  func(fleet string) round.Memory { return r.states(fleet) },
		Archive: func(fleet string) round.Archive { return r.states(fleet) },
		Network: func(f *fleet.Fleet, asked int) round.Network { return r.network(f, asked) },
		Limits:  func(f *fleet.Fleet) sweep.Limits { return r.limits(withWitnesses(f)) },
		Meter: func(f *fleet.Fleet) round.Meter {
			return metric.New(r.settings.Metrics, f.Metrics, f.Results)
		},
		Voice:     r.voice,
		Processor: r.processor(),
	}.Run(ctx)
}

// Test sends a digest marked TEST the whole way to people. Without a topic there is no way.
func (r *Rollcall) Test(ctx context.Context, now time.Time) error {
	if r.voice == nil {
		return errors.New("test message: nobody is told here, want a topic")
	}
	name := r.settings.Fleet
	if f, err := r.load(ctx, fromEnvironment); err == nil {
		name = f.Name
	}
	d := health.Digest{
		ID: health.DigestID(name, Whole, now) + "/test", Kind: health.Test,
		Fleet: name, Shard: Whole, Round: now.UTC(),
	}
	delivery, err := r.voice.Publish(ctx, d)
	if delivery != health.Accepted {
		return fmt.Errorf("test message: %s: %w", delivery, err)
	}
	return nil
}

func (r *Rollcall) states(fleet string) *store.States {
	if r.kept[fleet] == nil {
		r.kept[fleet] = store.NewStates(r.objects, fleet, Whole)
	}
	return r.kept[fleet]
}

func (r *Rollcall) parse(file []byte, look lookup) (*fleet.Fleet, error) {
	return fleet.Parse(r.config.String(), file, look)
}

// load is the targets file as it is now.
func (r *Rollcall) load(ctx context.Context, look lookup) (*fleet.Fleet, error) {
	file, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	return r.parse(file, look)
}

// lookup gives the value of a reference; nil leaves references as they are.
type lookup = func(secret.Reference) (string, error)

// fromEnvironment resolves ${env:NAME}.
func fromEnvironment(ref secret.Reference) (string, error) {
	value, ok := os.LookupEnv(ref.Name)
	if !ok {
		return "", fmt.Errorf("environment variable %s is not set", ref.Name)
	}
	return value, nil
}

// withWitnesses are all that a round of a fleet may ask.
func withWitnesses(f *fleet.Fleet) []fleet.Target {
	all := slices.Clone(f.Targets)
	for _, w := range f.Witnesses {
		all = append(all, w.Target)
	}
	return all
}

// kin is who depends on whom. Paused targets have a part in it: see [judge.Kin].
func kin(f *fleet.Fleet) *judge.Family {
	targets := make([]health.Target, len(f.Targets))
	for i, t := range f.Targets {
		targets[i] = t.Target
	}
	return judge.Kin(targets, f.Groups)
}

// limits are what this machine allows a sweep of these targets. Paused ones take nothing.
func (r *Rollcall) limits(targets []fleet.Target) sweep.Limits {
	l := sweep.Limits{Files: openFiles(), Sockets: 1, Memory: r.settings.Memory, Workers: r.settings.Workers}
	for _, t := range targets {
		if t.Enabled {
			needs := t.Check.Needs()
			l.Body = max(l.Body, needs.Body)
			l.Sockets = max(l.Sockets, needs.Sockets)
		}
	}
	return l
}

// network is the network of one round that asks so many targets, watched if anybody looks.
func (r *Rollcall) network(f *fleet.Fleet, asked int) *watched {
	return &watched{
		Network: check.NewNetwork(check.Settings{
			Roots: r.settings.Roots, Version: r.settings.Version, Resolver: r.settings.Resolver,
			RuntimeAPI: r.settings.RuntimeAPI, XRay: r.settings.XRay, Secrets: secret.NewRedactor(f.Secrets...),
		}),
		watch: r.settings.Watch,
		of:    asked,
	}
}

type watched struct {
	*check.Network
	watch func(Seen)
	of    int
}

// Ask asks once and shows what came to whoever watches.
func (w *watched) Ask(ctx context.Context, t fleet.Target, pass int, sent func()) health.Reading {
	reading := w.Network.Ask(ctx, check.Attempt{Target: t.Target, Checker: t.Check, Pass: pass, Sent: sent})
	if w.watch != nil {
		w.watch(Seen{t.Target, w.of, pass, reading, time.Now()})
	}
	return reading
}
