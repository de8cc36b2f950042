package webhook

import (
	"encoding/json"
	"time"

	"rollcall/internal/notify"
)

// Kind is what a message is.
type Kind string

// The kinds of messages.
const (
	Digest Kind = "digest" // what a round has to tell
	Alarm  Kind = "alarm"  // of CloudWatch, by way of a topic
	Other  Kind = "text"   // anything else
)

// Message is what lay in the queue, made ready to be posted.
type Message struct {
	ID    string // the same for a copy: the digest's, else "message/" and SNS's, else the queue's
	Kind  Kind
	Full  []byte // the post as it should be
	Plain []byte // the post when Slack refuses that: one text, of a digest without a word that a target said
}

// Read makes a message of the body of one in the queue, which has this id there. The body
// is SNS's envelope, or what was published itself where the subscription delivers it raw. What
// lay there for more than some minutes is not told as of now.
func Read(body, id string, now time.Time) Message {
	var envelope struct{ Type, MessageId, TopicArn, Subject, Message string }
	text, subject := body, ""
	if json.Unmarshal([]byte(body), &envelope) == nil && envelope.Type == "Notification" && envelope.TopicArn != "" {
		text, subject = envelope.Message, envelope.Subject
		if envelope.MessageId != "" {
			id = envelope.MessageId
		}
	}
	m := Message{ID: "message/" + id}
	if d, err := notify.ParseEvent([]byte(text)); err == nil {
		if d.ID != "" {
			m.ID = d.ID
		}
		d = notify.Aged(d, now)
		page := notify.PageOf(d)
		full := ofPage(page)
		full.Text = literal(notify.Subject(d), plainMost/10) // what a phone shows, the cause with it
		m.Kind, m.Full, m.Plain = Digest, full.encoded(), plainPage(page).encoded()
		return m
	}
	if a, is := notify.ParseAlarm(text); is {
		m.Kind, m.Full, m.Plain = Alarm, ofAlarm(a, now).encoded(), plainAlarm(a, now).encoded()
		return m
	}
	if digest := notify.PlainID(text); digest != "" { // SNS had refused the full form
		m.ID = digest
	}
	m.Kind, m.Full, m.Plain = Other, ofText(subject, text).encoded(), plainText(subject, text).encoded()
	return m
}
