package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"rollcall/internal/rollcall"
)

// offersTheIntervals holds the Mappings of the template against the table in the code, which
// validate, plan and push count with.
func (tmpl template) offersTheIntervals(t *testing.T) {
	var offered []any
	rows := map[string]map[string]any{}
	for _, in := range rollcall.Intervals {
		minutes := strconv.Itoa(int(in.Every / time.Minute))
		offered = append(offered, any(minutes))
		every := "every " + minutes + " minutes"
		switch in.Every {
		case time.Minute:
			every = "once a minute"
		case time.Hour:
			every = "once an hour"
		}
		row := tmpl.Mappings["Intervals"][minutes]
		rows[minutes] = row
		same(t, minutes+" Timeout", seconds(t, row["Timeout"]), in.Timeout)
		same(t, minutes+" Period", seconds(t, row["Period"]), in.Every)
		same(t, minutes+" Fifteen", seconds(t, row["Fifteen"]), 15*in.Every)
		same(t, minutes+" Every", row["Every"], any(every))
		same(t, minutes+" Three", duration(t, text(row["Three"])), 3*in.Every)
		same(t, minutes+" has", slices.Sorted(maps.Keys(row)), []string{"Every", "Fifteen", "Period", "Schedule", "Three", "Timeout"})
		apart, err := apart(text(row["Schedule"]))
		if err != nil || apart != in.Every {
			t.Errorf("Schedule of %s is %v: rounds are %v apart, %v; want %v", minutes, row["Schedule"], apart, err, in.Every)
		}
	}
	same(t, "intervals", tmpl.Mappings["Intervals"], rows)
	p := tmpl.Parameters["IntervalMinutes"]
	same(t, "values of IntervalMinutes", p.AllowedValues, offered)
	same(t, "IntervalMinutes by default", p.Default, any("1"))
}

// One event is one round, at its scheduled time, and never a late or a second one.
func (s stack) asksOnSchedule(t *testing.T, in rollcall.Interval) {
	f := s.one(t, "CheckFunction").Properties
	timeout := seconds(t, f["Timeout"])
	if timeout >= in.Every || timeout > 900*time.Second || timeout != in.Timeout {
		t.Errorf("Timeout %v, want %v, as validate and plan assume, less than the interval, %v, and what Lambda allows", timeout, in.Timeout, in.Every)
	}
	same(t, "interval of the schedule", s.interval(t), in.Every)
	told, err := time.ParseDuration(text(at(f, "Environment", "Variables", "ROLLCALL_INTERVAL")))
	if err != nil || told != in.Every {
		t.Errorf("ROLLCALL_INTERVAL is %v, %v, want %v", told, err, in.Every)
	}
	schedule := s.one(t, "CheckFunctionRound")
	same(t, "FlexibleTimeWindow", at(schedule.Properties, "FlexibleTimeWindow", "Mode"), "OFF")
	same(t, "Target", text(at(schedule.Properties, "Target", "Arn")), "${CheckFunction.Arn}")
	same(t, "what could not begin is kept in", text(at(schedule.Properties, "Target", "DeadLetterConfig", "Arn")), "${ScheduleDeadLetterQueue.Arn}")
	if state, has := schedule.Properties["State"]; has && state != "ENABLED" {
		t.Errorf("State %v, want the schedule enabled", state)
	}
	var round event
	if err := json.Unmarshal([]byte(at(schedule.Properties, "Target", "Input").(string)), &round); err != nil {
		t.Fatal(err)
	}
	same(t, "the schedule's event", round, event{Kind: "round", Scheduled: "<aws.scheduler.scheduled-time>"})

	invoke := s.one(t, "CheckFunctionEventInvokeConfig")
	same(t, "tries again after a failure", invoke.Properties["MaximumRetryAttempts"], any(0.0))
	queued := seconds(t, invoke.Properties["MaximumEventAgeInSeconds"])
	same(t, "age in Lambda's queue", queued, time.Minute)
	delivered := seconds(t, at(schedule.Properties, "Target", "RetryPolicy", "MaximumEventAgeInSeconds"))
	same(t, "age in the scheduler", delivered, time.Minute)
	if delivered+queued > 2*in.Every {
		t.Errorf("a round may be delivered %v late, want at most two intervals", delivered+queued)
	}
}

// interval is the time between two rounds.
func (s stack) interval(t *testing.T) time.Duration {
	t.Helper()
	every, err := apart(text(s.one(t, "CheckFunctionRound").Properties["ScheduleExpression"]))
	if err != nil {
		t.Fatal(err)
	}
	return every
}

// onTheMinute are the expressions of EventBridge Scheduler, which knows no less than a minute,
// with the same time between all rounds: minutes that divide the hour, and every hour.
var onTheMinute = regexp.MustCompile(`^cron\((\*|0|0/([1-9]\d?)) \* \* \* \? \*\)$`)

// apart is the time between two rounds of a schedule that begins them on the minute.
func apart(expression string) (time.Duration, error) {
	found := onTheMinute.FindStringSubmatch(expression)
	if found == nil {
		return 0, fmt.Errorf("ScheduleExpression %q, want cron(* * * * ? *), cron(0/N * * * ? *) or cron(0 * * * ? *): EventBridge Scheduler knows no less than a minute", expression)
	}
	switch found[1] {
	case "*":
		return time.Minute, nil
	case "0":
		return time.Hour, nil
	}
	minutes, _ := strconv.Atoi(found[2])
	if 60%minutes != 0 {
		return 0, fmt.Errorf("ScheduleExpression %q: %d minutes do not divide the hour, so the last round of each is another time from the next", expression, minutes)
	}
	return time.Duration(minutes) * time.Minute, nil
}

// The schedules that AWS would refuse, and those that would not be even, are told from the others.
func TestApart(t *testing.T) {
	for expression, want := range map[string]time.Duration{
		"cron(* * * * ? *)": time.Minute, "cron(0/15 * * * ? *)": 15 * time.Minute, "cron(0 * * * ? *)": time.Hour,
		"rate(30 seconds)": 0, "rate(1 minute)": 0, "cron(0/7 * * * ? *)": 0, "cron(* * * * *)": 0, "cron(0/30 * * * * ? *)": 0, "": 0,
	} {
		if got, err := apart(expression); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v, %v, want %v", expression, got, err, want)
		}
	}
}

// duration reads the words for a time: 3 minutes, 3 hours.
func duration(t *testing.T, words string) time.Duration {
	t.Helper()
	var n int
	var unit string
	if _, err := fmt.Sscanf(words, "%d %s", &n, &unit); err != nil || unit != "minutes" && unit != "hours" {
		t.Fatalf("%q, want a number of minutes or hours", words)
	}
	if unit == "hours" {
		return time.Duration(n) * time.Hour
	}
	return time.Duration(n) * time.Minute
}
