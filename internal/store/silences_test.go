package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

const silencesKey = "silences/shop.json"

// quiet is a silence of name.
func quiet(name string) health.Silence {
	at := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	return health.Silence{Name: name, Why: "a <new> disk & more", From: at, Until: at.Add(2 * time.Hour)}
}

// adding is a change that adds a silence.
func adding(name string) func([]health.Silence) ([]health.Silence, error) {
	return func(known []health.Silence) ([]health.Silence, error) { return append(known, quiet(name)), nil }
}

// names are those of the silences, as they are stored.
func names(t *testing.T, states *store.States) string {
	t.Helper()
	known, err := states.Silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range known {
		if s != quiet(s.Name) {
			t.Errorf("stored %+v, want %+v", s, quiet(s.Name))
		}
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

// twoSilencers is a promise of every side: see TestContract.
func twoSilencers(t *testing.T, s side) {
	const each = 3
	var both sync.WaitGroup
	for _, who := range []string{"a", "b"} {
		states := store.NewStates(s.again(), "shop", "0-1")
		both.Go(func() {
			for i := range each {
				if err := states.ChangeSilences(t.Context(), adding(fmt.Sprint(who, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	if got, want := names(t, store.NewStates(s.again(), "shop", "0-1")), "a0 a1 a2 b0 b1 b2"; got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
	data, _, err := s.Get(t.Context(), silencesKey)
	if err != nil || !strings.HasPrefix(string(data), `{"schema":"rollcall.silences/1","seq":6,"silences":[{"name":"a0",`) {
		t.Errorf("%s, %v", data, err)
	}
}

// The silences of a fleet are its own, those of all its shards, and have one text.
func TestSilencesText(t *testing.T) {
	memory := store.NewMemory()
	states := store.NewStates(memory, "shop", "1-2")
	if known, err := states.Silences(t.Context()); known != nil || err != nil {
		t.Errorf("before any: %v, %v", known, err)
	}
	steps := []struct {
		change func([]health.Silence) ([]health.Silence, error)
		stored string
	}{
		{adding("*"), `"seq":1,"silences":[{"name":"*","why":"a <new> disk & more","from":"2026-11-22T14:05:00Z","until":"2026-11-22T16:05:00Z"}]}`},
		{func([]health.Silence) ([]health.Silence, error) { return nil, nil }, `"seq":2,"silences":[]}`},
		{func(known []health.Silence) ([]health.Silence, error) { return known, nil }, `"seq":3,"silences":[]}`},
	}
	for _, s := range steps {
		if err := states.ChangeSilences(t.Context(), s.change); err != nil {
			t.Fatal(err)
		}
		wantStored(t, memory, silencesKey, `{"schema":"rollcall.silences/1",`+s.stored+"\n", "")
	}
	if err := states.ChangeSilences(t.Context(), adding("b")); err != nil {
		t.Fatal(err)
	}
	if err := states.ChangeSilences(t.Context(), adding("a")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, store.NewStates(memory, "shop", "0-2")); got != "a b" {
		t.Errorf("another shard of the fleet sees %q", got)
	}
	if got := names(t, store.NewStates(memory, "mail", "0-1")); got != "" {
		t.Errorf("another fleet sees %q", got)
	}
}

func TestSilencesLeaveForeignOnesAlone(t *testing.T) {
	cases := []struct{ name, stored, says string }{
		{"a newer schema", `{"schema":"rollcall.silences/2","seq":1}`, `schema "rollcall.silences/2", want "rollcall.silences/1"`},
		{"a newer schema with other types", `{"schema":"rollcall.silences/2","silences":{"a":1}}`, `schema "rollcall.silences/2", want`},
		{"another document", `{"schema":"rollcall.state/1"}`, `schema "rollcall.state/1", want`},
		{"no schema", `{}`, `schema "", want`},
		{"nothing", ``, "unexpected end of JSON input"},
		{"the first half", `{"schema":"rollcall.silences/1","seq":7,"sil`, "unexpected end of JSON input"},
		{"a damaged time", `{"schema":"rollcall.silences/1","silences":[{"name":"a","until":"tomorrow"}]}`, "tomorrow"},
	}
	for _, c := range cases {
		memory := store.NewMemory()
		put(t, memory, silencesKey, c.stored, store.Absent)
		states := store.NewStates(memory, "shop", "0-1")
		known, err := states.Silences(t.Context())
		wantError(t, err, store.ErrForeign)
		if want := `silences "` + silencesKey + `": `; !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.says) || known != nil {
			t.Errorf("%s: %v, error %q, want %s and %s", c.name, known, err, want, c.says)
		}
		wantError(t, states.ChangeSilences(t.Context(), adding("a")), store.ErrForeign)
		wantStored(t, memory, silencesKey, c.stored, "")
	}
}

// What cannot be read is not absent: written over, everybody's silences would be gone.
func TestSilencesTakeNoFailureForAnAbsence(t *testing.T) {
	c := &counted{Memory: store.NewMemory(), fail: errors.New("no route to host")}
	states := store.NewStates(c, "shop", "0-1")
	_, err := states.Silences(t.Context())
	wantError(t, err, c.fail)
	wantError(t, states.ChangeSilences(t.Context(), adding("a")), c.fail)
	if c.puts > 0 {
		t.Errorf("%d writes", c.puts)
	}
}

// meddled is a memory in which something happens beside each write.
type meddled struct {
	*store.Memory
	puts   int
	before func(put int)             // what others do just before it
	after  func(put int) (err error) // what is answered though it was applied
}

func (m *meddled) Put(ctx context.Context, key string, data []byte, v store.Version) (store.Version, error) {
	m.puts++
	if m.before != nil {
		m.before(m.puts)
	}
	v, err := m.Memory.Put(ctx, key, data, v)
	if err == nil && m.after != nil {
		err = m.after(m.puts)
	}
	return v, err
}

func TestSilencesAfterAnAnswerThatWasLost(t *testing.T) {
	lost := errors.New("connection reset")
	for _, answer := range []error{lost, store.ErrRaced} { // the second: sent twice, it met itself
		m := &meddled{Memory: store.NewMemory(), after: func(int) error { return answer }}
		states := store.NewStates(m, "shop", "0-1")
		if err := states.ChangeSilences(t.Context(), adding("a")); err != nil || m.puts != 1 {
			t.Errorf("%v: %v after %d writes", answer, err, m.puts)
		}
		if got := names(t, states); got != "a" {
			t.Errorf("%v: stored %q", answer, got)
		}
	}
	// Nothing was applied: whoever asked for it is told.
	c := &refusing{store.NewMemory(), lost}
	wantError(t, store.NewStates(c, "shop", "0-1").ChangeSilences(t.Context(), adding("a")), lost)
}

// refusing is a memory that takes nothing.
type refusing struct {
	*store.Memory
	with error
}

func (r *refusing) Put(context.Context, string, []byte, store.Version) (store.Version, error) {
	return store.Absent, r.with
}

func TestSilencesAfterRaces(t *testing.T) {
	t.Parallel()
	m := &meddled{Memory: store.NewMemory()}
	others := store.NewStates(m.Memory, "shop", "0-1")
	m.before = func(put int) {
		if put <= 2 {
			if err := others.ChangeSilences(t.Context(), adding(fmt.Sprint("other", put))); err != nil {
				t.Error(err)
			}
		}
	}
	states := store.NewStates(m, "shop", "0-1")
	if err := states.ChangeSilences(t.Context(), adding("a")); err != nil || m.puts != 3 {
		t.Fatalf("%v after %d writes", err, m.puts)
	}
	if got := names(t, states); got != "a other1 other2" {
		t.Errorf("stored %q", got)
	}

	// Whoever always comes second gives up, and says why.
	m.before = func(put int) {
		if err := others.ChangeSilences(t.Context(), func(known []health.Silence) ([]health.Silence, error) { return known, nil }); err != nil {
			t.Error(err)
		}
	}
	m.puts = 0
	err := states.ChangeSilences(t.Context(), adding("b"))
	wantError(t, err, store.ErrRaced)
	if m.puts != 10 || !strings.Contains(err.Error(), "others changed them each of 10 times") {
		t.Errorf("%v after %d writes", err, m.puts)
	}

	// What the change itself finds wrong is written nowhere.
	wrong := errors.New("no such silence")
	m.puts = 0
	wantError(t, states.ChangeSilences(t.Context(), func(known []health.Silence) ([]health.Silence, error) {
		if !slices.Contains(known, quiet("a")) {
			t.Errorf("the change is given %v", known)
		}
		return nil, wrong
	}), wrong)
	if m.puts > 0 {
		t.Errorf("%d writes", m.puts)
	}
}
