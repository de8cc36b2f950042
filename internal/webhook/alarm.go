package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// alarm is what CloudWatch publishes when an alarm changes its state (CloudWatch User Guide,
// "Notifying users on alarm changes").
type alarm struct {
	AlarmName        string
	AlarmDescription string
	OldStateValue    string
	NewStateValue    string // ALARM, OK or INSUFFICIENT_DATA
	NewStateReason   string
	StateChangeTime  string
	Region           string
}

// readAlarm reads one, if text is one.
func readAlarm(text string) (a alarm, is bool) {
	err := json.Unmarshal([]byte(text), &a)
	return a, err == nil && a.AlarmName != "" && a.NewStateValue != ""
}

func (a alarm) headline() string { return a.NewStateValue + ": " + a.AlarmName }

func (a alarm) color() string {
	switch a.NewStateValue {
	case "ALARM":
		return red
	case "OK":
		return green
	default:
		return amber
	}
}

func (a alarm) post() post {
	state := literal(a.NewStateValue, 100)
	if a.OldStateValue != "" {
		state = literal(a.OldStateValue, 100) + " → " + state
	}
	facts := []string{"State: " + state}
	if a.Region != "" {
		facts = append(facts, "Region: "+literal(a.Region, 200))
	}
	if a.StateChangeTime != "" {
		facts = append(facts, "Since: "+literal(a.since(), 200))
	}
	body := attachment{Color: a.color(), Fallback: literal(a.headline(), headerMost), Blocks: []block{fields(facts...)}}
	for _, text := range []string{a.NewStateReason, a.AlarmDescription} {
		if text = strings.TrimSpace(text); text != "" {
			body.Blocks = append(body.Blocks, section(literal(text, sectionMost)))
		}
	}
	return post{
		Text:        literal(a.headline(), headerMost),
		Blocks:      []block{header(a.headline())},
		Attachments: []attachment{body},
	}
}

// since is when the state changed, to the minute, or whatever stands there.
func (a alarm) since() string {
	at, err := time.Parse("2006-01-02T15:04:05.000-0700", a.StateChangeTime)
	if err != nil {
		return a.StateChangeTime
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

func (a alarm) plain() post {
	return post{Text: literal(fmt.Sprintf("%s\n%s", a.headline(), a.NewStateReason), plainMost)}
}

// ofText is any text, under its subject where it has one.
func ofText(subject, text string) post {
	title := strings.TrimSpace(subject)
	if title == "" {
		title = "A message to the topic"
	}
	result := post{Text: literal(title, headerMost), Blocks: []block{header(title)}}
	for _, part := range portions(strings.TrimSpace(text)) {
		result.Blocks = append(result.Blocks, section(part))
	}
	return result
}

// portions cut a text into what sections hold, for as long as there is room; the last one
// tells how much was left out.
func portions(text string) (all []string) {
	const each = sectionMost - 100 // and room for that
	lines := wrapped(text)
	for left := charsMost - 2*headerMost; len(lines) > 0; {
		written, n := literal(lines[0], each), 1
		for ; n < len(lines); n++ {
			next := "\n" + literal(lines[n], each)
			if length(written)+length(next) > each {
				break
			}
			written += next
		}
		if left -= length(written); left < 0 {
			all[len(all)-1] += fmt.Sprintf("\nand %d more lines", len(lines))
			break
		}
		if strings.TrimSpace(written) != "" { // Slack takes no empty section
			all = append(all, written)
		}
		lines = lines[n:]
	}
	return all
}

// wrapped are the lines of a text, none longer than a section holds however much of it must
// be escaped.
func wrapped(text string) (lines []string) {
	const most = 500
	for line := range strings.Lines(text) {
		runes := []rune(strings.TrimRight(line, "\r\n"))
		for len(runes) > most {
			lines, runes = append(lines, string(runes[:most])), runes[most:]
		}
		lines = append(lines, string(runes))
	}
	return lines
}

func plainText(subject, text string) post {
	said := strings.TrimSpace(strings.TrimSpace(subject) + "\n" + strings.TrimSpace(text))
	if said == "" {
		said = "A message to the topic, without words."
	}
	return post{Text: literal(said, plainMost)}
}
