package round

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/store"
)

// needing is a target that cannot work without others.
func needing(name string, parents ...string) health.Target {
	t := target(name)
	t.DependsOn = parents
	return t
}

// daily is a target that is due once a day when it is well.
func daily(t health.Target) health.Target { t.Every = 24 * time.Hour; return t }

// witness is a place that shows whether we can see.
func witness(host string) fleet.Witness {
	t := withTimeout(target("tcp://"+host+":443"), 5*time.Second)
	t.Host, t.Attempts = host, 2
	return fleet.Witness{Target: fleet.Target{Target: t}, Scope: health.Public}
}

// nobody is what asking brings when there is no network.
func nobody() health.Reading {
	r := health.Failing(health.ClassTimeout, "dial it: no answer within 5s")
	r.Scope = health.Public
	return r
}

// passes are those in which a target was asked in the last round.
func (w *world) passes(name string) string { return fmt.Sprint(w.asked[name]) }

// calm plays two rounds, after which what is due once a day is not due.
func (w *world) calm() {
	w.t.Helper()
	w.must("calm1")
	w.must("calm2")
	clear(w.asked)
	w.told = nil
}

func asResult(r health.Report, name string) *health.Result {
	for i := range r.Results {
		if r.Results[i].Target.Name == name {
			return &r.Results[i]
		}
	}
	return nil
}

// A parent is asked behind a suspect, due or not, and what it answers counts as ever.
func TestParentsOfSuspectsAreAsked(t *testing.T) {
	edge := daily(target("edge"))
	edge.Group, edge.DependsOn = "net", []string{"dc"}
	paused := daily(target("old"))
	paused.Group, paused.Enabled = "net", false
	files["family"] = []health.Target{needing("shop", "net", "old"), target("blog"), edge, paused, daily(target("dc")), daily(target("aunt"))}
	bubble(t, func(w *world) {
		w.file, w.groups = "family", []health.Group{{Name: "net"}}
		w.calm()
		if report := w.must("all is well"); w.passes("edge") != "[]" || !report.Completed || w.of != 2 {
			t.Errorf("all is well: edge asked in passes %s, completed %v, %d asked, want it left alone, and 2", w.passes("edge"), report.Completed, w.of)
		}
		w.down["blog"] = true
		w.must("nobody depends on what is down")
		if w.passes("edge") != "[]" {
			t.Errorf("blog is down: edge asked in passes %s, want it left alone", w.passes("edge"))
		}
		w.down["blog"], w.down["shop"], w.down["dc"] = false, true, true
		clear(w.asked)
		now := time.Now().UTC()
		report := w.must("shop is down")
		for name, want := range map[string]string{"shop": "[1]", "edge": "[2]", "dc": "[2]", "old": "[]", "aunt": "[]"} {
			if got := w.passes(name); got != want {
				t.Errorf("shop is down: %s asked in passes %s, want %s", name, got, want)
			}
			if asked := asResult(report, name) != nil; asked != (want != "[]") {
				t.Errorf("shop is down: %s has a result: %v", name, asked)
			}
		}
		if s := w.stored(); !s.Targets["edge"].Asked.Equal(now) || s.Targets["dc"].Status != health.Down || s.Targets["aunt"].Asked.Equal(now) {
			t.Errorf("stored %+v, want edge asked now and dc down", s.Targets)
		}
		if !report.Completed {
			t.Error("the round is not completed")
		}
	})
}

// A parent that is due is asked with the others, and once.
func TestParentThatIsDueIsAskedAtOnce(t *testing.T) {
	files["both"] = []health.Target{needing("shop", "edge"), target("edge")}
	bubble(t, func(w *world) {
		w.file = "both"
		w.calm()
		w.down["shop"] = true
		report := w.must("i1")
		if w.passes("edge") != "[1]" || len(report.Results) != 2 {
			t.Errorf("edge asked in passes %s, %d results, want it asked once, in the first", w.passes("edge"), len(report.Results))
		}
	})
}

