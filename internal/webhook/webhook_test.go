package webhook

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

func TestWhatBecomesOfAPost(t *testing.T) {
	w := newWorld(t)
	hang := func(_ http.ResponseWriter, r *http.Request, _ func()) { <-r.Context().Done() }
	reset := func(_ http.ResponseWriter, _ *http.Request, take func()) { take(); panic(http.ErrAbortHandler) }
	elsewhere := func(rw http.ResponseWriter, r *http.Request, _ func()) {
		http.Redirect(rw, r, w.Webhook(), http.StatusTemporaryRedirect)
	}
	page := func(rw http.ResponseWriter, _ *http.Request, _ func()) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(rw, "<!doctype html><title>Sign in</title>")
	}
	flood := func(rw http.ResponseWriter, _ *http.Request, _ func()) {
		rw.WriteHeader(http.StatusForbidden)
		for range 64 {
			_, _ = rw.Write(bytes.Repeat([]byte("x"), 1<<10))
		}
	}
	for what, c := range map[string]struct {
		reply peer.Reply
		want  health.Delivery
		after time.Duration
		says  string
	}{
		"throttled":          {peer.Saying(429, "rate_limited", "17"), health.Unsure, 17 * time.Second, `status 429, "rate_limited", want 200`},
		"throttled, no time": {peer.Saying(429, "rate_limited", "soon"), health.Unsure, 0, "status 429"},
		"out of order":       {peer.Saying(500, "rollup_error", ""), health.Unsure, 0, "status 500"},
		"busy":               {peer.Saying(503, "", "3"), health.Unsure, 3 * time.Second, "status 503"},
		"refused":            {peer.Saying(400, "invalid_blocks", ""), health.Refused, 0, `"invalid_blocks"`},
		"forbidden":          {peer.Saying(403, "action_prohibited", ""), health.Denied, 0, `"action_prohibited"`},
		"gone":               {peer.Saying(410, "channel_is_archived", ""), health.Denied, 0, `"channel_is_archived"`},
		"not there":          {peer.Saying(404, "no_service", ""), health.Denied, 0, `"no_service"`},
		"moved":              {elsewhere, health.Denied, 0, "status 307"},
		"flooded":            {flood, health.Denied, 0, "status 403"},
		"hanging":            {hang, health.Unsure, 0, "deadline"},
		"reset":              {reset, health.Unsure, 0, "EOF"},
		"accepted":           {peer.Saying(200, "ok", ""), health.Accepted, 0, ""},
		"a web page":         {page, health.Denied, 0, "status 200: it answers with a web page, want an incoming webhook"},
	} {
		w.Next(c.reply)
		patience := 20 * time.Second
		if what == "hanging" {
			patience = 300 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		delivery, after, err := w.client.Post(ctx, w.to(), []byte(`{"text":"x"}`))
		cancel()
		said := fmt.Sprint(err)
		if delivery != c.want || after != c.after || (err == nil) != (c.want == health.Accepted) || !strings.Contains(said, c.says) || len(said) > 2*answerMost {
			t.Errorf("%s: %s, %s, %.200v, want %s, %s, %s", what, delivery, after, err, c.want, c.after, c.says)
		}
		if w.Last().Header.Get("User-Agent") != "rollcall/test" {
			t.Errorf("%s: User-Agent %q", what, w.Last().Header.Get("User-Agent"))
		}
	}
	if asked := w.Requests(); asked != 14 {
		t.Errorf("%d requests, want one for each post, none for a redirect", asked)
	}
}

// Whoever reads an error or the log must not be able to post.
func TestTheWebhookIsNeverShown(t *testing.T) {
	w := newWorld(t)
	echo := func(rw http.ResponseWriter, r *http.Request, _ func()) {
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(rw, "no %s at %s", r.URL.Path, r.Host)
	}
	token := func(rw http.ResponseWriter, r *http.Request, _ func()) {
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(rw, "token %s unknown", path.Base(r.URL.Path))
	}
	cut := func(rw http.ResponseWriter, r *http.Request, _ func()) { // in the middle of what is secret
		rw.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(rw, "%s%s", strings.Repeat("x ", answerMost/2-len(r.URL.Path)/2+2), r.URL.Path)
	}
	w.Next(echo, token, cut)
	gone := w.Webhook()
	for what, address := range map[string]string{
		"echoed": gone, "its token echoed": gone, "echoed and cut": gone, "nobody there": "https://127.0.0.1:1/services/T1/B1/nobody-else-knows", "not to be trusted": "https://localhost.invalid/services/T1/B1/nobody-else-knows",
		"no address": "://services/T1/B1/nobody-else-knows", "not https": "http://127.0.0.1/services/T1/B1/nobody-else-knows",
		"with a password": "https://nobody-else-knows:nobody-else-knows@127.0.0.1/services", "empty": "", "broken": "https://\x7f/nobody-else-knows",
	} {
		delivery, _, err := w.client.Post(t.Context(), secret.Named("ssm:/rollcall/slack", address), []byte(`{"text":"x"}`))
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "error", err)
		for _, said := range []string{fmt.Sprintf("%v %+v %#v", err, err, err), log.String()} {
			if delivery == health.Accepted || !strings.Contains(said, "ssm:/rollcall/slack") || strings.Contains(said, "nobody-else") {
				t.Errorf("%s: %s, says %s", what, delivery, said)
			}
		}
	}
}

// What was pasted into the parameter ends with a line feed, or two.
func TestAWebhookEndsWithItsLine(t *testing.T) {
	w := newWorld(t)
	for _, end := range []string{"\n", "\r\n", " \n\n"} {
		if delivery, _, err := w.client.Post(t.Context(), secret.Named("ssm:/rollcall/slack", w.Webhook()+end), []byte(`{"text":"x"}`)); delivery != health.Accepted {
			t.Errorf("ended by %q: %s, %v", end, delivery, err)
		}
	}
}

// What goes over the wire unencrypted is everybody's: there is not even a connection.
func TestOnlyHTTPS(t *testing.T) {
	open, err := peer.Start(peer.Answering(0, http.StatusOK, "ok"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	delivery, _, err := newWorld(t).client.Post(t.Context(), secret.Named("ssm:/rollcall/slack", open.URL+"/services/x"), []byte(`{"text":"x"}`))
	if delivery != health.Denied || err == nil || !strings.Contains(err.Error(), "begins with https://") || open.Connections() != 0 {
		t.Errorf("%s, %v after %d connections, want it denied before any", delivery, err, open.Connections())
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "30": 30 * time.Second, "-1": 0, "x": 0, "1.5": 0, "Sun, 22 Nov 2026 14:06:00 GMT": time.Minute, "Sun, 22 Nov 2026 14:04:00 GMT": 0,
		"Sun, 22 Nov 2026 14:05:01 GMT": time.Second,
		"99999999999":                   (1 << 31) * time.Second,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	if got := retryAfter("Sun, 22 Nov 2026 14:05:01 GMT", now.Add(200*time.Millisecond)); got != time.Second {
		t.Errorf("a date in 0.8 s: %s, want one second", got)
	}
}
