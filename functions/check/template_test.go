package main

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/rollcall"
)

// What template.yaml promises, each promise held against what CloudFormation makes of it.
func TestTemplate(t *testing.T) {
	tmpl := readTemplate(t)
	t.Run("grants what a round needs", tmpl.grantsWhatARoundNeeds)
	t.Run("sets what the function reads", tmpl.setsWhatTheFunctionReads)
	t.Run("runs what the build makes", tmpl.runsWhatTheBuildMakes)
	t.Run("asks once a minute", tmpl.asksOnceAMinute)
	t.Run("rings when rounds are missing", tmpl.ringsWhenRoundsAreMissing)
	t.Run("lets alarms reach the operator", tmpl.letsAlarmsReachTheOperator)
	t.Run("mails who is named", tmpl.mailsWhoIsNamed)
	t.Run("shuts the bucket and forgets", tmpl.shutsTheBucketAndForgets)
	t.Run("keeps the log for a while", tmpl.keepsTheLogForAWhile)
	t.Run("names nothing", tmpl.namesNothing)
	t.Run("tells what is where", tmpl.tellsWhatIsWhere)
	t.Run("explains its parameters", tmpl.explainsItsParameters)
	t.Run("makes nothing for Slack unasked", tmpl.makesNothingForSlackUnasked)
	t.Run("grants what a post needs", tmpl.grantsWhatAPostNeeds)
	t.Run("keeps messages until they are told", tmpl.keepsMessagesUntilTheyAreTold)
	t.Run("brings both topics to Slack", tmpl.bringsBothTopicsToSlack)
	t.Run("rings when Slack is not told", tmpl.ringsWhenSlackIsNotTold)
	t.Run("rings while Slack is not told", tmpl.ringsWhileSlackIsNotTold)
}

// What the function may do: these grants, neither more nor less.
func (tmpl template) grantsWhatARoundNeeds(t *testing.T) {
	same(t, "grants of the function", grants(tmpl.one(t, "CheckRole")), []string{
		"Allow logs:CreateLogStream on ${Log.Arn}",
		"Allow logs:PutLogEvents on ${Log.Arn}",
		"Allow s3:GetObject on ${Bucket.Arn}/config/*",
		"Allow s3:GetObject on ${Bucket.Arn}/silences/*",
		"Allow s3:GetObject on ${Bucket.Arn}/state/*",
		"Allow s3:ListBucket on ${Bucket.Arn}", // without it, absent reads as forbidden
		"Allow s3:PutObject on ${Bucket.Arn}/config/*",
		"Allow s3:PutObject on ${Bucket.Arn}/state/*",
		"Allow sns:Publish on ${AlertTopic}",
	})
	same(t, "who may be the function", statements(at(tmpl.one(t, "CheckRole").Properties, "AssumeRolePolicyDocument")),
		[]string{"Allow sts:AssumeRole to lambda.amazonaws.com"})
	same(t, "role of the function", text(tmpl.one(t, "CheckFunction").Properties["Role"]), "${CheckRole.Arn}")

	schedule := "CheckFunctionRound"
	same(t, "grants of the schedule", grants(tmpl.one(t, schedule+"Role")), []string{"Allow lambda:InvokeFunction on ${CheckFunction.Arn}"})
	same(t, "whatever grants anything", tmpl.withPrefix("AWS::IAM::", "AWS::Lambda::Permission"), []string{"CheckFunctionRoundRole", "CheckRole", "SlackRole"})
}

// The template sets what the function reads, and nothing that it does not read.
func (tmpl template) setsWhatTheFunctionReads(t *testing.T) {
	var reads []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[environment]()) {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if !strings.HasPrefix(name, "AWS_") { // which Lambda sets
			reads = append(reads, name)
		}
	}
	slices.Sort(reads)
	sets := at(tmpl.one(t, "CheckFunction").Properties, "Environment", "Variables").(map[string]any)
	ours := slices.DeleteFunc(slices.Sorted(maps.Keys(sets)), func(name string) bool {
		return !strings.HasPrefix(name, "ROLLCALL_") // others are for ${env:...} in the targets file
	})
	same(t, "variables that the template sets", ours, reads)
	for name, want := range map[string]string{
		"ROLLCALL_CONFIG":  "file:targets.yaml", // where build-CheckFunction packs it
		"ROLLCALL_FLEET":   "${FleetName}",
		"ROLLCALL_BUCKET":  "${Bucket}",
		"ROLLCALL_TOPIC":   "${AlertTopic}",
		"ROLLCALL_WORKERS": "${Workers}",
	} {
		same(t, name, text(sets[name]), want)
	}
}

