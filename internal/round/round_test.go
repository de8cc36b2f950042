package round

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

func TestOneRound(t *testing.T) {
	bubble(t, func(w *world) {
		report := w.must("i1")
		w.wantHeard("first")
		if report.Groups["all"].Up != 1 {
			t.Errorf("groups %v, want the one target up in its group", report.Groups)
		}
		if want := "load ask close results commit committed publish commit committed keep finish"; w.steps("load", "ask", "close", "results", "commit", "committed", "publish", "keep", "finish") != want {
			t.Errorf("steps\n%s\nwant\n%s", strings.Join(w.diary, "\n"), want)
		}
		if !report.Completed || report.Outbox != 0 || report.Counts.Up != 1 || !w.last.Completed {
			t.Errorf("report %+v, want it completed, with nothing owed", report)
		}
		s := w.stored()
		if len(s.Outbox) != 0 || s.Seq != 2 || len(s.Commits) != 1 || s.Commits[0].By != "i1" {
			t.Errorf("state %+v, want one commit by i1, an empty outbox, two writes", s)
		}
		w.down["a"] = true
		w.must("i2")
		w.down["a"] = false
		w.must("i3")
		w.wantHeard("first", "news +a", "news -a")
	})
}

// What is owed is stored before it is told, and crossed off only after.
func TestCommitThenPublishThenClear(t *testing.T) {
	bubble(t, func(w *world) {
		w.after["publish"] = func() {
			if s := w.stored(); len(s.Outbox) != 1 || s.Outbox[0].ID != w.told[0].ID {
				t.Errorf("while it is told, the store owes %v, want the digest that is told", s.Outbox)
			}
		}
		w.must("i1")
		if s := w.stored(); len(s.Outbox) != 0 {
			t.Errorf("after it was told, the store owes %v", s.Outbox)
		}
	})
}

func TestSameEventAgain(t *testing.T) {
	bubble(t, func(w *world) {
		now := time.Now()
		w.must("i1")
		asked := w.calls["ask"]
		report, err := w.roundOf(now, "i2")
		if err != nil || !report.Repeated || !w.last.Repeated || report.Completed {
			t.Errorf("the round again: %+v, %v, want it called repeated", report, err)
		}
		if w.calls["ask"] != asked {
			t.Error("the round again asked targets")
		}
		w.wantHeard("first")
	})
}

func TestSameEventAtTheSameTime(t *testing.T) {
	bubble(t, func(w *world) {
		w.slow["a"] = time.Second
		now := time.Now()
		done := make(chan health.Report, 2)
		for _, by := range []string{"i1", "i2"} {
			go func() {
				report, err := w.roundOf(now, by)
				if err != nil {
					t.Errorf("round of %s: %v", by, err)
				}
				done <- report
			}()
		}
		one, other := <-done, <-done
		if one.Completed == other.Completed || one.Repeated == other.Repeated {
			t.Errorf("completed %v and %v, repeated %v and %v: want one of each", one.Completed, other.Completed, one.Repeated, other.Repeated)
		}
		if s := w.stored(); len(s.Commits) != 1 {
			t.Errorf("commits %v, want one", s.Commits)
		}
		w.wantHeard("first")
	})
}

// A round that is overtaken is dropped; what it found out is asked again.
func TestOvertaken(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.down["a"] = true
		w.after["before commit"] = func() {
			if _, err := w.roundOf(time.Now().Add(time.Minute), "i3"); err != nil {
				t.Errorf("the round that overtakes: %v", err)
			}
		}
		report, err := w.round("i2")
		if err != nil || !report.Repeated || report.Completed {
			t.Errorf("the slow round: %+v, %v, want it dropped as repeated", report, err)
		}
		w.wantHeard("first", "news +a")
		s := w.stored()
		if s.Commits[len(s.Commits)-1].By != "i3" || len(s.Outbox) != 0 {
			t.Errorf("state %+v, want the last commit by i3 and nothing owed", s)
		}
		if !s.Targets["a"].Asked.Equal(s.Round) || s.Incidents[0].Rounds != 1 {
			t.Errorf("state %+v, want nothing in it of what the dropped round read", s)
		}
	})
}

