// Command slack is a Lambda function that posts what lies in its queue to Slack: the digests
// of the topic for people, and the alarms of the topic for whoever runs rollcall.
package main

import (
	"context"
	"log/slog"
	"os"

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
	slack, err := rollcall.OpenSlack(ctx, env.settings())
	if err != nil {
		fail("open", err)
	}
	slog.Info("started", "version", rollcall.Version())
	lambda.StartWithOptions(handler{slack, slack.Told}.handle, lambda.WithContext(ctx))
}

// fail ends the process before it serves anything: Lambda reports it as an init error, and
// the messages stay in the queue.
func fail(what string, err error) {
	slog.Error(what, "error", err.Error())
	os.Exit(1)
}
