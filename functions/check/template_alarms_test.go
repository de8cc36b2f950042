package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/metric"
	"rollcall/internal/rollcall"
)

// bell is what an alarm watches and when it rings.
type bell struct {
	metric    string // namespace, name, dimensions, statistic
	intervals int    // of the schedule in a period; 0: a minute
	of        int    // periods that are looked at
	bad       int    // of which so many must be bad
	rings     string // how a value is compared
	threshold float64
	missing   string // what missing data is taken for
}

const (
	atLeast = "GreaterThanOrEqualToThreshold"
	above   = "GreaterThanThreshold"
	below   = "LessThanThreshold"
)

// bells are the alarms that are always made; those for Slack and the pager follow.
var bells = map[string]bell{
	// A dead man: all of the datapoints, and what is missing is bad. With fewer than all it would
	// ring for old gaps although the newest round is good.
	"StoppedAlarm": {"Rollcall RoundsCompleted Fleet Sum", 1, 3, 3, below, 1, "breaching"},
	"FailingAlarm": {"Rollcall RoundsCompleted Fleet Sum", 15, 1, 1, below, 12, "breaching"},
	// Rounds that were bad: never a single one. A round that did not finish writes neither of the
	// first two, so as not to calm anybody: what is missing must not either.
	"UnknownAlarm":   {"Rollcall Unknown Fleet Maximum", 1, 5, 3, atLeast, 1, "ignore"},
	"OutboxAlarm":    {"Rollcall OutboxDepth Fleet Maximum", 1, 5, 3, atLeast, 1, "ignore"},
	"LateAlarm":      {"Rollcall Lateness Fleet Maximum", 1, 5, 3, above, 75000, "notBreaching"}, // ms; the scheduler's own minute, and something
	"ErrorsAlarm":    {"AWS/Lambda Errors FunctionName Sum", 1, 5, 3, atLeast, 1, "notBreaching"},
	"ThrottlesAlarm": {"AWS/Lambda Throttles FunctionName Sum", 1, 5, 3, atLeast, 1, "notBreaching"},
	"MetricsAlarm":   {"AWS/Logs EMFValidationErrors LogGroupName Sum", 1, 5, 3, atLeast, 1, "notBreaching"},
	"ScheduleAlarm":  {"AWS/SQS ApproximateNumberOfMessagesVisible QueueName Maximum", 0, 1, 1, atLeast, 3, "notBreaching"}, // in four days
}

var slackBells = map[string]bell{
	"SlackAlarm": {"AWS/SQS ApproximateNumberOfMessagesVisible QueueName Maximum", 0, 1, 1, atLeast, 1, "notBreaching"},
	// A message that is told at the second try is none.
	"SlackWaitingAlarm": {"AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName Minimum", 0, 15, 15, atLeast, 1, "notBreaching"},
}

// pagerBell rings at once: the judge has waited already. Without a word it stays as it is.
var pagerBell = bell{"Rollcall Critical Fleet Maximum", 1, 1, 1, atLeast, 1, "ignore"}

// watched is what each dimension must be.
var watched = map[string]string{
	"ErrorsAlarm": "${CheckFunction}", "ThrottlesAlarm": "${CheckFunction}", "MetricsAlarm": "${Log}",
	"ScheduleAlarm": "${ScheduleDeadLetterQueue.QueueName}", "SlackAlarm": "${SlackDeadLetterQueue.QueueName}", "SlackWaitingAlarm": "${SlackQueue.QueueName}",
}

// ofAWS are the metrics of AWS that alarms watch, with their dimensions (the pages "Metrics" of
// the developer guides of Lambda, SQS and CloudWatch Logs).
var ofAWS = []string{
	"AWS/Lambda Errors FunctionName", "AWS/Lambda Throttles FunctionName", "AWS/Logs EMFValidationErrors LogGroupName",
	"AWS/SQS ApproximateNumberOfMessagesVisible QueueName", "AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName",
}

// ringsInTime holds every alarm to what it watches, to when it rings, and to telling somebody.
func (s stack) ringsInTime(t *testing.T, interval time.Duration) {
	want := map[string]bell{}
	for _, more := range []struct {
		made  bool
		bells map[string]bell
	}{{true, bells}, {s.given["SlackWebhook"] != "", slackBells}, {s.given["CriticalAction"] != "", map[string]bell{"CriticalAlarm": pagerBell}}} {
		for name, b := range more.bells {
			if more.made {
				want[name] = b
			}
		}
	}
	there := append(slices.Clone(ofAWS), written(t)...)
	for _, name := range s.withPrefix("AWS::CloudWatch::Alarm") {
		p := s.one(t, name).Properties
		b, has := want[name]
		delete(want, name)
		if !has {
			t.Errorf("alarm %s: the test does not know when it may ring", name)
			continue
		}
		source := text(p["Namespace"]) + " " + text(p["MetricName"]) + " " + text(at(p, "Dimensions", "0", "Name"))
		same(t, name+" watches", source+" "+text(p["Statistic"]), b.metric)
		if !slices.Contains(there, source) {
			t.Errorf("%s watches %s, which nobody writes; there are %q", name, source, there)
		}
		value, is := watched[name]
		if !is {
			value = s.given["FleetName"]
		}
		same(t, name+" watches that of", text(at(p, "Dimensions", "0", "Value")), value)
		same(t, name+" has dimensions", len(list(p["Dimensions"])), 1)
		period := max(time.Minute, time.Duration(b.intervals)*interval)
		same(t, name+" Period", seconds(t, p["Period"]), period)
		same(t, name+" EvaluationPeriods", p["EvaluationPeriods"], any(float64(b.of)))
		same(t, name+" DatapointsToAlarm", p["DatapointsToAlarm"], any(float64(b.bad)))
		same(t, name+" ComparisonOperator", text(p["ComparisonOperator"]), b.rings)
		same(t, name+" Threshold", p["Threshold"], any(b.threshold))
		same(t, name+" TreatMissingData", p["TreatMissingData"], any(b.missing))
		canBeCounted(t, name, p)
		s.tellsSomebody(t, name)
	}
	same(t, "alarms that are missing", len(want), 0)
}

