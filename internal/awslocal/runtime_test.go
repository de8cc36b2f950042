package awslocal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// bootstrap makes this test binary a function, with Amazon's own Go runtime: in a process
// of a Runtime, [TestBootstrap] serves events and never returns.
func bootstrap(t *testing.T) Function {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nexec %q -test.run='^TestBootstrap$'\n", os.Args[0])
	if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return Function{Dir: dir, Env: map[string]string{"START": "well"}}
}

// order is the event of the function under test.
type order struct{ Do string }

// report is its answer.
type report struct {
	Handled     int // events so far in this process
	Left        time.Duration
	Request     lambdacontext.LambdaContext
	Descriptors uint64
	Folder      string
	Environment []string
}

func TestBootstrap(t *testing.T) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return // not in a process of a Runtime
	}
	switch os.Getenv("START") {
	case "badly":
		fmt.Fprintln(os.Stderr, "no such thing")
		os.Exit(7)
	case "saying why":
		_, _ = http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json",
			strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"there is no bucket"}`))
		os.Exit(7)
	case "well":
		fmt.Println("started")
	}
	handled := 0
	lambda.Start(func(ctx context.Context, o order) (report, error) {
		handled++
		fmt.Println("event", handled)
		switch o.Do {
		case "fail":
			return report{}, errors.New("it does not work")
		case "panic":
			panic("it broke")
		case "exit":
			os.Exit(3)
		case "obey":
			<-ctx.Done()
			return report{}, nil // too late: that instant it is killed
		case "hang":
			signal.Ignore(os.Interrupt, syscall.SIGTERM) // Lambda does not ask
			fmt.Print("half a line")
			select {}
		}
		r := report{Handled: handled, Environment: os.Environ()}
		deadline, _ := ctx.Deadline()
		r.Left = time.Until(deadline)
		r.Folder, _ = os.Getwd()
		lc, _ := lambdacontext.FromContext(ctx)
		r.Request = *lc
		var limit syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
		r.Descriptors = limit.Max
		return r, nil
	})
}

const plenty = 30 * time.Second

func do(t *testing.T, r *Runtime, what string, timeout time.Duration) Invocation {
	t.Helper()
	event, err := json.Marshal(order{what})
	if err != nil {
		t.Fatal(err)
	}
	return r.Invoke(event, timeout)
}

func answered(t *testing.T, in Invocation) report {
	t.Helper()
	var r report
	if err := json.Unmarshal(in.Payload, &r); err != nil || in.Error != "" || in.Killed {
		t.Fatalf("%+v: want an answer", in)
	}
	return r
}

func TestAWarmFunctionIsOneProcess(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	first, second := do(t, r, "", plenty), do(t, r, "", plenty)
	if got := answered(t, first); got.Handled != 1 || !first.Cold || !slices.Equal(first.Stdout, []string{"started", "event 1"}) {
		t.Errorf("first: %+v", first)
	}
	if got := answered(t, second); got.Handled != 2 || second.Cold || !slices.Equal(second.Stdout, []string{"event 2"}) {
		t.Errorf("second: %+v", second)
	}
	r.Stop()
	if third := do(t, r, "", plenty); answered(t, third).Handled != 1 || !third.Cold {
		t.Errorf("after Stop: %+v", third)
	}
}

func TestAFunctionSeesWhatLambdaShows(t *testing.T) {
	f := bootstrap(t)
	f.Memory, f.Env["AWS_REGION"] = 1024, "mars-north-1"
	t.Setenv("OF_THE_TEST", "not for the function")
	in := do(t, NewRuntime(t, f), "", plenty)
	got := answered(t, in)

	if got.Left > plenty || got.Left < plenty-5*time.Second {
		t.Errorf("%v left, want nearly %v", got.Left, plenty)
	}
	if got.Request.AwsRequestID != in.ID || got.Request.InvokedFunctionArn != functionARN {
		t.Errorf("request %+v, want id %s of %s", got.Request, in.ID, functionARN)
	}
	if got.Descriptors != 1024 {
		t.Errorf("%d descriptors, want Lambda's 1,024", got.Descriptors)
	}
	if real, _ := filepath.EvalSymlinks(f.Dir); got.Folder != real {
		t.Errorf("working folder %s, want %s", got.Folder, real)
	}
	for _, want := range []string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024", "AWS_REGION=mars-north-1", "START=well", "_HANDLER=bootstrap"} {
		if !slices.Contains(got.Environment, want) {
			t.Errorf("environment %q lacks %s", got.Environment, want)
		}
	}
	for _, variable := range got.Environment {
		if strings.HasPrefix(variable, "OF_THE_TEST=") || strings.HasPrefix(variable, "HOME=") {
			t.Errorf("the function sees %s of the test", variable)
		}
	}
}

func TestWhatFailsIsReportedAsLambdaWould(t *testing.T) {
	for _, c := range []struct {
		do, kind, what string
		goesOn         bool // the process serves the next event
	}{
		{"fail", "errorString", "it does not work", true},
		{"panic", "string", "it broke", false},
		{"exit", "Runtime.ExitError", "exit status 3", false},
	} {
		t.Run(c.do, func(t *testing.T) {
			r := NewRuntime(t, bootstrap(t))
			in := do(t, r, c.do, plenty)
			if in.ErrorType != c.kind || !strings.Contains(in.Error, c.what) || in.Payload != nil || in.Killed {
				t.Errorf("%+v, want %s with %q", in, c.kind, c.what)
			}
			if next := do(t, r, "", plenty); next.Cold == c.goesOn || answered(t, next).Handled == 0 {
				t.Errorf("next: %+v", next)
			}
		})
	}
}

func TestTheDeadlineKills(t *testing.T) {
	const timeout = 300 * time.Millisecond
	r := NewRuntime(t, bootstrap(t))
	answered(t, do(t, r, "", plenty)) // warm, so that the timeout is the handler's alone
	in := do(t, r, "hang", timeout)
	if !in.Killed || in.ErrorType != "Sandbox.Timedout" || !strings.Contains(in.Error, "timed out after 0.30 seconds") {
		t.Errorf("%+v, want it killed", in)
	}
	if !slices.Equal(in.Stdout, []string{"event 2", "half a line"}) {
		t.Errorf("printed %q before the end", in.Stdout)
	}
	if in.Took < timeout-time.Millisecond || in.Took > timeout+5*time.Second {
		t.Errorf("took %v, want %v", in.Took, timeout)
	}
	if next := do(t, r, "", plenty); !next.Cold || answered(t, next).Handled != 1 {
		t.Errorf("next: %+v, want a new process", next)
	}
}

// A process can be killed at any moment, without a word; the next event starts another.
func TestAProcessIsKilled(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	r.Kill() // there is none yet
	answered(t, do(t, r, "", plenty))
	killer := time.AfterFunc(100*time.Millisecond, r.Kill)
	defer killer.Stop()
	if in := do(t, r, "hang", plenty); in.ErrorType != "Runtime.ExitError" || in.Killed || !strings.Contains(in.Error, "killed") {
		t.Errorf("%+v, want an end by a signal, before the deadline", in)
	}
	if next := do(t, r, "", plenty); !next.Cold || answered(t, next).Handled != 1 {
		t.Errorf("next: %+v, want a new process", next)
	}
}

// The context of a handler ends at the very instant of the kill: what a function wants to
// do at its end it must do before.
func TestTheContextEndsTooLate(t *testing.T) {
	r := NewRuntime(t, bootstrap(t))
	answered(t, do(t, r, "", plenty))
	if in := do(t, r, "obey", 200*time.Millisecond); in.Took < 199*time.Millisecond {
		t.Errorf("%+v: ended before its deadline", in)
	}
}

func TestAFunctionThatDoesNotStart(t *testing.T) {
	f := bootstrap(t)
	f.Env["START"] = "badly"
	in := do(t, NewRuntime(t, f), "", plenty)
	if in.ErrorType != "Runtime.ExitError" || !strings.Contains(in.Error, "exit status 7") || in.Stderr != "no such thing\n" || in.Killed {
		t.Errorf("%+v, want exit status 7 and its words", in)
	}
	f.Env["START"] = "saying why"
	if in = do(t, NewRuntime(t, f), "", plenty); in.ErrorType != "Config.Missing" || in.Error != "there is no bucket" {
		t.Errorf("%+v, want what it reported of its start", in)
	}
	in = do(t, NewRuntime(t, Function{Dir: t.TempDir()}), "", plenty)
	if in.ErrorType != "Runtime.ExitError" || !strings.Contains(in.Stderr, "bootstrap") {
		t.Errorf("%+v, want that there is no bootstrap", in)
	}
}
