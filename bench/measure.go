package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rollcall/bench/contest"
	"rollcall/bench/mock"
	"rollcall/bench/quota"
)

// sample is one run of one contender.
type sample struct {
	WallMS    float64   `json:"wall_ms"`        // inside the process, first start to last end
	CPUMS     float64   `json:"cpu_ms"`         // likewise
	ProcessMS float64   `json:"process_ms"`     // from exec to exit
	ProcCPUMS float64   `json:"process_cpu_ms"` // of all of that
	PeakBytes int64     `json:"peak_bytes"`     // resident at most
	Up        int       `json:"up"`             // checks that succeeded
	Failed    int       `json:"failed"`         // and that did not
	Workers   int       `json:"workers"`        // at a time; 0: all
	Quantiles []float64 `json:"latency_ms"`     // reported latency at each of the result's quantiles
	Causes    []string  `json:"causes,omitempty"`

	Mock mock.Tally `json:"mock"` // what the other side saw
}

// quantiles of latency are kept.
var quantiles = [...]float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1}

// latency is what the contender reports at quantile q, one of those kept; 0: nothing.
func (s sample) latency(q float64) float64 {
	if i := slices.Index(quantiles[:], q); i >= 0 && i < len(s.Quantiles) {
		return s.Quantiles[i]
	}
	return 0
}

// track is where contenders run.
type track struct {
	mechanism quota.Mechanism
	mock      *mock.Process
	bins      string // folder of the contenders' programs
	python    string // that can run them; empty: none
	scratch   string
	unbuilt   map[string]error // programs that could not be had, and why
}

// slowest is for how long one run may take.
const slowest = 3 * time.Minute

// lay writes what contenders read that ask these URLs.
func (t track) lay(urls []string) (paths, error) {
	p := paths{filepath.Join(t.scratch, "targets.txt"), filepath.Join(t.scratch, "targets.yaml"), filepath.Join(t.scratch, "roots.pem")}
	return p, errors.Join(
		os.WriteFile(p.targets, []byte(strings.Join(urls, "\n")+"\n"), 0o644),
		os.WriteFile(p.fleet, []byte(contest.TargetsFile(urls, timeout)), 0o644),
		os.WriteFile(p.roots, t.mock.Roots, 0o644))
}

// run lets c run in heat h once.
func (t track) run(c contender, h heat, files paths) (sample, error) {
	r := quota.Run{
		Words: c.command(t.bins, t.python, h, files),
		Share: h.share(), Files: c.descriptors(), Limit: slowest,
	}
	if c.ours {
		r.Env = append(r.Env, fmt.Sprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", h.memory))
	}
	if _, err := t.mock.Tally(); err != nil { // begin anew
		return sample{}, err
	}
	account, err := quota.Do(t.mechanism, r)
	if err != nil {
		return sample{}, err
	}
	var score contest.Score
	if c.name == commandName {
		score = contest.Score{WallMS: contest.Milliseconds(account.Wall), CPUMS: contest.Milliseconds(account.CPU), Workers: c.waves}
	} else if err := json.Unmarshal(account.Output, &score); err != nil {
		return sample{}, fmt.Errorf("%s: read its score: %w", c.name, err)
	}
	s := sampleOf(score, account)
	// What was given up is still being answered.
	time.Sleep(20 * time.Millisecond)
	if s.Failed > 0 {
		time.Sleep(mock.Wait + 2*mock.Away)
	}
	s.Mock, err = t.mock.Tally()
	if c.name == commandName { // its exit status says nothing of what a second attempt mended
		s.Failed = max(0, s.Mock.Served+s.Mock.Broken-h.n)
	}
	return s, err
}

func sampleOf(score contest.Score, account quota.Account) sample {
	slices.Sort(score.LatencyMS)
	s := sample{
		WallMS: score.WallMS, CPUMS: score.CPUMS,
		ProcessMS: contest.Milliseconds(account.Wall), ProcCPUMS: contest.Milliseconds(account.CPU), PeakBytes: account.Peak,
		Up: len(score.LatencyMS), Failed: score.Failed, Workers: score.Workers, Causes: score.Causes,
	}
	for _, q := range quantiles {
		if at, ok := quantile(score.LatencyMS, q); ok {
			s.Quantiles = append(s.Quantiles, at)
		}
	}
	return s
}