func (tmpl template) runsWhatTheBuildMakes(t *testing.T) {
	makefile := readFile(t, "../../Makefile")
	functions := tmpl.withPrefix("AWS::Lambda::Function")
	same(t, "functions", functions, []string{"CheckFunction", "SlackFunction"})
	for _, name := range functions {
		f := tmpl.one(t, name)
		same(t, "Runtime", f.Properties["Runtime"], "provided.al2023")
		same(t, "Handler", f.Properties["Handler"], "bootstrap")
		same(t, "Architectures", text(f.Properties["Architectures"]), "arm64")
		same(t, "CodeUri", at(f.Properties, "Code", "S3Key"), ".") // SAM's cache watches this folder alone
		same(t, "BuildMethod", f.Metadata["BuildMethod"], "makefile")
		for _, want := range []string{`(?m)^build-` + name + `:\s*(##.*)?$`, `(?m)^[A-Za-z -]*\bbuild-` + name + `\b[A-Za-z -]*: GOOS = linux$`,
			`(?m)^[A-Za-z -]*\bbuild-` + name + `\b[A-Za-z -]*: GOARCH = arm64$`} {
			if !regexp.MustCompile(want).MatchString(makefile) {
				t.Errorf("Makefile has no line %s", want)
			}
		}
	}
	same(t, "MemorySize", text(tmpl.one(t, "CheckFunction").Properties["MemorySize"]), "${MemorySize}")
	settings := readFile(t, "../../samconfig.toml")
	for _, want := range []string{"build_in_source = true", `capabilities = "CAPABILITY_IAM"`} {
		if !strings.Contains(settings, "\n"+want+"\n") {
			t.Errorf("samconfig.toml has no line %s", want)
		}
	}
}

// One event is one round, at its scheduled time, and never a late or a second one.
func (tmpl template) asksOnceAMinute(t *testing.T) {
	interval := tmpl.interval(t)
	if timeout := seconds(t, tmpl.one(t, "CheckFunction").Properties["Timeout"]); timeout >= interval || timeout != rollcall.FunctionTimeout {
		t.Errorf("Timeout %v, want %v, as validate and plan assume, and less than the interval, %v", timeout, rollcall.FunctionTimeout, interval)
	}
	schedule := tmpl.one(t, "CheckFunctionRound")
	same(t, "FlexibleTimeWindow", at(schedule.Properties, "FlexibleTimeWindow", "Mode"), "OFF")
	if state, has := schedule.Properties["State"]; has && state != "ENABLED" {
		t.Errorf("State %v, want the schedule enabled", state)
	}
	var round event
	if err := json.Unmarshal([]byte(at(schedule.Properties, "Target", "Input").(string)), &round); err != nil {
		t.Fatal(err)
	}
	same(t, "the schedule's event", round, event{Kind: "round", Scheduled: "<aws.scheduler.scheduled-time>"})

	invoke := tmpl.one(t, "CheckFunctionEventInvokeConfig")
	same(t, "tries again after a failure", invoke.Properties["MaximumRetryAttempts"], any(0.0))
	queued := seconds(t, invoke.Properties["MaximumEventAgeInSeconds"])
	same(t, "age in Lambda's queue", queued, time.Minute)
	if delivered := seconds(t, at(schedule.Properties, "Target", "RetryPolicy", "MaximumEventAgeInSeconds")); delivered+queued > 2*interval {
		t.Errorf("a round may be delivered %v late, want at most two intervals", delivered+queued)
	}
}

// Two alarms on the last line of a round ring when it is missing: soon when all are, later
// when some are.
func (tmpl template) ringsWhenRoundsAreMissing(t *testing.T) {
	interval := tmpl.interval(t)
	same(t, "alarms", tmpl.withPrefix("AWS::CloudWatch::Alarm"), []string{"FailingAlarm", "SlackAlarm", "SlackWaitingAlarm", "StoppedAlarm"})
	for name, want := range map[string]struct {
		intervals, periods, threshold float64
	}{
		"StoppedAlarm": {intervals: 1, periods: 3, threshold: 1},
		"FailingAlarm": {intervals: 15, periods: 1, threshold: 12},
	} {
		t.Run(name, func(t *testing.T) {
			p := tmpl.one(t, name).Properties
			same(t, "metric", text(p["Namespace"])+" "+text(p["MetricName"])+" "+text(p["Statistic"]), "Rollcall RoundsCompleted Sum")
			same(t, "Dimensions", p["Dimensions"], any([]any{map[string]any{"Name": "Fleet", "Value": map[string]any{"Ref": "FleetName"}}}))
			same(t, "Period", p["Period"], any(want.intervals*interval.Seconds()))
			same(t, "EvaluationPeriods", p["EvaluationPeriods"], any(want.periods))
			same(t, "DatapointsToAlarm", p["DatapointsToAlarm"], any(want.periods)) // fewer ring for old gaps
			same(t, "rings", text(p["ComparisonOperator"]), "LessThanThreshold")
			same(t, "Threshold", p["Threshold"], any(want.threshold))
			same(t, "TreatMissingData", p["TreatMissingData"], "breaching")
			tellsTheOperator(t, p)
		})
	}
}

