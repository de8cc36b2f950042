package store_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

const goodKey = "config/shop/last-good.yaml"

// full is a state with something of everything.
func full() health.State {
	at := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	down := health.Incident{
		ID: "c0ffee", Subject: health.Subject{Kind: health.OfTarget, Name: "checkout", Facet: health.Availability},
		Since: at.Add(-time.Minute), Opened: at, Severity: health.Critical, Class: health.ClassStatus,
		Cause: `get "https://shop.example.com/?a=1&b=<2>": status 503, want 2xx`, Rounds: 2, Told: at,
	}
	return health.State{
		Schema: health.StateSchema, Seq: 7, Round: at,
		Commits: []health.Commit{{Round: at, By: "invocation-1"}},
		Targets: map[string]health.TargetState{
			"shop":     {Asked: at, Status: health.Up, SeenUp: true, Facets: map[health.Facet]health.Belief{health.Availability: {Good: 1}}},
			"checkout": {Asked: at, Status: health.Down, Facets: map[health.Facet]health.Belief{health.Availability: {Bad: 2, Since: at.Add(-time.Minute)}}},
		},
		Incidents: []health.Incident{down},
		Outbox: []health.Entry{{
			ID: "shop/0-1/2026-11-22T14:05:00Z", Topic: "arn:aws:sns:eu-central-1:1:people", By: "invocation-1", Until: at.Add(time.Minute),
			Digest: health.Digest{ID: "shop/0-1/2026-11-22T14:05:00Z", Kind: health.News, Fleet: "shop", Shard: "0-1", Round: at, Opened: []health.Incident{down}},
		}},
	}
}

func TestStatesLoadWhatWasCommitted(t *testing.T) {
	states := store.NewStates(store.NewMemory(), "shop", "0-1")
	empty, v, err := states.Load(t.Context())
	if err != nil || v != store.Absent || !reflect.DeepEqual(empty, health.State{Schema: health.StateSchema}) {
		t.Fatalf("before any commit: %+v, version %q, %v", empty, v, err)
	}
	for seq := range int64(3) {
		state := full()
		state.Seq = seq
		if v, err = states.Commit(t.Context(), state, v); err != nil {
			t.Fatal(err)
		}
		got, stored, err := states.Load(t.Context())
		if err != nil || stored != v || !reflect.DeepEqual(got, state) {
			t.Fatalf("loaded %+v, version %q, %v; want %+v, version %q", got, stored, err, state, v)
		}
	}
	if _, err := states.Commit(t.Context(), full(), store.Absent); !errors.Is(err, store.ErrRaced) {
		t.Errorf("a second first commit: %v, want %v", err, store.ErrRaced)
	}
}

// One state has one text, under a key that the outside knows.
func TestStatesText(t *testing.T) {
	const want = `{"schema":"rollcall.state/1","seq":7,"round":"2026-11-22T14:05:00Z",` +
		`"commits":[{"round":"2026-11-22T14:05:00Z","by":"invocation-1"}],` +
		`"targets":{"checkout":{"asked":"2026-11-22T14:05:00Z","status":"down","facets":{"availability":{"bad":2,"since":"2026-11-22T14:04:00Z"}}},` +
		`"shop":{"asked":"2026-11-22T14:05:00Z","status":"up","seen_up":true,"facets":{"availability":{"good":1}}}}}` + "\n"
	state := full()
	state.Incidents, state.Outbox = nil, nil
	for range 20 {
		memory := store.NewMemory()
		if _, err := store.NewStates(memory, "shop", "2-4").Commit(t.Context(), state, store.Absent); err != nil {
			t.Fatal(err)
		}
		wantStored(t, memory, "state/shop/2-4.json", want, "")
	}
	memory := store.NewMemory()
	if _, err := store.NewStates(memory, "shop", "0-1").Commit(t.Context(), full(), store.Absent); err != nil {
		t.Fatal(err)
	}
	data, _, err := memory.Get(t.Context(), "state/shop/0-1.json")
	if err != nil || !strings.Contains(string(data), `?a=1&b=<2>`) {
		t.Errorf("%v: a cause is not kept as it was written in %s", err, data)
	}
}

func TestStatesOfOthersAreApart(t *testing.T) {
	memory := store.NewMemory()
	if _, err := store.NewStates(memory, "shop", "0-2").Commit(t.Context(), full(), store.Absent); err != nil {
		t.Fatal(err)
	}
	for _, other := range [][2]string{{"shop", "1-2"}, {"shop", "0-1"}, {"mail", "0-2"}} {
		if _, v, err := store.NewStates(memory, other[0], other[1]).Load(t.Context()); err != nil || v != store.Absent {
			t.Errorf("fleet %s, shard %s: version %q, %v; want none", other[0], other[1], v, err)
		}
	}
}

