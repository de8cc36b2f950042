// Package topic puts a digest onto an SNS topic.
//
// One digest is one message: the event for programs, the text for mail and the line for
// phones travel together and share 256 KiB, attributes included. What SNS says against a
// message decides what becomes of it. Refused for its content, it is sent once more in a
// plainer form under the same id; refused for access, or not answered, it stays owed.
package topic

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"rollcall/internal/health"
	"rollcall/internal/notify"
)

// publisher is what a topic needs of the SNS client.
type publisher interface {
	Publish(ctx context.Context, in *sns.PublishInput, options ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topic is one SNS topic.
type Topic struct {
	client publisher
	arn    string
}

// New is the topic with this ARN, in the client's region. How long the client waits and how
// often it tries again is the caller's to set: by default it waits for ever.
func New(client publisher, arn string) *Topic {
	return &Topic{client: client, arn: arn}
}

// Publish tells d, and tells what became of it. The error says why d was not accepted; it
// is nil when d was, in whatever form.
//
// A message that was refused for its subject goes once more without one; one that is
// refused for anything else in it goes once more in the short plain form.
func (t *Topic) Publish(ctx context.Context, d health.Digest) (health.Delivery, error) {
	full := t.full(d)
	err := t.send(ctx, full)
	delivery, about := outcome(err)
	if delivery == health.Refused && about == aboutSubject {
		slog.WarnContext(ctx, "topic refused the subject", "digest", d.ID, "subject", aws.ToString(full.Subject), "err", err)
		full.Subject = nil
		err = t.send(ctx, full)
		delivery, about = outcome(err)
	}
	if delivery == health.Refused {
		slog.WarnContext(ctx, "topic refused the full form", "digest", d.ID, "err", err)
		err = t.send(ctx, t.plain(d, about))
		delivery, _ = outcome(err)
	}
	if err != nil {
		return delivery, fmt.Errorf("publish %s to %s: %w", d.ID, t.arn, err)
	}
	return delivery, nil
}

func (t *Topic) send(ctx context.Context, in *sns.PublishInput) error {
	_, err := t.client.Publish(ctx, in)
	return err
}

// full is everything there is to say.
func (t *Topic) full(d health.Digest) *sns.PublishInput {
	in := &sns.PublishInput{
		TopicArn:          &t.arn,
		Subject:           aws.String(notify.Subject(d)),
		MessageStructure:  aws.String("json"),
		MessageAttributes: attributes(d),
	}
	in.Message = aws.String(structured(d, room(in)))
	return in
}

// plain is the short plain form, with neither structure nor subject. It keeps the attributes,
// or a subscription with a filter would miss it, but for the groups when the attributes were
// what was refused: the others are words of ours.
func (t *Topic) plain(d health.Digest, about complaint) *sns.PublishInput {
	in := &sns.PublishInput{TopicArn: &t.arn, Message: aws.String(notify.Plain(d)), MessageAttributes: attributes(d)}
	if about == aboutAttributes {
		delete(in.MessageAttributes, "group")
	}
	return in
}

// attributes are what subscriptions filter by. SNS takes no empty value and no empty array.
func attributes(d health.Digest) map[string]types.MessageAttributeValue {
	a := notify.AttributesOf(d)
	all := map[string]types.MessageAttributeValue{}
	for name, value := range map[string]string{"kind": a.Kind, "severity": a.Severity} {
		if value != "" {
			all[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
	}
	if len(a.Groups) > 0 {
		all["group"] = types.MessageAttributeValue{DataType: aws.String("String.Array"), StringValue: aws.String(quote(a.Groups))}
	}
	return all
}