// tellsTheOperator holds an alarm to telling somebody, both ways, and what to do.
func tellsTheOperator(t *testing.T, alarm map[string]any) {
	t.Helper()
	same(t, "AlarmActions", text(alarm["AlarmActions"]), "${OperatorTopic}")
	same(t, "OKActions", text(alarm["OKActions"]), "${OperatorTopic}")
	if enabled, has := alarm["ActionsEnabled"]; has && enabled != true {
		t.Errorf("ActionsEnabled %v, want the alarm to tell somebody", enabled)
	}
	const room = 1024 - 150 // of a description, less what the names in it may grow to
	if said := text(alarm["AlarmDescription"]); !strings.Contains(said, "What to do: ") || len(said) > room {
		t.Errorf("AlarmDescription %q: want what to do, in at most %d characters", said, room)
	}
}

func (tmpl template) letsAlarmsReachTheOperator(t *testing.T) {
	same(t, "topic policies", tmpl.withPrefix("AWS::SNS::TopicPolicy"), []string{"OperatorTopicPolicy"})
	policy := tmpl.one(t, "OperatorTopicPolicy").Properties
	same(t, "of topics", text(policy["Topics"]), "${OperatorTopic}")
	same(t, "who may publish", statements(policy["PolicyDocument"]), []string{
		"Allow sns:Publish on ${OperatorTopic} to cloudwatch.amazonaws.com" +
			" if ArnLike aws:SourceArn arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*" +
			" if StringEquals aws:SourceAccount ${AWS::AccountId}"})
	for _, alarm := range tmpl.withPrefix("AWS::CloudWatch::Alarm") { // it may ring at once
		same(t, alarm+" waits for", text(tmpl.one(t, alarm).DependsOn), "OperatorTopicPolicy")
	}
	for _, topic := range []string{"AlertTopic", "OperatorTopic"} { // the key of AWS shuts alarms out
		same(t, "key of "+topic, tmpl.one(t, topic).Properties["KmsMasterKeyId"], nil)
	}
}

func (tmpl template) mailsWhoIsNamed(t *testing.T) {
	for _, c := range []struct{ alert, operator, people, operators string }{
		{"", "", "", ""},
		{"all@example.com", "", "all@example.com", "all@example.com"},
		{"all@example.com", "ops@example.com", "all@example.com", "ops@example.com"},
		{"", "ops@example.com", "", "ops@example.com"},
	} {
		given := map[string]any{"AlertEmail": c.alert, "OperatorEmail": c.operator}
		same(t, "people, "+c.alert+"/"+c.operator, tmpl.mails(t, "AlertSubscription", "${AlertTopic}", given), c.people)
		same(t, "operators, "+c.alert+"/"+c.operator, tmpl.mails(t, "OperatorSubscription", "${OperatorTopic}", given), c.operators)
	}
	same(t, "subscriptions", tmpl.withPrefix("AWS::SNS::Subscription"), []string{"AlertSubscription", "OperatorSubscription", "SlackOperatorSubscription", "SlackSubscription"})
	for _, name := range []string{"AlertEmail", "OperatorEmail"} {
		same(t, "default of "+name, tmpl.Parameters[name].Default, any(""))
	}
}

