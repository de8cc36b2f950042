package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/rollcall"
	"rollcall/internal/source"
)

// option turns one thing on, and makes what only it needs.
type option struct {
	what  string
	given map[string]string
	makes []string
}

const slackName, pagerARN = "/rollcall/slack", "arn:aws:sns:eu-central-1:123456789012:pager"

var options = []option{
	{"nothing", nil, nil},
	{"mail", map[string]string{"AlertEmail": "all@example.com"}, []string{"AlertSubscription", "OperatorSubscription"}},
	{"mail to the operator", map[string]string{"OperatorEmail": "ops@example.com"}, []string{"OperatorSubscription"}},
	{"Slack", map[string]string{"SlackWebhook": slackName}, []string{
		"SlackAlarm", "SlackDeadLetterQueue", "SlackFunction", "SlackFunctionMessage", "SlackLog", "SlackOperatorSubscription",
		"SlackQueue", "SlackQueuePolicy", "SlackRole", "SlackSubscription", "SlackWaitingAlarm"}},
	{"a pager", map[string]string{"CriticalAction": pagerARN}, []string{"CriticalAlarm"}},
	{"an incident manager", map[string]string{"CriticalAction": "arn:aws:ssm-incidents::123456789012:response-plan/shop"}, []string{"CriticalAlarm"}},
	{"targets in S3", map[string]string{"TargetsLocation": "s3://our-targets/shop/targets.yaml"}, nil},
	{"targets in SSM", map[string]string{"TargetsLocation": "ssm:/shop/targets"}, nil},
	{"a VPC", map[string]string{"SubnetIds": "subnet-0a1,subnet-0b2", "SecurityGroupIds": "sg-0c3"}, nil},
	{"a key", map[string]string{"KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}, nil},
	{"a boundary", map[string]string{"PermissionsBoundary": "arn:aws:iam::123456789012:policy/developers"}, nil},
	{"concurrency of its own", map[string]string{"ReservedConcurrency": "2"}, nil},
	{"other sizes", map[string]string{"FleetName": "shop", "MemorySize": "1024", "Workers": "40", "LogRetentionDays": "7"}, nil},
}

// always are the resources that every stack has.
var always = []string{
	"AlertTopic", "AlertTopicPolicy", "Bucket", "BucketPolicy", "CheckFunction", "CheckFunctionEventInvokeConfig", "CheckFunctionRound", "CheckRole",
	"ErrorsAlarm", "FailingAlarm", "LateAlarm", "Log", "MetricsAlarm", "OperatorTopic", "OperatorTopicPolicy", "OutboxAlarm",
	"ScheduleAlarm", "ScheduleDeadLetterQueue", "ScheduleRole", "StoppedAlarm", "ThrottlesAlarm", "UnknownAlarm",
}

// combinations are nothing, each option alone, and all at once, of those that exclude one
// another the first.
func combinations() []option {
	all := option{what: "everything", given: map[string]string{}}
	for _, o := range options {
		all.makes = append(all.makes, o.makes...)
		for name, value := range o.given {
			if all.given[name] == "" {
				all.given[name] = value
			}
		}
	}
	return append(slices.Clone(options), all)
}

// keepsItsPromises holds the stack of every combination and of every interval to what holds
// whatever is chosen.
func (tmpl template) keepsItsPromises(t *testing.T) {
	once := rollcall.Intervals[0]
	for _, o := range combinations() {
		t.Run("with "+o.what, func(t *testing.T) {
			s := tmpl.with(t, o.given)
			want := slices.Concat(always, o.makes)
			slices.Sort(want)
			same(t, "resources", slices.Sorted(maps.Keys(s.Resources)), slices.Compact(want))
			t.Run("grants what is needed", s.grantsWhatIsNeeded)
			t.Run("is not public", s.isNotPublic)
			t.Run("keeps queues in order", s.keepsQueuesInOrder)
			t.Run("uses the key that is given", s.usesTheKey)
			t.Run("hands on what is chosen", s.handsOn)
			t.Run("rings in time", func(t *testing.T) { s.ringsInTime(t, once.Every) })
			t.Run("asks on schedule", func(t *testing.T) { s.asksOnSchedule(t, once) })
		})
	}
	for _, in := range rollcall.Intervals {
		t.Run("every "+in.Every.String(), func(t *testing.T) {
			given := maps.Clone(combinations()[len(options)].given)
			given["IntervalMinutes"] = strconv.Itoa(int(in.Every / time.Minute))
			s := tmpl.with(t, given)
			s.ringsInTime(t, in.Every)
			s.asksOnSchedule(t, in)
		})
	}
}

// isNotPublic looks for whatever would let in somebody from outside the account, or from inside
// more than the account's own policies do.
func (s stack) isNotPublic(t *testing.T) {
	same(t, "ways in", s.withPrefix("AWS::Lambda::Url", "AWS::Lambda::Permission", "AWS::Serverless::", "AWS::ApiGateway", "AWS::ElasticLoadBalancing"), nil)
	for id, r := range s.Resources {
		for _, key := range []string{"AccessControl", "WebsiteConfiguration", "CorsConfiguration", "FunctionUrlConfig"} {
			same(t, id+" "+key, r.Properties[key], nil)
		}
		for _, one := range policies(r.Properties) {
			for _, line := range statements(one) {
				if !strings.HasPrefix(line, "Deny ") && (strings.Contains(line, " to *") || strings.Contains(line, "with Not") ||
					strings.HasPrefix(line, "Allow *") || strings.Contains(strings.Fields(line)[1], ":*")) {
					t.Errorf("%s: %q lets in whom nobody knows, or more than is used", id, line)
				}
			}
		}
	}
	for _, id := range s.withPrefix("AWS::S3::Bucket") {
		if s.Resources[id].Type != "AWS::S3::Bucket" {
			continue
		}
		for _, key := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			same(t, id+" "+key, at(s.Resources[id].Properties, "PublicAccessBlockConfiguration", key), any(true))
		}
	}
	var with []string // a topic that has no policy is open to the whole account
	for _, id := range s.withPrefix("AWS::SNS::TopicPolicy") {
		with = append(with, words(s.Resources[id].Properties["Topics"])...)
	}
	slices.Sort(with)
	same(t, "topics with a policy of ours", with, []string{"${AlertTopic}", "${OperatorTopic}"})
}

// policies are all policy documents within a value.
func policies(v any) (found []any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			found = append(found, policies(one)...)
		}
	case map[string]any:
		if v["Statement"] != nil {
			return []any{v}
		}
		for _, one := range v {
			found = append(found, policies(one)...)
		}
	}
	return found
}