func TestStatesLeaveForeignOnesAlone(t *testing.T) {
	cases := []struct{ name, stored, says string }{
		{"a newer schema", `{"schema":"rollcall.state/2","seq":1}`, `schema "rollcall.state/2", want "rollcall.state/1"`},
		{"a newer schema with other types", `{"schema":"rollcall.state/2","targets":[1]}`, `schema "rollcall.state/2", want "rollcall.state/1"`},
		{"an older schema", `{"schema":"rollcall.state/0"}`, `schema "rollcall.state/0", want`},
		{"another document", `{"schema":"rollcall.status/1"}`, `schema "rollcall.status/1", want`},
		{"no schema", `{"seq":1}`, `schema "", want`},
		{"null", `null`, `schema "", want`},
		{"nothing", ``, "unexpected end of JSON input"},
		{"the first half", `{"schema":"rollcall.state/1","seq":7,"tar`, "unexpected end of JSON input"},
		{"more than one", `{"schema":"rollcall.state/1"}{}`, "after top-level value"},
		{"our schema, damaged", `{"schema":"rollcall.state/1","seq":"x"}`, "cannot unmarshal string"},
		{"a target said to be two things", `{"schema":"rollcall.state/1","targets":{"a":{"status":"down"}},"calm":{"2026-11-22T14:05:00Z":["a","b"]}}`, "2 targets are named 3 times"},
		{"calm at no time", `{"schema":"rollcall.state/1","calm":{"today":["a"]}}`, `cannot parse "today"`},
		{"a list", `[]`, "cannot unmarshal array"},
		{"another format", "schema: rollcall.state/1", "invalid character 's'"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			memory := store.NewMemory()
			put(t, memory, key, c.stored, store.Absent)
			states := store.NewStates(memory, "shop", "0-1")
			state, v, err := states.Load(t.Context())
			wantError(t, err, store.ErrForeign)
			if want := `state "` + key + `": `; !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q, want %s and %s", err, want, c.says)
			}
			if !reflect.DeepEqual(state, health.State{}) || v != store.Absent {
				t.Errorf("state %+v, version %q beside the error", state, v)
			}
			_, err = states.Commit(t.Context(), full(), v)
			wantError(t, err, store.ErrRaced)
			wantStored(t, memory, key, c.stored, "")
		})
	}
}

func TestStatesTakeFieldsTheyDoNotKnow(t *testing.T) {
	memory := store.NewMemory()
	put(t, memory, key, `{"schema":"rollcall.state/1","seq":7,"mood":"fine","targets":{"a":{"status":"up","colour":1}}}`, store.Absent)
	state, v, err := store.NewStates(memory, "shop", "0-1").Load(t.Context())
	if err != nil || v == store.Absent || state.Seq != 7 || state.Targets["a"].Status != health.Up {
		t.Errorf("%+v, version %q, %v", state, v, err)
	}
}

func TestStatesCommitOnlyWhatTheyCouldLoad(t *testing.T) {
	memory := store.NewMemory()
	v := put(t, memory, key, `{"schema":"rollcall.state/2"}`, store.Absent)
	states := store.NewStates(memory, "shop", "0-1")
	if _, err := states.Commit(t.Context(), full(), store.Any); err == nil || errors.Is(err, store.ErrRaced) {
		t.Errorf("in place of any version: %v, want a refusal", err)
	}
	wrong := full()
	wrong.Schema = ""
	if _, err := states.Commit(t.Context(), wrong, v); err == nil || errors.Is(err, store.ErrRaced) {
		t.Errorf("without a schema: %v, want a refusal", err)
	}
	wantStored(t, memory, key, `{"schema":"rollcall.state/2"}`, v)
}

// counted is a memory that counts writes and fails on demand.
type counted struct {
	*store.Memory
	puts     int
	fail     error
	applying bool // a failing write happens nevertheless
}

func (c *counted) Get(ctx context.Context, key string) ([]byte, store.Version, error) {
	if c.fail != nil {
		return nil, store.Absent, c.fail
	}
	return c.Memory.Get(ctx, key)
}

func (c *counted) Put(ctx context.Context, key string, data []byte, v store.Version) (store.Version, error) {
	c.puts++
	if c.fail != nil && !c.applying {
		return store.Absent, c.fail
	}
	v, err := c.Memory.Put(ctx, key, data, v)
	return v, errors.Join(err, c.fail)
}

// What cannot be read is not absent: an empty state would tell everybody everything anew.
func TestStatesTakeNoFailureForAnAbsence(t *testing.T) {
	broken := errors.New("no route to host")
	states := store.NewStates(&counted{Memory: store.NewMemory(), fail: broken}, "shop", "0-1")
	state, v, err := states.Load(t.Context())
	wantError(t, err, broken)
	if state.Schema != "" || v != store.Absent {
		t.Errorf("state %+v, version %q beside the error", state, v)
	}
	_, err = states.Commit(t.Context(), full(), store.Absent)
	wantError(t, err, broken)
	_, err = states.LastGood(t.Context())
	wantError(t, err, broken)
}

func TestStatesKeepTheLastGoodFile(t *testing.T) {
	c := &counted{Memory: store.NewMemory()}
	states := store.NewStates(c, "shop", "0-1")
	_, err := states.LastGood(t.Context())
	wantError(t, err, store.ErrNotFound)

	keep := func(source string, puts int) {
		t.Helper()
		if err := states.KeepGood(t.Context(), []byte(source)); err != nil {
			t.Fatal(err)
		}
		got, err := states.LastGood(t.Context())
		if err != nil || string(got) != source || c.puts != puts {
			t.Errorf("last good %q after %d writes, %v; want %q after %d", got, c.puts, err, source, puts)
		}
	}
	keep("fleet: shop # 1", 1)
	keep("fleet: shop # 1", 1)
	keep("fleet: shop # 2", 2)
	keep("fleet: shop # 1", 3)
	wantStored(t, c.Memory, goodKey, "fleet: shop # 1", "")

	c.fail, c.applying = errors.New("answer lost"), true
	wantError(t, states.KeepGood(t.Context(), []byte("fleet: shop # 2")), c.fail)
	c.fail = nil
	keep("fleet: shop # 1", 5) // the failed write may have happened, as this one did
}
