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
//
// It is cut first, because a cut may take away what kept a mark from being one; a like takes
// no more room than what it stands for.
func literal(s string, most int) string { return encode(harmless(cut(s, most))) }

// code is s in code's type, where nothing but its own mark is markup.
func code(s string, most int) string {
	return "`" + escape(strings.ReplaceAll(s, "`", string(likes['`'])), most-len("``")) + "`"
}

// bold is s in bold type, where a star of its own would end it.
func bold(s string, most int) string {
	return "*" + literal(strings.ReplaceAll(s, "*", string(likes['*'])), most) + "*"
}

// The likes of what Slack takes for markup.
var likes = map[rune]rune{'*': '∗', '~': '∼', '`': 'ˋ', '_': 'ˍ', '@': '＠', '>': '›', ':': '∶'}

var (
	crowds = regexp.MustCompile(`(?i)^(here|channel|everyone|group)\b`)
	// emoji are names between colons, one behind the other. Numbers are none, but for two;
	// times are full of them.
	emoji = regexp.MustCompile(`(?::(?:[a-z0-9_+'-]*[a-z+-][a-z0-9_+'-]*|100|1234):)+`)
)

// harmless takes away what in s would mark something up.
func harmless(s string) string {
	s = faceless(s)
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(flat(line))
	}
	return b.String()
}

// faceless takes the colons off emoji. Within addresses, ARNs and names, where a letter, a
// digit or another colon touches them, colons stay: people copy those. No document of Slack's
// says what it makes of them there; at worst a picture stands where the word was, and the word
// is copied.
func faceless(s string) string {
	var b strings.Builder
	for {
		at := emoji.FindStringIndex(s)
		if at == nil {
			return b.String() + s
		}
		before, _ := utf8.DecodeLastRuneInString(s[:at[0]])
		if at[0] == 0 {
			before, _ = utf8.DecodeLastRuneInString(b.String())
		}
		after, _ := utf8.DecodeRuneInString(s[at[1]:])
		if touches(before) || touches(after) {
			at[1]-- // the last colon may begin another
			b.WriteString(s[:at[1]])
		} else {
			b.WriteString(s[:at[0]] + strings.ReplaceAll(s[at[0]:at[1]], ":", string(likes[':'])))
		}
		s = s[at[1]:]
	}
}

func touches(r rune) bool { return r == ':' || isWord(r) }

// flat takes away the markup of one line.
func flat(line string) string {
	var b strings.Builder
	paired := pairs(line)
	before := '\n'
	for at, r := range line {
		after, _ := utf8.DecodeRuneInString(line[at+utf8.RuneLen(r):])
		marks := false
		switch r {
		case '*', '~', '_':
			p := paired[r]
			marks = opens(before) && at < p.last || closes(after) && at > p.first
		case '`':
			marks = true
		case '@':
			marks = !isWord(before) && crowds.MatchString(line[at+1:])
		case '>': // at the beginning of a line it would quote, even escaped
			marks = before == '\n'
		}
		before = r
		if marks {
			r = likes[r]
		}
		b.WriteRune(r)
	}
	return b.String()
}

// pair is where in a line the first of a mark stands that may begin something, and the last
// that may end it.
type pair struct{ first, last int }

// pairs are those of the marks that need one another: a lone star is a star.
func pairs(line string) map[rune]pair {
	found := map[rune]pair{}
	before := '\n'
	for at, r := range line {
		if r == '*' || r == '~' || r == '_' {
			p, has := found[r]
			if !has {
				p = pair{first: len(line), last: -1}
			}
			if opens(before) {
				p.first = min(p.first, at)
			}
			if after, _ := utf8.DecodeRuneInString(line[at+1:]); closes(after) {
				p.last = at
			}
			found[r] = p
		}
		before = r
	}
	return found
}

// Marks begin and end something where no word touches them on the outer side.
func opens(before rune) bool { return !isWord(before) }
func closes(after rune) bool { return !isWord(after) }

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// escape is s, escaped, in at most most characters: all that a plain_text object asks for.
func escape(s string, most int) string { return encode(cut(s, most)) }

// cut cuts s so that it is at most most characters long once it is escaped.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, " ")
	size, end := 0, 0 // end is where there is still room for the sign of a cut
	for at, r := range s {
		if size += length(escaped(r)); size > most {
			return s[:end] + "…"
		}
		if size < most {
			end = at + utf8.RuneLen(r)
		}
	}
	return s
}

// encode escapes what Slack's parser reads as markup of its own.
func encode(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(escaped(r))
	}
	return b.String()
}

func escaped(r rune) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r != '\n' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp), r == utf8.RuneError:
		return " "
	}
	return string(r)
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
	if text := escape(address, most); length(text)+len("<>") <= most && !strings.HasSuffix(text, "…") {
		return "<" + text + ">"
	}
	return literal(address, most)
}
