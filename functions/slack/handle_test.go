package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/secret"
	"rollcall/internal/store"
)

// fake is a deployment that says what it was asked for.
type fake struct {
	did      []string
	posts    []health.Delivery // what becomes of them; then they are accepted
	webhooks []string          // one for each reading
	broken   error             // of reading the webhook
	late     error             // of having a message come later
	takes    time.Duration     // each post
}

func (f *fake) say(format string, args ...any) { f.did = append(f.did, fmt.Sprintf(format, args...)) }

func (f *fake) address() (secret.Text, error) {
	address := "https://hooks.test/1"
	if len(f.webhooks) > 0 {
		address, f.webhooks = f.webhooks[0], f.webhooks[1:]
	}
	return secret.Named("webhook", address), f.broken
}

func (f *fake) Webhook(context.Context) (secret.Text, error) { return f.address() }

func (f *fake) WebhookNow(context.Context) (secret.Text, error) {
	f.say("read anew")
	return f.address()
}

func (f *fake) Post(ctx context.Context, to secret.Text, payload []byte) (health.Delivery, time.Duration, error) {
	form := "full"
	if !strings.Contains(string(payload), "blocks") {
		form = "plain"
	}
	f.say("post %s to %s", form, to.Reveal()[len("https://hooks.test/"):])
	select {
	case <-ctx.Done():
		return health.Unsure, 0, ctx.Err()
	case <-time.After(f.takes):
	}
	if len(f.posts) == 0 {
		return health.Accepted, 0, nil
	}
	delivery := f.posts[0]
	f.posts = f.posts[1:]
	return delivery, 0, errors.New("as the test wanted it")
}

func (f *fake) Later(_ context.Context, receipt string, d time.Duration) error {
	f.say("%s again in %s", receipt, d)
	return f.late
}

const batch = `{"Records":[{"messageId":"m1","receiptHandle":"r1","body":"hello","attributes":{"ApproximateReceiveCount":"2"}}]}`

func TestHandle(t *testing.T) {
	for what, c := range map[string]struct {
		fake *fake
		want string
	}{
		"told":                             {&fake{}, "post full to 1"},
		"throttled":                        {&fake{posts: []health.Delivery{health.Unsure}}, "post full to 1, r1 again in 30s; failed m1"},
		"denied, the webhook is as it was": {&fake{posts: []health.Delivery{health.Denied}}, "post full to 1, read anew, r1 again in 30s; failed m1"},
		"denied, the webhook is new":       {&fake{posts: []health.Delivery{health.Denied}, webhooks: []string{"https://hooks.test/1", "https://hooks.test/2"}}, "post full to 1, read anew, post full to 2"},
		"denied twice":                     {&fake{posts: []health.Delivery{health.Denied, health.Denied}, webhooks: []string{"https://hooks.test/1", "https://hooks.test/2"}}, "post full to 1, read anew, post full to 2, r1 again in 30s; failed m1"},
		"refused":                          {&fake{posts: []health.Delivery{health.Refused}}, "post full to 1, post plain to 1"},
		"refused twice":                    {&fake{posts: []health.Delivery{health.Refused, health.Refused}}, "post full to 1, post plain to 1, r1 again in 15s; failed m1"},
		"denied, then refused":             {&fake{posts: []health.Delivery{health.Denied, health.Refused}, webhooks: []string{"https://hooks.test/1", "https://hooks.test/2"}}, "post full to 1, read anew, post full to 2, post plain to 2"},
		"no webhook":                       {&fake{broken: errors.New("no such parameter")}, "r1 again in 30s; failed m1"},
		"it cannot be had later":           {&fake{posts: []health.Delivery{health.Unsure}, late: errors.New("no")}, "post full to 1, r1 again in 30s; failed m1"},
	} {
		h := handler{c.fake, store.NewMemory()}
		a, err := h.handle(t.Context(), []byte(batch))
		got := strings.Join(c.fake.did, ", ")
		for _, f := range a.BatchItemFailures {
			got += "; failed " + f.ItemIdentifier
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", what, got, err, c.want)
		}
		c.fake.did = nil
		c.fake.broken = nil
		_, err = h.handle(t.Context(), []byte(batch))
		posted := strings.HasPrefix(strings.Join(c.fake.did, ""), "post")
		if err != nil || posted != strings.Contains(c.want, "failed") {
			t.Errorf("%s, once more: %v, did %q, want a post at once of what was not told, and only of that", what, err, c.fake.did)
		}
	}
	for _, odd := range []string{"", "[]", "{}", `{"Records":[]}`} {
		if _, err := (handler{&fake{}, store.NewMemory()}).handle(t.Context(), []byte(odd)); err == nil || !strings.Contains(err.Error(), "want a batch of the queue") {
			t.Errorf("event %q: %v", odd, err)
		}
	}
}

// However long Slack takes, there is time left to note what became of the message.
func TestTheReserveIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 30 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		began := time.Now()
		f := &fake{takes: time.Hour}
		h := handler{f, store.NewMemory()}
		a, err := h.handle(ctx, []byte(batch))
		if took := time.Since(began); err != nil || len(a.BatchItemFailures) != 1 || took != timeout-reserve {
			t.Errorf("%v, %v after %s, want the message again after %s", a, err, took, timeout-reserve)
		}
	})
}
