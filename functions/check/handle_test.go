package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"rollcall/internal/health"
)

// deployment plays the checker and remembers what it was asked for.
type deployment struct {
	scheduled time.Time
	by        []string
	names     []string
	budget    time.Duration
	tested    bool
	report    health.Report // of a check
	err       error
}

func (d *deployment) Round(_ context.Context, scheduled time.Time, by string) (health.Report, error) {
	d.scheduled, d.by = scheduled, append(d.by, by)
	return health.Report{Fleet: "shop", Scheduled: scheduled, Counts: health.Counts{Targets: 2, Down: 1, Up: 1}, Completed: true}, d.err
}

func (d *deployment) Check(_ context.Context, names []string, budget time.Duration) (health.Report, error) {
	d.names, d.budget = names, budget
	return d.report, d.err
}

func (d *deployment) Test(context.Context, time.Time) error {
	d.tested = true
	return d.err
}

func TestHandle(t *testing.T) {
	d := &deployment{}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	ctx, cancel := context.WithTimeout(ctx, 55*time.Second)
	defer cancel()

	answered, err := handler{d}.handle(ctx, json.RawMessage(`{"kind":"round","scheduled":"2026-11-22T14:05:00Z"}`))
	if err != nil || !d.scheduled.Equal(time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)) {
		t.Errorf("round: %v, scheduled %s", err, d.scheduled)
	}
	text, _ := json.Marshal(answered)
	if !strings.Contains(string(text), `"completed":true`) || !strings.Contains(string(text), `"down":1`) || strings.Contains(string(text), "results") {
		t.Errorf("round answers %s, want its summary", text)
	}
	answered, err = handler{d}.handle(ctx, json.RawMessage(`{"kind":"check","targets":["a","b"]}`))
	text, _ = json.Marshal(answered)
	if err != nil || len(d.names) != 2 || !strings.Contains(string(text), `"schema":"rollcall.check/1"`) {
		t.Errorf("check: %v, names %v, answers %s, want the document", err, d.names, text)
	}
	if d.budget > 47*time.Second || d.budget < 40*time.Second {
		t.Errorf("check has %s of 55s, want what the reserve leaves", d.budget)
	}
	if _, err := (handler{d}).handle(ctx, json.RawMessage(`{"kind":"test"}`)); err != nil || !d.tested {
		t.Errorf("test: %v, tested %v", err, d.tested)
	}
}

// Whoever asks now hears in the answer and in the log that the checker itself was starved.
func TestHandleStarved(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	d := &deployment{report: health.Report{Saturation: 62.1, Processors: 0.29, Enough: 0.5788}}
	answered, err := handler{d}.handle(t.Context(), json.RawMessage(`{"kind":"check"}`))
	text, _ := json.Marshal(answered)
	if err != nil || !strings.Contains(string(text), `"saturation":62.1,`) {
		t.Errorf("%v, answers %s, want how much of it is our own", err, text)
	}
	if want := "saturation=62.1 processors=0.29 enough=0.58 memory_mb=1024"; !strings.Contains(log.String(), want) {
		t.Errorf("logged %q, want %s", &log, want)
	}
}

// Lambda may deliver one event twice at a time under one request id.
func TestTwoDeliveriesAreTwoInvocations(t *testing.T) {
	d := &deployment{}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	for range 2 {
		if _, err := (handler{d}).handle(ctx, json.RawMessage(`{"kind":"round","scheduled":"2026-11-22T14:05:00Z"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if d.by[0] == d.by[1] || !strings.HasPrefix(d.by[0], "r-1/") {
		t.Errorf("the invocations are called %v, want two names with the request's id", d.by)
	}
}

func TestHandleRefuses(t *testing.T) {
	for event, want := range map[string]string{
		`{"kind":"rounds"}`: `kind "rounds", want round, check or test`,
		`{}`:                `kind "", want round, check or test`,
		`[]`:                `event: `,
		`{"kind":"round"}`:  `scheduled "" is not a time`,
		`{"kind":"round","scheduled":"tomorrow"}`: `scheduled "tomorrow" is not a time`,
	} {
		if _, err := (handler{&deployment{}}).handle(t.Context(), json.RawMessage(event)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", event, err, want)
		}
	}
	broken := &deployment{err: errors.New("commit round: 503")}
	for _, event := range []string{`{"kind":"round","scheduled":"2026-11-22T14:05:00Z"}`, `{"kind":"check"}`, `{"kind":"test"}`} {
		if _, err := (handler{broken}).handle(t.Context(), json.RawMessage(event)); err == nil {
			t.Errorf("%s: no error, though ours went wrong", event)
		}
	}
}

// Everything that is missing is named at once.
func TestEnvironmentMissing(t *testing.T) {
	for _, name := range []string{"ROLLCALL_FLEET", "ROLLCALL_BUCKET", "ROLLCALL_TOPIC", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"} {
		t.Setenv(name, "") // so that it comes back after the test
		os.Unsetenv(name)
	}
	_, err := readEnvironment()
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"ROLLCALL_FLEET", "ROLLCALL_BUCKET", "ROLLCALL_TOPIC", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want it to name %s", err, name)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("ROLLCALL_FLEET", "shop")
	t.Setenv("ROLLCALL_BUCKET", "b")
	t.Setenv("ROLLCALL_TOPIC", "arn:aws:sns:eu-central-1:123456789012:t")
	t.Setenv("ROLLCALL_WORKERS", "40")
	t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
	t.Setenv("AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000")
	e, err := readEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	s := e.settings()
	if s.RuntimeAPI != "127.0.0.1:9001" || s.XRay != "169.254.100.1:2000" {
		t.Errorf("settings %+v, want Lambda's own addresses among them: they are never to be asked", s)
	}
	if e.collectAt() != 512<<20*80/100 {
		t.Errorf("the collector holds memory to %d bytes, want 80 %% of 512 MiB", e.collectAt())
	}
	if s.Processors != 512.0/1769 {
		t.Errorf("%v processors, want the share that comes with 512 MB", s.Processors)
	}
	if s.Interval != time.Minute {
		t.Errorf("a round every %s where nobody says, want one a minute", s.Interval)
	}
	t.Setenv("ROLLCALL_INTERVAL", "15m")
	if e, err := readEnvironment(); err != nil || e.settings().Interval != 15*time.Minute {
		t.Errorf("a round every %s, %v, want 15 minutes", e.settings().Interval, err)
	}
	if s.Config != "file:targets.yaml" || s.Store != "s3://b" || s.Workers != 40 || s.Memory != 512<<20 || s.Fleet != "shop" || s.Metrics == nil {
		t.Errorf("settings %+v", s)
	}
}
