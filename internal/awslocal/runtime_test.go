package awslocal

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

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
	f.Memory, f.Name, f.Env["AWS_REGION"] = 1024, "asker", "mars-north-1"
	t.Setenv("OF_THE_TEST", "not for the function")
	in := do(t, NewRuntime(t, f), "", plenty)
	got := answered(t, in)

	if got.Left > plenty || got.Left < plenty-5*time.Second {
		t.Errorf("%v left, want nearly %v", got.Left, plenty)
	}
	if got.Request.AwsRequestID != in.ID || got.Request.InvokedFunctionArn != f.arn() {
		t.Errorf("request %+v, want id %s of %s", got.Request, in.ID, f.arn())
	}
	if got.Descriptors != 1024 {
		t.Errorf("%d descriptors, want Lambda's 1,024", got.Descriptors)
	}
	if real, _ := filepath.EvalSymlinks(f.Dir); got.Folder != real {
		t.Errorf("working folder %s, want %s", got.Folder, real)
	}
	for _, want := range []string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1024", "AWS_REGION=mars-north-1", "AWS_LAMBDA_FUNCTION_NAME=asker", "START=well", "_HANDLER=bootstrap"} {
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
	if in.ErrorType != "Runtime.ExitError" || !strings.Contains(in.Error, "exit status 7") || in.Stderr != "no such thing\nno such thing\n" || in.Killed || in.Starts != 2 {
		t.Errorf("%+v, want exit status 7 and its words, of both starts", in)
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
