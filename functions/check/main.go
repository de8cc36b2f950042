// Command check is the scheduled round as a Lambda function: also check-now and the test
// message. What is asked, when and of whom is told is in the targets file packed beside it.
package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"rollcall/internal/rollcall"
)

func main() {
	slog.SetDefault(slog.New(lambdacontext.NewLogHandler()))
	ctx := context.Background()
	env, err := readEnvironment()
	if err != nil {
		fail("read the environment", err)
	}
	debug.SetMemoryLimit(env.collectAt())
	opened, err := rollcall.Open(ctx, env.settings())
	if err != nil {
		fail("open", err)
	}
	slog.Info("started", "version", rollcall.Version(), "interval", env.Interval.String(), "targets", env.Config)
	lambda.StartWithOptions(handler{opened}.handle, lambda.WithContext(ctx))
}

// fail ends the process before it serves anything: Lambda reports it as an init error, and
// the dead-man alarm as a round that did not complete.
func fail(what string, err error) {
	slog.Error(what, "error", err.Error())
	os.Exit(1)
}
