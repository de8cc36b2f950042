package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"rollcall/internal/peer"
)

// obeyed is what a terminal would obey: colours, a title, the direction of writing, a line
// of its own that looks like ours.
const obeyed = "\x1b[31m\x1b]0;owned\a\u202egnp\u200b\r\nup        checkout\x9b2J\x00\x7f"

// Whatever a target sends, the terminal shows it and does not obey it.
func TestNothingThatATerminalObeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const inHeader = "\u202egnp\u009b31m" // where HTTP itself allows no other
	ending := peer.Leaf{Names: []string{"\x1b[31mred", "127.0.0.1"}, NotBefore: time.Now().Add(-89 * 24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	elsewhere := peer.Leaf{Names: []string{"\x1b[31mred"}}
	file := w.file(`
fleet: hostile
defaults: {attempts: 1}
targets:
  - {name: reason, url: "%s/"}
  - {name: garbage, url: "%s/"}
  - {name: broken header, url: "%s/"}
  - {name: header, url: "%s/", http: {expect: {headers: {x-evil: good}}}}
  - {name: body, url: "%s/", http: {expect: {body: {contains: good}}}}
  - {name: json, url: "%s/", http: {expect: {json: {$.evil: good}}}}
  - {name: redirect, url: "%s/"}
  - {name: scheme, url: "%s/"}
  - {name: ending, url: "%s/"}
  - {name: elsewhere, url: "%s/"}
`,
		w.peer(saying("HTTP/1.1 503 "+inHeader+"\r\n\r\n")).URL,
		w.peer(saying(obeyed)).URL,
		w.peer(saying("HTTP/1.1 200 OK\r\n"+obeyed+"\r\n\r\n")).URL,
		w.peer(saying("HTTP/1.1 200 OK\r\nX-Evil: "+inHeader+"\r\nContent-Length: 0\r\n\r\n")).URL,
		w.peer(peer.Answering(0, http.StatusOK, obeyed)).URL,
		w.peer(peer.Answering(0, http.StatusOK, `{"evil": "\u001b[31m\u202e\u0000\r\n`+"\u202e\u009b"+`"}`)).URL,
		w.peer(saying("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/"+inHeader+"\r\nContent-Length: 0\r\n\r\n")).URL,
		w.peer(saying("HTTP/1.1 302 Found\r\nLocation: evil\u202e\u009b31m://x/\r\nContent-Length: 0\r\n\r\n")).URL,
		w.peer(certified(ending)).URL,
		w.peer(certified(elsewhere)).URL)
	for _, format := range []string{"table", "json"} {
		r := w.run("check", "-f", file, "-o", format)
		for _, c := range r.out + r.errs {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("%s: %q in\n%q", format, c, r.out+r.errs)
				break
			}
		}
		came := 0
		for _, harmless := range []string{`x1b[31m`, `\u202e`, "\ufffd", `u001b[31m`} {
			came += strings.Count(r.out, harmless)
		}
		if came < 6 {
			t.Errorf("%s: only %d of the hostile texts came through:\n%s", format, came, r.out)
		}
		if r.status != exitDown && r.status != exitUnknown || format == "table" && strings.Count(r.out, "\n") != 11 {
			t.Errorf("%s: status %d\n%s%s", format, r.status, r.out, r.errs)
		}
	}
}

// saying says this to whoever has spoken, and no more.
func saying(what string) peer.Behaviour {
	return peer.Behaviour{Name: "says what it likes", Converse: func(conn net.Conn, _ <-chan struct{}) {
		_, _ = conn.Read(make([]byte, 1<<16))
		_, _ = io.WriteString(conn, what)
	}}
}

// certified answers with a certificate of this leaf.
func certified(l peer.Leaf) peer.Behaviour {
	b := peer.Answering(0, http.StatusOK, "")
	b.Certificate = peer.Shows(l)
	return b
}
