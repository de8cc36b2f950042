package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/internal/notify"
)

const alarmJSON = `{"AlarmName":"rollcall-StoppedAlarm-1X","AlarmDescription":"rollcall has stopped: <read> the log & act.","AWSAccountId":"123456789012",
"NewStateValue":"ALARM","NewStateReason":"Threshold Crossed: 3 datapoints were less than the threshold (1.0).","StateChangeTime":"2026-11-22T14:08:31.236+0000",
"Region":"EU (Frankfurt)","OldStateValue":"OK","Trigger":{"MetricName":"RoundsCompleted"}}`

// A copy of a message is known by its id, in an envelope or without.
func TestRead(t *testing.T) {
	d := digest(1, "status 503")
	odd := strings.Replace(event(d), `"id":"`+d.ID+`"`, `"id":""`, 1)
	for what, c := range map[string]struct {
		body string
		kind Kind
		id   string
	}{
		"a digest":                           {event(d), Digest, d.ID},
		"a digest in an envelope":            {envelope("sns-1", "subject", event(d)), Digest, d.ID},
		"a digest without an id":             {odd, Digest, "message/queue-1"},
		"the plain form of a digest":         {envelope("sns-1", "", notify.Plain(d)), Other, d.ID},
		"the plain form of a digest, raw":    {notify.Plain(d), Other, d.ID},
		"a text that ends like a plain form": {"buy now\nMessage id " + d.ID, Other, "message/queue-1"},
		"an alarm":                           {envelope("sns-2", "ALARM", alarmJSON), Alarm, "message/sns-2"},
		"an alarm, raw":                      {alarmJSON, Alarm, "message/queue-1"},
		"a text":                             {envelope("sns-3", "Hello", "to all"), Other, "message/sns-3"},
		"a digest of the future":             {`{"schema":"rollcall.digest/2","id":"x"}`, Other, "message/queue-1"},
		"JSON of somebody else":              {`{"Type":"Notification","Message":"x"}`, Other, "message/queue-1"},
		"no JSON":                            {"[1", Other, "message/queue-1"},
		"nothing":                            {"", Other, "message/queue-1"},
	} {
		m := Read(c.body, "queue-1", minute)
		if m.Kind != c.kind || m.ID != c.id || len(m.Full) == 0 || len(m.Plain) == 0 {
			t.Errorf("%s: %s %q, want %s %q", what, m.Kind, m.ID, c.kind, c.id)
		}
	}
}

func TestAlarmsAreRead(t *testing.T) {
	w := newWorld(t)
	for state, color := range map[string]string{"ALARM": red, "OK": green, "INSUFFICIENT_DATA": amber} {
		body := strings.Replace(alarmJSON, `"NewStateValue":"ALARM"`, `"NewStateValue":"`+state+`"`, 1)
		post := w.posts(state, envelope("sns-"+state, "ALARM: x", body))
		has(t, state, post.Text, state+": rollcall-StoppedAlarm-1X", "OK → "+state, "EU (Frankfurt)",
			"2026-11-22 14:08 UTC", "Threshold Crossed", "&lt;read&gt; the log &amp; act")
		if len(post.Colors) != 1 || post.Colors[0] != color {
			t.Errorf("%s: colours %v, want %s", state, post.Colors, color)
		}
	}
	for name, stands := range map[string]int{strings.Repeat("n", 140): 0, strings.Repeat("n", 255): 1} { // in a field, where the header is cut
		post := w.posts("a long name", fmt.Sprintf(`{"AlarmName":%q,"NewStateValue":"ALARM"}`, name))
		if got := strings.Count(post.Text, "Name: "+name); got != stands {
			t.Errorf("a name of %d characters stands in %d fields, want %d", len(name), got, stands)
		}
	}
	w.posts("the least", `{"AlarmName":"x","NewStateValue":"ALARM"}`)
	w.posts("too much", fmt.Sprintf(`{"AlarmName":%q,"NewStateValue":"ALARM","Region":%q,"NewStateReason":%q,"AlarmDescription":%q}`,
		strings.Repeat("n", 500), strings.Repeat("r", 5000), strings.Repeat("<", 5000), hostile[:20]))
}

