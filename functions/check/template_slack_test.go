package main

import (
	"strings"
	"testing"
	"time"
)

// Who gives no SlackWebhook gets nothing that Slack needs.
func (tmpl template) makesNothingForSlackUnasked(t *testing.T) {
	same(t, "default of SlackWebhook", tmpl.Parameters["SlackWebhook"].Default, any(""))
	var made int
	for id, r := range tmpl.Resources {
		if !strings.HasPrefix(id, "Slack") {
			continue
		}
		made++
		same(t, id+" is made if", r.Condition, "PostsToSlack")
	}
	if made < 11 {
		t.Errorf("%d resources for Slack, want two queues, their policy, two subscriptions, a function with its source, role and log, two alarms", made)
	}
	for given, want := range map[string]bool{"": false, "/rollcall/slack": true} {
		same(t, "for Slack, given "+given, tmpl.holds(t, map[string]any{"Condition": "PostsToSlack"}, map[string]any{"SlackWebhook": given}), want)
	}
}

func (tmpl template) grantsWhatAPostNeeds(t *testing.T) {
	const parameter = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SlackWebhook}" // which begins with a slash
	same(t, "grants of the function", grants(tmpl.one(t, "SlackRole")), []string{
		"Allow kms:Decrypt on arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*" +
			" if StringEquals kms:EncryptionContext:PARAMETER_ARN " + parameter +
			" if StringEquals kms:ViaService ssm.${AWS::Region}.${AWS::URLSuffix}",
		"Allow logs:CreateLogStream on ${SlackLog.Arn}",
		"Allow logs:PutLogEvents on ${SlackLog.Arn}",
		"Allow s3:GetObject on ${Bucket.Arn}/told/slack/*",
		"Allow s3:ListBucket on ${Bucket.Arn}", // without it, absent reads as forbidden
		"Allow s3:PutObject on ${Bucket.Arn}/told/slack/*",
		"Allow sqs:ChangeMessageVisibility on ${SlackQueue.Arn}",
		"Allow sqs:DeleteMessage on ${SlackQueue.Arn}",
		"Allow sqs:GetQueueAttributes on ${SlackQueue.Arn}",
		"Allow sqs:ReceiveMessage on ${SlackQueue.Arn}",
		"Allow ssm:GetParameter on " + parameter,
	})
	same(t, "who may be the function", statements(at(tmpl.one(t, "SlackRole").Properties, "AssumeRolePolicyDocument")),
		[]string{"Allow sts:AssumeRole to lambda.amazonaws.com"})
	same(t, "role of the function", text(tmpl.one(t, "SlackFunction").Properties["Role"]), "${SlackRole.Arn}")
}

// A message stays in the queue until it was told, and is kept where it can be found when that
// fails for long.
func (tmpl template) keepsMessagesUntilTheyAreTold(t *testing.T) {
	const day = 24 * time.Hour
	queue, dead := tmpl.one(t, "SlackQueue").Properties, tmpl.one(t, "SlackDeadLetterQueue").Properties
	same(t, "kept", seconds(t, queue["MessageRetentionPeriod"]), 4*day)
	same(t, "kept when given up", seconds(t, dead["MessageRetentionPeriod"]), 14*day)
	same(t, "given up to", text(at(queue, "RedrivePolicy", "deadLetterTargetArn")), "${SlackDeadLetterQueue.Arn}")
	same(t, "given up after", at(queue, "RedrivePolicy", "maxReceiveCount"), any(50.0))
	timeout := seconds(t, tmpl.one(t, "SlackFunction").Properties["Timeout"])
	if visible := seconds(t, queue["VisibilityTimeout"]); visible < 6*timeout {
		t.Errorf("a message comes again after %v, want at least six times the function's Timeout, %v", visible, timeout)
	}
	source := tmpl.one(t, "SlackFunctionMessage")
	same(t, "type of the source", source.Type, "AWS::Lambda::EventSourceMapping")
	same(t, "source", text(source.Properties["EventSourceArn"]), "${SlackQueue.Arn}")
	same(t, "BatchSize", source.Properties["BatchSize"], any(1.0))
	same(t, "FunctionResponseTypes", text(source.Properties["FunctionResponseTypes"]), "ReportBatchItemFailures")
	same(t, "MaximumConcurrency", at(source.Properties, "ScalingConfig", "MaximumConcurrency"), any(2.0))
	if enabled, has := source.Properties["Enabled"]; has && enabled != true {
		t.Errorf("Enabled %v, want the function to be given messages", enabled)
	}
	for _, name := range []string{"SlackQueue", "SlackDeadLetterQueue"} { // SNS may not use the key of AWS
		same(t, "key of "+name, tmpl.one(t, name).Properties["KmsMasterKeyId"], nil)
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

func (tmpl template) ringsWhenSlackIsNotTold(t *testing.T) {
	ringsFromOne(t, tmpl.one(t, "SlackAlarm").Properties, "ApproximateNumberOfMessagesVisible Maximum", "SlackDeadLetterQueue", 1)
}

// Long before a message is given up somebody hears that messages wait.
func (tmpl template) ringsWhileSlackIsNotTold(t *testing.T) {
	p := tmpl.one(t, "SlackWaitingAlarm").Properties
	ringsFromOne(t, p, "ApproximateNumberOfMessagesNotVisible Minimum", "SlackQueue", 15)
	same(t, "Period", seconds(t, p["Period"]), time.Minute)
	same(t, "DatapointsToAlarm", p["DatapointsToAlarm"], any(15.0)) // a message that is told at the second try is none
}

// ringsFromOne holds an alarm to telling the operator of a single message that a queue has in
// each of so many periods.
func ringsFromOne(t *testing.T, alarm map[string]any, metric, queue string, periods float64) {
	t.Helper()
	same(t, "metric", text(alarm["Namespace"])+" "+text(alarm["MetricName"])+" "+text(alarm["Statistic"]), "AWS/SQS "+metric)
	same(t, "dimension", text(at(alarm, "Dimensions", "0", "Name"))+" "+text(at(alarm, "Dimensions", "0", "Value")), "QueueName ${"+queue+".QueueName}")
	same(t, "rings", text(alarm["ComparisonOperator"]), "GreaterThanOrEqualToThreshold")
	same(t, "Threshold", alarm["Threshold"], any(1.0))
	same(t, "EvaluationPeriods", alarm["EvaluationPeriods"], any(periods))
	same(t, "TreatMissingData", alarm["TreatMissingData"], "notBreaching") // SQS falls silent about a queue that nobody uses
	tellsTheOperator(t, alarm)
}
