package main

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"rollcall/internal/awslocal"
)

// The template sets what the function reads, and nothing that it does not read.
func TestTheTemplateSetsWhatTheFunctionReads(t *testing.T) {
	var made struct {
		Resources struct {
			SlackFunction struct {
				Properties struct {
					Environment struct{ Variables map[string]any }
				}
			}
		}
	}
	if err := json.Unmarshal(awslocal.Transform(t, "../../template.yaml"), &made); err != nil {
		t.Fatal(err)
	}
	ref := func(name string) any { return map[string]any{"Ref": name} }
	from := map[string]any{
		"ROLLCALL_BUCKET":        ref("Bucket"),
		"ROLLCALL_QUEUE":         ref("SlackQueue"), // a queue's Ref is its URL
		"ROLLCALL_SLACK_WEBHOOK": ref("SlackWebhook"),
	}
	if sets := made.Resources.SlackFunction.Properties.Environment.Variables; !reflect.DeepEqual(sets, from) {
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
