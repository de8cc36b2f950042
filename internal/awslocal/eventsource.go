package awslocal

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// EventSource is what Lambda has between a queue and a function, in batches of one message.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
//
// A message that is to come again comes when [EventSource.Passes] has counted its wait, or
// [EventSource.Show] says so, and not before: the clock on the wall has no say in it.
type EventSource struct {
	t       testing.TB
	queues  *sqs.Client
	queue   string // its URL
	arn     string
	r       *Runtime
	timeout time.Duration
	partial bool   // ReportBatchItemFailures
	watched *Proxy // nil: none

	visibility time.Duration
	waiting    map[string]Message // by id
}

// Message is what became of one message.
type Message struct {
	Invocation
	MessageID string
	Received  int           // how often so far
	Again     bool          // it is not done with
	Wait      time.Duration // after which it is to come again: as the function asked, else as the queue has it

	receipt string
}

// hidden is for how long SQS keeps a message back that waits for Passes or Show: longer than
// any test, within the 12 hours that SQS allows.
const hidden = 6 * time.Hour

// NewEventSource brings r what is in a queue of m, for timeout each. The function reports
// failures by message (ReportBatchItemFailures).
func NewEventSource(t testing.TB, m *Moto, queueURL string, r *Runtime, timeout time.Duration) *EventSource {
	t.Helper()
	s := &EventSource{t: t, queues: sqs.NewFromConfig(m.Config()), queue: queueURL, r: r, timeout: timeout,
		partial: true, waiting: map[string]Message{}}
	of := s.attributes()
	seconds, err := strconv.Atoi(of["VisibilityTimeout"])
	if err != nil {
		t.Fatalf("queue %s: visibility timeout %q: %v", queueURL, of["VisibilityTimeout"], err)
	}
	s.arn, s.visibility = of["QueueArn"], time.Duration(seconds)*time.Second
	return s
}

// Watch reads off the proxy through which the function reaches SQS how long it wants a
// message to wait: no queue tells.
func (s *EventSource) Watch(p *Proxy) { s.watched = p }

// Within gives the function d for each message from now on, in place of its Timeout.
func (s *EventSource) Within(d time.Duration) *EventSource {
	s.timeout = d
	return s
}

func (s *EventSource) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("queue %s: %v", s.queue, err)
	}
}

func (s *EventSource) attributes() map[string]string {
	s.t.Helper()
	of, err := s.queues.GetQueueAttributes(s.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &s.queue, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	s.must(err)
	return of.Attributes
}

// Left is how many messages are in the queue, whether or not they can be received now.
func (s *EventSource) Left() int {
	s.t.Helper()
	of, n := s.attributes(), 0
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"} {
		more, err := strconv.Atoi(of[name])
		s.must(err)
		n += more
	}
	return n
}

// Waiting is how many messages are to come again when time has passed.
func (s *EventSource) Waiting() int { return len(s.waiting) }

// Poll hands on, one after the other, all messages that can be received now. It returns how
// many the function is done with, how many are to come again, and what became of each.
func (s *EventSource) Poll() (handled, returned int, all []Invocation) {
	s.t.Helper()
	for {
		m, is := s.Next()
		if !is {
			return handled, returned, all
		}
		all = append(all, m.Invocation)
		if m.Again {
			returned++
		} else {
			handled++
		}
	}
}

// Next hands on one message, and deletes it if the function is done with it; false: none can
// be received now.
func (s *EventSource) Next() (m Message, is bool) {
	s.t.Helper()
	got, err := s.queues.ReceiveMessage(s.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.queue, MaxNumberOfMessages: 1,
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
	s.must(err)
	if len(got.Messages) == 0 {
		return m, false
	}
	event, err := json.Marshal(map[string]any{"Records": []record{s.record(got.Messages[0])}})
	s.must(err)
	m = Message{MessageID: *got.Messages[0].MessageId, receipt: *got.Messages[0].ReceiptHandle}
	m.Received, err = strconv.Atoi(got.Messages[0].Attributes["ApproximateReceiveCount"])
	s.must(err)
	delete(s.waiting, m.MessageID)
	m.Invocation = s.r.Invoke(event, s.timeout)
	if m.Again = s.again(m); !m.Again {
		_, err := s.queues.DeleteMessage(s.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &s.queue, ReceiptHandle: &m.receipt})
		s.must(err)
		return m, true
	}
	m.Wait = s.asked(m)
	s.appears(m, hidden)
	s.waiting[m.MessageID] = m
	return m, true
}

