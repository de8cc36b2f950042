package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
)

// made is what CloudFormation makes of the template, as far as it is held to here.
type made struct {
	Resources struct {
		SlackFunction struct {
			Properties struct {
				Environment struct{ Variables map[string]any }
				Timeout     int
			}
		}
		SlackQueue struct {
			Properties struct {
				MessageRetentionPeriod, VisibilityTimeout int
				RedrivePolicy                             struct{ MaxReceiveCount int }
			}
		}
	}
}

func TestTemplate(t *testing.T) {
	var m made
	if err := json.Unmarshal(awslocal.Transform(t, "../../template.yaml"), &m); err != nil {
		t.Fatal(err)
	}
	t.Run("sets what the function reads", m.setsWhatTheFunctionReads)
	t.Run("keeps messages until their tries end", m.keepsMessagesUntilTheirTriesEnd)
}

// The template sets what the function reads, and nothing that it does not read.
func (m made) setsWhatTheFunctionReads(t *testing.T) {
	ref := func(name string) any { return map[string]any{"Ref": name} }
	from := map[string]any{
		"ROLLCALL_BUCKET":        ref("Bucket"),
		"ROLLCALL_QUEUE":         ref("SlackQueue"), // a queue's Ref is its URL
		"ROLLCALL_SLACK_WEBHOOK": ref("SlackWebhook"),
	}
	if sets := m.Resources.SlackFunction.Properties.Environment.Variables; !reflect.DeepEqual(sets, from) {
		t.Errorf("the template sets %v, want %v", sets, from)
	}
	reads := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[environment]()) {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		reads[name] = true
	}
	for name := range maps.Keys(from) {
		if !reads[name] {
			t.Errorf("the function does not read %s", name)
		}
		delete(reads, name)
	}
	if len(reads) > 0 {
		t.Errorf("the function reads %v, which the template does not set", reads)
	}
}

// However long Slack lets a message wait, all of its tries are over, and the alarm has rung,
// before SQS drops it without a word.
func (m made) keepsMessagesUntilTheirTriesEnd(t *testing.T) {
	queue := m.Resources.SlackQueue.Properties
	tries, kept := queue.RedrivePolicy.MaxReceiveCount, time.Duration(queue.MessageRetentionPeriod)*time.Second
	timeout := time.Duration(m.Resources.SlackFunction.Properties.Timeout) * time.Second
	longest := max(time.Duration(queue.VisibilityTimeout)*time.Second, timeout+grace)
	shortest := time.Duration(0)
	for received := range tries {
		for _, why := range []health.Delivery{health.Unsure, health.Denied, health.Refused} {
			longest = max(longest, wait(why, 24*365*time.Hour, received+1))
		}
		shortest += wait(health.Unsure, time.Second, received+1)
	}
	if all := time.Duration(tries) * (longest + timeout); all >= kept || all == 0 {
		t.Errorf("%d tries take up to %s, want them over before the queue forgets, after %s", tries, all, kept)
	}
	if shortest < 10*time.Hour {
		t.Errorf("while Slack asks for a second each time, it is given up after %s, want half a day", shortest)
	}
}

func TestReadEnvironment(t *testing.T) {
	for _, name := range []string{"ROLLCALL_BUCKET", "ROLLCALL_QUEUE", "ROLLCALL_SLACK_WEBHOOK"} {
		t.Setenv(name, "x-"+name)
	}
	e, err := readEnvironment()
	if err != nil || e.settings().Bucket != "x-ROLLCALL_BUCKET" || e.settings().Queue != "x-ROLLCALL_QUEUE" || e.settings().Webhook != "x-ROLLCALL_SLACK_WEBHOOK" {
		t.Errorf("%+v, %v", e, err)
	}
	t.Setenv("ROLLCALL_QUEUE", "")
	t.Setenv("ROLLCALL_BUCKET", "")
	if _, err := readEnvironment(); err == nil || !strings.Contains(err.Error(), "ROLLCALL_QUEUE") || !strings.Contains(err.Error(), "ROLLCALL_BUCKET") {
		t.Errorf("%v, want both that are missing", err)
	}
}
