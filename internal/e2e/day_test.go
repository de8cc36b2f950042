package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/awslocal"
)

var rounds = flag.Int("rounds", 25, "how many rounds are played, one for each minute; 240 have room for every story, 1440 are a day")

// TestDay plays the deployed thing, and holds what people got to what they are owed.
func TestDay(t *testing.T) {
	if *rounds < 1 || *rounds > 1440 {
		t.Fatalf("-rounds %d, want 1 to 1440", *rounds)
	}
	casts, leftOut := castFor(*rounds)
	w := newWorld(t, *rounds)
	t.Cleanup(func() { w.keeps() })
	begun := time.Now()
	for k := range *rounds {
		w.round(casts, k)
		if t.Failed() && *rounds > cycle {
			t.Fatalf("ended after round %d: of a day, what comes after the first mistake is noise", k)
		}
	}
	last := w.epilogue()
	casts = append(casts, last)
	w.settles()
	t.Logf("round 0 is of %s; %d rounds took %s", w.start.Format(time.RFC3339), *rounds, time.Since(begun).Round(time.Second))
	if why := w.check.Unheld(); why != "" {
		t.Logf("the functions are not held here to all that Lambda holds them to: %s", why)
	}
	w.accounts(casts)
	w.sums(casts)
	w.searches(casts)
	if len(leftOut) > 0 {
		t.Logf("no room in %d rounds, as in 240 there is, for leaving and %d stories: %s", *rounds, len(leftOut), strings.Join(leftOut, "; "))
		return
	}
	t.Run("leaving", w.leaves)
}

// round plays one round: what happens before it, the round itself, and what it must have come to.
func (w *world) round(casts []*cast, k int) {
	w.now = k
	w.stage.behaves(moods(casts, k))
	var plays []func(*world, int)
	for _, c := range casts {
		w.current = c
		if act := c.acts[k-c.base]; act != nil && k >= c.base {
			act(w)
		}
		if play := c.plays[k-c.base]; play != nil && k >= c.base {
			plays = append(plays, func(w *world, k int) { w.current = c; play(w, k) })
		}
	}
	before := len(w.played)
	switch len(plays) {
	case 0:
		w.send(k)
	case 1:
		plays[0](w, k)
	default:
		w.t.Fatalf("round %d: two stories play it", k)
	}
	w.measures(casts, k, w.played[before:])
	w.listensTo(k)
	w.passes()
	if k%50 == 0 {
		w.proxy.Forget()
	}
}

// send has the schedule send the event of a round.
func (w *world) send(round int, happens ...awslocal.Delivery) {
	w.played = append(w.played, of(round, w.events.Send(w.stack.Schedule("CheckFunction").Event(w.at(round)), happens...)...)...)
}

func of(round int, ins ...awslocal.Invocation) (all []invocation) {
	for _, in := range ins {
		all = append(all, invocation{in, round})
	}
	return all
}

// inject injects a fault in the name of the story that is being played.
func (w *world) inject(f awslocal.Fault) *awslocal.Injected {
	f.Name = w.current.label()
	return w.proxy.Inject(f)
}

// happened counts what a story does to rollcall past the proxy.
func (w *world) happened() { w.faults[w.current.label()]++ }

// killedAt plays a round whose function is killed when a fault has hit it.
func (w *world) killedAt(round int, f awslocal.Fault) {
	in := w.inject(f)
	var killer sync.WaitGroup
	killer.Go(func() { in.Await(1); w.check.Kill() })
	w.send(round)
	killer.Wait()
	in.Lift()
}

// label is a story by its name, and by its cycle after the first.
func (c *cast) label() string {
	if c.base == 0 {
		return c.name
	}
	return fmt.Sprintf("%s (%d)", c.name, c.base/cycle+1)
}

// moods are how everybody who is not well behaves in a round.
func moods(casts []*cast, k int) map[string]string {
	all := map[string]string{}
	for _, c := range casts {
		for _, t := range c.troubles {
			if at := k - c.base; at >= t.from && at < t.to {
				all[t.who] = t.how
			}
		}
	}
	return all
}

// endingOf is how a round ends, by the script.
func endingOf(casts []*cast, k int) ending {
	for _, c := range casts {
		if e, is := c.ends[k-c.base]; is {
			return e
		}
	}
	return ending{lines: 1, completed: 1}
}

// settles lets time pass until Slack has got all that waits for it.
func (w *world) settles() {
	for range 60 {
		if w.source.Left() == 0 {
			return
		}
		w.source.Passes(time.Hour)
		w.source.Poll()
	}
	w.t.Errorf("%d messages still wait for Slack", w.source.Left())
}

// keeps leaves everything that was printed and told in a folder, where a run has failed.
func (w *world) keeps() {
	if !w.t.Failed() {
		return
	}
	dir, err := os.MkdirTemp("", "rollcall-e2e-")
	if err != nil {
		w.t.Log(err)
		return
	}
	for name, text := range w.produced(false) {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			w.t.Log(err)
		}
	}
	w.t.Logf("it went wrong by round %d, scheduled at %s; everything that was printed and told is in %s", w.now, w.at(w.now).Format(time.RFC3339), dir)
}

// timeline is every invocation, in a line each.
func (w *world) timeline() string {
	var b strings.Builder
	for _, in := range w.played {
		fmt.Fprintf(&b, "round %d, %s, took %s, cold %v, error %q\n", in.round, in.ID, in.Took.Round(time.Millisecond), in.Cold, in.Error)
		for _, line := range slices.Concat(in.Stdout, strings.Split(in.Stderr, "\n")) {
			if line != "" {
				fmt.Fprintf(&b, "    %s\n", line)
			}
		}
	}
	return b.String()
}
