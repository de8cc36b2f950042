package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/awslocal"
)

// Where the stack stands, and what ARNs there begin with.
const (
	inRegion = awslocal.Region + ":" + awslocal.Account + ":"
	ssmARN   = "arn:aws:ssm:" + inRegion + "parameter"
	ec2ARN   = "arn:aws:ec2:" + inRegion
	suffix   = "." + awslocal.Region + ".amazonaws.com"
)

// needs are grants as [grants] writes them, by whose role needs them.
type needs map[string]func(stack) []string

// needed is what each call needs that [awsCalls] finds in the code, and, in brackets, what AWS
// does with a role by itself. What no role needs is called on a laptop alone.
var needed = map[string]needs{
	"internal/store s3:GetObject": {
		// Without s3:ListBucket an object that is absent reads as forbidden.
		"CheckRole": grant("s3:GetObject ${Bucket.Arn}/state/* ${Bucket.Arn}/config/* ${Bucket.Arn}/silences/*", "s3:ListBucket ${Bucket.Arn}"),
		"SlackRole": grant("s3:GetObject ${Bucket.Arn}/told/slack/*", "s3:ListBucket ${Bucket.Arn}"),
	},
	"internal/store s3:PutObject": {
		"CheckRole": grant("s3:PutObject ${Bucket.Arn}/state/* ${Bucket.Arn}/config/*"), // silences are people's
		"SlackRole": grant("s3:PutObject ${Bucket.Arn}/told/slack/*"),
	},
	"internal/topic sns:Publish": {"CheckRole": grant("sns:Publish ${AlertTopic}")},
	"internal/source s3:GetObject": {"CheckRole": func(s stack) []string {
		if object, is := strings.CutPrefix(s.given["TargetsLocation"], "s3://"); is {
			return objectOf(object)
		}
		return nil
	}},
	"internal/source s3:PutObject": {}, // push
	"internal/source ssm:GetParameter": {
		"CheckRole": func(s stack) []string {
			if name, is := strings.CutPrefix(s.given["TargetsLocation"], "ssm:"); is {
				return parameterOf(name)
			}
			return nil
		},
		"SlackRole": func(s stack) []string { return parameterOf(s.given["SlackWebhook"]) },
	},
	"internal/source ssm:PutParameter":              {}, // push
	"internal/rollcall sqs:ChangeMessageVisibility": {"SlackRole": grant("sqs:ChangeMessageVisibility ${SlackQueue.Arn}")},

	"(Lambda keeps the log)": {"CheckRole": log("${Log.Arn}"), "SlackRole": log("${SlackLog.Arn}")},
	"(Lambda polls the queue)": {
		"SlackRole": grant("sqs:ReceiveMessage ${SlackQueue.Arn}", "sqs:DeleteMessage ${SlackQueue.Arn}", "sqs:GetQueueAttributes ${SlackQueue.Arn}")},
	"(the scheduler begins a round)":              {"ScheduleRole": grant("lambda:InvokeFunction ${CheckFunction.Arn}")},
	"(the scheduler keeps what could not begin)":  {"ScheduleRole": grant("sqs:SendMessage ${ScheduleDeadLetterQueue.Arn}")},
	"(Lambda puts the function into a VPC)":       {"CheckRole": network},
	"(what is encrypted with a key of one's own)": {"CheckRole": key("s3", "sns"), "SlackRole": key("s3", "sqs"), "ScheduleRole": key("sqs")},
}

// grant allows each action on the resources behind it.
func grant(all ...string) func(stack) []string {
	var lines []string
	for _, one := range all {
		words := strings.Fields(one)
		for _, on := range words[1:] {
			lines = append(lines, "Allow "+words[0]+" on "+on)
		}
	}
	return func(stack) []string { return lines }
}

func log(group string) func(stack) []string {
	return grant("logs:CreateLogStream "+group, "logs:PutLogEvents "+group)
}

// parameterOf is to read one parameter, also one under a key of one's own.
func parameterOf(name string) []string {
	return []string{
		"Allow ssm:GetParameter on " + ssmARN + name,
		"Allow kms:Decrypt on arn:aws:kms:" + inRegion + "key/*" +
			" if StringEquals kms:EncryptionContext:PARAMETER_ARN " + ssmARN + name +
			" if StringEquals kms:ViaService ssm" + suffix,
	}
}

// objectOf is to read one object, also under a key of one's own: S3 decrypts it by its ARN, or by
// that of its bucket, where that has a bucket key (S3 User Guide, "Using server-side encryption
// with AWS KMS keys", "Encryption context").
func objectOf(object string) []string {
	bucket, _, _ := strings.Cut(object, "/")
	return []string{
		"Allow s3:GetObject on arn:aws:s3:::" + object,
		"Allow kms:Decrypt on arn:aws:kms:" + inRegion + "key/*" +
			" if StringEquals kms:EncryptionContext:aws:s3:arn arn:aws:s3:::" + object + " arn:aws:s3:::" + bucket +
			" if StringEquals kms:ViaService s3" + suffix,
	}
}