func (tmpl template) shutsTheBucketAndForgets(t *testing.T) {
	b := tmpl.one(t, "Bucket")
	same(t, "public access", at(b.Properties, "PublicAccessBlockConfiguration"), any(map[string]any{
		"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}))
	same(t, "ownership", text(at(b.Properties, "OwnershipControls", "Rules", "0", "ObjectOwnership")), "BucketOwnerEnforced")
	same(t, "encryption", at(b.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration", "0",
		"ServerSideEncryptionByDefault", "SSEAlgorithm"), "AES256")
	same(t, "versions", at(b.Properties, "VersioningConfiguration", "Status"), "Enabled")
	same(t, "expiry", at(b.Properties, "LifecycleConfiguration", "Rules"), any([]any{map[string]any{
		"Id": "old-versions", "Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 7.0}},
		map[string]any{"Id": "told", "Status": "Enabled", "Prefix": "told/", "ExpirationInDays": 30.0}})) // a copy may be 14 days old
	same(t, "on deletion", b.DeletionPolicy, "RetainExceptOnCreate") // CloudFormation deletes no bucket that holds anything
	same(t, "on replacement", b.UpdateReplacePolicy, "Retain")
	same(t, "policy", statements(at(tmpl.one(t, "BucketPolicy").Properties, "PolicyDocument")), []string{
		"Deny s3:* on ${Bucket.Arn} to * if Bool aws:SecureTransport false",
		"Deny s3:* on ${Bucket.Arn}/* to * if Bool aws:SecureTransport false"})
}

func (tmpl template) keepsTheLogForAWhile(t *testing.T) {
	for function, log := range map[string]string{"CheckFunction": "Log", "SlackFunction": "SlackLog"} {
		same(t, "LoggingConfig", at(tmpl.one(t, function).Properties, "LoggingConfig"), any(map[string]any{
			"LogGroup":  map[string]any{"Ref": log},
			"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}))
		same(t, "retention", text(tmpl.one(t, log).Properties["RetentionInDays"]), "${LogRetentionDays}")
	}
	if days, is := tmpl.Parameters["LogRetentionDays"].Default.(float64); !is || days < 1 {
		t.Errorf("LogRetentionDays is %v by default, want days", tmpl.Parameters["LogRetentionDays"].Default)
	}
}

// Two stacks of the template can stand in one region: what may have a name of its own has
// none, or it is the name of another resource here.
func (tmpl template) namesNothing(t *testing.T) {
	names := regexp.MustCompile(`^(Name|(Alarm|Bucket|Function|LogGroup|Policy|Queue|Role|Schedule|Topic|ManagedPolicy)Name)$`)
	for id, r := range tmpl.Resources {
		for key, value := range r.Properties {
			ref, _ := value.(map[string]any)
			if names.MatchString(key) && ref["Ref"] == nil {
				t.Errorf("%s has the physical %s %s, want none", id, key, text(value))
			}
		}
	}
}

func (tmpl template) tellsWhatIsWhere(t *testing.T) {
	got := map[string]string{}
	for name, o := range tmpl.Outputs {
		got[name] = text(o.Value)
		if o.Description == "" {
			t.Errorf("output %s has no description", name)
		}
	}
	command := got["TestAlert"]
	delete(got, "TestAlert")
	same(t, "outputs", got, map[string]string{
		"Function": "${CheckFunction}", "AlertTopic": "${AlertTopic}", "OperatorTopic": "${OperatorTopic}",
		"Bucket": "${Bucket}", "LogGroup": "${Log}"})

	form := regexp.MustCompile(`^aws lambda invoke --region \$\{AWS::Region\} --function-name \$\{CheckFunction\}` +
		` --cli-binary-format raw-in-base64-out --payload '([^']+)' /dev/stdout$`)
	found := form.FindStringSubmatch(command)
	if found == nil {
		t.Fatalf("TestAlert is %q, want a command like %v", command, form)
	}
	var e event
	if err := json.Unmarshal([]byte(found[1]), &e); err != nil {
		t.Fatal(err)
	}
	same(t, "TestAlert's event", e, event{Kind: "test"})
}

// Whoever deploys reads what a parameter is for and what it may be, before AWS refuses it.
func (tmpl template) explainsItsParameters(t *testing.T) {
	for name, p := range tmpl.Parameters {
		if len(p.Description) < 40 {
			t.Errorf("parameter %s is described as %q, want what it is for", name, p.Description)
		}
		if p.Default == nil || p.AllowedPattern == "" && p.AllowedValues == nil && p.MaxValue == nil {
			t.Errorf("parameter %s has no default or no limits", name)
		}
	}
}

func seconds(t *testing.T, v any) time.Duration {
	t.Helper()
	n, is := v.(float64)
	if !is {
		t.Fatalf("%v is no number of seconds", v)
	}
	return time.Duration(n) * time.Second
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// interval is the time between two rounds, in whole minutes, as the scheduler counts.
func (tmpl template) interval(t *testing.T) time.Duration {
	t.Helper()
	expression := text(tmpl.one(t, "CheckFunctionRound").Properties["ScheduleExpression"])
	if expression == "cron(* * * * ? *)" {
		return time.Minute
	}
	rate := regexp.MustCompile(`^rate\((?:1 minute|([2-9]|[1-9]\d+) minutes)\)$`).FindStringSubmatch(expression)
	if rate == nil {
		t.Fatalf("ScheduleExpression %q, want cron(* * * * ? *), or rate(N minutes): the scheduler knows no less than a minute", expression)
	}
	minutes, _ := strconv.Atoi("0" + rate[1])
	return time.Duration(max(1, minutes)) * time.Minute
}
