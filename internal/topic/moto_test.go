package topic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
	"rollcall/internal/notify"
)

// TestQueues: what a queue behind the topic receives is the event, in an envelope or raw, and
// filters on the attributes choose.
func TestQueues(t *testing.T) {
	config := awslocal.StartMoto(t).Config()
	people, queues := sns.NewFromConfig(config), sqs.NewFromConfig(config)
	made, err := people.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("topic-people")})
	if err != nil {
		t.Fatal(err)
	}
	subscribe := func(name string, attributes map[string]string) (url string) {
		t.Helper()
		queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		got, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := people.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: made.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(got.Attributes["QueueArn"]), Attributes: attributes,
		}); err != nil {
			t.Fatal(err)
		}
		return *queue.QueueUrl
	}
	receive := func(url string) *types.Message {
		t.Helper()
		got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return nil
		}
		return &got.Messages[0]
	}
	wrapped := subscribe("topic-wrapped", nil)
	raw := subscribe("topic-raw", map[string]string{"RawMessageDelivery": "true"})
	payments := subscribe("topic-group-1", map[string]string{"FilterPolicy": `{"group":["group-1"],"severity":["critical"]}`})
	search := subscribe("topic-other", map[string]string{"FilterPolicy": `{"group":["search"]}`})

	d := digest(2)
	topic := New(people, *made.TopicArn)
	if delivery, err := topic.Publish(t.Context(), d); delivery != health.Accepted || err != nil {
		t.Fatalf("%s, %v", delivery, err)
	}
	var envelope struct{ Subject, Message string }
	if m := receive(wrapped); m == nil {
		t.Error("nothing came without a filter")
	} else if err := json.Unmarshal([]byte(*m.Body), &envelope); err != nil || envelope.Subject != notify.Subject(d) {
		t.Errorf("an envelope with subject %q, %v", envelope.Subject, err)
	}
	for what, event := range map[string]string{"in an envelope": envelope.Message, "raw": body(receive(raw)), "for its group": body(receive(payments))} {
		if strings.Contains(event, `"Message"`) {
			if err := json.Unmarshal([]byte(event), &envelope); err != nil {
				t.Fatal(err)
			}
			event = envelope.Message
		}
		got, err := notify.ParseEvent([]byte(event))
		if err != nil || got.ID != d.ID || len(got.Opened) != 2 {
			t.Errorf("%s: %v, %.80q, want the event", what, err, event)
		}
	}
	if m := receive(search); m != nil {
		t.Errorf("a filter on another group let %s through", *m.Body)
	}

	// What moto itself refuses, read as the SDK reads it.
	if delivery, err := New(people, *made.TopicArn+"-gone").Publish(t.Context(), d); delivery != health.Denied || err == nil {
		t.Errorf("a topic that is gone: %s, %v, want denied", delivery, err)
	}
}

func body(m *types.Message) string {
	if m == nil {
		return ""
	}
	return *m.Body
}