// keepsQueuesInOrder: nothing is lost in a queue without anybody hearing of it.
func (s stack) keepsQueuesInOrder(t *testing.T) {
	letters := map[string]bool{text(at(s.one(t, "CheckFunctionRound").Properties, "Target", "DeadLetterConfig", "Arn")): true}
	consumer := map[string]string{}
	for _, id := range s.withPrefix("AWS::Lambda::EventSourceMapping") {
		p := s.Resources[id].Properties
		consumer[text(p["EventSourceArn"])] = strings.Trim(text(p["FunctionName"]), "${}")
	}
	for _, id := range s.withPrefix("AWS::SQS::Queue") {
		if by := consumer["${"+id+".Arn}"]; by != "" {
			p := s.Resources[id].Properties
			letters[text(at(p, "RedrivePolicy", "deadLetterTargetArn"))] = true
			visible, timeout := seconds(t, p["VisibilityTimeout"]), seconds(t, s.one(t, by).Properties["Timeout"])
			if visible < 6*timeout {
				t.Errorf("%s: a message comes again after %v, want at least six times the Timeout of %s, %v", id, visible, by, timeout)
			}
			if tries, _ := at(p, "RedrivePolicy", "maxReceiveCount").(float64); tries < 5 {
				t.Errorf("%s: a message is given up after %v tries, want 5 at least", id, tries)
			}
		}
	}
	for _, id := range s.withPrefix("AWS::SQS::Queue") {
		if s.Resources[id].Type != "AWS::SQS::Queue" || consumer["${"+id+".Arn}"] != "" {
			continue
		}
		if !letters["${"+id+".Arn}"] {
			t.Errorf("%s: nobody reads it, and nobody's dead letters go there", id)
		}
		if !slices.ContainsFunc(s.withPrefix("AWS::CloudWatch::Alarm"), func(alarm string) bool {
			return text(at(s.Resources[alarm].Properties, "Dimensions", "0", "Value")) == "${"+id+".QueueName}"
		}) {
			t.Errorf("%s: no alarm tells that something lies in it", id)
		}
		if kept := seconds(t, s.Resources[id].Properties["MessageRetentionPeriod"]); kept.Hours() < 4*24 {
			t.Errorf("%s keeps for %v, want over a long weekend", id, kept)
		}
	}
}

