package round

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

// silence stores that people want to hear nothing of a target for a while.
func (w *world) silence(name string, lasts time.Duration) {
	w.t.Helper()
	now := time.Now().UTC()
	err := store.NewStates(w.objects, "shop", "0-1").ChangeSilences(w.t.Context(), func([]health.Silence) ([]health.Silence, error) {
		return []health.Silence{{Name: name, Why: "we know", From: now, Until: now.Add(lasts)}}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestSilence(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.silence("a", 3*time.Minute)
		w.down["a"] = true
		w.must("i2")
		if s := w.stored().Silences; len(s) != 1 || s[0].Name != "a" {
			t.Errorf("the state keeps %+v, want what was read", s)
		}
		w.must("i3")
		w.must("i4")
		w.wantHeard("first")
		w.must("i5")
		w.wantHeard("first", "news +a")
	})
}

// Silences that cannot be read are as they were when they last could, and nothing else is
// the worse for it; once they can be read, those that were taken away are gone.
func TestSilencesThatCannotBeRead(t *testing.T) {
	bubble(t, func(w *world) {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		defer slog.SetDefault(before)

		w.must("i1")
		w.silence("a", time.Hour)
		w.must("i2")
		w.faulty["silences"] = always(errors.New("503"))
		w.down["a"] = true
		for range 2 {
			if report := w.must("i3"); !report.Completed {
				t.Error("the round is not completed")
			}
			if s := w.stored().Silences; len(s) != 1 {
				t.Errorf("the state keeps %+v, want what was read last", s)
			}
		}
		w.wantHeard("first")
		if line := log.String(); !strings.Contains(line, "level=WARN") || !strings.Contains(line, "503") {
			t.Errorf("the log says %q, want a warning with the reason", line)
		}
		delete(w.faulty, "silences")
		w.silence("b", time.Hour)
		w.must("i4")
		w.wantHeard("first", "news +a")
	})
}

// What was read holds in a race too, and what was not read is that of the state that won.
func TestSilencesInARace(t *testing.T) {
	for _, read := range []bool{true, false} {
		bubble(t, func(w *world) {
			w.must("i1")
			if !read {
				w.faulty["silences"] = always(errors.New("503"))
			}
			w.down["a"] = true
			w.after["before commit"] = func() {
				states := store.NewStates(w.objects, "shop", "0-1")
				s, v, _ := states.Load(w.t.Context())
				s.Silences = []health.Silence{{Name: "a", Until: time.Now().Add(time.Hour)}}
				s.Seq++
				if _, err := states.Commit(w.t.Context(), s, v); err != nil {
					t.Error(err)
				}
			}
			w.must("i2")
			if read {
				w.wantHeard("first", "news +a")
			} else {
				w.wantHeard("first")
			}
		})
	}
}

// slowly is a memory whose silences take their time.
type slowly struct {
	Memory
	takes time.Duration
}

func (m slowly) Silences(ctx context.Context) ([]health.Silence, error) {
	select {
	case <-time.After(m.takes):
		return m.Memory.Silences(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// The silences are read beside the state, and within the same time.
func TestSilencesAreReadBesideTheState(t *testing.T) {
	const loads = 2 * time.Second
	for takes, want := range map[time.Duration]time.Duration{0: loads, loads: loads, time.Hour: loadShare} {
		bubble(t, func(w *world) {
			p := w.plan(time.Now(), "i1")
			memory := slowly{p.Memory("shop"), takes}
			p.Memory = func(string) Memory { return memory }
			w.faulty["load"] = func(int) error { time.Sleep(loads); return nil }
			begun := time.Now()
			ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
			defer cancel()
			report, err := p.Run(ctx)
			if err != nil || !report.Completed {
				t.Errorf("silences after %s: completed %v, %v, want nothing the worse", takes, report.Completed, err)
			}
			if took := time.Since(begun); took != want+asking {
				t.Errorf("silences after %s: the round took %s, want %s", takes, took, want+asking)
			}
		})
	}
}
