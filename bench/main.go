// Command bench measures rollcall beside other ways to ask many endpoints at once.
//
// One mock downstream serves every contender in turn; each contender is a process with a
// share of a core. `make bench` runs it; by itself, from this folder:
//
//	go run . -only 'rollcall https 100 @128MB'    rows whose name matches
//	go run . -only 'https 1000 ' -runs 1          once each
//	go run . -list                                the rows and how long they should take
//
// `make power` runs `bench power`: the function itself by its memory size, see power.go.
//
// The exit status is 1 when a bound is missed, 2 when nothing could be measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"rollcall/bench/mock"
	"rollcall/bench/quota"
)

// errMissed is that a bound was.
var errMissed = errors.New("missed")

func main() {
	if len(os.Args) == 2 && os.Args[1] == "mock" {
		exit(mock.Play(os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "power" {
		exit(power(ctx, os.Args[2:], os.Stdout))
	}
	exit(run(ctx, os.Args[1:], os.Stdout))
}

func exit(err error) {
	switch {
	case err == nil:
		os.Exit(0)
	case errors.Is(err, errMissed):
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// flags are what the runner was told.
type flags struct {
	choice
	quota   string
	results string
	list    bool
}

func parse(args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := set.String("only", "", "rows whose name matches `REGEXP`, like 'rollcall https 100 @128MB'; nothing is written unless -results says where")
	set.IntVar(&f.runs, "runs", 0, "run each row so often (0: 5 times, 3 if one takes 5 s, or once)")
	set.BoolVar(&f.all, "all", false, "also what takes longer")
	within := set.Duration("within", 13*time.Minute, "when it takes longer than this, run rows less often (0: never); without effect on -only, -runs and -all")
	set.StringVar(&f.quota, "quota", "", "cgroup or duty (SIGSTOP and SIGCONT); without it the best there is")
	set.StringVar(&f.results, "results", "", "`FOLDER` for the results; without it results/, or none with -only")
	set.BoolVar(&f.list, "list", false, "print the rows, run nothing")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if *only != "" {
		matching, err := regexp.Compile(*only)
		if err != nil {
			return f, err
		}
		f.only = matching
	} else if f.results == "" {
		f.results = "results"
	}
	if *within > 0 && f.only == nil && f.runs == 0 && !f.all {
		f.end = time.Now().Add(*within)
	}
	return f, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	if f.list {
		return list(f.choice, out)
	}
	began := time.Now()
	t, err := open(ctx, f, out)
	if err != nil {
		return err
	}
	defer t.close()
	fmt.Fprintf(out, "built within %s; shares by %s\n", time.Since(began).Round(time.Second), t.mechanism.Name())
	rows, err := t.race(ctx, f.choice, out)
	if err != nil {
		return err
	}
	return report(f, results{describe(t, began), rows, findingsOf(rows)}, out)
}

// open builds what is wanted and starts the mock.
func open(ctx context.Context, f flags, out io.Writer) (t track, err error) {
	var wanted []string
	scripts := false
	for _, h := range program {
		lanes, _ := f.lanes(h)
		for _, l := range lanes {
			wanted = append(wanted, l.contender.words[0])
			scripts = scripts || l.contender.python() || h.story()
		}
	}
	if len(wanted) == 0 {
		return t, errors.New("no row is called that; go run . -list prints them")
	}
	if t.bins, err = filepath.Abs("bin"); err != nil {
		return t, err
	}
	if scripts {
		said, _ := exec.CommandContext(ctx, "story/python").Output()
		t.python = strings.TrimSpace(string(said))
	}
	t.unbuilt = build(ctx, t.bins, wanted, out)
	if err := t.unbuilt["rollcall"]; err != nil {
		return t, err
	}
	err = t.start(f.quota)
	return t, err
}

// start finds out how to hold a share, and starts the mock.
func (t *track) start(mechanism string) (err error) {
	if t.mechanism, err = quota.Choose(mechanism); err != nil {
		return err
	}
	if t.scratch, err = os.MkdirTemp("", "rollcall-bench-"); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	t.mock, err = mock.Spawn(self, "mock")
	return err
}

func (t track) close() {
	_ = t.mock.Close()
	_ = os.RemoveAll(t.scratch)
}

// list prints every row that would be run.
func list(c choice, out io.Writer) error {
	var total time.Duration
	for _, h := range program {
		lanes, forecast := c.lanes(h)
		total += forecast
		for _, l := range lanes {
			fmt.Fprintf(out, "%-55s %d runs of %s\n", l, l.runs, l.forecast.Round(10*time.Millisecond))
		}
	}
	fmt.Fprintf(out, "together %s\n", total.Round(time.Second))
	return nil
}
