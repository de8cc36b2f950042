package store_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// stored commits a state and gives back its text, and what is loaded of it.
func stored(t testing.TB, state health.State) (string, health.State) {
	t.Helper()
	memory := store.NewMemory()
	states := store.NewStates(memory, "shop", "0-1")
	if _, err := states.Commit(t.Context(), state, store.Absent); err != nil {
		t.Fatal(err)
	}
	data, _, err := memory.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	loaded, _, err := states.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(data), loaded
}

// Of a target that is calm its name is kept, and nothing else of anybody is lost: whatever
// field says something, it is there after a round.
func TestStatesKeepEveryWordOfATarget(t *testing.T) {
	calm := health.TargetState{Asked: noon, Status: health.Up, SeenUp: true}
	targets := map[string]health.TargetState{"b": calm, "a": calm, "earlier": {Asked: noon.Add(-time.Hour), Status: health.Up, SeenUp: true}}
	text, got := stored(t, health.State{Schema: health.StateSchema, Targets: targets})
	if want := `,"calm":{"2026-11-22T11:00:00Z":["earlier"],"2026-11-22T12:00:00Z":["a","b"]}}`; !strings.HasSuffix(text, want+"\n") || strings.Contains(text, "targets") {
		t.Errorf("stored %s, want an end of %s", text, want)
	}
	if !reflect.DeepEqual(got.Targets, targets) {
		t.Errorf("loaded %+v, want %+v", got.Targets, targets)
	}

	said := health.TargetState{
		Asked: noon.Add(time.Nanosecond), Status: health.Degraded, Missed: true, SeenUp: false, Shadow: 1, Trail: "x",
		Facets: map[health.Facet]health.Belief{health.Latency: {Good: 1}}, Notes: []health.Note{{Round: noon, Reason: "up"}},
	}
	for i := range reflect.TypeFor[health.TargetState]().NumField() {
		one := calm
		reflect.ValueOf(&one).Elem().Field(i).Set(reflect.ValueOf(said).Field(i))
		name := reflect.TypeFor[health.TargetState]().Field(i).Name
		if reflect.DeepEqual(one, calm) {
			t.Fatalf("%s says nothing here, want a value that a calm target has not", name)
		}
		targets[name] = one
	}
	targets["new"] = health.TargetState{Status: health.Pending}
	if _, got = stored(t, health.State{Schema: health.StateSchema, Targets: targets}); !reflect.DeepEqual(got.Targets, targets) {
		for name, want := range targets {
			if !reflect.DeepEqual(got.Targets[name], want) {
				t.Errorf("%s: loaded %+v, want %+v", name, got.Targets[name], want)
			}
		}
	}
}

// However a time came to be, it is stored as what it means, and targets asked at it are not
// lost behind one another.
func TestStatesKeepTimesOfAnyMaking(t *testing.T) {
	elsewhere := time.FixedZone("", 2*60*60)
	ticking := time.Now().UTC()
	targets := map[string]health.TargetState{}
	for i, asked := range []time.Time{{}, noon, noon.In(elsewhere), noon.In(time.FixedZone("UTC", 0)), ticking, ticking.Round(0)} {
		targets[fmt.Sprint(i)] = health.TargetState{Asked: asked, Status: health.Up, SeenUp: true}
	}
	text, got := stored(t, health.State{Schema: health.StateSchema, Targets: targets})
	if names := slices.Sorted(maps.Keys(got.Targets)); !slices.Equal(names, []string{"0", "1", "2", "3", "4", "5"}) {
		t.Fatalf("loaded %v of six, stored %s", names, text)
	}
	for name, want := range targets {
		if !got.Targets[name].Asked.Equal(want.Asked) {
			t.Errorf("%s: asked at %v, want %v", name, got.Targets[name].Asked, want.Asked)
		}
	}
}