// Where a child fails a round before its parent, and where it is only asked more often, its
// parent's outage is all that people hear of.
func TestChildFailsBeforeItsParent(t *testing.T) {
	patient := func(t health.Target) health.Target { t.FailAfter = 2; return t }
	files["minutely"] = []health.Target{patient(needing("shop", "edge")), patient(target("edge"))}
	files["daily"] = []health.Target{patient(needing("shop", "edge")), patient(daily(target("edge")))}
	for _, file := range []string{"minutely", "daily"} {
		bubble(t, func(w *world) {
			w.file = file
			w.calm()
			w.down["shop"] = true
			w.must("the child")
			w.down["edge"] = true
			w.must("the parent")
			w.must("and again")
			w.wantHeard("news +edge")
			if i := w.told[0].Opened[0]; fmt.Sprint(i.Dependants) != "[shop]" {
				t.Errorf("%s: depending on it %v, want shop", file, i.Dependants)
			}
		})
	}
}

// A witness is asked every hour, and has no part in the results.
func TestWitnessIsAskedHourly(t *testing.T) {
	bubble(t, func(w *world) {
		w.witnesses = []fleet.Witness{witness("1.1.1.1")}
		var asked []int
		for minute := range 130 {
			clear(w.asked)
			report := w.must(fmt.Sprint("i", minute))
			if len(w.asked["tcp://1.1.1.1:443"]) > 0 {
				asked = append(asked, minute)
			}
			if len(report.Results) != 1 || !report.Completed || report.Counts.Targets != 1 || w.of != 1 {
				t.Fatalf("round %d: %d results, completed %v, %+v, %d asked; want the one target's", minute, len(report.Results), report.Completed, report.Counts, w.of)
			}
		}
		if fmt.Sprint(asked) != "[0 61 122]" {
			t.Errorf("asked in rounds %v, want 0, 61 and 122", asked)
		}
	})
}

// A witness that does not answer is asked in every round, and nothing is wrong with that.
func TestSilentWitness(t *testing.T) {
	bubble(t, func(w *world) {
		w.witnesses = []fleet.Witness{witness("1.1.1.1")}
		w.brings["tcp://1.1.1.1:443"] = nobody()
		for range 3 {
			clear(w.asked)
			if report := w.must("i"); !report.Completed || w.passes("tcp://1.1.1.1:443") != "[1 2]" {
				t.Errorf("completed %v, asked in passes %s, want both attempts", report.Completed, w.passes("tcp://1.1.1.1:443"))
			}
		}
	})
}

func TestWitnessIsCalledInTrouble(t *testing.T) {
	files["three"] = []health.Target{target("a"), target("b"), target("c")}
	for down, want := range map[string]string{"": "[]", "a": "[]", "a b": "[2]", "a b c": "[2]"} {
		bubble(t, func(w *world) {
			w.file, w.witnesses = "three", []fleet.Witness{witness("1.1.1.1")}
			w.calm()
			for _, name := range strings.Fields(down) {
				w.down[name] = true
			}
			w.must("i1")
			if got := w.passes("tcp://1.1.1.1:443"); got != want {
				t.Errorf("with %q of 3 down: the witness is asked in passes %s, want %s", down, got, want)
			}
		})
	}
}

// sightless is a world of two targets and a witness in which all was well, and nobody
// answers any more.
func (w *world) sightless() {
	w.t.Helper()
	w.file, w.witnesses = "two", []fleet.Witness{witness("1.1.1.1")}
	w.calm()
	for _, name := range []string{"a", "b", "tcp://1.1.1.1:443"} {
		w.brings[name] = nobody()
	}
}

// When we cannot see, people hear that, and nothing of the targets.
func TestBlindness(t *testing.T) {
	bubble(t, func(w *world) {
		w.sightless()
		for i := range 3 {
			report := w.must(fmt.Sprint("blind", i))
			if report.Counts.Unknown != 2 || !report.Completed || report.Critical != 1 {
				t.Errorf("blind: %+v, completed %v, want both unknown and the round completed", report.Counts, report.Completed)
			}
		}
		w.wantHeard("news +blind")
		clear(w.brings)
		w.down["a"] = true
		w.must("sight")
		w.wantHeard("news +blind", "news +a -blind")
	})
}

