package webhook

import "encoding/json"

// What Slack takes (docs.slack.dev, "Block Kit"; the limits of header, section and context
// blocks, of text objects, and of blocks in a message). Lengths are in UTF-16 units, which
// are never fewer than what Slack may count.
const (
	headerMost  = 150
	sectionMost = 3000
	fieldMost   = 2000
	blocksMost  = 50 // of a message, those of its attachments counted in
	// charsMost bounds all text of a message together. Slack refuses more than about 12,000
	// characters in blocks (msg_blocks_too_long), which only its answers document; and
	// nobody reads as much.
	charsMost = 10_000
	plainMost = 3000 // of a post without blocks; Slack cuts at 40,000
)

// post is a message as a webhook takes it. Blocks stand above the attachments, whose only
// merit is their colour; the text is what a notification shows.
type post struct {
	Text        string       `json:"text"`
	Blocks      []block      `json:"blocks,omitempty"`
	Attachments []attachment `json:"attachments,omitempty"`
	UnfurlLinks bool         `json:"unfurl_links"` // always false: Slack would fetch the links of a page
	UnfurlMedia bool         `json:"unfurl_media"` // likewise
}

type attachment struct {
	Color    string  `json:"color"`
	Fallback string  `json:"fallback"`
	Blocks   []block `json:"blocks"`
}

// block is a header, a section or a context.
type block struct {
	Type     string  `json:"type"`
	Text     *words  `json:"text,omitempty"`
	Fields   []words `json:"fields,omitempty"`
	Elements []words `json:"elements,omitempty"`
}

// words are a text object.
type words struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji,omitempty"`    // plain_text only
	Verbatim bool   `json:"verbatim,omitempty"` // mrkdwn only: what looks like a link or a mention is none
}

// header is a block of plain text, which is at most headerMost long, in one line and not empty.
func header(text string) block {
	no := false
	return block{Type: "header", Text: &words{Type: "plain_text", Text: text, Emoji: &no}}
}

// section is a block of mrkdwn, which is at most sectionMost long and not empty.
func section(mrkdwn string) block {
	w := marked(mrkdwn)
	return block{Type: "section", Text: &w}
}

// small is a block of small print.
func small(mrkdwn string) block {
	return block{Type: "context", Elements: []words{marked(mrkdwn)}}
}

func fields(mrkdwn ...string) block {
	b := block{Type: "section"}
	for _, m := range mrkdwn {
		b.Fields = append(b.Fields, marked(m))
	}
	return b
}

func marked(mrkdwn string) words { return words{Type: "mrkdwn", Text: mrkdwn, Verbatim: true} }

// encoded is p as it goes over the wire. Strings and booleans always encode.
func (p post) encoded() []byte {
	payload, _ := json.Marshal(p)
	return payload
}
