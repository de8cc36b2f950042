package peer

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Slack refuses what Slack does, in its words, and sees who is called by a post.
func TestSlack(t *testing.T) {
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	s, err := StartSlack(authority)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}}}
	defer client.CloseIdleConnections()
	said := func(payload string) string {
		t.Helper()
		answer, err := client.Post(s.Webhook(), "application/json; charset=utf-8", strings.NewReader(payload))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		word, _ := io.ReadAll(answer.Body)
		return fmt.Sprintf("%d %s", answer.StatusCode, word)
	}
	long := func(n int) string { return strings.Repeat("a", n) }
	header := func(kind, text string) string {
		return fmt.Sprintf(`{"type":"header","text":{"type":%q,"text":%q}}`, kind, text)
	}
	section := func(n int) string {
		return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, long(n))
	}
	fields := func(many, n int) string {
		one := fmt.Sprintf(`{"type":"mrkdwn","text":%q}`, long(n))
		return `{"type":"section","fields":[` + strings.TrimSuffix(strings.Repeat(one+",", many), ",") + `]}`
	}
	blocks := func(all ...string) string { return `{"text":"x","blocks":[` + strings.Join(all, ",") + `]}` }
	for what, c := range map[string]struct{ payload, want string }{
		"a text":                         {`{"text":"x"}`, "200 ok"},
		"no JSON":                        {`text`, "400 invalid_payload"},
		"nothing":                        {`{}`, "400 no_text"},
		"a header":                       {blocks(header("plain_text", long(150))), "200 ok"},
		"a long header":                  {blocks(header("plain_text", long(151))), "400 invalid_blocks"},
		"a long header of characters":    {blocks(header("plain_text", strings.Repeat("🔥", 76))), "400 invalid_blocks"},
		"a header with markup":           {blocks(header("mrkdwn", "x")), "400 invalid_blocks"},
		"a section":                      {blocks(section(3000)), "200 ok"},
		"a long section":                 {blocks(section(3001)), "400 invalid_blocks"},
		"an empty section":               {blocks(section(0)), "400 invalid_blocks"},
		"fields":                         {blocks(fields(5, 2000)), "200 ok"},
		"long fields":                    {blocks(fields(1, 2001)), "400 invalid_blocks"},
		"many fields":                    {blocks(fields(11, 1)), "400 invalid_blocks"},
		"a context without anything":     {blocks(`{"type":"context","elements":[]}`), "400 invalid_blocks"},
		"50 blocks":                      {blocks(slices.Repeat([]string{section(1)}, 50)...), "200 ok"},
		"51 blocks":                      {blocks(slices.Repeat([]string{section(1)}, 51)...), "400 invalid_blocks"},
		"51 blocks, one in a part":       {`{"text":"x","blocks":[` + strings.TrimSuffix(strings.Repeat(section(1)+",", 50), ",") + `],"attachments":[{"blocks":[` + section(1) + `]}]}`, "400 invalid_blocks"},
		"an attachment without anything": {`{"text":"x","attachments":[{"color":"#fff"}]}`, "400 invalid_attachments"},
		"all of it too long":             {blocks(section(3000), section(3000), section(3000), section(3000)), "400 msg_blocks_too_long"},
		"a block that is none":           {blocks(`{"type":"sectoin"}`), "400 invalid_blocks"},
	} {
		if got := said(c.payload); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}

	before := len(s.Posts())
	text, _ := json.Marshal("<!channel> <@U1> &lt;!here&gt; a@here.x @here <https://a.example|b>")
	if got := said(`{"text":` + string(text) + `,"attachments":[{"color":"#abc","blocks":[{"type":"section","text":{"type":"mrkdwn","verbatim":true,"text":"@here"}}]}]}`); got != "200 ok" {
		t.Fatal(got)
	}
	post := s.Posts()[before]
	if got := fmt.Sprint(post.Mentions, post.Links, post.Colors); got != "[<!channel> <@U1> @here] [https://a.example|b] [#abc]" {
		t.Errorf("mentions, links and colours are %s", got)
	}

	s.Next(Saying(429, "rate_limited", "7"))
	if first, second := said(`{"text":"x"}`), said(`{"text":"x"}`); first != "429 rate_limited" || second != "200 ok" {
		t.Errorf("%s, then %s, want one of them throttled", first, second)
	}
	old := s.Webhook()
	s.Revoke()
	if got := said(`{"text":"x"}`); got != "200 ok" || s.Webhook() == old {
		t.Errorf("the new webhook: %s", got)
	}
	answer, err := client.Post(old, "application/json", strings.NewReader(`{"text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("the old webhook: status %d, want 403", answer.StatusCode)
	}
}