// A write that came between, of an older round, is judged upon, not over.
func TestJudgedAgain(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.nextMinute()
		w.down["a"] = true
		late := time.Now().Add(-time.Minute)
		w.after["before commit"] = func() {
			if _, err := w.roundOf(late, "late"); err != nil {
				t.Errorf("the late round: %v", err)
			}
		}
		w.must("i2")
		w.wantHeard("first", "news +a")
		s := w.stored()
		if len(s.Commits) != 3 || s.Commits[2].By != "i2" || len(s.Incidents) != 1 || s.Incidents[0].Rounds != 2 {
			t.Errorf("state %+v, want i2 on top of late, and two bad rounds", s)
		}
	})
}

func TestCommitAppliedAnswerLost(t *testing.T) {
	bubble(t, func(w *world) {
		w.faulty["committed"] = once(1, errors.New("connection reset"))
		w.must("i1")
		w.wantHeard("first")
		if s := w.stored(); len(s.Commits) != 1 || len(s.Outbox) != 0 {
			t.Errorf("state %+v, want one commit and an empty outbox", s)
		}
	})
}

// The answer was lost and another round stands on top by the time we look: the entry is
// still ours to tell, and nobody else's until we have surely ended.
func TestCommitAppliedAnswerLostAndOvertaken(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.down["a"] = true
		w.faulty["committed"] = once(3, errors.New("connection reset"))
		w.after["commit"] = func() {
			if _, err := w.roundOf(time.Now().Add(time.Minute), "i3"); err != nil {
				t.Errorf("the round on top: %v", err)
			}
			w.wantHeard("first") // a's opening is i2's to tell
		}
		report, err := w.round("i2")
		if err != nil || !report.Completed {
			t.Errorf("round of i2: %+v, %v, want it completed: its own commit stands", report, err)
		}
		w.wantHeard("first", "news +a")
	})
}

// The state is unchanged by a PUT that came late: the one that follows it finds out.
func TestCommitAppliedAfterTheNextLook(t *testing.T) {
	bubble(t, func(w *world) {
		var late health.State
		w.faulty["commit"] = func(n int) error {
			switch n {
			case 1:
				return errors.New("timeout") // on its way, but not there yet
			case 2:
				states := store.NewStates(w.objects, "shop", "0-1")
				if _, err := states.Commit(w.t.Context(), late, store.Absent); err != nil {
					t.Errorf("the late write: %v", err)
				}
			}
			return nil
		}
		p := w.plan(time.Now(), "i1")
		inner := p.Memory("shop")
		p.Memory = func(string) Memory { return remembering{inner, &late} }
		ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
		defer cancel()
		if report, err := p.Run(ctx); err != nil || !report.Completed {
			t.Errorf("round: %+v, %v, want it completed", report, err)
		}
		w.wantHeard("first")
		if s := w.stored(); len(s.Commits) != 1 || len(s.Outbox) != 0 {
			t.Errorf("state %+v, want one commit and an empty outbox", s)
		}
	})
}

// remembering keeps the first state it is given to commit.
type remembering struct {
	Memory
	first *health.State
}

func (m remembering) Commit(ctx context.Context, s health.State, v store.Version) (store.Version, error) {
	if m.first.Seq == 0 {
		*m.first = s
	}
	return m.Memory.Commit(ctx, s, v)
}

func TestCommitNeverAnswered(t *testing.T) {
	for name, broken := range map[string]string{"writes": "commit", "writes and reads": "load"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.must("i1")
				w.down["a"] = true
				w.faulty["commit"] = always(errors.New("503"))
				if broken == "load" {
					w.faulty["load"] = func(n int) error {
						if n > 2 { // the load of this round still works
							return errors.New("503")
						}
						return nil
					}
				}
				report, err := w.round("i2")
				if err == nil || report.Completed || !strings.Contains(err.Error(), "commit round") {
					t.Errorf("round: %+v, %v, want it to fail at its commit", report, err)
				}
				w.wantHeard("first")
				if w.lines != 2 {
					t.Error("the last line was not written")
				}
				if tries := w.calls["commit"] - 2; tries > maxTries {
					t.Errorf("%d tries to commit, want at most %d", tries, maxTries)
				}
				clear(w.faulty)
				w.nextMinute()
				w.must("i3")
				w.wantHeard("first", "news +a")
			})
		})
	}
}