// What lay in the queue is told as what was so then, by the time it is told at.
func TestWhatWaitedIsLate(t *testing.T) {
	d := digest(1, "status 503, want 2xx")
	resent := d
	resent.Sent = minute.Add(12 * time.Minute)
	const late = "Late: this was so at 2026-11-22 14:05 UTC, and is told at 2026-11-22 19:55 UTC, 5 hours 50 minutes later."
	for what, body := range map[string]string{"a digest": event(d), "one that its round left to another": event(resent),
		"an alarm": strings.Replace(alarmJSON, "14:08:31.236", "14:05:01.000", 1)} {
		m := Read(body, "queue-1", minute.Add(5*time.Hour+50*time.Minute+2*time.Second))
		for form, payload := range map[string][]byte{"full": m.Full, "plain": m.Plain} {
			text := string(payload)
			if has(t, what+", "+form, text, " 5 hours 50 minutes late"); strings.Contains(text, " ago") || strings.Contains(text, "Now: ") {
				t.Errorf("%s, %s speaks as of now: %s", what, form, text)
			}
		}
		has(t, what, string(m.Full), late)
	}
	for what, told := range map[string]time.Time{"at once": minute.Add(lateness), "by a clock that is behind": minute.Add(-time.Hour)} {
		for kind, body := range map[string]string{"digest": event(d), "alarm": alarmJSON} {
			if m := Read(body, "queue-1", told); strings.Contains(string(m.Full)+string(m.Plain), "late") {
				t.Errorf("%s, the %s is late: %s", what, kind, m.Full)
			}
		}
	}
	has(t, "resent at once", string(Read(event(resent), "queue-1", resent.Sent.Add(time.Minute)).Full), "12 minutes late")
}

const lateness = 5 * time.Minute // below which nobody minds

// What nobody knows is told all the same, as far as a message goes.
func TestAnythingIsTold(t *testing.T) {
	w := newWorld(t)
	post := w.posts("a text", envelope("sns-1", "Disk <full>", "line one\n\nline *two*\n> three"))
	has(t, "a text", post.Text, "Disk &lt;full&gt;", "line one\n\nline ∗two∗\n› three")
	for what, text := range map[string]string{
		"nothing": "", "blanks": " \n\n ", "hostile": hostile, "one long line": strings.Repeat("&", 50_000), "many lines": strings.Repeat("a line\n", 10_000),
		"many empty lines": "a" + strings.Repeat("\n", 50_000) + "b", "not UTF-8": "\xff\xfe\x00",
		"what is not shown": strings.Repeat("\u200b\n", 10_000) + "after all",
	} {
		post := w.posts(what, envelope("sns-1", "", text))
		if strings.Contains(what, "long") || what == "many lines" {
			has(t, what, post.Text, " more lines")
		}
		if what == "what is not shown" {
			has(t, what, post.Text, "after all")
		}
	}
	w.posts("without an envelope", `{"some":"json"}`)
}

// Whatever lay in the queue, it can be told: every section of it says something, and none more
// than Slack takes.
func FuzzRead(f *testing.F) {
	for _, body := range []string{alarmJSON, hostile, event(digest(3, hostile)), notify.Plain(digest(1, "")), strings.Repeat("\u200b\n", 10_000), strings.Repeat("&", 20_000)} {
		f.Add(body, "subject")
		f.Add(envelope("sns-1", "", body), "")
	}
	f.Fuzz(func(t *testing.T, body, subject string) {
		for _, b := range []string{body, envelope("sns-1", subject, body)} {
			m := Read(b, "queue-1", minute)
			var full, plain post
			if json.Unmarshal(m.Full, &full) != nil || json.Unmarshal(m.Plain, &plain) != nil || full.Text == "" || plain.Text == "" || length(plain.Text) > plainMost {
				t.Fatalf("%s: %s, %s", m.Kind, m.Full, m.Plain)
			}
			blocks := full.Blocks
			for _, a := range full.Attachments {
				blocks = append(blocks, a.Blocks...)
			}
			for _, b := range blocks {
				if b.Text != nil && (b.Text.Text == "" || length(b.Text.Text) > sectionMost || b.Type == "header" && length(b.Text.Text) > headerMost) || len(blocks) > blocksMost {
					t.Errorf("%s: %d blocks, among them %+v", m.Kind, len(blocks), b)
				}
			}
		}
	})
}
