package webhook

import (
	"strings"
	"time"

	"rollcall/internal/notify"
)

func colorOfAlarm(state string) string {
	switch state {
	case "ALARM":
		return red
	case "OK":
		return green
	default:
		return amber
	}
}

// ofAlarm sets an alarm in Slack's type, as it is told now.
func ofAlarm(a notify.Alarm, now time.Time) post {
	top := headline{a.Headline(), a.Tag(now)}
	body := attachment{Color: colorOfAlarm(a.State), Fallback: literal(a.Headline(), headerMost)}
	var facts []string
	for _, f := range a.Facts(!top.whole()) {
		facts = append(facts, f.Label+": "+literal(f.Text, fieldMost-100))
	}
	body.Blocks = append(body.Blocks, fields(facts...))
	for _, text := range a.Paragraphs() {
		body.Blocks = append(body.Blocks, section(literal(text, sectionMost)))
	}
	result := post{Text: top.text(), Blocks: []block{top.header()}, Attachments: []attachment{body}}
	if late := a.Late(now); late != "" {
		result.Blocks = append(result.Blocks, section(literal(late, leadMost)))
	}
	return result
}

func plainAlarm(a notify.Alarm, now time.Time) post {
	parts := []string{headline{a.Headline(), a.Tag(now)}.text()}
	for _, text := range append([]string{a.Late(now)}, a.Paragraphs()...) {
		if text != "" {
			parts = append(parts, literal(text, plainMost/3))
		}
	}
	return post{Text: joined(parts, "\n", plainMost)}
}

// ofText is any text, under its subject where it has one.
func ofText(subject, text string) post {
	title := headline{words: notify.TitleOf(subject)}
	result := post{Text: title.text(), Blocks: []block{title.header()}}
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
		if strings.TrimSpace(written) != "" { // Slack takes no empty section
			if left -= length(written); left < 0 {
				all[len(all)-1] += "\n" + notify.MoreLines(len(lines))
				break
			}
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
		said = notify.Wordless
	}
	return post{Text: literal(said, plainMost)}
}
