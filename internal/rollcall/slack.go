package rollcall

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"rollcall/internal/health"
	"rollcall/internal/secret"
	"rollcall/internal/source"
	"rollcall/internal/store"
	"rollcall/internal/webhook"
)

// SlackSettings are what differs between one deployment of the function that posts to Slack
// and another.
type SlackSettings struct {
	Version string // of this program, for its User-Agent
	Bucket  string // where it is noted what was told
	Queue   string // URL of the queue that the messages come from
	Webhook string // name of the SecureString that holds the webhook's address
}

// Slack is what that function works with. It is safe for concurrent use.
type Slack struct {
	Told store.Objects // where it is noted what was told

	client    *webhook.Client
	parameter *source.Parameter
	shown     string // of the webhook's address, in place of it
	messages  *sqs.Client
	queue     string
}

// OpenSlack connects what the settings name. Nothing is asked yet.
func OpenSlack(ctx context.Context, s SlackSettings) (*Slack, error) {
	cloud, err := awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &Slack{
		Told:      inBucket(cloud, s.Bucket),
		client:    webhook.New(outward(cloud), s.Version),
		parameter: source.NewParameter(cloud, s.Webhook),
		shown:     "ssm:" + s.Webhook,
		messages:  sqs.NewFromConfig(cloud),
		queue:     s.Queue,
	}, nil
}

// outward is how Slack is reached: as AWS is, by the same proxy and trusting the same, but
// with the time that its own client gives it.
func outward(cloud aws.Config) http.RoundTripper {
	if client, is := cloud.HTTPClient.(*awshttp.BuildableClient); is {
		return client.GetTransport()
	}
	return http.DefaultTransport
}

// Webhook is the address to post to, as it was at most some minutes ago.
func (s *Slack) Webhook(ctx context.Context) (secret.Text, error) {
	return s.hidden(s.parameter.Value(ctx))
}

// WebhookNow is the address to post to, as it is at this moment.
func (s *Slack) WebhookNow(ctx context.Context) (secret.Text, error) {
	return s.hidden(s.parameter.Now(ctx))
}

func (s *Slack) hidden(address string, err error) (secret.Text, error) {
	return secret.Named(s.shown, address), err
}

// Post posts once; see [webhook.Client.Post].
func (s *Slack) Post(ctx context.Context, to secret.Text, payload []byte) (health.Delivery, time.Duration, error) {
	return s.client.Post(ctx, to, payload)
}

// Later lets a message that was received come again after d, rounded up to whole seconds.
func (s *Slack) Later(ctx context.Context, receipt string, d time.Duration) error {
	_, err := s.messages.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &s.queue, ReceiptHandle: &receipt, VisibilityTimeout: int32((d + time.Second - 1) / time.Second),
	})
	if err != nil {
		return fmt.Errorf("let a message come again in %s: %w", d, err)
	}
	return nil
}
