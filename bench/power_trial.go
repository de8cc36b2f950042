package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"rollcall/bench/cloud"
	"rollcall/bench/contest"
	"rollcall/bench/mock"
	"rollcall/bench/quota"
	"rollcall/internal/rollcall"
)

// trial is one process of the function in a heat: its start, its first round, and the round
// after that, played again and again on what the first one left.
type trial struct {
	Door      mock.Door `json:"door"`
	N         int       `json:"endpoints"`
	Memory    int       `json:"memory_mb"`
	InitMS    float64   `json:"init_ms"`    // from the start of the process to its question for the first event
	PeakBytes int64     `json:"peak_bytes"` // resident at most
	First     played    `json:"first"`
	Runs      []played  `json:"runs"`

	heat heat
}

// played is one round.
type played struct {
	BilledMS   float64 `json:"billed_ms"`  // from the event to the question for the next one
	CPUMS      float64 `json:"cpu_ms"`     // of the function, as its own metric has it
	Saturation float64 `json:"saturation"` // percent, likewise
	P50        float64 `json:"p50_ms"`     // of the latencies that it reports
	P99        float64 `json:"p99_ms"`     // likewise
	Failed     int     `json:"failed"`     // targets that were not up, or not at once
	Workers    int     `json:"workers"`    // at a time

	Mock mock.Tally `json:"mock"` // what the other side saw
}

const (
	// functionTimeout is the function's Timeout in the template.
	functionTimeout = rollcall.FunctionTimeout
	// functionFiles is how many descriptors Lambda gives a function.
	functionFiles = 1024
)

// errGone is that the function has ended though nobody told it to.
var errGone = errors.New("the function is gone")

// try lets the function play its rounds in heat h: the first one, and so many more.
func (t track) try(ctx context.Context, h heat, bootstrap string, runs int) (*trial, error) {
	sky, err := cloud.Start()
	if err != nil {
		return nil, err
	}
	defer sky.Close()
	files, err := t.lay(t.mock.URLs(h.door, h.n))
	if err == nil {
		err = os.WriteFile(files.roots, slices.Concat(t.mock.Roots, sky.Roots), 0o644)
	}
	if err != nil {
		return nil, err
	}
	ctx, gone := context.WithCancelCause(ctx)
	defer gone(nil)
	var account quota.Account
	ended := make(chan error, 1)
	began := time.Now()
	go func() {
		var err error
		account, err = quota.Do(t.mechanism, quota.Run{
			Words: []string{bootstrap}, Share: h.share(), Files: functionFiles, Limit: time.Duration(2+runs) * functionTimeout, Alone: true,
			Env: append(sky.Environment("bench", h.memory), "ROLLCALL_CONFIG=file:"+files.fleet, "SSL_CERT_FILE="+files.roots),
		})
		gone(errGone)
		ended <- err
	}()
	r := &trial{Door: h.door, N: h.n, Memory: h.memory, heat: h}
	err = r.play(ctx, t, sky, began, runs)
	sky.End()
	err = errors.Join(err, amiss(<-ended))
	r.PeakBytes = account.Peak
	if err == nil {
		err = r.read(account.Output)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; the function's last words: %s", err, tail(account.Output))
	}
	return r, nil
}

// amiss is what is wrong with the end of the function: not that it calls it a failure when
// there are no more events.
func amiss(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil
	}
	return err
}

// tail is the end of an output.
func tail(output []byte) []byte { return output[max(0, len(output)-600):] }

// play waits for the function, which was started at a time, and plays the rounds.
func (r *trial) play(ctx context.Context, t track, sky *cloud.Cloud, began time.Time, runs int) (err error) {
	if err := sky.Ready(ctx); err != nil {
		return err
	}
	r.InitMS = contest.Milliseconds(time.Since(began))
	if r.First, err = t.round(ctx, sky, time.Now()); err != nil {
		return fmt.Errorf("first round: %w", err)
	}
	left := sky.Content()
	r.Runs = make([]played, runs)
	for i := range r.Runs {
		sky.Restore(left)
		sky.Forget()
		// A minute on, everybody is due again.
		if r.Runs[i], err = t.round(ctx, sky, time.Now().Add(time.Minute)); err != nil {
			return fmt.Errorf("round %d: %w", 1+i, err)
		}
	}
	return nil
}

// round has the function play one round.
func (t track) round(ctx context.Context, sky *cloud.Cloud, scheduled time.Time) (p played, err error) {
	if _, err := t.mock.Tally(); err != nil { // begin anew
		return p, err
	}
	at := scheduled.UTC().Format(time.RFC3339)
	answer, billed, err := sky.Invoke(ctx, at, fmt.Appendf(nil, `{"kind":"round","scheduled":%q}`, at), functionTimeout)
	if err != nil {
		return p, err
	}
	var said struct {
		Round   struct{ Workers int }
		Summary struct{ Targets, Up int }
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return p, fmt.Errorf("read its answer: %w", err)
	}
	// What was given up is still being answered.
	time.Sleep(20 * time.Millisecond)
	if said.Summary.Up < said.Summary.Targets {
		time.Sleep(mock.Wait)
	}
	p.BilledMS, p.Workers = contest.Milliseconds(billed), said.Round.Workers
	p.Mock, err = t.mock.Tally()
	return p, err
}
