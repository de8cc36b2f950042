package judge_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// Each row of a view is a witness (w) or a target (t) by its host, and what asking it brought,
// a letter a round, "x*40" for forty times x; behind a target's, what it was then judged:
//
//	.  up                                   ?  unknown: out of time, or as it is judged
//	x  its connection did not open          c  likewise, cut short
//	r  refused                              g  likewise, after waiting at our own gate
//	n  no route to it from here             m  likewise, and its second attempt was not made
//	d  its look-up got no answer            5  status 503
//	u  the resolver was not reached         N  no such host
//	h  its look-up hung and was cut short   s  its answer began, and never ended
//	o  it sent on to a name that got none   /  not in the file any more
//	-  not asked
//
// A target's name is its host, and what stands behind a slash; hosts that begin with "10."
// or "in." are private. Every target is told after two bad rounds. "told" are the rounds,
// from 0, in which people heard of something: opened +, closed -.
var views = []struct {
	about string
	view  string
	told  string
	step  time.Duration        // between rounds; 0: a minute
	last  map[string]time.Time // when witnesses had answered before
}{
	{about: "a VPC without a way out from the first day", view: `
		w 1.1.1.1       xxxxxx
		w 8.8.8.8       xxxxxx
		t shop.example  xxxxxx xxxxxx
		t pay.example   xxxxxx xxxxxx
		t in.a.example  ...... ......`,
		told: "1 +pay.example +shop.example"},
	{about: "half the fleet is private", view: `
		w 1.1.1.1       ..xxxx..
		w 10.0.0.53     ........
		t shop.example  ..xxxx.. ..????..
		t pay.example   ..xrxx.. ..????..
		t in.a.example  ........ ........
		t in.b.example  ..xxxx.. ..xxxx..`,
		told: "2 +blind, 3 +in.b.example, 6 -blind -in.b.example"},
	{about: "half the fleet is private, and has no witness", view: `
		w 1.1.1.1       ......
		t shop.example  ...... ......
		t in.a.example  ..xxx. ..xxx.
		t in.b.example  ..xxx. ..xxx.`,
		told: "3 +in.a.example +in.b.example, 5 -in.a.example -in.b.example"},
	{about: "one witness dead for a week", view: `
		w 1.1.1.1       .xxx.
		w 8.8.8.8       xxxxx
		t shop.example  .xxx. .???.
		t pay.example   .xxx. .???.`,
		told: "1 +blind, 4 -blind", last: map[string]time.Time{"8.8.8.8": dawn.AddDate(0, 0, -7)}},
	{about: "the only witness dead for a week", view: `
		w 8.8.8.8       xxxxx
		t shop.example  .xxx. .xxx.
		t pay.example   .xxx. .xxx.`,
		told: "2 +pay.example +shop.example, 4 -pay.example -shop.example", last: map[string]time.Time{"8.8.8.8": dawn.AddDate(0, 0, -7)}},
	{about: "three of four targets on one dead host", view: `
		w 1.1.1.1         .xxx.
		t shop.example/a  .xxx. .xxx.
		t shop.example/b  .xxx. .xxx.
		t shop.example/c  .xxx. .xxx.
		t pay.example     ..... .....`,
		told: "2 +shop.example/a +shop.example/b +shop.example/c, 4 -shop.example/a -shop.example/b -shop.example/c"},
	{about: "no resolver", view: `
		w dns.example     .ddd.
		w 1.1.1.1         .....
		t shop.example    .ddd. .???.
		t pay.example     .udu. .???.
		t onwards.example .ooo. .xxx.
		t 203.0.113.9     .xxx. .xxx.
		t 203.0.113.8     ..... .....`,
		told: "1 +blind, 2 +203.0.113.9 +onwards.example, 4 -203.0.113.9 -blind -onwards.example"},
	{about: "sight comes back in the middle of a real outage", view: `
		w 1.1.1.1       .xxx.....
		t shop.example  .xxxxxxx. .???xxxx.
		t pay.example   .xxx..... .???.....
		t cart.example  .xxx..... .???.....`,
		told: "1 +blind, 4 -blind, 5 +shop.example, 8 -shop.example"},
	{about: "an outage that was told before goes on behind the blindness", view: `
		w 1.1.1.1       ...xxx..
		t shop.example  xxxxxxx. xxx???x.
		t pay.example   ...xxx.. ...???..
		t cart.example  ........ ........`,
		told: "1 +shop.example, 3 +blind, 6 -blind, 7 -shop.example"},
	{about: "blind for longer than a day", step: time.Hour, view: `
		w 1.1.1.1       .x*40.
		t shop.example  .x*40. .?*40.
		t pay.example   .x*40. .?*40.`,
		told: "1 +blind, 7 !blind, 19 !blind, 41 -blind"},
	{about: "a witness that flaps", view: `
		w 1.1.1.1       .x.x.x.
		t shop.example  .xxxxx. .?x?x?.
		t pay.example   .xxxxx. .?x?x?.`,
		told: "1 +blind, 2 -blind, 3 +blind, 4 +pay.example +shop.example -blind, 5 +blind, 6 -blind -pay.example -shop.example"},
	{about: "all witnesses are removed while blind", view: `
		w 1.1.1.1       .xx///
		w 8.8.8.8       .xx///
		t shop.example  .xxxx. .??xx.
		t pay.example   .xxxx. .??xx.`,
		told: "1 +blind, 3 -blind, 4 +pay.example +shop.example, 5 -pay.example -shop.example"},

	{about: "everything is down, and a witness answers", view: `
		w 1.1.1.1       ....
		w 8.8.8.8       .xx.
		t shop.example  .xx. .xx.
		t pay.example   .xx. .xx.`,
		told: "2 +pay.example +shop.example, 3 -pay.example -shop.example"},
	{about: "a witness that answers with an error shows that we see", view: `
		w 1.1.1.1       .5N.
		t shop.example  .xx. .xx.`,
		told: "2 +shop.example, 3 -shop.example"},
	{about: "a witness that had no full chance proves nothing", view: `
		w 1.1.1.1       .cgm-.
		w 8.8.8.8       .xxxx.
		t shop.example  .xxxx. .xxxx.`,
		told: "2 +shop.example, 5 -shop.example"},
	{about: "a resolver that had no full chance proves nothing", view: `
		w dns.example   .hdd.
		t shop.example  .dhd. .x??.`,
		told: "3 +blind, 4 -blind"},
	{about: "a target that had no full chance is no evidence", view: `
		w 1.1.1.1       .xxx.
		t shop.example  .xxx. .xxx.
		t pay.example   .mcg. .???.`,
		told: "2 +shop.example, 4 -shop.example"},
	{about: "hosts that answer badly are seen", view: `
		w 1.1.1.1       .xx.
		t shop.example  .55. .xx.
		t pay.example   .5x. .xx.
		t cart.example  .ss. .xx.`,
		told: "2 +cart.example +pay.example +shop.example, 3 -cart.example -pay.example -shop.example"},
	{about: "half of the hosts is not more than half", view: `
		w 1.1.1.1       .xx.
		t shop.example  .xx. .xx.
		t pay.example   .... ....`,
		told: "2 +shop.example, 3 -shop.example"},
	{about: "a host is seen when one of its targets is", view: `
		w 1.1.1.1         .xx.
		t shop.example/a  .xx. .??.
		t pay.example/a   .xx. .xx.
		t pay.example/b   .... ....
		t cart.example/a  .xx. .??.`,
		told: "1 +blind, 2 +pay.example/a, 3 -blind -pay.example/a"},
	{about: "no route to anywhere", view: `
		w 1.1.1.1       .nn.
		t shop.example  .nn. .??.
		t pay.example   .nx. .??.`,
		told: "1 +blind, 3 -blind"},
	{about: "no network and no resolver", view: `
		w dns.example     .ddd.
		w 1.1.1.1         .xx..
		t shop.example    .ddd. .???.
		t 203.0.113.9     .xxx. .??x.
		t 203.0.113.8     .xx.. .??..`,
		told: "1 +blind, 4 -blind"},
	{about: "no resolver, and no witness with a name", view: `
		w 1.1.1.1       .xx.
		t shop.example  .dd. .xx.`,
		told: "2 +shop.example, 3 -shop.example"},
}

