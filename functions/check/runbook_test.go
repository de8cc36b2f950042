package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each alarm of the template has its paragraph in the runbook and leads there, and the
// runbook has no paragraph of an alarm that is not.
func TestEveryAlarmHasItsRunbook(t *testing.T) {
	t.Parallel()
	tmpl := readTemplate(t)
	paragraphs := map[string]string{}
	for _, section := range strings.Split(readFile(t, "../../docs/runbook.md"), "\n## ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		paragraphs[anchor(heading)] = body
	}
	alarms := tmpl.withPrefix("AWS::CloudWatch::Alarm")
	var anchors []string
	for _, id := range alarms {
		to := strings.ToLower(id)
		anchors = append(anchors, to)
		body, has := paragraphs[to]
		if !has {
			t.Errorf("docs/runbook.md has no heading for %s, want ## %s", id, id)
			continue
		}
		for _, part := range []string{"**Means**", "**Meanwhile**", "**Look**", "**Ends**", "**Lost**"} {
			if strings.Count(body, "\n- "+part+" ") != 1 {
				t.Errorf("docs/runbook.md, %s: want one line that begins - %s", to, part)
			}
		}
		if !regexp.MustCompile("```\\w*\n").MatchString(body) && !strings.Contains(body, "`aws ") && !strings.Contains(body, "`rollcall ") {
			t.Errorf("docs/runbook.md, %s: want a command to begin with", to)
		}
		link := regexp.MustCompile(`docs/runbook\.md#` + to + `([^a-z0-9-]|$)`)
		if said := text(tmpl.one(t, id).Properties["AlarmDescription"]); !link.MatchString(said) {
			t.Errorf("AlarmDescription of %s does not lead to docs/runbook.md#%s: %q", id, to, said)
		}
	}
	for heading := range paragraphs {
		if !slices.Contains(anchors, heading) {
			t.Errorf("docs/runbook.md has a heading %s, and the template no such alarm", heading)
		}
	}
}

// anchor is the fragment by which GitHub leads to a heading.
func anchor(heading string) string {
	kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
	return strings.ReplaceAll(kept, " ", "-")
}