// killed stands for the hard end of an invocation.
type killed struct{}

// kill plays a round that is killed at the n-th call of a step.
func (w *world) kill(by, step string, n int) {
	w.t.Helper()
	w.calls[step] = 0
	w.faulty[step] = func(call int) error {
		if call == n {
			panic(killed{})
		}
		return nil
	}
	func() {
		defer func() {
			if r := recover(); r != (killed{}) {
				w.t.Errorf("killed at %s: recovered %v", step, r)
			}
		}()
		_, _ = w.round(by)
	}()
	delete(w.faulty, step)
	w.nextMinute()
}

func TestKilled(t *testing.T) {
	for _, c := range []struct {
		name, step string
		call       int
		before     []string // heard after the kill
		after      []string // heard in the end
		same       bool     // the last two carry one id
	}{
		{"before the commit", "commit", 1, []string{"first"}, []string{"first", "news +a"}, false},
		{"before publishing", "publish", 1, []string{"first"}, []string{"first", "news +a"}, false},
		{"before clearing", "commit", 2, []string{"first", "news +a"}, []string{"first", "news +a", "news +a"}, true},
		{"after clearing", "keep", 1, []string{"first", "news +a"}, []string{"first", "news +a"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.must("i1")
				w.down["a"] = true
				w.kill("i2", c.step, c.call)
				w.wantHeard(c.before...)
				w.must("i3")
				w.must("i4")
				w.wantHeard(c.after...)
				if n := len(w.told); c.same && w.told[n-1].ID != w.told[n-2].ID {
					t.Errorf("told twice as %s and %s, want one id", w.told[n-2].ID, w.told[n-1].ID)
				}
				if s := w.stored(); len(s.Outbox) != 0 || s.Incidents[0].Told.IsZero() {
					t.Errorf("state %+v, want nothing owed and the incident told", s)
				}
			})
		})
	}
}

// Nobody tells the entries of an invocation that may still be at it.
func TestLiveEntriesAreTheirMakers(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.down["a"] = true
		w.hangs.Store(true)
		done := make(chan error)
		go func() { _, err := w.round("i2"); done <- err }()
		time.Sleep(10 * time.Second)
		w.hangs.Store(false)
		if _, err := w.roundOf(time.Now().Add(50*time.Second), "i3"); err != nil {
			t.Errorf("round of i3: %v", err)
		}
		w.wantHeard("first")
		if err := <-done; err == nil {
			t.Error("round of i2: no error, though the topic never answered it")
		}
		w.nextMinute()
		w.nextMinute()
		w.must("i4")
		w.wantHeard("first", "news +a")
	})
}

func TestStoreUnreadable(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.down["a"] = true
		before := w.stored()
		w.faulty["load"] = always(errors.New("503"))
		report, err := w.round("i2")
		if err == nil || report.Completed || w.last.Completed {
			t.Errorf("round: %+v, %v, want it to fail and not complete", report, err)
		}
		if len(report.Results) != 1 || report.Results[0].Status != health.Down || w.calls["results"] != 2 {
			t.Errorf("results %+v, want them to flow all the same", report.Results)
		}
		clear(w.faulty)
		if s := w.stored(); s.Seq != before.Seq {
			t.Errorf("state %+v, want it as it was", s)
		}
		w.wantHeard("first")
	})
}

func TestForeignState(t *testing.T) {
	for name, text := range map[string]string{
		"of a newer schema": `{"schema":"rollcall.state/2","round":"2026-01-01T00:00:00Z"}`,
		"damaged":           `{"schema":"rollcall.st`,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				const key = "state/shop/0-1.json"
				if _, err := w.objects.Put(w.t.Context(), key, []byte(text), store.Absent); err != nil {
					t.Fatal(err)
				}
				report, err := w.round("i1")
				if !errors.Is(err, store.ErrForeign) || report.Completed {
					t.Errorf("round: %+v, %v, want it to fail as foreign", report, err)
				}
				if data, _, _ := w.objects.Get(w.t.Context(), key); string(data) != text {
					t.Errorf("the state was overwritten: %s", data)
				}
				if len(report.Results) != 1 {
					t.Error("nobody was asked")
				}
				w.wantHeard()
			})
		})
	}
}

