// Package contest is what the runner and its contenders have agreed on.
//
// A contender is a process: it reads its URLs from a file, checks each once, and prints one
// [Score] as JSON. So each has its own account of processor and memory, whatever language it
// is written in.
package contest

import (
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// Score is what a contender says of its run.
type Score struct {
	WallMS    float64   `json:"wall_ms"`    // first start to last end, inside the process
	CPUMS     float64   `json:"cpu_ms"`     // user and system of the process between the same moments
	LatencyMS []float64 `json:"latency_ms"` // of each check that succeeded, as it reports it
	Failed    int       `json:"failed"`     // checks that did not succeed

	Workers int      `json:"workers,omitempty"` // how many at a time at most; 0: not known, or all
	Causes  []string `json:"causes,omitempty"`  // a few of the failures
}

// causesMost is how many failures are quoted.
const causesMost = 3

// Fail counts a check that did not succeed.
func (s *Score) Fail(cause string) {
	s.Failed++
	if len(s.Causes) < causesMost {
		s.Causes = append(s.Causes, cause)
	}
}

// Task is what a contender was told.
type Task struct {
	Targets string // the file, one URL a line
	URLs    []string
	Roots   *x509.CertPool // nil: whom the system trusts
	Timeout time.Duration
	Workers int // how many at a time; 0: all
}

// Main reads the task from the arguments, lets run do it and prints the score.
func Main(run func(Task) (Score, error)) {
	score, err := play(flag.CommandLine, os.Args[1:], run)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(score)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(flags *flag.FlagSet, args []string, run func(Task) (Score, error)) (Score, error) {
	var t Task
	flags.StringVar(&t.Targets, "targets", "", "`FILE` with one URL a line")
	roots := flags.String("roots", "", "`FILE` of authorities to trust, instead of the usual")
	timeout := flags.Float64("timeout", 5, "`SECONDS` a check may take")
	flags.IntVar(&t.Workers, "workers", 0, "checks at a time (0: all)")
	if err := flags.Parse(args); err != nil {
		return Score{}, err
	}
	t.Timeout = time.Duration(*timeout * float64(time.Second))
	if t.Targets != "" {
		list, err := os.ReadFile(t.Targets)
		if err != nil {
			return Score{}, err
		}
		t.URLs = strings.Fields(string(list))
	}
	if *roots != "" {
		pem, err := os.ReadFile(*roots)
		if err != nil {
			return Score{}, err
		}
		t.Roots = x509.NewCertPool()
		if !t.Roots.AppendCertsFromPEM(pem) {
			return Score{}, fmt.Errorf("read roots %s: no certificate in it", *roots)
		}
	}
	return run(t)
}

// Watch measures from when it is made.
type Watch struct {
	began time.Time
	used  time.Duration
}

// Begin starts the clocks.
func Begin() Watch { return Watch{time.Now(), processorTime()} }

// End writes what was measured.
func (w Watch) End(s *Score) {
	s.WallMS = Milliseconds(time.Since(w.began))
	s.CPUMS = Milliseconds(processorTime() - w.used)
}

// Milliseconds is d as scores count.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// processorTime is what this process has used.
func processorTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
