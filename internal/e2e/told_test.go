package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/notify"
)

// message is what people got once.
type message struct {
	round, told int
	id, body    string
	what        []string
	copy        bool // one of this id was there before
}

// listensTo takes what people got in a round.
func (w *world) listensTo(k int) {
	w.t.Helper()
	for _, body := range w.bodies(w.people) {
		d, err := notify.ParseEvent([]byte(body))
		if err != nil {
			w.t.Errorf("round %d: people got what is no event, %v: %s", k, err, body)
			continue
		}
		m := message{round: int(d.Round.Sub(w.start) / interval), told: k, id: d.ID, body: body, what: tellings(d)}
		if d.Kind == health.Test {
			m.round = k
		} else if d.ID != w.id(m.round) {
			w.t.Errorf("round %d: a message of round %d has the id %s, want %s", k, m.round, d.ID, w.id(m.round))
		}
		if said := d.Sent; !said.IsZero() && !said.Equal(w.at(k)) || said.IsZero() && m.round != k {
			w.t.Errorf("round %d: a message of round %d says that it is told at %s", k, m.round, said)
		}
		for _, before := range w.heard {
			if before.id != m.id {
				continue
			}
			m.copy = true
			if settled(before.body) != settled(body) {
				w.t.Errorf("round %d: %s is the id of two messages:\n%s\n%s", k, m.id, before.body, body)
			}
		}
		w.heard = append(w.heard, m)
	}
	w.alarms = append(w.alarms, w.bodies(w.operators)...)
}

// settled is an event without when it is told, and without the words that say so.
func settled(body string) string {
	var d map[string]any
	if json.Unmarshal([]byte(body), &d) != nil {
		return body
	}
	delete(d, "sent")
	delete(d, "text")
	text, _ := json.Marshal(d)
	return string(text)
}

// received is what people got, thing by thing.
func (w *world) received() (all []owed) {
	for _, m := range w.heard {
		for _, what := range m.what {
			all = append(all, owed{m.round, m.told, what, m.copy})
		}
	}
	return all
}

func lines(all []owed) []string {
	texts := make([]string, len(all))
	for i, o := range all {
		texts[i] = o.String()
	}
	return texts
}

// accounts holds what people got to what they are owed, behind the topic and in Slack, and
// prints both, story by story.
func (w *world) accounts(casts []*cast) {
	w.t.Helper()
	var want []owed
	var wantPosts []string
	for _, c := range casts {
		want = append(want, c.owed()...)
		for _, p := range c.posts {
			wantPosts = append(wantPosts, p(c.base))
		}
	}
	posts := map[string]bool{}
	for _, o := range want { // one message of each round, in Slack as behind the topic
		key := fmt.Sprint(o.what == "test", o.round)
		if posts[key] {
			continue
		}
		posts[key] = true
		wantPosts = append(wantPosts, postOf(o))
	}
	got, gotPosts := lines(w.received()), w.posts()
	w.t.Log(w.table(casts, got))
	if lacks, beyond := missing(lines(want), got), missing(got, lines(want)); len(lacks)+len(beyond) > 0 {
		w.t.Errorf("owed, and not told:%s\ntold, and not owed:%s", indented(lacks), indented(beyond))
	}
	if lacks, beyond := missing(wantPosts, gotPosts), missing(gotPosts, wantPosts); len(lacks)+len(beyond) > 0 {
		w.t.Errorf("owed, and not in Slack:%s\nin Slack, and not owed:%s", indented(lacks), indented(beyond))
	}
	alarms := 0 // what rings is for operators; of the fleet they hear nothing
	for _, p := range wantPosts {
		if strings.HasPrefix(p, "ALARM") {
			alarms++
		}
	}
	if len(w.alarms) != alarms {
		w.t.Errorf("operators got %d messages, want %d:%s", len(w.alarms), alarms, indented(w.alarms))
	}
	for name, hits := range w.proxy.Hits() {
		if hits == 0 {
			w.t.Errorf("%s: its faults hit nothing", name)
		}
	}
	w.t.Logf("%d things owed and %d told, in %d messages and %d copies; %d posts in Slack", len(want), len(got),
		len(posts), len(w.heard)-len(posts), len(gotPosts))
}

// postOf is what the post of a message is called here.
func postOf(o owed) string {
	if o.what == "test" {
		return "test"
	}
	return post(o.round)(0)
}

// post is one of the message of a round.
func post(round int) func(base int) string {
	return func(base int) string { return fmt.Sprint("of round ", base+round) }
}

// posting is one that is of no round.
func posting(text string) func(int) string { return func(int) string { return text } }

var idInPost = regexp.MustCompile(`Message id (` + fleetName + `/0-1/(\S+?Z)(/test)?); a copy has the same`)

var alarmInPost = regexp.MustCompile(`^ALARM: \S+`)

// posts are those in the channel, by the rounds that they are of; each must name whatever its message told.
func (w *world) posts() (all []string) {
	w.t.Helper()
	for _, p := range w.channel.Posts() {
		found := idInPost.FindStringSubmatch(p.Text)
		switch {
		case found == nil:
			first, _, _ := strings.Cut(p.Text, "\n")
			if alarm := alarmInPost.FindString(first); alarm != "" {
				first = alarm
			}
			all = append(all, first)
			continue
		case found[3] != "":
			all = append(all, "test")
			continue
		}
		at, err := time.Parse(time.RFC3339, found[2])
		must(w.t, err)
		all = append(all, post(int(at.Sub(w.start)/interval))(0))
		i := slices.IndexFunc(w.heard, func(m message) bool { return m.id == found[1] })
		if i < 0 {
			w.t.Errorf("in Slack is %s, which nobody got from the topic", found[1])
			continue
		}
		for _, what := range w.heard[i].what {
			words := strings.Fields(what)
			if name := words[min(len(words)-1, 1)]; len(words) > 1 && name != "checker" && name != "group" && !strings.Contains(p.Text, name) {
				w.t.Errorf("the post of %s does not name %s:\n%s", found[1], name, p.Text)
			}
		}
	}
	return all
}

// table is what was owed and received, story by story, with the faults that were injected.
func (w *world) table(casts []*cast, got []string) string {
	hits := w.proxy.Hits()
	var b strings.Builder
	fmt.Fprintf(&b, "%-66s %5s %8s %7s\n", "", "owed", "received", "faults")
	for _, c := range casts {
		want := lines(c.owed())
		fmt.Fprintf(&b, "%-66s %5d %8d %7d\n", c.label(), len(want), len(want)-len(missing(want, got)), hits[c.label()]+w.faults[c.label()])
	}
	return b.String()
}
