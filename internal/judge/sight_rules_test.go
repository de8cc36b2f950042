package judge_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// A round at random is judged as the rules say, read off them word by word.
func TestSeeByTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyRound(t)
		before := fmt.Sprintf("%+v", in)
		results, faults, _ := judge.See(in)
		if fmt.Sprintf("%+v", in) != before {
			t.Fatal("seeing changed its input")
		}
		excused := false
		for i, r := range results {
			was := in.Results[i]
			want := byTheRules(in, was)
			excused = excused || want
			if got := strings.HasPrefix(r.Cause, "cannot see: "); got != want {
				t.Fatalf("%s was %s (%s), and is %s (%s); want it excused: %v", was.Target.Name, was.Status, was.Cause, r.Status, r.Cause, want)
			}
			if want && (r.Status != health.Unknown || !strings.HasSuffix(r.Cause, was.Cause)) || !want && fmt.Sprintf("%+v", r) != fmt.Sprintf("%+v", was) {
				t.Fatalf("%s was %+v, and is %+v", was.Target.Name, was, r)
			}
		}
		if (len(faults) == 1) != excused || len(faults) > 1 {
			t.Fatalf("faults %v, though somebody is excused: %v", faults, excused)
		}
		slices.Reverse(in.Results)
		again, _, _ := judge.See(in)
		slices.Reverse(again)
		if fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", results) {
			t.Fatal("it hangs on the order of the results")
		}
	})
}

// anyRound is a round of a few hosts with a few targets each, in which nearly all, or half,
// of what is asked brings nothing.
func anyRound(t *rapid.T) judge.Input {
	in := judge.Input{Scheduled: dawn, Seen: map[string]health.Outcome{}, State: health.State{Witnesses: map[string]health.Sighting{}}}
	letters := rapid.SampledFrom([]string{"x", "xxxxd.", "xrnduhocgms5N?.-", "xnud", "dddx", "u"})
	bad := letters.Draw(t, "targets bring")
	for _, host := range []string{"a.example", "b.example", "203.0.113.1", "in.a.example", "in.b.example", "10.0.0.1"} {
		for n := range rapid.IntRange(0, 2).Draw(t, "targets of "+host) {
			letter := func() rune { return rune(bad[rapid.IntRange(0, len(bad)-1).Draw(t, "brings")]) }
			r := row{name: fmt.Sprint(host, "/", n), brought: string(letter())}
			r.into(&in, 0)
			second := brought(letter(), r.scope()).Attempts
			if at := len(in.Results) - 1; r.brought != "-" && len(in.Results[at].Attempts) == 2 && len(second) == 2 {
				in.Results[at] = read(in.Results[at].Target, health.Outcome{Attempts: []health.Attempt{in.Results[at].Attempts[0], second[0]}}, dawn)
			}
		}
	}
	bad = letters.Draw(t, "witnesses bring")
	for _, name := range []string{"1.1.1.1", "8.8.8.8", "10.0.0.53", "dns.example", "ntp.example"} {
		if rapid.Bool().Draw(t, name) {
			row{witness: true, name: name, brought: string(bad[rapid.IntRange(0, len(bad)-1).Draw(t, "brings")])}.into(&in, 0)
		}
		if ago := rapid.SampledFrom([]time.Duration{0, time.Minute, 30 * time.Minute, 25 * time.Hour}).Draw(t, "answered ago"); ago > 0 {
			in.State.Witnesses[name] = health.Sighting{Answered: dawn.Add(-ago)}
		}
	}
	if rapid.Bool().Draw(t, "blind for ten minutes") {
		in.State.Incidents = []health.Incident{{Subject: health.Subject{Kind: health.OfChecker, Name: health.FaultBlind}, Since: dawn.Add(-10 * time.Minute)}}
	}
	return in
}

// byTheRules reports whether a result is to be excused. It goes by the letters of a view.
func byTheRules(in judge.Input, r health.Result) bool {
	began := in.Scheduled
	for _, i := range in.State.Incidents {
		began = i.Since
	}
	address := func(host string) bool { _, err := netip.ParseAddr(host); return err == nil }
	blind := func(scope health.Scope, about func(health.Result) bool, nothing func(...health.Attempt) bool) bool {
		credible := 0
		for _, w := range in.Witnesses {
			last := in.State.Witnesses[w.Name].Answered
			if w.Scope != scope || last.IsZero() || last.After(began) || last.Before(began.Add(-24*time.Hour)) {
				continue
			}
			credible++
			if o := in.Seen[w.Name]; o.Missing != "" || len(o.Attempts) == 0 || !nothing(o.Attempts...) {
				return false
			}
		}
		dark := map[string]bool{}
		for _, other := range in.Results {
			if about(other) {
				before, known := dark[other.Target.Host]
				dark[other.Target.Host] = (before || !known) && len(other.Attempts) == 2 && nothing(other.Attempts...)
			}
		}
		all := len(dark)
		maps.DeleteFunc(dark, func(_ string, is bool) bool { return !is })
		return credible > 0 && len(dark) > all/2 && about(r) && dark[r.Target.Host]
	}
	every := func(holds func(a health.Attempt) bool) func(...health.Attempt) bool {
		return func(attempts ...health.Attempt) bool {
			return !slices.ContainsFunc(attempts, func(a health.Attempt) bool { return !holds(a) })
		}
	}
	full := func(a health.Attempt) bool {
		return a.Class != health.ClassTimeout || a.Allowed == 5*time.Second && a.Waited == 0
	}
	unconnected := every(func(a health.Attempt) bool {
		return full(a) && a.Phases.Wait == 0 && (a.Class == health.ClassTimeout || a.Class == health.ClassConnect || a.Gap != "")
	})
	unresolved := every(func(a health.Attempt) bool { return full(a) && a.Gap == health.GapResolver && a.Phases.Wait == 0 })
	for _, scope := range []health.Scope{health.Public, health.Private} {
		dialled := func(r health.Result) bool {
			return slices.ContainsFunc(r.Attempts, func(a health.Attempt) bool { return a.Scope == scope })
		}
		if blind(scope, dialled, unconnected) {
			return true
		}
	}
	return blind("", func(r health.Result) bool { return !address(r.Target.Host) }, unresolved)
}