// record is a message as Lambda puts it into an event ("Using Lambda with Amazon SQS").
type record struct {
	MessageID         string               `json:"messageId"`
	ReceiptHandle     string               `json:"receiptHandle"`
	Body              string               `json:"body"`
	Attributes        map[string]string    `json:"attributes"`
	MessageAttributes map[string]attribute `json:"messageAttributes"`
	MD5OfBody         string               `json:"md5OfBody"`
	EventSource       string               `json:"eventSource"`
	EventSourceARN    string               `json:"eventSourceARN"`
	AWSRegion         string               `json:"awsRegion"`
}

type attribute struct {
	DataType    string `json:"dataType"`
	StringValue string `json:"stringValue,omitempty"`
	BinaryValue []byte `json:"binaryValue,omitempty"`
}

func (s *EventSource) record(m types.Message) record {
	r := record{MessageID: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Attributes: m.Attributes,
		MessageAttributes: map[string]attribute{}, MD5OfBody: aws.ToString(m.MD5OfBody),
		EventSource: "aws:sqs", EventSourceARN: s.arn, AWSRegion: Region}
	for name, a := range m.MessageAttributes {
		r.MessageAttributes[name] = attribute{aws.ToString(a.DataType), aws.ToString(a.StringValue), a.BinaryValue}
	}
	return r
}

// again reports whether a message is to come again: the invocation failed, or its answer
// names the message, or names what it should not.
func (s *EventSource) again(m Message) bool {
	if m.Failed() {
		return true
	}
	if !s.partial {
		return false
	}
	var answer struct{ BatchItemFailures []map[string]*string }
	if err := json.Unmarshal(m.Payload, &answer); err != nil {
		s.t.Errorf("message %s: the answer %s names no failures: %v", m.MessageID, m.Payload, err)
		return true
	}
	for _, failure := range answer.BatchItemFailures {
		if id := failure["itemIdentifier"]; id == nil || *id != m.MessageID {
			s.t.Errorf("message %s: failed is %v, want that id as the itemIdentifier", m.MessageID, failure)
		}
	}
	return len(answer.BatchItemFailures) > 0
}

// asked is after how long a message is to come again.
func (s *EventSource) asked(m Message) time.Duration {
	wait := s.visibility
	if s.watched == nil {
		return wait
	}
	for _, r := range s.watched.Requests(http.MethodPost, "") {
		var said struct {
			ReceiptHandle     string
			VisibilityTimeout int
		}
		if r.Header.Get("X-Amz-Target") == "AmazonSQS.ChangeMessageVisibility" && r.Status == http.StatusOK &&
			json.Unmarshal([]byte(r.Body), &said) == nil && said.ReceiptHandle == m.receipt {
			wait = time.Duration(said.VisibilityTimeout) * time.Second
		}
	}
	return wait
}

// Passes lets d pass: messages whose wait is over by then can be received again.
func (s *EventSource) Passes(d time.Duration) {
	s.t.Helper()
	for id, m := range s.waiting {
		m.Wait -= d
		s.waiting[id] = m
		if m.Wait <= 0 {
			s.Show(m)
		}
	}
}

// Show lets a message that waits be received again at once, whatever its wait.
func (s *EventSource) Show(m Message) {
	s.t.Helper()
	s.appears(m, 0)
	delete(s.waiting, m.MessageID)
}

// appears has a message appear again after d.
func (s *EventSource) appears(m Message, d time.Duration) {
	s.t.Helper()
	_, err := s.queues.ChangeMessageVisibility(s.t.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &s.queue, ReceiptHandle: &m.receipt, VisibilityTimeout: int32(d.Seconds())})
	s.must(err)
}