func TestConfig(t *testing.T) {
	bubble(t, func(w *world) {
		w.file = "broken"
		if _, err := w.round("i0"); err == nil || !strings.Contains(err.Error(), "no last good copy of fleet shop") {
			t.Errorf("without any copy: %v, want an error that says so", err)
		}
		w.file = "one"
		w.must("i1")
		for _, wrong := range []string{"broken", ""} {
			w.file = wrong
			report := w.must("wrong")
			if report.Counts.Targets != 1 || !report.Completed {
				t.Errorf("with the last good copy: %+v, want one target and a completed round", report)
			}
			w.file = "one"
			w.must("mended")
		}
		w.wantHeard("first", "news +config", "news -config", "news +config", "news -config")
		if cause := w.told[1].Opened[0].Cause; !strings.Contains(cause, "unknown key broken; remove it (and 1 more). The last good copy is used") {
			t.Errorf("cause %q", cause)
		}
	})
}

// The alarms watch one fleet by its name: a file of another is a mistake.
func TestConfigOfAnotherFleet(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.plan(time.Now(), "i1")
		p.Fleet = "bakery"
		ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
		defer cancel()
		if _, err := p.Run(ctx); err == nil || !strings.Contains(err.Error(), `of fleet "shop", want "bakery"`) {
			t.Errorf("got %v, want an error that names both fleets", err)
		}
	})
}

// Without a fleet's name there is nobody's last good copy to look for.
func TestConfigOfAnyFleet(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.file = "broken"
		p := w.plan(time.Now(), "i2")
		p.Fleet = ""
		ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
		defer cancel()
		if _, err := p.Run(ctx); err == nil || !strings.Contains(err.Error(), "unknown key broken") {
			t.Errorf("got %v, want the problems of the file", err)
		}
	})
}

// What could not be crossed off counts as owed, also when nobody can look any more.
func TestClearNeverAnswered(t *testing.T) {
	bubble(t, func(w *world) {
		w.faulty["commit"] = func(n int) error {
			if n > 1 {
				return errors.New("503")
			}
			return nil
		}
		w.faulty["load"] = w.faulty["commit"]
		report, err := w.round("i1")
		if err == nil || !strings.Contains(err.Error(), "clear the outbox") || report.Outbox != 1 || !report.Completed {
			t.Errorf("%d owed, completed %v, %v, want one owed and the round completed", report.Outbox, report.Completed, err)
		}
		w.wantHeard("first")
	})
}

func TestTargetRemoved(t *testing.T) {
	bubble(t, func(w *world) {
		w.file = "two"
		w.down["b"] = true
		w.must("i1")
		w.file = "one"
		w.must("i2")
		w.wantHeard("first +b", "news -b")
		if c := w.told[1].Closed[0].Closing; c != health.Unchecked {
			t.Errorf("closing %q, want %q", c, health.Unchecked)
		}
	})
}

func TestHistoryLost(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		kept, _, _ := w.objects.Get(w.t.Context(), "config/shop/last-good.yaml")
		w.objects = store.NewMemory()
		if _, err := w.objects.Put(w.t.Context(), "config/shop/last-good.yaml", kept, store.Absent); err != nil {
			t.Fatal(err)
		}
		w.must("i2")
		w.must("i3")
		w.wantHeard("first", "first +history", "news -history")
	})
}

func TestClock(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		ahead := w.stored()
		ahead.Round = time.Now().Add(24 * time.Hour)
		states := store.NewStates(w.objects, "shop", "0-1")
		_, v, _ := states.Load(w.t.Context())
		if _, err := states.Commit(w.t.Context(), ahead, v); err != nil {
			t.Fatal(err)
		}
		report := w.must("i2")
		w.must("i3")
		w.wantHeard("first", "news +clock", "news -clock")
		if !report.Completed {
			t.Error("the round was not judged")
		}
		if s := w.stored(); s.Round.After(time.Now()) {
			t.Errorf("stored round %s is still in the future", s.Round)
		}
	})
}

