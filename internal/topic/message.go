package topic

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"rollcall/internal/health"
	"rollcall/internal/notify"
)

const (
	mostMessage = 256 << 10 // bytes of a message and its attributes together (SNS API reference of Publish)
	margin      = 1 << 10   // for what SNS may count and we do not
)

// room is how many bytes are left for the message itself.
func room(in *sns.PublishInput) int {
	left := mostMessage - margin - len(aws.ToString(in.Subject))
	for name, a := range in.MessageAttributes {
		left -= len(name) + len(aws.ToString(a.DataType)) + len(aws.ToString(a.StringValue))
	}
	return left
}

// structured is d in every channel's form as one JSON object of at most room bytes. What
// counts is the size once encoded: an event inside a string is longer by a backslash for
// every quotation mark.
func structured(d health.Digest, room int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, c := range notify.Channels {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(c.Key) + ":")
		left := room - b.Len() - len("}")
		for _, later := range notify.Channels[i+1:] {
			left -= len(quote(later.Key)) + len(",:")
		}
		b.WriteString(encoded(c, d, left))
	}
	b.WriteByte('}')
	return b.String()
}

// encoded is d in the form of c as a JSON string of at most room bytes. It renders again with
// less whenever encoding made the text too long, by as much as it was too long and a little
// more, so that twice is mostly enough; a renderer that is at its least ends that.
func encoded(c notify.Channel, d health.Digest, room int) string {
	limit := min(c.Most, room)
	for {
		text := quote(c.Render(d, limit))
		if len(text) <= room || limit <= notify.Least {
			return text
		}
		limit = max(notify.Least, limit*room/len(text)-limit/100)
	}
}

// quote is v as JSON, without the escapes that only HTML needs. Strings always encode.
func quote(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