// usesTheKey: what lies anywhere is encrypted with the key that is given; without one, nothing
// is with a key that alarms, or SNS, could not use.
func (s stack) usesTheKey(t *testing.T) {
	var key any
	if given := s.given["KmsKeyArn"]; given != "" {
		key = given
	}
	for id, r := range s.Resources {
		switch r.Type {
		case "AWS::SNS::Topic", "AWS::SQS::Queue":
			same(t, "key of "+id, r.Properties["KmsMasterKeyId"], key)
		case "AWS::Logs::LogGroup":
			same(t, "key of "+id, r.Properties["KmsKeyId"], key)
		case "AWS::S3::Bucket":
			rule := at(r.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", "0")
			by, algorithm := at(rule, "ServerSideEncryptionByDefault"), any("AES256")
			if key != nil {
				algorithm = "aws:kms"
				same(t, "BucketKeyEnabled of "+id, at(rule, "BucketKeyEnabled"), any(true)) // else every read costs
			}
			same(t, "encryption of "+id, at(by, "SSEAlgorithm"), algorithm)
			same(t, "key of "+id, at(by, "KMSMasterKeyID"), key)
		}
	}
}

// handsOn: the function is what the parameters say, and has nothing that they do not ask for.
func (s stack) handsOn(t *testing.T) {
	f := s.one(t, "CheckFunction").Properties
	var vpc, kept any
	if s.given["SubnetIds"] != "" {
		split := func(name string) (all []any) {
			for one := range strings.SplitSeq(s.given[name], ",") {
				all = append(all, one)
			}
			return all
		}
		vpc = map[string]any{"SubnetIds": split("SubnetIds"), "SecurityGroupIds": split("SecurityGroupIds")}
	}
	if n := s.given["ReservedConcurrency"]; n != "0" {
		kept = n
	}
	same(t, "VpcConfig", f["VpcConfig"], vpc)
	same(t, "ReservedConcurrentExecutions", f["ReservedConcurrentExecutions"], kept)
	same(t, "MemorySize", text(f["MemorySize"]), s.given["MemorySize"])
	config := s.given["TargetsLocation"]
	if config == "" {
		config = "file:targets.yaml" // where build-CheckFunction packs it
	}
	sets := at(f, "Environment", "Variables")
	for name, want := range map[string]string{
		"ROLLCALL_CONFIG": config, "ROLLCALL_FLEET": s.given["FleetName"], "ROLLCALL_BUCKET": "${Bucket}", "ROLLCALL_TOPIC": "${AlertTopic}",
		"ROLLCALL_WORKERS": s.given["Workers"], "ROLLCALL_INTERVAL": s.given["IntervalMinutes"] + "m",
	} {
		same(t, name, text(at(sets, name)), want)
	}
	if _, err := source.Parse(config); err != nil {
		t.Errorf("ROLLCALL_CONFIG: %v", err)
	}
	for _, id := range s.withPrefix("AWS::Logs::LogGroup") {
		same(t, "retention of "+id, text(s.Resources[id].Properties["RetentionInDays"]), s.given["LogRetentionDays"])
	}
}