var dawn = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

func TestSight(t *testing.T) {
	for _, c := range views {
		t.Run(c.about, func(t *testing.T) {
			rows := rowsOf(t, c.view)
			state := health.State{Round: dawn.Add(-time.Hour), Witnesses: map[string]health.Sighting{}}
			for name, last := range c.last {
				state.Witnesses[name] = health.Sighting{Answered: last}
			}
			step := c.step
			if step == 0 {
				step = time.Minute
			}
			var told []string
			for at := range rows[0].brought {
				in := judge.Input{Fleet: "shop", Scheduled: dawn.Add(time.Duration(at) * step), State: state, Seen: map[string]health.Outcome{}}
				for _, r := range rows {
					r.into(&in, at)
				}
				v := judge.Round(in)
				state = v.State
				for _, r := range rows {
					r.compare(t, at, v)
				}
				if words := hear(v.Digest); words != "" {
					told = append(told, fmt.Sprint(at, words))
				}
			}
			if got := strings.Join(told, ", "); got != c.told {
				t.Errorf("told %q\nwant %q", got, c.told)
			}
		})
	}
}

// Every case that the architecture page promises is played here, under the same name.
func TestSightIsPlayedAsPromised(t *testing.T) {
	page, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Blindness\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, table, _ := strings.Cut(section, "| --- | --- |\n")
	played := map[string]bool{}
	for _, c := range views {
		played[c.about] = true
	}
	rows := 0
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 1 {
			rows++
			if name := strings.TrimSpace(cells[1]); !played[name] {
				t.Errorf("%q is promised, and nobody plays it", name)
			}
		}
	}
	if rows < 10 {
		t.Errorf("%d cases are promised: where is the table?", rows)
	}
}

// hear is what a digest says has opened, closed, or goes on.
func hear(d *health.Digest) (words string) {
	if d == nil {
		return ""
	}
	for _, i := range d.Opened {
		words += " +" + i.Subject.Name
	}
	for _, i := range d.Closed {
		words += " -" + i.Subject.Name
	}
	for _, i := range d.Reminded {
		words += " !" + i.Subject.Name
	}
	return words
}
