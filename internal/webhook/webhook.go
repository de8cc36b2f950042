// Package webhook tells a digest to a channel of Slack, through its incoming webhook.
//
// [Read] makes a post of whatever lay in the queue: a digest, an alarm of CloudWatch, or
// any other text; nothing is left untold because nobody knew its shape. The words of a
// digest are notify's. Slack's limits, its type and its markup are kept here: what a
// target said mentions nobody, links nowhere and sets nothing in bold.
//
// [Client.Post] posts once and tells what became of it. Whoever posts decides what follows.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

const (
	postLimit  = 10 * time.Second // of one post as a whole, from dialling to the answer's last byte
	answerMost = 1 << 10          // bytes that are read of an answer: Slack's are a word or two
)

// Client posts to webhooks. It follows no redirect: a webhook does not move, and what it
// leads to elsewhere must not get what was meant for it.
type Client struct {
	http  http.Client
	agent string
}

// New posts by way of transport, which says whom to trust; version is of this program, for
// its User-Agent.
func New(transport http.RoundTripper, version string) *Client {
	return &Client{
		http: http.Client{
			Transport:     transport,
			Timeout:       postLimit,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		agent: "rollcall/" + version,
	}
}

// Post posts payload to a webhook, once, and tells what became of it. Refused is what it
// contains, Denied the webhook; Unsure is all that may be otherwise the next time, after
// the time that Slack asked for, if it did. The error is nil when it was accepted, and
// never holds the webhook's address: who knows that may post too.
func (c *Client) Post(ctx context.Context, to secret.Text, payload []byte) (health.Delivery, time.Duration, error) {
	address, err := url.Parse(strings.TrimSpace(to.Reveal()))
	if err != nil || address.Scheme != "https" || address.Host == "" || address.User != nil {
		return health.Denied, 0, fmt.Errorf("post to %s: it holds no address of a webhook, want one that begins with https://", to)
	}
	delivery, after, err := c.post(ctx, address, payload)
	if err != nil {
		known := []secret.Text{to} // and the parts of it that let others post
		for _, part := range [...]string{address.String(), address.Path, path.Base(address.Path)} {
			known = append(known, secret.Named(to.String(), part))
		}
		redactor := secret.NewRedactor(known...)
		err = fmt.Errorf("post to %s: %s", to, redactor.Redact(err.Error()))
	}
	return delivery, after, err
}

func (c *Client) post(ctx context.Context, to *url.URL, payload []byte) (health.Delivery, time.Duration, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(payload))
	if err != nil {
		return health.Denied, 0, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", c.agent)
	answer, err := c.http.Do(r)
	if err != nil {
		var where *url.Error // it begins with the address
		if errors.As(err, &where) {
			err = where.Err
		}
		return health.Unsure, 0, err
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, answerMost)) // the status says it all
	if len(said) == answerMost {                                   // half a webhook would be known by nobody as one
		said = said[:bytes.LastIndexAny(said, " \t\r\n\"'<>")+1]
	}
	delivery := outcome(answer.StatusCode)
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case delivery == health.Accepted && kind == "text/html": // of a proxy, or of the channel itself: nobody was told
		return health.Denied, 0, fmt.Errorf("status %d: it answers with a web page, want an incoming webhook", answer.StatusCode)
	case delivery == health.Accepted:
		return delivery, 0, nil
	}
	return delivery, retryAfter(answer.Header.Get("Retry-After"), time.Now()), fmt.Errorf("status %d, %q, want 200", answer.StatusCode, said)
}

// outcome is what a status means for a post (docs.slack.dev, "Sending messages using
// incoming webhooks": 400 is the payload, 403, 404 and 410 are the webhook or its channel;
// "Rate limits": 429 with Retry-After).
func outcome(status int) health.Delivery {
	switch {
	case status >= 200 && status <= 299:
		return health.Accepted
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return health.Unsure
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge,
		status == http.StatusUnsupportedMediaType, status == http.StatusUnprocessableEntity:
		return health.Refused
	default:
		return health.Denied
	}
}

// retryAfter is how long an answer asks to wait, in seconds or until a date (RFC 9110,
// section 10.2.3), in whole seconds, rounded up; 0: it does not.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<31)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, (date.Sub(now) + time.Second - 1).Truncate(time.Second))
	}
	return 0
}
