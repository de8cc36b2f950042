package awslocal

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// line is a queue with a function behind it.
type line struct {
	*EventSource
	dead *EventSource // its dead-letter queue
}

func newLine(t *testing.T) line {
	t.Helper()
	moto := StartMoto(t)
	p := parseTemplate(t, []byte(`{"Resources": {
		"Dead": {"Type": "AWS::SQS::Queue"},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 180,
			"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}}}}}`))
	s := p.Stack(t, moto, nil)
	proxy := NewProxy(t, moto.URL())
	f := bootstrap(t)
	f.Env["QUEUE"], f.Env["AWS_ENDPOINT_URL"] = s.Ref("Queue"), proxy.URL()
	r := NewRuntime(t, f)
	l := line{NewEventSource(t, moto, s.Ref("Queue"), r, plenty), NewEventSource(t, moto, s.Ref("Dead"), r, plenty)}
	l.Watch(proxy)
	return l
}

func (l line) sends(t *testing.T, body string) {
	t.Helper()
	_, err := l.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &l.queue, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{"why": {DataType: aws.String("String"), StringValue: aws.String("because")}}})
	l.must(err)
}

// next is the next message, which there is.
func (l line) next(t *testing.T) Message {
	t.Helper()
	m, is := l.Next()
	if !is {
		t.Fatal("no message")
	}
	return m
}

func TestAQueuesMessages(t *testing.T) {
	l := newLine(t)
	l.sends(t, "well")
	m := l.next(t)
	if m.Again || m.Failed() || m.Received != 1 || l.Left() != 0 {
		t.Errorf("%+v, %d left, want it done with", m, l.Left())
	}
	if said := strings.Join(m.Stdout, "\n"); !strings.Contains(said, "message well "+l.arn+" because") {
		t.Errorf("the function was given %q", said)
	}

	l.sends(t, "later 40")
	if m = l.next(t); !m.Again || m.Failed() || m.Wait != 40*time.Second || l.Waiting() != 1 || l.Left() != 1 {
		t.Errorf("%+v, %d left, want it again after the 40 s that the function asked for", m, l.Left())
	}
	l.Passes(39 * time.Second)
	if handled, returned, _ := l.Poll(); handled+returned != 0 {
		t.Error("it came too early")
	}
	l.Passes(time.Second)
	if m = l.next(t); m.Again || m.Received != 2 || l.Waiting() != 0 || l.Left() != 0 {
		t.Errorf("%+v, %d left, want it done with the second time", m, l.Left())
	}
}

// The clock on the wall brings no message back, however soon the function wants it.
func TestAMessageWaitsToBeShown(t *testing.T) {
	l := newLine(t)
	l.sends(t, "later 0")
	if m := l.next(t); !m.Again || m.Wait != 0 {
		t.Errorf("%+v, want it again at once", m)
	}
	if handled, returned, _ := l.Poll(); handled+returned != 0 || l.Waiting() != 1 {
		t.Error("it came before time was said to have passed")
	}
	l.Passes(0)
	if m := l.next(t); m.Again {
		t.Errorf("%+v, want it done with", m)
	}
}

// What fails too often is in the dead-letter queue.
func TestAMessageThatFails(t *testing.T) {
	l := newLine(t)
	l.sends(t, "fail")
	for n := 1; n <= 3; n++ {
		if m := l.next(t); !m.Again || m.ErrorType != "errorString" || m.Wait != 3*time.Minute || m.Received != n {
			t.Errorf("%+v, want it to fail, and again after the queue's visibility timeout", m)
		}
		l.Passes(3 * time.Minute)
	}
	if handled, returned, all := l.Poll(); handled+returned != 0 || len(all) != 0 || l.Left() != 0 || l.dead.Left() != 1 {
		t.Errorf("%d and %d messages, %d left, %d dead, want one dead", handled, returned, l.Left(), l.dead.Left())
	}
}

func TestAllOfAQueue(t *testing.T) {
	l := newLine(t)
	for _, body := range []string{"well", "again", "well", "fail"} {
		l.sends(t, body)
	}
	handled, returned, all := l.Poll()
	if handled != 2 || returned != 2 || len(all) != 4 {
		t.Errorf("%d handled, %d returned, %d invocations, want 2, 2 and 4", handled, returned, len(all))
	}
	l.Passes(time.Hour)
	l.partial = false // as in a template without ReportBatchItemFailures, nobody reads the answer
	if handled, returned, _ = l.Poll(); handled != 1 || returned != 1 {
		t.Errorf("%d handled, %d returned, want the answer ignored and the failure heard", handled, returned)
	}
}
