package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// What the runbook says to paste is what a shell takes, finds rollcall, and looks back as far
// as the preamble says, whatever the interval.
func TestRunbookCanBePasted(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../../docs/runbook.md")
	preamble, _, _ := strings.Cut(text, "\n## ")
	for _, want := range []string{"\nSTACK=rollcall\n", "\nSINCE=1h # ", "\nmake build; PATH=\"$PWD/bin:$PATH\" ", `--since "${2:-$SINCE}"`, "`-f LOCATION`"} {
		if !strings.Contains(preamble, want) {
			t.Errorf("docs/runbook.md: want %q before the first alarm", want)
		}
	}
	for _, since := range regexp.MustCompile(`--since (\S+)`).FindAllStringSubmatch(text, -1) {
		if since[1] != `"$SINCE"` && since[1] != `"${2:-$SINCE}"` {
			t.Errorf("docs/runbook.md: --since %s, want \"$SINCE\": rounds may be an hour apart", since[1])
		}
	}
	if !regexp.MustCompile(`aws sqs receive-message .*--wait-time-seconds 10 --visibility-timeout 0 `).MatchString(text) {
		t.Error("docs/runbook.md: want receive-message to ask all servers, and to hide nothing from the alarm")
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(blocks) < 2 {
		t.Fatalf("docs/runbook.md: %d blocks of commands, want the preamble's and those of the alarms", len(blocks))
	}
	for _, block := range blocks {
		check := exec.CommandContext(t.Context(), "sh", "-n")
		check.Stdin = strings.NewReader(block[1])
		if said, err := check.CombinedOutput(); err != nil {
			t.Errorf("%v, %s, in:\n%s", err, said, block[1])
		}
	}
}
