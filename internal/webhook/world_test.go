package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"crypto/tls"

	"rollcall/internal/health"
	"rollcall/internal/notify"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

// world is Slack on loopback, and a client that trusts it.
type world struct {
	t *testing.T
	*peer.Slack
	client *Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	slack, err := peer.StartSlack(authority)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}}
	t.Cleanup(func() { transport.CloseIdleConnections(); slack.Close() })
	return &world{t, slack, New(transport, "test")}
}

// to is the webhook, as it is shown.
func (w *world) to() secret.Text { return secret.Named("ssm:/rollcall/slack", w.Webhook()) }

// posts posts both forms of what Read makes of body, and gives the full one as it stands in
// the channel.
func (w *world) posts(what, body string) peer.Post {
	w.t.Helper()
	m := Read(body, "queue-1", minute.Add(2*time.Second))
	var full peer.Post
	for i, payload := range [][]byte{m.Full, m.Plain} {
		before := len(w.Posts())
		if delivery, _, err := w.client.Post(w.t.Context(), w.to(), payload); delivery != health.Accepted {
			w.t.Fatalf("%s, form %d of %s: %s, %v\n%s", what, i, m.Kind, delivery, err, indented(payload))
		}
		post := w.Posts()[before]
		if len(post.Mentions) > 0 {
			w.t.Errorf("%s, form %d: mentions %q", what, i, post.Mentions)
		}
		if i == 0 {
			full = post
		}
	}
	return full
}

func indented(payload []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, payload, "", "  ") != nil {
		return string(payload)
	}
	return b.String()
}

// minute is when everything in these tests happens.
var minute = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)

// digest is the news of n targets that are down, each saying cause.
func digest(n int, cause string) health.Digest {
	round := minute
	d := health.Digest{ID: health.DigestID("shop", "0-1", round), Kind: health.News, Fleet: "shop", Shard: "0-1", Round: round,
		Counts: health.Counts{Targets: n, Down: n}}
	for i := range n {
		name := fmt.Sprintf("target-%04d", i)
		d.Opened = append(d.Opened, health.Incident{
			ID: "id-" + name, Subject: health.Subject{Kind: health.OfTarget, Name: name, Facet: health.Availability},
			Since: round.Add(-time.Minute), Opened: round, Severity: health.Critical, Class: health.ClassStatus, Cause: cause, Rounds: 2,
			Group: "payments", URL: "https://" + name + ".example.com/health", Runbook: "https://wiki.example.com/payments?a=1&b=2",
		})
	}
	return d
}

// event is d as it lies in a queue behind the topic.
func event(d health.Digest) string { return string(notify.Event(d, 190<<10)) }

// envelope is text as SNS delivers it.
func envelope(id, subject, text string) string {
	data, _ := json.Marshal(map[string]string{"Type": "Notification", "MessageId": id, "TopicArn": "arn:aws:sns:eu-central-1:123456789012:people",
		"Subject": subject, "Message": text, "Timestamp": "2026-11-22T14:05:01.000Z"})
	return string(data)
}

// hostile is what a target may say, once in every way that Slack would act on.
const hostile = "<!channel> <!here> <@U024BE7LH> <!subteam^S012> <#C024BE7LR> <https://evil.example|sign in> @here @channel, *bold* _slanted_ ~gone~ `code` " +
	"```block``` :white_check_mark: :+1::100: > quote & &lt;!channel&gt; \x1b[31m \u202e \x00 https://evil.example/"

func has(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, text)
		}
	}
}
