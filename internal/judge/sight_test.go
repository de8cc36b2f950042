package judge_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// darkness is a round in which the rows of a view brought the first of their letters, and
// every witness had answered a minute before.
func darkness(t *testing.T, view string) judge.Input {
	t.Helper()
	in := judge.Input{Fleet: "shop", Scheduled: dawn, Seen: map[string]health.Outcome{}}
	in.State = health.State{Round: dawn.Add(-time.Minute), Witnesses: map[string]health.Sighting{}}
	for _, r := range rowsOf(t, view) {
		r.into(&in, 0)
		if r.witness {
			in.State.Witnesses[r.name] = health.Sighting{Answered: dawn.Add(-time.Minute)}
		}
	}
	return in
}

// What people read keeps what was seen, and says how little that is.
func TestSeeInWords(t *testing.T) {
	const network = `
		w 1.1.1.1        x
		w 8.8.8.8        n
		t shop.example/a x ?
		t shop.example/b n ?
		t pay.example    r ?
		t cart.example   . .`
	const resolver = `
		w dns.example    d
		t book.example   u ?
		t film.example   d ?
		t 10.0.0.9       . .`
	for view, want := range map[string][]string{
		network: {
			"no network to public addresses (none of 2 witnesses answers, 2 of 3 hosts out of reach, 3 targets unknown): check the network that this runs in",
			"cannot see: none of 2 witnesses answers; dial it: no answer within 5s",
			"cannot see: none of 2 witnesses answers; dial it: this machine has no route to 203.0.113.1",
			"cannot see: none of 2 witnesses answers; dial it: connection refused",
			"",
		},
		resolver: {
			"no resolver (the one witness cannot be looked up, 2 of 2 names without an answer, 2 targets unknown): check the network that this runs in",
			"cannot see: the one witness cannot be looked up; dial it: the resolver cannot be reached: connection refused",
			"cannot see: the one witness cannot be looked up; dial it: look-up of it: no answer from the resolver",
			"",
		},
		"w 10.0.0.1 x\nw a.example d\nw b.example d\nt 10.0.0.2 x ?\nt c.example u ?": {
			"no network to private addresses (the one witness does not answer, 1 of 1 hosts out of reach, 1 target unknown) and " +
				"no resolver (none of 2 witnesses can be looked up, 1 of 1 names without an answer, 1 target unknown): check the network that this runs in",
			"cannot see: the one witness does not answer; dial it: no answer within 5s",
			"cannot see: none of 2 witnesses can be looked up; dial it: the resolver cannot be reached: connection refused",
		},
	} {
		results, faults, _ := judge.See(darkness(t, view))
		if len(faults) != 1 || faults[0].Name != health.FaultBlind || faults[0].Cause != want[0] {
			t.Errorf("faults %+v, want one of blindness: %s", faults, want[0])
		}
		for i, r := range results {
			if r.Cause != want[i+1] {
				t.Errorf("%s: %q, want %q", r.Target.Name, r.Cause, want[i+1])
			}
		}
	}
}

// A target that we cannot have seen is unknown, all of it; its attempts stay what they were.
func TestSeeExcusesAllFacets(t *testing.T) {
	in := darkness(t, "w 1.1.1.1 x\nt shop.example x ?")
	in.Results[0].Facets[health.Certificate] = health.FacetReading{Status: health.Degraded, Severity: health.Critical}
	results, _, _ := judge.See(in)
	r := results[0]
	if r.Status != health.Unknown || r.Class != health.ClassChecker || len(r.Attempts) != 2 || r.Attempts[0].Class != health.ClassTimeout {
		t.Errorf("%+v, want it unknown, of class checker, with its attempts", r)
	}
	for _, f := range health.AllFacets {
		if facet := r.Facets[f]; facet.Status != health.Unknown || facet.Severity != "" || f == health.Availability && facet.Cause != r.Cause {
			t.Errorf("%s: %+v, want it unknown", f, facet)
		}
	}
}

// What nothing has to be done about stays as it was, in a copy.
func TestSeeChangesNothingForNothing(t *testing.T) {
	for _, witness := range []string{"w 1.1.1.1 .", "w 1.1.1.1 c", "w 10.0.0.1 x", "w a.example d"} {
		in := darkness(t, witness+"\nt shop.example x x\nt pay.example x x")
		results, faults, _ := judge.See(in)
		if fmt.Sprintf("%+v", results) != fmt.Sprintf("%+v", in.Results) || &results[0] == &in.Results[0] || faults != nil {
			t.Errorf("%s: the results are others, or the very same, or there are faults: %v", witness, faults)
		}
	}
}

