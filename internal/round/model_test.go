package round_test

import (
	"flag"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/fleet"
)

// TestModel plays whole lives of alerts at random, with the real round, judge and store room
// around a store and a topic that misbehave, and holds every write, every digest and every
// invocation to what was promised; the rules it judges by are its own. After calm, what
// people were told is what is believed.
//
// Without flags it is short and always the same. -rapid.checks and -rapid.steps say how many
// lives, and how many steps each has on the average. What fails is told with the flag that
// plays it again, -rapid.failfile or -rapid.seed, and with its diary.
func TestModel(t *testing.T) {
	short(t, map[string]string{"rapid.checks": "10", "rapid.steps": "40", "rapid.seed": "11"})
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(before) })
	t.Run("nothing keeps alerts back", func(t *testing.T) { model(t, newDice(false)) })
	t.Run("much keeps alerts back", func(t *testing.T) { model(t, newDice(true)) })
}

// short sets flags for the length of a test, if nobody has set rapid.checks.
func short(t *testing.T, flags map[string]string) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return
	}
	for name, value := range flags {
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
}

func model(t *testing.T, d *dice) {
	t.Parallel()
	var steps int
	began := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			l := newLife(t, d)
			actions := l.actions(d)
			actions[""] = func(t *rapid.T) {
				steps++
				l.holds(t)
			}
			t.Repeat(actions)
			l.calm(t)
		})
	})
	spent := time.Since(began)
	t.Logf("%d steps in %s, %.0f a second", steps, spent.Round(time.Millisecond), float64(steps)/spent.Seconds())
}

func newLife(t *rapid.T, d *dice) *life {
	l := &life{moods: map[string]mood{}, objects: map[string][]byte{}, promise: newPromise()}
	names := []string{"a", "b", "c"}
	if d.muted {
		names = []string{"a", "c", "d", "e", "b"}
	}
	var targets []fleet.Target
	for _, name := range names[:rapid.IntRange(1, len(names)).Draw(t, "targets")] {
		targets = append(targets, d.target(t, name))
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		l.moods[name] = well
	}
	l.rewrite(d.fleet(t, l, targets...))
	return l
}

// rewrite makes f the targets file.
func (l *life) rewrite(f *fleet.Fleet) {
	l.file = fmt.Sprint("file ", len(l.files))
	l.files = append(l.files, f)
	for _, t := range f.Targets {
		l.note("%s: %s every %s, attempts %d, fail after %d, recover after %d, %s, enabled %v", l.file, t.Name, t.Every, t.Attempts, t.FailAfter, t.RecoverAfter, t.Severity, t.Enabled)
	}
}

// holds ends the story when a promise was broken.
func (l *life) holds(t *rapid.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong != "" {
		t.Logf("\n%s", l.story())
		t.Fatalf("%s", l.wrong)
	}
}
