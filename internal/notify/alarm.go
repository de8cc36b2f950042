package notify

import (
	"encoding/json"
	"strings"
	"time"
)

// Alarm is what CloudWatch publishes when an alarm changes its state (CloudWatch User Guide,
// "Notifying users on alarm changes"). Its texts are as they came.
type Alarm struct {
	Name   string `json:"AlarmName"`
	About  string `json:"AlarmDescription"`
	Before string `json:"OldStateValue"`
	State  string `json:"NewStateValue"` // ALARM, OK or INSUFFICIENT_DATA
	Reason string `json:"NewStateReason"`
	Since  string `json:"StateChangeTime"`
	Region string
}

// ParseAlarm reads one, if text is one.
func ParseAlarm(text string) (a Alarm, is bool) {
	err := json.Unmarshal([]byte(text), &a)
	return a, err == nil && a.Name != "" && a.State != ""
}

// Headline says in one line what a is about.
func (a Alarm) Headline() string { return clean(a.State+": "+a.Name, causeMost) }

// Facts are the state of a, and whose it is; with its name, where a headline has no room
// for that.
func (a Alarm) Facts(named bool) []Line {
	var lines []Line
	if named {
		lines = quote(lines, "Name", a.Name, causeMost)
	}
	state := a.State
	if a.Before != "" {
		state = a.Before + " → " + state
	}
	lines = quote(lines, "State", state, nameMost)
	lines = quote(lines, "Region", a.Region, nameMost)
	return quote(lines, "Since", a.since(), nameMost)
}

// Tag says behind the headline that a is told late: " [2 hours late]"; empty when it is not.
func (a Alarm) Tag(now time.Time) string {
	if at, late := a.late(now); late {
		return " [" + span(now.Sub(at)) + " late]"
	}
	return ""
}

// Late is what must be known before the rest of a is read; empty when it is not late.
func (a Alarm) Late(now time.Time) string {
	if at, late := a.late(now); late {
		return lateness(at, now)
	}
	return ""
}

// Paragraphs are why a changed, and what to do. None is empty.
func (a Alarm) Paragraphs() []string {
	var all []string
	for _, text := range [...]string{a.Reason, a.About} {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// late is since when a has been so, and whether that is longer than it takes to tell it.
func (a Alarm) late(now time.Time) (at time.Time, late bool) {
	at, err := a.at()
	return at, err == nil && now.Sub(at) > lateAfter
}

func (a Alarm) at() (time.Time, error) {
	return time.Parse("2006-01-02T15:04:05.000-0700", a.Since)
}

// since is when the state changed, to the minute, or whatever stands there.
func (a Alarm) since() string {
	at, err := a.at()
	if err != nil {
		return a.Since
	}
	return clock(at)
}
