package main

import (
	"testing"
	"time"
)

// A message stays in the queue until it was told, and is kept where it can be found when that
// fails for long.
func (tmpl template) keepsMessagesUntilTheyAreTold(t *testing.T) {
	const day = 24 * time.Hour
	queue, dead := tmpl.one(t, "SlackQueue").Properties, tmpl.one(t, "SlackDeadLetterQueue").Properties
	same(t, "kept", seconds(t, queue["MessageRetentionPeriod"]), 4*day)
	same(t, "kept when given up", seconds(t, dead["MessageRetentionPeriod"]), 14*day)
	same(t, "given up to", text(at(queue, "RedrivePolicy", "deadLetterTargetArn")), "${SlackDeadLetterQueue.Arn}")
	same(t, "given up after", at(queue, "RedrivePolicy", "maxReceiveCount"), any(50.0))
	source := tmpl.one(t, "SlackFunctionMessage")
	same(t, "type of the source", source.Type, "AWS::Lambda::EventSourceMapping")
	same(t, "source", text(source.Properties["EventSourceArn"]), "${SlackQueue.Arn}")
	same(t, "BatchSize", source.Properties["BatchSize"], any(1.0))
	same(t, "FunctionResponseTypes", text(source.Properties["FunctionResponseTypes"]), "ReportBatchItemFailures")
	same(t, "MaximumConcurrency", at(source.Properties, "ScalingConfig", "MaximumConcurrency"), any(2.0))
	if enabled, has := source.Properties["Enabled"]; has && enabled != true {
		t.Errorf("Enabled %v, want the function to be given messages", enabled)
	}
}

func (tmpl template) bringsBothTopicsToSlack(t *testing.T) {
	for name, topic := range map[string]string{"SlackSubscription": "${AlertTopic}", "SlackOperatorSubscription": "${OperatorTopic}"} {
		s := tmpl.one(t, name)
		same(t, name+" is to", text(s.Properties["TopicArn"])+" by "+text(s.Properties["Protocol"]), topic+" by sqs")
		same(t, name+" goes to", text(s.Properties["Endpoint"]), "${SlackQueue.Arn}")
		same(t, name+" raw", s.Properties["RawMessageDelivery"], any(false)) // a copy is known by SNS's MessageId
		same(t, name+" filters by", s.Properties["FilterPolicy"], nil)       // alarms have no attributes
		same(t, name+" waits for", text(s.DependsOn), "SlackQueuePolicy")
	}
	policy := tmpl.one(t, "SlackQueuePolicy").Properties
	same(t, "of queues", text(policy["Queues"]), "${SlackQueue}")
	same(t, "who may send", statements(policy["PolicyDocument"]), []string{
		"Allow sqs:SendMessage on ${SlackQueue.Arn} to sns.amazonaws.com if ArnEquals aws:SourceArn ${AlertTopic} ${OperatorTopic}"})
}
