package round

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

// change rewrites the stored state.
func (w *world) change(rewrite func(s *health.State)) {
	w.t.Helper()
	states := store.NewStates(w.objects, "shop", "0-1")
	s, v, err := states.Load(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	rewrite(&s)
	s.Seq++
	if _, err := states.Commit(w.t.Context(), s, v); err != nil {
		w.t.Fatal(err)
	}
}

// What an invocation owes whose clock was a day ahead is told now, not when it says: nobody
// who is still telling could have written such a time.
func TestUntilOfAClockThatWasAhead(t *testing.T) {
	for ahead, want := range map[time.Duration]string{24 * time.Hour: "news +x0", time.Minute: ""} {
		bubble(t, func(w *world) {
			w.must("i1")
			w.told = nil
			w.backlog(time.Minute)
			w.change(func(s *health.State) { s.Outbox[0].Until = time.Now().Add(ahead).UTC() })
			w.must("i2")
			if got := w.heard(); got != want {
				t.Errorf("until %s from now: people heard %q, want %q", ahead, got, want)
			}
		})
	}
}

// Two first rounds at once: that the other one has kept its copy of the targets file before
// we look for it does not make the state a lost one.
func TestFirstRoundsAtOnce(t *testing.T) {
	bubble(t, func(w *world) {
		minute := time.Now()
		time.Sleep(time.Minute)
		w.faulty["good"] = func(n int) error {
			if n == 1 {
				if _, err := w.roundOf(minute, "i0"); err != nil {
					t.Errorf("the other round: %v", err)
				}
			}
			return nil
		}
		w.must("i1")
		w.wantHeard("first")
		if s := w.stored(); len(s.Commits) != 2 || len(s.Incidents) != 0 {
			t.Errorf("commits %v, incidents %v, want both rounds and nothing open", s.Commits, s.Incidents)
		}
	})
}

// What is kept back is nobody's news, in a catch-up digest neither: nobody would hear its end.
func TestCatchUpKeepsBack(t *testing.T) {
	bubble(t, func(w *world) {
		w.file = "two"
		w.must("i1")
		time.Sleep(3 * time.Hour)
		w.told = nil
		w.silence("b", time.Hour)
		w.backlog(2 * time.Hour)
		w.down["a"], w.down["b"] = true, true
		w.must("i2")
		w.wantHeard("catchup +a")
		if open := w.told[0].Open; len(open) != 1 || open[0].Subject.Name != "a" {
			t.Errorf("open now %+v, want a", open)
		}
	})
}

// A time that comes twice, because clocks were set back, names two digests: folded or not,
// each has an id of its own.
func TestSameTimeTwice(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.change(func(s *health.State) { s.Round = time.Now().Add(time.Hour).UTC() })
		w.down["a"] = true
		w.must("i2")
		w.wantHeard("first", "news +a +clock")
		id := w.told[1].ID
		if round := health.DigestID("shop", "0-1", w.told[1].Round); !strings.HasPrefix(id, round+"/") {
			t.Errorf("the digest of %s is %s, want something more", round, id)
		}
		w.told = nil
		w.backlog(2 * time.Hour)
		w.must("i3")
		if d := w.told[0]; d.Kind != health.CatchUp || d.ID == health.DigestID("shop", "0-1", d.Round) {
			t.Errorf("the catch-up digest is %s of %s, want something more", d.ID, d.Round)
		}
	})
}
