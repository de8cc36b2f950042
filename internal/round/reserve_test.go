package round

import (
	"context"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

func TestReserve(t *testing.T) {
	for whole, want := range map[time.Duration]time.Duration{
		55 * time.Second:  8250 * time.Millisecond,
		20 * time.Second:  5 * time.Second,
		900 * time.Second: 135 * time.Second,
	} {
		if got := Reserve(whole); got != want {
			t.Errorf("reserve of %s: got %s, want %s", whole, got, want)
		}
	}
	if got, want := Budget(55*time.Second), 43750*time.Millisecond; got != want {
		t.Errorf("budget of 55s: got %s, want %s", got, want)
	}
}

// However long targets hang, the sweep leaves the reserve alone.
func TestSweepLeavesTheReserve(t *testing.T) {
	files["hanging"] = []health.Target{withTimeout(target("a"), time.Minute)}
	bubble(t, func(w *world) {
		w.file = "hanging"
		w.slow["a"] = time.Hour
		begun := time.Now()
		report, err := w.round("i1")
		if err != nil {
			t.Fatal(err)
		}
		if left := 55*time.Second - report.Swept; left < Reserve(55*time.Second) {
			t.Errorf("the sweep took %s: %s left of 55s, want %s", report.Swept, left, Reserve(55*time.Second))
		}
		if report.Results[0].Status != health.Unknown {
			t.Errorf("a target that was cut short is %s, want unknown", report.Results[0].Status)
		}
		if took := time.Since(begun); took > 55*time.Second {
			t.Errorf("the round took %s", took)
		}
	})
}

// stuck is a memory whose calls end only with their context.
type stuck struct {
	Memory
	from int // the first call that hangs, from 1
	n    int
}

func (m *stuck) Commit(ctx context.Context, s health.State, v store.Version) (store.Version, error) {
	if m.n++; m.n >= m.from {
		<-ctx.Done()
		return store.Absent, ctx.Err()
	}
	return m.Memory.Commit(ctx, s, v)
}

func (m *stuck) Load(ctx context.Context) (health.State, store.Version, error) {
	if m.n >= m.from {
		<-ctx.Done()
		return health.State{}, store.Absent, ctx.Err()
	}
	return m.Memory.Load(ctx)
}

// stuckArchive has nothing, and never gets anything.
type stuckArchive struct{}

func (stuckArchive) LastGood(context.Context) ([]byte, error) { return nil, store.ErrNotFound }

func (stuckArchive) KeepGood(ctx context.Context, _ []byte) error {
	<-ctx.Done()
	return ctx.Err()
}

// Each step ends within its share, and the last line is written whatever hangs.
func TestShares(t *testing.T) {
	reserve := Reserve(55 * time.Second)
	left := func(percent time.Duration) time.Duration { return 55*time.Second - reserve*percent/100 }
	for _, c := range []struct {
		name    string
		commit  int // the first commit that hangs; 0: none
		publish bool
		keep    bool
		want    time.Duration // when the round is over
	}{
		{"commit hangs", 1, false, false, left(60)},
		{"publish hangs", 0, true, false, left(30)},
		{"clear hangs", 2, false, false, left(15)},
		{"keeping the targets file hangs", 0, false, true, left(7)},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.hangs.Store(c.publish)
				p := w.plan(time.Now(), "i1")
				if c.commit > 0 {
					memory := &stuck{Memory: p.Memory("shop"), from: c.commit}
					p.Memory = func(string) Memory { return memory }
				}
				if c.keep {
					p.Archive = func(string) Archive { return stuckArchive{} }
				}
				begun := time.Now()
				ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
				defer cancel()
				if _, err := p.Run(ctx); err == nil {
					t.Error("no error, though a step never ended by itself")
				}
				if took := time.Since(begun); took != c.want {
					t.Errorf("the round took %s, want %s", took, c.want)
				}
				if w.last.Finishing != c.want-(55*time.Second-reserve) {
					t.Errorf("%s of the reserve were used, want %s", w.last.Finishing, c.want-(55*time.Second-reserve))
				}
				if w.lines != 1 {
					t.Errorf("%d last lines, want 1", w.lines)
				}
			})
		})
	}
}

// silent is an archive that never answers by itself.
type silent struct{}

func (silent) LastGood(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
func (silent) KeepGood(ctx context.Context, _ []byte) error { <-ctx.Done(); return ctx.Err() }

func TestArchiveHasItsShare(t *testing.T) {
	reserve := Reserve(55 * time.Second)
	for file, want := range map[string]time.Duration{
		"one":    55*time.Second - reserve*leftByKeep/100, // there is a copy to keep
		"broken": loadShare,                               // or one to find
	} {
		bubble(t, func(w *world) {
			w.file = file
			p := w.plan(time.Now(), "i1")
			p.Archive = func(string) Archive { return silent{} }
			begun := time.Now()
			ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
			defer cancel()
			if _, err := p.Run(ctx); err == nil {
				t.Errorf("%s: no error, though the archive never answered", file)
			}
			if took := time.Since(begun); took > want {
				t.Errorf("%s: the round took %s, want %s at most", file, took, want)
			}
			if file == "one" && w.lines != 1 {
				t.Errorf("%d last lines, want 1", w.lines)
			}
		})
	}
}

func TestLoadHasItsShare(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.plan(time.Now(), "i1")
		memory := &stuck{Memory: p.Memory("shop")}
		p.Memory = func(string) Memory { return memory }
		begun := time.Now()
		ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
		defer cancel()
		report, err := p.Run(ctx)
		if err == nil || len(report.Results) != 1 || report.Results[0].Status != health.Up {
			t.Errorf("got %+v, %v, want the target asked and an error", report, err)
		}
		if took, want := time.Since(begun), loadShare+asking; took != want {
			t.Errorf("the round took %s, want %s", took, want)
		}
	})
}
