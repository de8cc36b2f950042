package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/topic"
)

// cloud is what the template makes for Slack, on this machine, and Slack.
type cloud struct {
	t         *testing.T
	moto      *awslocal.Moto
	proxy     *awslocal.Proxy // the function reaches AWS through it
	source    *awslocal.EventSource
	slack     *peer.Slack
	function  *awslocal.Runtime
	bucket    string
	queue     string // its URL
	people    string // ARN of the topic
	parameter string
}

func newCloud(t *testing.T, dir string) *cloud {
	t.Helper()
	c := &cloud{t: t, moto: awslocal.StartMoto(t)}
	authority, err := peer.NewAuthority()
	c.must(err)
	c.slack, err = peer.StartSlack(authority)
	c.must(err)
	t.Cleanup(func() { c.slack.Close() })
	c.proxy = awslocal.NewProxy(t, c.moto.URL())
	c.bucket, c.parameter = c.moto.Bucket(t), c.moto.Parameter(t, c.slack.Webhook()+"\n")
	made, err := c.messages().CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &c.bucket,
		Attributes: map[string]string{"VisibilityTimeout": "180", "MessageRetentionPeriod": "345600"}})
	c.must(err)
	c.queue = *made.QueueUrl
	c.people = c.topic("people")
	bundle := filepath.Join(t.TempDir(), "authority.pem")
	c.must(os.WriteFile(bundle, authority.PEM(), 0o600))
	c.function = awslocal.NewRuntime(t, awslocal.Function{Dir: dir, Memory: 256, Env: map[string]string{
		"ROLLCALL_BUCKET": c.bucket, "ROLLCALL_QUEUE": c.queue, "ROLLCALL_SLACK_WEBHOOK": c.parameter,
		"AWS_ENDPOINT_URL": c.proxy.URL(), "AWS_CA_BUNDLE": bundle,
	}})
	c.source = awslocal.NewEventSource(t, c.moto, c.queue, c.function, plentyOfTime)
	c.source.Watch(c.proxy)
	t.Cleanup(func() {
		if printed := c.function.Printed(); strings.Contains(printed, "nobody-else-knows") {
			t.Errorf("the function printed the webhook:\n%s", printed)
		} else if t.Failed() {
			t.Logf("the function printed:\n%s", printed)
		}
	})
	return c
}

// warm has AWS load, while the function is built, what the stories ask of it.
func warm(t *testing.T) {
	moto := awslocal.StartMoto(t)
	moto.Bucket(t)
	moto.Parameter(t, "x")
	if _, err := sns.NewFromConfig(moto.Config()).ListTopics(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if _, err := sqs.NewFromConfig(moto.Config()).ListQueues(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// topic is a topic that the queue listens to as the template has it.
func (c *cloud) topic(name string) (arn string) {
	c.t.Helper()
	made, err := sns.NewFromConfig(c.moto.Config()).CreateTopic(c.t.Context(), &sns.CreateTopicInput{Name: aws.String(name + "-" + c.bucket)})
	c.must(err)
	of, err := c.messages().GetQueueAttributes(c.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &c.queue, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	c.must(err)
	_, err = sns.NewFromConfig(c.moto.Config()).Subscribe(c.t.Context(), &sns.SubscribeInput{
		TopicArn: made.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(of.Attributes["QueueArn"]),
		Attributes: map[string]string{"RawMessageDelivery": "false"}})
	c.must(err)
	return *made.TopicArn
}

func (c *cloud) messages() *sqs.Client { return sqs.NewFromConfig(c.moto.Config()) }

func (c *cloud) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// publishes publishes as a round does.
func (c *cloud) publishes(d health.Digest) {
	c.t.Helper()
	if delivery, err := topic.New(sns.NewFromConfig(c.moto.Config()), c.people).Publish(c.t.Context(), d); delivery != health.Accepted {
		c.t.Fatal(delivery, err)
	}
}

const plentyOfTime = 20 * time.Second

// delivery is one message on its way through the function.
type delivery struct {
	awslocal.Message
	again bool          // it was not done with
	wait  time.Duration // after which it is to come again
}

// delivers gives the function the next message, as Lambda does.
func (c *cloud) delivers(timeout time.Duration) delivery {
	c.t.Helper()
	m, is := c.source.Within(timeout).Next()
	if !is {
		c.t.Fatal("no message in the queue, want one")
	}
	return delivery{m, m.Again, m.Wait}
}

// passes lets so much time pass that the message is there again.
func (c *cloud) passes(d delivery) { c.t.Helper(); c.source.Show(d.Message) }

// left is how many messages are in the queue, whether or not they can be received now.
func (c *cloud) left() int { c.t.Helper(); return c.source.Left() }

// claim is what is noted of a message.
func (c *cloud) claim(id string) (noted claim) {
	c.t.Helper()
	object, err := s3.NewFromConfig(c.moto.Config()).GetObject(c.t.Context(), &s3.GetObjectInput{Bucket: &c.bucket, Key: aws.String("told/slack/" + id)})
	c.must(err)
	defer object.Body.Close()
	c.must(json.NewDecoder(object.Body).Decode(&noted))
	return noted
}

// ends lets so much time pass that the claim has ended.
func (c *cloud) ends(id string) {
	c.t.Helper()
	noted := c.claim(id)
	noted.Claimed, noted.Until = noted.Claimed.Add(-time.Hour), noted.Until.Add(-time.Hour)
	data, err := json.Marshal(noted)
	c.must(err)
	_, err = s3.NewFromConfig(c.moto.Config()).PutObject(c.t.Context(), &s3.PutObjectInput{Bucket: &c.bucket, Key: aws.String("told/slack/" + id), Body: bytes.NewReader(data)})
	c.must(err)
}

// wantTold holds the channel to so many posts, each with the text, and the message to being done.
func (c *cloud) wantTold(posts int, text string) {
	c.t.Helper()
	got := c.slack.Posts()
	if len(got) != posts {
		c.t.Errorf("%d posts, want %d: %v", len(got), posts, got)
	}
	for _, p := range got {
		if !strings.Contains(p.Text, text) {
			c.t.Errorf("post %q, want it to say %q", p.Text, text)
		}
	}
	if n := c.left(); n != 0 {
		c.t.Errorf("%d messages are left", n)
	}
}

// wantAgain holds a delivery to coming again after so long.
func (c *cloud) wantAgain(d delivery, wait time.Duration) {
	c.t.Helper()
	if d.Error != "" || !d.again || d.wait != wait {
		c.t.Errorf("%q, again %v after %s, want it again after %s", d.Error, d.again, d.wait, wait)
	}
}

func news() health.Digest {
	round := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	return health.Digest{ID: health.DigestID("shop", "0-1", round), Kind: health.News, Fleet: "shop", Shard: "0-1", Round: round,
		Counts: health.Counts{Targets: 3, Up: 2, Down: 1},
		Opened: []health.Incident{{ID: "i1", Subject: health.Subject{Kind: health.OfTarget, Name: "checkout", Facet: health.Availability},
			Since: round.Add(-time.Minute), Opened: round, Severity: health.Critical, Class: health.ClassStatus, Cause: "status 503, want 2xx", Rounds: 2}}}
}

// wantError holds the function to having said what went wrong, where a search for errors
// finds it.
func (d delivery) wantError(t *testing.T, says string) {
	t.Helper()
	for _, line := range d.Stdout {
		if strings.Contains(line, says) && strings.Contains(line, `"level":"ERROR"`) {
			return
		}
	}
	t.Errorf("printed\n%s\nwant an error that says %s", strings.Join(d.Stdout, "\n"), says)
}
