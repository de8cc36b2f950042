package awslocal

import (
	"maps"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

const deployment = `{
	"Parameters": {"Mail": {"Type": "String", "Default": ""}, "Raw": {"Type": "String", "Default": "true"}},
	"Conditions": {"Mails": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Mail"}, ""]}]}},
	"Resources": {
		"Listens": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs",
			"Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}, "RawMessageDelivery": {"Ref": "Raw"}}},
		"Mailed": {"Type": "AWS::SNS::Subscription", "Condition": "Mails", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": {"Ref": "Mail"}}},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 90,
			"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}}},
		"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
		"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "news"}},
		"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}},
		"Log": {"Type": "AWS::Logs::LogGroup"},
		"Ask": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 256, "Timeout": 55, "Environment": {"Variables": {
			"BUCKET": {"Ref": "Bucket"}, "TOPIC": {"Ref": "Topic"}, "WORKERS": 3, "MAIL": {"Fn::If": ["Mails", {"Ref": "Mail"}, {"Ref": "AWS::NoValue"}]}}}}},
		"Plain": {"Type": "AWS::Lambda::Function", "Properties": {}},
		"Tries": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "Ask"}, "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}},
		"Clock": {"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "cron(* * * * ? *)", "Target": {"Arn": {"Fn::GetAtt": ["Ask", "Arn"]},
			"Input": "{\"at\":\"<aws.scheduler.scheduled-time>\"}", "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}}}},
		"Brings": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Ask"}, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
			"BatchSize": 1, "FunctionResponseTypes": ["ReportBatchItemFailures"]}}
	},
	"Outputs": {"Tell": {"Value": {"Fn::Sub": "invoke ${Ask}, read ${Log}, in ${AWS::StackName}"}}, "To": {"Condition": "Mails", "Value": {"Ref": "Mail"}}}
}`

func TestAStackIsWhatTheTemplateSays(t *testing.T) {
	moto := StartMoto(t)
	s := parseTemplate(t, []byte(deployment)).Stack(t, moto, nil)
	if want := map[string]string{"BUCKET": s.Ref("Bucket"), "TOPIC": s.Ref("Topic"), "WORKERS": "3"}; !maps.Equal(s.Env("Ask"), want) {
		t.Errorf("environment %v, want %v", s.Env("Ask"), want)
	}
	if f := s.Function("Ask", "here"); f.Dir != "here" || f.Memory != 256 || f.Name != s.Ref("Ask") || f.arn() != s.Attribute("Ask", "Arn") || len(f.Env) != 3 {
		t.Errorf("function %+v", f)
	}
	if s.Timeout("Ask") != 55*time.Second || s.Timeout("Plain") != 3*time.Second || s.Memory("Plain") != 128 {
		t.Error("timeouts and memory are not the template's, and Lambda's own")
	}
	if got, want := s.Async("Ask"), (AsyncConfig{MaxAge: time.Minute, Timeout: 55 * time.Second}); !reflect.DeepEqual(got, want) {
		t.Errorf("asynchronous %+v, want %+v", got, want)
	}
	if got, want := s.Async("Plain"), (AsyncConfig{Retries: 2, Timeout: 3 * time.Second}); !reflect.DeepEqual(got, want) {
		t.Errorf("asynchronous %+v, want %+v", got, want)
	}
	clock := s.Schedule("Ask")
	if clock.Expression != "cron(* * * * ? *)" || clock.Retries != 3 || clock.MaxAge != time.Minute {
		t.Errorf("schedule %+v", clock)
	}
	if got := string(clock.Event(time.Date(2026, 11, 22, 15, 5, 0, 0, time.FixedZone("CET", 3600)))); got != `{"at":"2026-11-22T14:05:00Z"}` {
		t.Errorf("event %s", got)
	}
	if got, want := s.Output("Tell"), "invoke "+s.Ref("Ask")+", read "+s.Ref("Log")+", in "+s.name; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
	of, err := s3.NewFromConfig(moto.Config()).GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String(s.Ref("Bucket"))})
	if err != nil || of.Status != types.BucketVersioningStatusEnabled {
		t.Errorf("versioning %+v, %v, want it enabled", of, err)
	}
	if got, want := s.Subscriptions(), []Subscription{{"Listens", s.Ref("Topic"), "sqs", s.Attribute("Queue", "Arn")}}; !reflect.DeepEqual(got, want) {
		t.Errorf("subscriptions %v, want %v", got, want)
	}
}

// What is published goes the whole way, by the attributes that the template gives to topics,
// queues and subscriptions.
func TestAStackCarriesMessages(t *testing.T) {
	moto := StartMoto(t)
	p := parseTemplate(t, []byte(deployment))
	for raw, want := range map[string]string{"true": "message well ", "false": `"Notification"`} {
		s := p.Stack(t, moto, map[string]string{"Raw": raw, "Mail": "a@b"})
		if last := s.Subscriptions()[1]; last.ID != "Mailed" || last.Endpoint != "a@b" || s.Env("Ask")["MAIL"] != "a@b" || s.Output("To") != "a@b" {
			t.Errorf("%+v, %v: want the mail's address", last, s.Env("Ask"))
		}
		_, err := sns.NewFromConfig(moto.Config()).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(s.Ref("Topic")), Message: aws.String("well")})
		must(t, err)
		source := s.EventSource("Ask", NewRuntime(t, bootstrap(t)))
		m, is := source.Next()
		if !is || m.Again || !strings.Contains(strings.Join(m.Stdout, "\n"), want) || source.visibility != 90*time.Second || !source.partial {
			t.Errorf("raw %s: %+v, want a message with %s", raw, m, want)
		}
	}
}

// The template of this repository can be deployed here, twice over: two stacks share nothing.
func TestTheTemplateIsDeployed(t *testing.T) {
	moto := StartMoto(t)
	p := ReadTemplate(t, filepath.Join(repository(t), "template.yaml"))
	hook := moto.Parameter(t, "https://slack.test/hook")
	one := p.Stack(t, moto, map[string]string{"SlackWebhook": hook})
	other := p.Stack(t, moto, nil)
	env := one.Env("CheckFunction")
	if env["ROLLCALL_BUCKET"] != one.Ref("Bucket") || env["ROLLCALL_TOPIC"] != one.Ref("AlertTopic") || one.Env("SlackFunction")["ROLLCALL_SLACK_WEBHOOK"] != hook {
		t.Errorf("environments %v and %v", env, one.Env("SlackFunction"))
	}
	if other.Has("SlackFunction") || other.Env("CheckFunction")["ROLLCALL_BUCKET"] == env["ROLLCALL_BUCKET"] || other.Ref("AlertTopic") == one.Ref("AlertTopic") {
		t.Error("the second stack posts to Slack, or shares a bucket or a topic")
	}
	if c := one.Async("CheckFunction"); c.Retries != 0 || c.MaxAge != time.Minute || c.Timeout != one.Timeout("CheckFunction") {
		t.Errorf("asynchronous %+v, want no retries and 60 s", c)
	}
	if event := string(one.Schedule("CheckFunction").Event(time.Unix(0, 0))); event != `{"kind":"round","scheduled":"1970-01-01T00:00:00Z"}` {
		t.Errorf("event %s", event)
	}
}