// key is to use the key that is given, by way of these services.
func key(services ...string) func(stack) []string {
	return func(s stack) []string {
		arn := s.given["KmsKeyArn"]
		if arn == "" {
			return nil
		}
		via := " if StringEquals kms:ViaService"
		for _, service := range services {
			via += " " + service + suffix
		}
		return []string{"Allow kms:Decrypt on " + arn + via, "Allow kms:GenerateDataKey on " + arn + via}
	}
}

// network is what Lambda wants of the role of a function in a VPC, which the function itself
// must not use (AWS Lambda Developer Guide, "Required IAM permissions" and "Security best
// practices" of functions in a VPC).
func network(s stack) []string {
	subnets, groups := s.given["SubnetIds"], s.given["SecurityGroupIds"]
	if subnets == "" && groups == "" {
		return nil
	}
	lines := grant("ec2:DescribeNetworkInterfaces *", "ec2:DescribeSubnets *", "ec2:CreateNetworkInterface "+ec2ARN+"network-interface/*",
		"ec2:AssignPrivateIpAddresses "+ec2ARN+"network-interface/*", "ec2:UnassignPrivateIpAddresses "+ec2ARN+"network-interface/*",
		"ec2:DeleteNetworkInterface "+ec2ARN+"*/*")(s)
	return append(lines,
		"Allow ec2:CreateNetworkInterface on "+ec2ARN+"subnet/* if StringEquals ec2:SubnetID "+strings.ReplaceAll(subnets, ",", " "),
		"Allow ec2:CreateNetworkInterface on "+ec2ARN+"security-group/* if StringEquals ec2:SecurityGroupID "+strings.ReplaceAll(groups, ",", " "),
		"Deny ec2:* on * if Null lambda:SourceFunctionArn false")
}

// knowsEveryCall holds the table above against the code: a call that it does not have, and one
// that is no longer made, fail.
func knowsEveryCall(t *testing.T) {
	calls := slices.DeleteFunc(slices.Sorted(maps.Keys(needed)), func(call string) bool { return strings.HasPrefix(call, "(") })
	same(t, "calls to AWS in the code", awsCalls(t), calls)
	same(t, "folders that the rounds use", keys(t, "internal/store"), []string{"config/", "silences/", "state/"})
	same(t, "folders that Slack's function uses", keys(t, "functions/slack"), []string{"told/slack/"})
}

// grantsWhatIsNeeded holds every role to what its function calls, neither more nor less.
func (s stack) grantsWhatIsNeeded(t *testing.T) {
	roles := map[string]string{"CheckRole": "lambda", "ScheduleRole": "scheduler"}
	if s.given["SlackWebhook"] != "" {
		roles["SlackRole"] = "lambda"
	}
	same(t, "whatever grants anything", s.withPrefix("AWS::IAM::", "AWS::Lambda::Permission"), slices.Sorted(maps.Keys(roles)))
	for role, service := range roles {
		var want []string
		for _, by := range needed {
			if lines := by[role]; lines != nil {
				want = append(want, lines(s)...)
			}
		}
		slices.Sort(want)
		made := s.one(t, role)
		same(t, "grants of "+role, grants(made), want)
		same(t, "managed policies of "+role, made.Properties["ManagedPolicyArns"], nil)
		trusted := []string{"Allow sts:AssumeRole to " + service + ".amazonaws.com"}
		if service == "scheduler" { // else it could be had to use the role for another account
			trusted[0] += " if StringEquals aws:SourceAccount " + awslocal.Account +
				" if StringEquals aws:SourceArn arn:aws:scheduler:" + inRegion + "schedule-group/default"
		}
		same(t, "who may be "+role, statements(at(made.Properties, "AssumeRolePolicyDocument")), trusted)
		boundary := made.Properties["PermissionsBoundary"]
		if boundary == nil {
			boundary = ""
		}
		same(t, "boundary of "+role, boundary, any(s.given["PermissionsBoundary"]))
	}
	same(t, "role of the function", text(s.one(t, "CheckFunction").Properties["Role"]), "${CheckRole.Arn}")
	same(t, "role of the schedule", text(at(s.one(t, "CheckFunctionRound").Properties, "Target", "RoleArn")), "${ScheduleRole.Arn}")
	if slack, is := s.Resources["SlackFunction"]; is {
		same(t, "role of Slack's function", text(slack.Properties["Role"]), "${SlackRole.Arn}")
	}
}
