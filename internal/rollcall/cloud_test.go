package rollcall

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
	"rollcall/internal/notify"
	"rollcall/internal/peer"
	"rollcall/internal/store"
)

// behindProxy is an AWS that everything in this process reaches through one proxy: the
// environment, where the SDK finds it, belongs to the process.
func behindProxy(t *testing.T) (*awslocal.Moto, *awslocal.Proxy) {
	moto := awslocal.StartMoto(t)
	proxy := awslocal.NewProxy(t, moto.URL())
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": proxy.URL(), "AWS_REGION": awslocal.Region,
		"AWS_ACCESS_KEY_ID": "AKIDLOCAL", "AWS_SECRET_ACCESS_KEY": "nothing-secret", "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	return moto, proxy
}

// cloud is what the template makes: a bucket, a topic for people, and in their place a queue
// that keeps all they got; and one target, which is down when told so. A fault reaches only
// the cloud it is meant for, so that many can stand behind one proxy.
type cloud struct {
	t      *testing.T
	direct aws.Config // past the proxy
	proxy  *awslocal.Proxy
	bucket string
	topic  string // its ARN
	queue  string // its URL
	file   string
	first  time.Time // scheduled time of round 0
	down   atomic.Bool
	asked  atomic.Int32
	gate   func() // what a request of the target waits for; nil: nothing
}

func newCloud(t *testing.T, moto *awslocal.Moto, proxy *awslocal.Proxy) *cloud {
	c := &cloud{t: t, direct: moto.Config(), proxy: proxy, bucket: moto.Bucket(t), first: thisMinute().Add(-10 * time.Minute)}
	name := aws.String("people-of-" + c.bucket + "-only")
	topic, err := sns.NewFromConfig(c.direct).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: name})
	c.must(err)
	queues := sqs.NewFromConfig(c.direct)
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: name})
	c.must(err)
	c.topic, c.queue = *topic.TopicArn, *queue.QueueUrl
	of, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &c.queue, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	c.must(err)
	_, err = sns.NewFromConfig(c.direct).Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: &c.topic, Protocol: aws.String("sqs"), Endpoint: aws.String(of.Attributes["QueueArn"]),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	c.must(err)
	target := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, _ *http.Request) {
		c.asked.Add(1)
		if c.gate != nil {
			c.gate()
		}
		if c.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}})
	c.file = file(t, fmt.Sprintf("fleet: shop\ndefaults: {fail_after: 1, attempts: 1}\ntargets: [{name: a, url: %q}]\n", target.URL))
	return c
}

func (c *cloud) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// round is the scheduled time of the n-th round.
func (c *cloud) round(n int) time.Time { return c.first.Add(time.Duration(n) * time.Minute) }

// invocation is one run of the function: its own process, as far as rollcall can tell.
type invocation struct {
	*Rollcall
	by      string
	metrics *lines
}

func (c *cloud) invocation(by string) *invocation {
	c.t.Helper()
	metrics := &lines{}
	return &invocation{open(c.t, Settings{
		Config: c.file, Fleet: "shop", Store: "s3://" + c.bucket, Topic: c.topic, Metrics: metrics,
		Timeout: 40 * time.Second, Interval: time.Hour, // a round of some minutes ago is not late
	}), by, metrics}
}

// completes plays a round that goes well.
func (c *cloud) completes(scheduled time.Time, by string) health.Report {
	c.t.Helper()
	return play(c.t, c.invocation(by).Rollcall, scheduled, by)
}

// begins starts a round that goes well in the end; ends waits for that.
func (c *cloud) begins(scheduled time.Time, by string) (ends func()) {
	var slow sync.WaitGroup
	slow.Go(func() { c.completes(scheduled, by) })
	return slow.Wait
}

// inState is a fault of requests for the state.
func (c *cloud) inState(method string, after, times int, do awslocal.Deed) *awslocal.Injected {
	return c.proxy.Inject(awslocal.Fault{Method: method, Path: "/" + c.bucket + "/state/", After: after, Times: times, Do: do})
}

// inTopic is a fault of messages to people.
func (c *cloud) inTopic(times int, do awslocal.Deed) *awslocal.Injected {
	return c.proxy.Inject(awslocal.Fault{Method: http.MethodPost, Body: "people-of-" + c.bucket + "-only", Times: times, Do: do})
}

// puts are the answers to writes of the state so far.
func (c *cloud) puts() (answers []int) {
	for _, r := range c.proxy.Requests(http.MethodPut, "/"+c.bucket+"/state/") {
		answers = append(answers, r.Status)
	}
	return answers
}

func (c *cloud) state() health.State {
	c.t.Helper()
	s, _, err := store.NewStates(store.NewS3(s3.NewFromConfig(c.direct), c.bucket), "shop", Whole).Load(c.t.Context())
	c.must(err)
	return s
}

// told takes what people got since it was last asked.
func (c *cloud) told() (digests []health.Digest) {
	c.t.Helper()
	queues := sqs.NewFromConfig(c.direct)
	for {
		got, err := queues.ReceiveMessage(c.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &c.queue, MaxNumberOfMessages: 10})
		c.must(err)
		if len(got.Messages) == 0 {
			return digests
		}
		for _, m := range got.Messages {
			d, err := notify.ParseEvent([]byte(*m.Body))
			c.must(err)
			digests = append(digests, d)
		}
	}
}

// wantTold holds what people got to kinds and subjects: "first", "news +a", "news -a".
func (c *cloud) wantTold(want ...string) []health.Digest {
	c.t.Helper()
	digests := c.told()
	var got []string
	for _, d := range digests {
		line := string(d.Kind)
		for _, i := range d.Opened {
			line += " +" + i.Subject.Name
		}
		for _, i := range d.Closed {
			line += " -" + i.Subject.Name
		}
		got = append(got, line)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		c.t.Errorf("people got %q, want %q", got, want)
	}
	return digests
}

// wantState holds the state to who has judged, in order, and to how much is owed.
func (c *cloud) wantState(owed int, by ...string) {
	c.t.Helper()
	s := c.state()
	var got []string
	for _, commit := range s.Commits {
		got = append(got, commit.By)
	}
	if strings.Join(got, " ") != strings.Join(by, " ") || len(s.Outbox) != owed {
		c.t.Errorf("state of %v with %d owed, want of %v with %d", got, len(s.Outbox), by, owed)
	}
}
