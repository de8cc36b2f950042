package rollcall

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/store"
)

// troubled is a fleet in which something of everything is wrong: an edge and what is behind
// it, a group that counts and falls short while it is worked on, and one target that is well.
func troubled(t *testing.T, from time.Time) (r *Rollcall, now time.Time) {
	t.Helper()
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	list := fmt.Sprintf(`
fleet: shop
defaults: {attempts: 1}
groups:
  eu: {depends_on: [edge, well]}
  pay: {min_up: 2}
targets:
  - {name: edge, url: tcp://127.0.0.1:1}
  - {name: well, url: %q}
  - {name: cart, url: http://127.0.0.1:2/cart, group: eu, every: 5m, fail_after: 3}
  - {name: visa, url: tcp://127.0.0.1:3, group: pay}
  - {name: cash, url: %[1]q, group: pay}
  - {name: paused, url: tcp://127.0.0.1:4, enabled: false}
maintenance:
  - {why: weekly patching, targets: [pay], from: %[2]s, until: %[3]s}
witnesses: [tcp://%[4]s]
`, well.URL, from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339), well.Addr)
	r = open(t, Settings{Config: file(t, list), Store: t.TempDir(), Voice: &voice{}, Interval: time.Hour})
	for n := range 3 {
		now = from.Add(time.Duration(n) * time.Minute)
		play(t, r, now, fmt.Sprint("i", n))
	}
	return r, now
}

func TestWhy(t *testing.T) {
	from := thisMinute().Add(-5 * time.Minute)
	r, now := troubled(t, from)
	silence := health.Silence{Name: "eu", Why: "we know", From: now, Until: now.Add(time.Hour)}
	if _, err := r.Silence(t.Context(), silence, now); err != nil {
		t.Fatal(err)
	}
	why := func(name string) Why {
		w, err := r.Why(t.Context(), name, now)
		if err != nil || w.Schema != "rollcall.why/1" || w.Fleet != "shop" || w.Name != name || !w.Round.Equal(now) || w.Query == "" {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
		return w
	}

	w := why("cart")
	if w.Kind != "target" || w.Group != nil || w.Target == nil || len(w.Target.Facets) != 1 || len(w.Incidents) != 1 || len(w.Above) != 2 || len(w.Quiet) != 1 {
		t.Fatalf("cart: %+v", w)
	}
	if target := *w.Target; target.Status != health.Down || target.Trail != "xxx" || !target.NeverUp || target.EveryS != 300 || target.Group != "eu" ||
		target.URL != "http://127.0.0.1:2/cart" || !target.Asked.Equal(now) || len(target.Notes) != 3 || target.Notes[0].Reason != "1 of 3 bad rounds" {
		t.Errorf("cart: %+v", target)
	}
	if f := w.Target.Facets[0]; f != (WhyFacet{Facet: health.Availability, Bad: 3, Since: from, FailAfter: 3, RecoverAfter: 1}) {
		t.Errorf("cart: %+v", f)
	}
	if i := w.Incidents[0]; !strings.HasPrefix(i.Muted, "depends on edge") && !strings.HasPrefix(i.Muted, "silenced") || !i.Told.IsZero() {
		t.Errorf("cart: %+v", i)
	}
	if edge, well := w.Above[0], w.Above[1]; edge.Name != "edge" || edge.Status != health.Down || !edge.Since.Equal(from) || edge.Told.IsZero() ||
		well != (WhyOther{Name: "well", Status: health.Up}) {
		t.Errorf("above cart: %+v", w.Above)
	}
	if q := w.Quiet[0]; q != (WhyQuiet{"silence", "eu", "we know", silence.Until}) {
		t.Errorf("quiet about cart: %+v", q)
	}

	w = why("pay")
	if w.Kind != "group" || w.Target != nil || w.Group == nil || len(w.Group.Down) != 1 || w.Group.Down[0].Name != "visa" || w.Group.MinUp != 2 || w.Group.Members != 2 || w.Group.Up != 1 {
		t.Errorf("pay: %+v", w.Group)
	}
	if len(w.Quiet) != 1 || w.Quiet[0] != (WhyQuiet{"maintenance", "pay", "weekly patching", from.Add(time.Hour)}) {
		t.Errorf("quiet about pay: %+v", w.Quiet)
	}
	if w = why("visa"); len(w.Quiet) != 1 || w.Quiet[0].Why != "weekly patching" {
		t.Errorf("quiet about visa: %+v", w.Quiet)
	}
	if w = why("well"); w.Target.Status != health.Up || w.Target.NeverUp || len(w.Incidents)+len(w.Quiet)+len(w.Above)+len(w.Target.Notes) > 0 {
		t.Errorf("well: %+v", w)
	}
	if w = why("paused"); w.Target.Status != health.Paused {
		t.Errorf("paused: %+v", w.Target)
	}
	if w = why("blind"); w.Kind != "checker" || len(w.Witnesses) != 1 || !w.Witnesses[0].Answered.Equal(from) || !strings.Contains(w.Query, now.Format(time.RFC3339)) {
		t.Errorf("blind: %+v", w)
	}
	if text, err := json.Marshal(why("well")); err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%s, %v", text, err)
	}
	// Everybody's silence is about anything; one that has ended is not.
	silence.Name = health.Everybody
	if _, err := r.Silence(t.Context(), silence, now); err != nil {
		t.Fatal(err)
	}
	if w = why("edge"); len(w.Quiet) != 1 || w.Quiet[0].Of != health.Everybody {
		t.Errorf("quiet about edge: %+v", w.Quiet)
	}
	now = silence.Until
	if w, err := r.Why(t.Context(), "edge", now); err != nil || len(w.Quiet) > 0 {
		t.Errorf("quiet about edge later: %+v, %v", w.Quiet, err)
	}
}

