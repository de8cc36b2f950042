package peer

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
)

// Slack is Slack's end of an incoming webhook: it takes posts and refuses what Slack would.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
type Slack struct {
	*Peer
	mu      sync.Mutex
	number  int // of the webhook that is in force
	replies []Reply
	taken   []Post
}

// Reply is what becomes of a post in place of being taken and answered "ok"; take takes it
// all the same, so that people see it.
type Reply func(w http.ResponseWriter, r *http.Request, take func())

// Post is a message as it stands in the channel.
type Post struct {
	Body     string   // as it was sent
	Text     string   // of all its parts, as they were sent, a line each
	Colors   []string // of its attachments
	Mentions []string // whoever was called by it: "<!channel>", "<@U024BE7LH>", "@here"
	Links    []string // whatever can be followed
}

// StartSlack stands at a webhook, with a certificate of a.
func StartSlack(a *Authority) (*Slack, error) {
	s := &Slack{}
	var err error
	s.Peer, err = Start(Behaviour{Name: "Slack", Answer: s.answer, Certificate: Shows(Leaf{}), Authority: a})
	return s, err
}

// Webhook is the address to post to.
func (s *Slack) Webhook() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.URL + s.path()
}

func (s *Slack) path() string { return fmt.Sprintf("/services/T000/B%03d/nobody-else-knows", s.number) }

// Revoke puts another webhook in force. The old one is answered 403.
func (s *Slack) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
}

// Next says what becomes of the next posts, one each.
func (s *Slack) Next(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies = append(s.replies, replies...)
}

// Posts are the messages in the channel.
func (s *Slack) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// Saying is a reply with a status and Slack's word for it; after is the value of
// Retry-After, empty for none.
func Saying(status int, word, after string) Reply {
	return func(w http.ResponseWriter, _ *http.Request, _ func()) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
		io.WriteString(w, word)
	}
}

func (s *Slack) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	reply, known := s.take, r.URL.Path == s.path()
	if known && len(s.replies) > 0 {
		reply, s.replies = s.replies[0], s.replies[1:]
	}
	s.mu.Unlock()
	post, word := read(r, body)
	switch {
	case !known:
		reply = Saying(http.StatusForbidden, "invalid_token", "")
	case word != "":
		reply = Saying(http.StatusBadRequest, word, "")
	}
	reply(w, r, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken = append(s.taken, post)
	})
}

func (s *Slack) take(w http.ResponseWriter, _ *http.Request, take func()) {
	take()
	io.WriteString(w, "ok")
}

// sent is a post as far as Slack looks into it.
type sent struct {
	Text        string
	Blocks      []sentBlock
	Attachments []struct {
		Color  string
		Blocks []sentBlock
	}
}

type sentBlock struct {
	Type     string
	Text     *sentText
	Fields   []sentText
	Elements []sentText
}

type sentText struct {
	Type, Text string
	Verbatim   bool
}

// read reads a post, or gives Slack's word for what is wrong with it. The limits are those
// of docs.slack.dev, "Block Kit"; that of all blocks together is known from its error alone.
func read(r *http.Request, body []byte) (Post, string) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var p sent
	if r.Method != http.MethodPost || kind != "application/json" || json.Unmarshal(body, &p) != nil {
		return Post{}, "invalid_payload"
	}
	blocks := p.Blocks
	post := Post{Body: string(body)}
	for _, a := range p.Attachments {
		post.Colors = append(post.Colors, a.Color)
		if blocks = append(blocks, a.Blocks...); len(a.Blocks) == 0 {
			return Post{}, "invalid_attachments"
		}
	}
	texts := []sentText{{Type: "mrkdwn", Text: p.Text}}
	for _, b := range blocks {
		if !b.sound() {
			return Post{}, "invalid_blocks"
		}
		texts = append(texts, b.texts()...)
	}
	total := 0
	for _, t := range texts {
		total += units(t.Text)
		post.Text += t.Text + "\n"
		post.Mentions = append(post.Mentions, t.mentions()...)
		post.Links = append(post.Links, t.links()...)
	}
	switch {
	case p.Text == "" && len(blocks) == 0:
		return Post{}, "no_text"
	case len(blocks) > 50:
		return Post{}, "invalid_blocks"
	case len(p.Attachments) > 100:
		return Post{}, "too_many_attachments"
	case total > 12_000:
		return Post{}, "msg_blocks_too_long"
	}
	return post, ""
}

func (b sentBlock) sound() bool {
	switch b.Type {
	case "header":
		return b.Text != nil && b.Text.Type == "plain_text" && b.Text.within(150)
	case "section":
		return (b.Text != nil || len(b.Fields) > 0) && (b.Text == nil || b.Text.within(3000)) && len(b.Fields) <= 10 && all(b.Fields, 2000)
	case "context":
		return len(b.Elements) > 0 && len(b.Elements) <= 10 && all(b.Elements, 3000)
	case "divider":
		return true
	default:
		return false
	}
}

func (b sentBlock) texts() []sentText {
	texts := append(slices.Clone(b.Fields), b.Elements...)
	if b.Text != nil {
		texts = append(texts, *b.Text)
	}
	return texts
}

func all(texts []sentText, most int) bool {
	return !slices.ContainsFunc(texts, func(t sentText) bool { return !t.within(most) })
}

func (t sentText) within(most int) bool {
	return (t.Type == "plain_text" || t.Type == "mrkdwn") && t.Text != "" && units(t.Text) <= most
}

var (
	angled = regexp.MustCompile(`<([^<>]*)>`)
	crowd  = regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(@(?:here|channel|everyone))\b`)
)

// mentions are those whom t calls. Without verbatim Slack may find more than was marked.
func (t sentText) mentions() (found []string) {
	if t.Type != "mrkdwn" {
		return nil
	}
	for _, m := range angled.FindAllStringSubmatch(t.Text, -1) {
		if m[1] == "" || strings.ContainsAny(m[1][:1], "!@#") {
			found = append(found, m[0])
		}
	}
	for _, m := range crowd.FindAllStringSubmatch(t.Text, -1) {
		if !t.Verbatim {
			found = append(found, m[1])
		}
	}
	return found
}

func (t sentText) links() (found []string) {
	for _, m := range angled.FindAllStringSubmatch(t.Text, -1) {
		if t.Type == "mrkdwn" && m[1] != "" && !strings.ContainsAny(m[1][:1], "!@#") {
			found = append(found, m[1])
		}
	}
	return found
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }
