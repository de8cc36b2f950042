package main

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// What template.yaml promises, each promise held against what CloudFormation makes of it.
func TestTemplate(t *testing.T) {
	tmpl := readTemplate(t)
	t.Run("knows every call", knowsEveryCall)
	t.Run("keeps its promises", tmpl.keepsItsPromises)
	t.Run("offers the intervals", tmpl.offersTheIntervals)
	t.Run("sets what the function reads", tmpl.setsWhatTheFunctionReads)
	t.Run("runs what the build makes", tmpl.runsWhatTheBuildMakes)
	t.Run("lets alarms reach the operator", tmpl.letsAlarmsReachTheOperator)
	t.Run("mails who is named", tmpl.mailsWhoIsNamed)
	t.Run("shuts the bucket and forgets", tmpl.shutsTheBucketAndForgets)
	t.Run("keeps the log for a while", tmpl.keepsTheLogForAWhile)
	t.Run("names nothing", tmpl.namesNothing)
	t.Run("stands anywhere", tmpl.standsAnywhere)
	t.Run("tells what is where", tmpl.tellsWhatIsWhere)
	t.Run("names the next steps", tmpl.namesTheNextSteps)
	t.Run("explains its parameters", tmpl.explainsItsParameters)
	t.Run("takes the locations that are read", tmpl.takesTheLocationsThatAreRead)
	t.Run("splits nothing", tmpl.splitsNothing)
	t.Run("keeps messages until they are told", tmpl.keepsMessagesUntilTheyAreTold)
	t.Run("brings both topics to Slack", tmpl.bringsBothTopicsToSlack)
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
	settings := readFile(t, "../../samconfig.toml")
	for _, want := range []string{"build_in_source = true", `capabilities = "CAPABILITY_IAM"`} {
		if !strings.Contains(settings, "\n"+want+"\n") {
			t.Errorf("samconfig.toml has no line %s", want)
		}
	}
}

func (tmpl template) letsAlarmsReachTheOperator(t *testing.T) {
	policy := tmpl.one(t, "OperatorTopicPolicy").Properties
	same(t, "of topics", text(policy["Topics"]), "${OperatorTopic}")
	same(t, "who may publish", statements(policy["PolicyDocument"]), []string{
		"Allow sns:Publish on ${OperatorTopic} to cloudwatch.amazonaws.com" +
			" if ArnLike aws:SourceArn arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*" +
			" if StringEquals aws:SourceAccount ${AWS::AccountId}"})
	same(t, "who may tell people", statements(tmpl.one(t, "AlertTopicPolicy").Properties["PolicyDocument"]), []string{
		"Allow sns:Publish on ${AlertTopic} to ${CheckRole.Arn}"})
}

func (tmpl template) mailsWhoIsNamed(t *testing.T) {
	for _, c := range []struct{ alert, operator, people, operators string }{
		{"", "", "", ""},
		{"all@example.com", "", "all@example.com", "all@example.com"},
		{"all@example.com", "ops@example.com", "all@example.com", "ops@example.com"},
		{"", "ops@example.com", "", "ops@example.com"},
	} {
		s := tmpl.with(t, map[string]string{"AlertEmail": c.alert, "OperatorEmail": c.operator})
		same(t, "people, "+c.alert+"/"+c.operator, s.mails(t, "AlertSubscription", "${AlertTopic}"), c.people)
		same(t, "operators, "+c.alert+"/"+c.operator, s.mails(t, "OperatorSubscription", "${OperatorTopic}"), c.operators)
	}
	same(t, "subscriptions", tmpl.withPrefix("AWS::SNS::Subscription"), []string{"AlertSubscription", "OperatorSubscription", "SlackOperatorSubscription", "SlackSubscription"})
	for _, name := range []string{"AlertEmail", "OperatorEmail", "SlackWebhook", "TargetsLocation", "CriticalAction"} {
		same(t, "default of "+name, tmpl.Parameters[name].Default, any(""))
	}
}

func (tmpl template) shutsTheBucketAndForgets(t *testing.T) {
	b := tmpl.one(t, "Bucket")
	same(t, "public access", at(b.Properties, "PublicAccessBlockConfiguration"), any(map[string]any{
		"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}))
	same(t, "ownership", text(at(b.Properties, "OwnershipControls", "Rules", "0", "ObjectOwnership")), "BucketOwnerEnforced")
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

// It stands in any partition, region and account.
func (tmpl template) standsAnywhere(t *testing.T) {
	said, err := json.Marshal(tmpl.Resources)
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`arn:aws[^"]*|[a-z]{2}-[a-z]+-\d\b|\d{12}|\}\.amazonaws\.com`).FindString(string(said)); found != "" {
		t.Errorf("the resources say %q, want what AWS::Partition, AWS::Region, AWS::AccountId and AWS::URLSuffix are for", found)
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
	delete(got, "NextSteps")
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

// Whoever has deployed reads what to do next, and that it fits what was deployed.
func (tmpl template) namesTheNextSteps(t *testing.T) {
	for _, c := range []struct{ given, first, third string }{
		{"", "Subscribe somebody to AlertTopic and OperatorTopic", "infra/targets.yaml, then sam build and sam deploy."},
		{"AlertEmail=all@example.com", "Follow the link in each mail", "then sam build and sam deploy."},
		{"SlackWebhook=/rollcall/slack", "Subscribe somebody to OperatorTopic too", "then sam build and sam deploy."},
		{"TargetsLocation=s3://our-targets/shop.yaml", "Subscribe somebody", "then rollcall push s3://our-targets/shop.yaml."},
	} {
		given := map[string]string{}
		if name, value, is := strings.Cut(c.given, "="); is {
			given[name] = value
		}
		said := text(tmpl.with(t, given).Outputs["NextSteps"].Value)
		steps := regexp.MustCompile(`^1\. (.+) 2\. Run the command TestAlert, (.+) 3\. (.+)$`).FindStringSubmatch(said)
		if steps == nil || !strings.Contains(steps[1], c.first) || !strings.Contains(steps[3], c.third) {
			t.Errorf("with %q the next steps are %q, want %q, TestAlert, %q", c.given, said, c.first, c.third)
		}
	}
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
