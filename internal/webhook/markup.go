package webhook

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// literal is s as mrkdwn that shows what s says, in at most most characters. Slack's
// markup knows no escape but for the three characters that open its links and mentions
// (docs.slack.dev, "Formatting message text"). The others are replaced by their likes, and
// only where they would do something: nothing invisible is put in, so that what people
// copy is what they see.
func literal(s string, most int) string { return escape(harmless(s), most) }

// plain is s for a plain_text object, in at most most characters.
func plain(s string, most int) string { return escape(s, most) }

// code is s in code's type, where nothing but its own mark is markup.
func code(s string, most int) string {
	return "`" + escape(strings.ReplaceAll(s, "`", string(likes['`'])), most-len("``")) + "`"
}

// The likes of what Slack takes for markup.
var likes = map[rune]rune{'*': '∗', '~': '∼', '`': 'ˋ', '_': 'ˍ', '@': '＠', '>': '›'}

var (
	crowds = regexp.MustCompile(`(?i)^(here|channel|everyone|group)\b`)
	// emoji is a name between colons. Numbers are none, but for two; times are full of them.
	emoji = regexp.MustCompile(`:(?:[a-z0-9_+'-]*[a-z+-][a-z0-9_+'-]*|100|1234):`)
)

// harmless takes away what in s would mark something up.
func harmless(s string) string {
	for emoji.MatchString(s) { // two may share a colon
		s = emoji.ReplaceAllStringFunc(s, func(m string) string { return "∶" + m[1:len(m)-1] + "∶" })
	}
	s = strings.ToValidUTF8(s, " ")
	var b strings.Builder
	before := '\n'
	for at, r := range s {
		after, _ := utf8.DecodeRuneInString(s[at+utf8.RuneLen(r):])
		b.WriteRune(like(r, before, after, s[at:]))
		before = r
	}
	return b.String()
}

// like is r, or what is put in its place between its neighbours at the beginning of rest.
func like(r, before, after rune, rest string) rune {
	marks := false
	switch r {
	case '*', '~', '`':
		marks = true
	case '_': // within a word it is itself
		marks = !isWord(before) || !isWord(after)
	case '@':
		marks = !isWord(before) && crowds.MatchString(rest[1:])
	case '>': // at the beginning of a line it would quote, even escaped
		marks = before == '\n'
	}
	if marks {
		return likes[r]
	}
	return r
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// escape escapes what Slack's parser reads as markup of its own, and cuts s so that it is
// at most most characters long then; a cut never divides what was escaped.
func escape(s string, most int) string {
	var b strings.Builder
	size, cut := 0, 0 // cut is where there is still room for the sign of a cut
	for _, r := range s {
		written := string(r)
		switch {
		case r == '&':
			written = "&amp;"
		case r == '<':
			written = "&lt;"
		case r == '>':
			written = "&gt;"
		case r != '\n' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), r == utf8.RuneError:
			written = " "
		}
		if size += length(written); size > most {
			return b.String()[:cut] + "…"
		}
		b.WriteString(written)
		if size < most {
			cut = b.Len()
		}
	}
	return b.String()
}

// length is how many characters s has, counted as UTF-16 does.
func length(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// link is an address as one can follow it, when it is one of the web; else as it is.
func link(address string, most int) string {
	u, err := url.Parse(address)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	if !web || strings.ContainsAny(address, "<>|` …") {
		return literal(address, most)
	}
	if escaped := escape(address, most); length(escaped)+len("<>") <= most && !strings.HasSuffix(escaped, "…") {
		return "<" + escaped + ">"
	}
	return literal(address, most)
}