// Rounds to come are as far apart as those that were: on a schedule of five minutes nobody is
// told in between.
func TestRoundsToComeAreOfTheSchedule(t *testing.T) {
	list := "fleet: shop\ntargets:\n  - {name: edge, url: http://127.0.0.1:1/, remind: 62m, attempts: 1}\n"
	r := open(t, Settings{Config: file(t, list), Store: t.TempDir(), Voice: &voice{}, Interval: time.Hour})
	from := thisMinute().Add(-15 * time.Minute)
	for n := range 3 {
		play(t, r, from.Add(time.Duration(n)*5*time.Minute), fmt.Sprint("i", n))
	}
	w, err := r.Why(t.Context(), "edge", from.Add(10*time.Minute))
	again := "again at " + from.Add(70*time.Minute).Format("2006-01-02 15:04 UTC")
	if got := strings.Join(w.Missing, "\n"); err != nil || !strings.Contains(got, again) {
		t.Errorf("%q, %v, want it told %s: it was told after five minutes, and a round is due every five", got, err, again)
	}
}

// What is missing until people are told is what the judge would do in the rounds to come.
func TestWhatIsMissing(t *testing.T) {
	from := thisMinute().Add(-5 * time.Minute)
	r, now := troubled(t, from)
	missing := func(name string) string {
		w, err := r.Why(t.Context(), name, now)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(w.Missing, "\n")
	}
	at := func(after time.Duration) string { return from.Add(after).Format("2006-01-02 15:04 UTC") }
	want := func(name, want string) {
		t.Helper()
		if got := missing(name); got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
	want("well", "people are told after 2 bad rounds in a row")
	reminder := "people were told at " + at(time.Minute) + "; if it is still bad, again at " + at(6*time.Hour+time.Minute)
	want("edge", reminder)
	want("cart", "kept back: depends on edge, which is down since "+clock(from, now)+
		"\npeople are told 3 bad rounds after the one in which what it depends on is up")
	want("visa", "kept back: maintenance: weekly patching\npeople are told of group pay after 1 more bad round, but not before "+at(time.Hour))
	want("cash", "it would be kept back: maintenance: weekly patching\npeople are told of group pay after 1 bad round in a row, but not before "+at(time.Hour))
	want("pay", "people are told after 1 bad round in a row, but not before "+at(time.Hour))
	want("eu", "nobody is told of it as a whole: it has no min_up")
	want("paused", "it is paused: nobody asks it, and nobody is told")
	want("blind", "")
	silence := health.Silence{Name: "eu", Why: "we know", From: now, Until: now.Add(30 * time.Minute)}
	silenced := func() {
		t.Helper()
		if _, err := r.Silence(t.Context(), silence, now); err != nil {
			t.Fatal(err)
		}
	}
	silenced()
	want("cart", "kept back: silenced until "+clock(silence.Until, now)+": we know"+
		"\npeople are told 3 bad rounds after the one in which what it depends on is up, but not before "+silence.Until.Format("2006-01-02 15:04 UTC"))

	silence.Name = "edge"
	silenced()
	want("edge", reminder) // the silence is over by then
	silence.Until = from.Add(8 * time.Hour)
	silenced()
	want("edge", reminder+", but not before "+at(8*time.Hour))
}

func TestWhyNot(t *testing.T) {
	s := Settings{Config: file(t, threeTargets), Store: t.TempDir()}
	var e *AccessError
	if _, err := open(t, s).Why(t.Context(), "cart", thisMinute()); !errors.As(err, &e) || e.What != "no state of fleet shop" || e.Remedy == "" {
		t.Errorf("before any round: %v", err)
	}
	r := open(t, s)
	play(t, r, thisMinute(), "i1")
	var problems fleet.Problems
	if _, err := r.Why(t.Context(), "chekout", thisMinute()); !errors.As(err, &problems) || !strings.Contains(err.Error(), `did you mean "checkout"?`) {
		t.Errorf("nobody's name: %v", err)
	}
	if _, err := r.objects.Put(t.Context(), "state/shop/0-1.json", []byte(`{"schema":"rollcall.state/2"}`), store.Any); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Why(t.Context(), "cart", thisMinute()); !errors.As(err, &e) || !errors.Is(err, store.ErrForeign) || !strings.Contains(e.Remedy, "another version") {
		t.Errorf("a state of the future: %v", err)
	}
	// Silences that cannot be read are those of the state, as they are for a round.
	if _, err := r.objects.Put(t.Context(), "state/shop/0-1.json", []byte(`{"schema":"rollcall.state/1","round":"2026-11-22T14:05:00Z","silences":[{"name":"cart","why":"w","from":"2026-11-22T14:00:00Z","until":"2126-11-22T14:00:00Z"}]}`), store.Any); err != nil {
		t.Fatal(err)
	}
	if _, err := r.objects.Put(t.Context(), "silences/shop.json", []byte(`{}`), store.Any); err != nil {
		t.Fatal(err)
	}
	if w, err := r.Why(t.Context(), "cart", thisMinute()); err != nil || len(w.Quiet) != 1 || w.Target.Status != health.Pending {
		t.Errorf("%+v, %v", w, err)
	}
}

// A window that stays open has no end that one could name.
func TestCloses(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 5, 30, 0, time.UTC)
	for lasts, want := range map[time.Duration]time.Time{
		time.Minute:    at.Truncate(time.Minute).Add(2 * time.Minute),
		23 * time.Hour: at.Truncate(time.Minute).Add(23*time.Hour + time.Minute),
		25 * time.Hour: {},
	} {
		if got := closes(until(at.Add(lasts)), at); !got.Equal(want) {
			t.Errorf("open for %s: closes %s, want %s", lasts, got, want)
		}
	}
}

// until is a window that is open until then.
type until time.Time

func (u until) Open(t time.Time) bool { return t.Before(time.Time(u)) }