// canBeCounted holds an alarm to what CloudWatch takes (API Reference, PutMetricAlarm).
func canBeCounted(t *testing.T, name string, p map[string]any) {
	t.Helper()
	period, of, bad := seconds(t, p["Period"]), p["EvaluationPeriods"].(float64), p["DatapointsToAlarm"].(float64)
	longest := 24 * time.Hour
	if period >= time.Hour {
		longest *= 7
	}
	if period%time.Minute != 0 || time.Duration(of)*period > longest {
		t.Errorf("%s looks at %v periods of %v, want whole minutes, and at most %v in all", name, of, period, longest)
	}
	if bad < 1 || bad > of {
		t.Errorf("%s: DatapointsToAlarm %v of %v periods, want no more than there are", name, bad, of)
	}
	if p["TreatMissingData"] == "breaching" && bad != of {
		t.Errorf("%s: %v of %v with missing data breaching rings for old gaps, want %v of %v", name, bad, of, of, of)
	}
}

// tellsSomebody holds an alarm to telling somebody, both ways, what happened, what to do, and
// where more of it stands.
func (s stack) tellsSomebody(t *testing.T, name string) {
	t.Helper()
	alarm := s.one(t, name)
	begins, ends := "${OperatorTopic}", "${OperatorTopic}"
	if name == "CriticalAlarm" {
		begins, ends = s.given["CriticalAction"], s.given["CriticalAction"]
		if strings.Contains(ends, ":ssm-incidents:") { // which knows no end of an alarm
			ends = "<nil>"
		}
	} else {
		same(t, name+" waits for", text(alarm.DependsOn), "OperatorTopicPolicy") // it may ring at once
	}
	same(t, name+" AlarmActions", text(alarm.Properties["AlarmActions"]), begins)
	same(t, name+" OKActions", text(alarm.Properties["OKActions"]), ends)
	if enabled, has := alarm.Properties["ActionsEnabled"]; has && enabled != true {
		t.Errorf("%s: ActionsEnabled %v, want the alarm to tell somebody", name, enabled)
	}
	said := text(alarm.Properties["AlarmDescription"])
	heading := strings.ToLower(name)
	const room = 1024 - 150 // of a description, less what the names in it may grow to
	if !strings.Contains(said, "leet "+s.given["FleetName"]) || !strings.Contains(said, "What to do: ") ||
		!strings.HasSuffix(said, " Runbook: docs/runbook.md#"+heading) || len(said) > room {
		t.Errorf("%s is described as %q: want the fleet, what to do, and the runbook's heading #%s, in at most %d characters", name, said, heading, room)
	}
	if name == "StoppedAlarm" {
		every := s.interval(t)
		if three := text(s.Mappings["Intervals"][s.given["IntervalMinutes"]]["Three"]); !strings.Contains(said, "for "+three+", or for up to twice that,") || duration(t, three) != 3*every {
			t.Errorf("%s says %q, want how long three rounds take, which are %v apart, and that it may be told later", name, said, every)
		}
	}
}

// written are the metrics that a round writes, as "namespace name dimensions", when the targets
// file asks for the fewest.
func written(t *testing.T) (all []string) {
	t.Helper()
	now := time.Now()
	r := health.Report{
		Fleet: "shop", Shard: rollcall.Whole, Scheduled: now.Add(-time.Second), Started: now, Budget: time.Second, Reserve: time.Second, Completed: true,
		Counts: health.Counts{Targets: 1, Up: 1}, Results: []health.Result{{Status: health.Up, Reason: "up", Attempts: make([]health.Attempt, 1)}},
	}
	var lines bytes.Buffer
	w := metric.New(&lines, metric.ByFleet, metric.AllResults)
	if err := w.Results(r); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(r); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(lines.Bytes()) {
		var document struct {
			Embedded struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal(line, &document); err != nil {
			t.Fatal(err)
		}
		for _, directive := range document.Embedded.CloudWatchMetrics {
			for _, dimensions := range directive.Dimensions {
				for _, m := range directive.Metrics {
					all = append(all, directive.Namespace+" "+m.Name+" "+strings.Join(dimensions, " "))
				}
			}
		}
	}
	return all
}