func TestEventTooOldOrTooEarly(t *testing.T) {
	bubble(t, func(w *world) {
		time.Sleep(10 * time.Minute)
		report, err := w.roundOf(time.Now().Add(-121*time.Second), "late")
		if err != nil || !report.Late || !w.last.Late || w.calls["ask"] != 0 {
			t.Errorf("late: %+v, %v, want it counted and nobody asked", report, err)
		}
		if _, err := w.roundOf(time.Now().Add(121*time.Second), "early"); err == nil || w.calls["ask"] != 0 {
			t.Errorf("early: %v, want an error and nobody asked", err)
		}
		if report, err := w.roundOf(time.Now().Add(-2*time.Minute), "just in time"); err != nil || !report.Completed {
			t.Errorf("two intervals old: %+v, %v, want it played", report, err)
		}
	})
}

// Without knowing whether there was a state before, an absent one is not taken for the first.
func TestHistoryUnknown(t *testing.T) {
	bubble(t, func(w *world) {
		w.faulty["good"] = once(1, errors.New("503"))
		report, err := w.round("i1")
		if err == nil || report.Completed || w.calls["commit"] != 0 || len(report.Results) != 1 {
			t.Errorf("round: %+v, %v, want targets asked, an error, and no state written", report, err)
		}
		w.wantHeard()
	})
}

// After a commit without an answer the store is asked until it says what it holds.
func TestCommitAnswerLostAndTheNextReadToo(t *testing.T) {
	bubble(t, func(w *world) {
		w.faulty["committed"] = once(1, errors.New("connection reset"))
		w.faulty["load"] = once(2, errors.New("503"))
		w.must("i1")
		w.wantHeard("first")
	})
}

// A fleet that does not fit is asked as far as it does; the rest goes first next round,
// people are told by how much, and the round does not count as completed.
func TestFleetDoesNotFit(t *testing.T) {
	for i := range 60 {
		files["many"] = append(files["many"], withTimeout(target(fmt.Sprintf("t%02d", i)), time.Second))
	}
	bubble(t, func(w *world) {
		w.file, w.workers = "many", 1
		report, err := w.round("i1")
		if err != nil || report.Completed || report.Counts.Unknown == 0 {
			t.Fatalf("round: %+v, %v, want it not completed and some unknown", report.Counts, err)
		}
		w.wantHeard("first +budget")
		if w.calls["keep"] != 0 {
			t.Error("a targets file that does not fit was kept as the last good copy")
		}
		missed := map[string]bool{}
		for _, r := range report.Results {
			if len(r.Attempts) == 0 {
				missed["ask "+r.Target.Name] = true
			}
		}
		w.nextMinute()
		w.diary = nil
		_, _ = w.round("i2")
		var asked []string
		for _, line := range w.diary {
			if strings.HasPrefix(line, "ask ") {
				asked = append(asked, line)
			}
		}
		for _, first := range asked[:len(missed)] {
			if !missed[first] {
				t.Errorf("%s came before those that were missed", first)
			}
		}
	})
}

// However much too large a fleet is, everybody's turn comes.
func TestEverybodyHasATurn(t *testing.T) {
	for i := range 120 {
		files["crowd"] = append(files["crowd"], withTimeout(target(fmt.Sprintf("t%03d", i)), time.Second))
	}
	bubble(t, func(w *world) {
		w.file, w.workers = "crowd", 1
		asked := map[string]bool{}
		for i := range 3 {
			report, _ := w.round(fmt.Sprint("i", i))
			for _, r := range report.Results {
				if len(r.Attempts) > 0 {
					asked[r.Target.Name] = true
				}
			}
			w.nextMinute()
		}
		if len(asked) != 120 {
			t.Errorf("%d of 120 were asked in three rounds that hold 44 each", len(asked))
		}
	})
}

func TestDeadlineIsWanted(t *testing.T) {
	bubble(t, func(w *world) {
		if _, err := w.plan(time.Now(), "i1").Run(w.t.Context()); err == nil {
			t.Error("a round without a deadline has no budget")
		}
	})
}