// A witness counts by what was known of it before the blindness began.
func TestCredible(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		about    string
		answered time.Duration // before this round; 0: never
		began    time.Duration // before this round; 0: it begins now
		excused  bool
	}{
		{"it answered a minute ago", time.Minute, 0, true},
		{"it answered a day ago", day, 0, true},
		{"it answered more than a day ago", day + time.Minute, 0, false},
		{"it never answered", 0, 0, false},
		{"it is said to answer tomorrow", -day, 0, false},
		{"it answered a minute before a blindness of three days", 3*day + time.Minute, 3 * day, true},
		{"it answered in the round in which the blindness began", 3 * day, 3 * day, true},
		{"it answered a day before a blindness of three days", 4 * day, 3 * day, true},
		{"it answered more than a day before a blindness of three days", 4*day + time.Minute, 3 * day, false},
		{"it answered only since the blindness began", 2 * day, 3 * day, false},
		{"the blindness is said to begin tomorrow", time.Minute, -day, true},
	} {
		in := darkness(t, "w 1.1.1.1 x\nt shop.example x ?")
		in.State.Witnesses = nil
		if c.answered != 0 {
			in.State.Witnesses = map[string]health.Sighting{"1.1.1.1": {Answered: dawn.Add(-c.answered)}}
		}
		if c.began != 0 {
			in.State.Incidents = []health.Incident{
				{Subject: health.Subject{Kind: health.OfChecker, Name: health.FaultBudget}, Since: dawn.Add(-9 * day)},
				{Subject: health.Subject{Kind: health.OfChecker, Name: health.FaultBlind}, Since: dawn.Add(-c.began)},
			}
		}
		if results, _, _ := judge.See(in); (results[0].Status == health.Unknown) != c.excused {
			t.Errorf("%s: excused %v, want %v", c.about, !c.excused, c.excused)
		}
	}
}

func TestSightings(t *testing.T) {
	in := darkness(t, "w 1.1.1.1 .\nw 8.8.8.8 x\nw 9.9.9.9 -\nw 4.4.4.4 x")
	delete(in.State.Witnesses, "4.4.4.4")
	in.State.Witnesses["gone"] = health.Sighting{Answered: dawn}
	in.Seen["8.8.8.8"].Attempts[0].Class = health.ClassStatus // an answer, but not the one that was wanted
	before := fmt.Sprintf("%+v", in)
	_, _, sightings := judge.See(in)
	want := map[string]health.Sighting{"1.1.1.1": {Answered: dawn}, "8.8.8.8": {Answered: dawn.Add(-time.Minute)}, "9.9.9.9": {Answered: dawn.Add(-time.Minute)}}
	if !maps.Equal(sightings, want) || fmt.Sprintf("%+v", in) != before {
		t.Errorf("got %v, want %v, and the input as it was", sightings, want)
	}
	if v := judge.Round(in); !maps.Equal(v.State.Witnesses, want) {
		t.Errorf("stored %v, want %v", v.State.Witnesses, want)
	}
}

func TestWitnessDue(t *testing.T) {
	for ago, want := range map[time.Duration]bool{
		0: false, time.Minute: false, time.Hour: false, time.Hour + time.Second: true, 24 * time.Hour: true, -time.Minute: true,
	} {
		if got := judge.WitnessDue(health.Sighting{Answered: dawn.Add(-ago)}, dawn); got != want {
			t.Errorf("answered %v ago: due %v, want %v", ago, got, want)
		}
	}
	if !judge.WitnessDue(health.Sighting{}, dawn) {
		t.Error("one that never answered is not due")
	}
}

func TestCall(t *testing.T) {
	for _, c := range []struct {
		about, view string
		want        bool
	}{
		{"nobody was asked", "", false},
		{"all is well", "t a.example .\nt b.example .", false},
		{"half of the hosts", "t a.example 5\nt b.example .", false},
		{"more than half, whatever is wrong with them", "t a.example 5\nt b.example N\nt c.example .", true},
		{"most targets, but one host of two", "t a.example/1 x\nt a.example/2 x\nt a.example/3 x\nt b.example .", false},
		{"a host of which one target is up", "t a.example/1 x\nt a.example/2 .\nt b.example x\nt c.example .", false},
		{"half of all, but all of the public ones", "t a.example x\nt b.example r\nt in.a .\nt in.b .", true},
		{"the same, but they answer", "t a.example 5\nt b.example 5\nt in.a .\nt in.b .", false},
		{"half of all, but all of the names", "t a.example d\nt b.example u\nt 203.0.113.1 .\nt 203.0.113.2 .", true},
		{"the same, but the resolver answers", "t a.example N\nt b.example N\nt 203.0.113.1 .\nt 203.0.113.2 .", false},
	} {
		var first []judge.Glance
		for line := range strings.Lines(c.view) {
			r := row{name: strings.Fields(line)[1], brought: strings.Fields(line)[2]}
			first = append(first, judge.Glance{Host: r.host(), Reading: brought(rune(r.brought[0]), r.scope()).Attempts[0].Reading})
		}
		if got := judge.Call(first); got != c.want {
			t.Errorf("%s: witnesses called %v, want %v", c.about, got, c.want)
		}
	}
	if !judge.Call([]judge.Glance{{Host: "a.example"}}) {
		t.Error("a target without a reading is no suspect")
	}
}