// crowd is a fleet of n targets of which every tenth has been in an incident for two rounds;
// owing says that the digest of them is owed yet.
func crowd(n int, owing bool) health.State {
	s := health.State{Schema: health.StateSchema, Seq: 100_000, Round: noon, Targets: make(map[string]health.TargetState, n)}
	for i := range health.CommitsKept {
		s.Commits = append(s.Commits, health.Commit{
			Round: noon.Add(time.Duration(i-health.CommitsKept+1) * time.Minute), By: fmt.Sprintf("8f6c0f0e-52a1-4d5e-9d0b-%012d", i)})
	}
	for i := range n {
		name := fmt.Sprintf("shop-%05d.example.com/health", i)
		asked := noon
		if i%5 == 0 { // some are asked less often
			asked = noon.Add(-time.Duration(i%60) * time.Minute)
		}
		s.Targets[name] = health.TargetState{Asked: asked, Status: health.Up, SeenUp: true}
		if i%10 != 3 {
			continue
		}
		s.Targets[name] = health.TargetState{
			Asked: noon, Status: health.Down, SeenUp: true, Trail: "............................xx",
			Facets: map[health.Facet]health.Belief{health.Availability: {Bad: 2, Since: noon.Add(-time.Minute), Changes: []int64{noon.Unix()/60 - 1}}},
			Notes: []health.Note{
				{Round: noon.Add(-time.Minute), Reason: "1 of 2 bad rounds"},
				{Round: noon, Reason: fmt.Sprintf("told as new; since %s, 2 bad rounds", noon.Add(-time.Minute).Format(time.TimeOnly))},
			},
		}
		s.Incidents = append(s.Incidents, health.Incident{
			ID: fmt.Sprintf("%016x", uint64(i)*0x9e3779b97f4a7c15), Subject: health.Subject{Kind: health.OfTarget, Name: name, Facet: health.Availability},
			Since: noon.Add(-time.Minute), Opened: noon, Severity: health.Critical, Class: health.ClassTimeout, Rounds: 2,
			Cause: fmt.Sprintf(`get "https://shop-%05d.example.com/health": no complete answer within 5s`, i),
			Group: "payments", URL: fmt.Sprintf("https://shop-%05d.example.com/health", i), Runbook: "https://wiki.example.com/payments", Tags: []string{"prod"},
			Told: noon, ToldAs: health.Critical,
		})
	}
	if owing {
		id := health.DigestID("shop", "0-1", noon)
		s.Outbox = []health.Entry{{ID: id, Topic: "arn:aws:sns:eu-central-1:123456789012:people", By: s.Commits[0].By, Until: noon.Add(time.Minute),
			Digest: health.Digest{ID: id, Kind: health.News, Fleet: "shop", Shard: "0-1", Round: noon, Opened: s.Incidents}}}
	}
	return s
}

// What 10,000 targets take, every tenth of them in trouble.
func TestStatesOfTenThousandAreSmall(t *testing.T) {
	state := crowd(10_000, false)
	text, got := stored(t, state)
	if len(text) > 1_500_000 {
		t.Errorf("%d bytes are stored, want 1.5 MB at most", len(text))
	}
	if !reflect.DeepEqual(got, state) {
		t.Error("what was loaded is not what was stored")
	}
}

// BenchmarkStates is what a round of 10,000 targets spends on its memory in a folder, with
// every tenth in trouble, and while the digest of them is owed.
func BenchmarkStates(b *testing.B) {
	for _, c := range []struct {
		name  string
		owing bool
	}{{"settled", false}, {"owing", true}} {
		d := openDir(b, b.TempDir())
		states := store.NewStates(d, "shop", "0-1")
		v, err := states.Commit(b.Context(), crowd(10_000, c.owing), store.Absent)
		if err != nil {
			b.Fatal(err)
		}
		data, _, err := d.Get(b.Context(), key)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/load", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := states.Load(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/load+commit", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				state, _, err := states.Load(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				state.Seq++
				if v, err = states.Commit(b.Context(), state, v); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(data)), "stored-bytes")
		})
	}
}