// An attempt of a witness that was cut short shows nothing.
func TestWitnessCutShort(t *testing.T) {
	bubble(t, func(w *world) {
		w.sightless()
		w.witnesses[0].Timeout = time.Minute // more than there is
		delete(w.brings, "tcp://1.1.1.1:443")
		w.slow["tcp://1.1.1.1:443"] = time.Hour
		report, err := w.round("i1")
		if err != nil || report.Counts.Down != 2 {
			t.Errorf("%+v, %v, want both down: nobody knows why", report.Counts, err)
		}
	})
}

// A round that lost a race looks again at what was read, not at what it had made of it.
func TestBlindnessIsJudgedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		other func(*health.State) // what is stored when this round comes to commit
		want  health.Status
		cause string
	}{
		{"an entry was cleared", func(*health.State) {}, health.Unknown, "cannot see: the one witness does not answer; dial it: no answer within 5s"},
		{"nothing is known of the witness", func(s *health.State) { s.Witnesses = nil }, health.Down, "dial it: no answer within 5s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.sightless()
				w.after["before commit"] = func() {
					states := store.NewStates(w.objects, "shop", "0-1")
					s, v, err := states.Load(w.t.Context())
					c.other(&s)
					s.Seq++
					if _, wrong := states.Commit(w.t.Context(), s, v); err != nil || wrong != nil {
						t.Error(errors.Join(err, wrong))
					}
				}
				report := w.must("i1")
				if r := report.Results[0]; r.Status != c.want || r.Cause != c.cause {
					t.Errorf("%s: %s, want %s: %s", r.Status, r.Cause, c.want, c.cause)
				}
				if w.calls["commit"] < 4 { // two in calm, two of this round, and its clearing
					t.Error("there was no race: the test proves nothing")
				}
			})
		})
	}
}

// What reads a state that nobody can load is told as it was read.
func TestBlindWithoutMemory(t *testing.T) {
	bubble(t, func(w *world) {
		w.sightless()
		w.faulty["load"] = always(errors.New("503"))
		report, err := w.round("i1")
		if err == nil || report.Counts.Down != 2 || report.Results[0].Reason != "" {
			t.Errorf("%+v, %v, want results as they were read, and an error", report.Counts, err)
		}
	})
}

// The order of the results is that of the targets due, and then of who was called.
func TestResultsStandInOrder(t *testing.T) {
	files["order"] = []health.Target{daily(target("z")), needing("b", "z"), target("a")}
	bubble(t, func(w *world) {
		w.file = "order"
		w.calm()
		w.down["b"] = true
		var names []string
		for _, r := range w.must("i1").Results {
			names = append(names, r.Target.Name)
		}
		if !slices.Equal(names, []string{"b", "a", "z"}) {
			t.Errorf("results of %v, want b, a, z", names)
		}
	})
}

// Parents for which there is no time beside what is due push nothing out of the round: they
// are left alone, which is for the log.
func TestParentsPushNobodyOut(t *testing.T) {
	for i := range 40 {
		parent := daily(withTimeout(target(fmt.Sprintf("p%02d", i)), 2*time.Second))
		files["full"] = append(files["full"], withTimeout(needing(fmt.Sprintf("c%02d", i), parent.Name), time.Second), parent)
	}
	bubble(t, func(w *world) {
		w.file, w.workers = "full", 80
		w.calm()
		w.workers = 1
		w.down["c00"] = true
		for i := range 3 {
			report := w.must(fmt.Sprint("i", i))
			if !report.Completed || w.of != 40 || len(report.Results) != 40 || len(w.asked["c39"]) != i+1 || w.passes("p00") != "[]" {
				t.Errorf("completed %v, %d asked, %d results, c39 in passes %s, p00 in %s; want all 40 that are due, and no parent",
					report.Completed, w.of, len(report.Results), w.passes("c39"), w.passes("p00"))
			}
		}
		w.wantHeard("news +c00")
	})
}
