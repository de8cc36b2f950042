package judge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// patched is a life whose one target is in a window for its first two minutes.
func patched() (*life, health.Target) {
	s := &stage{}
	window(0, 2, "shop")(s)
	l := &life{state: health.State{Round: noon.Add(-time.Hour)}}
	l.scene = s.scene(l)
	target := shop()
	target.FailAfter = 1
	return l, target
}

// What is kept back is remembered as such until it is told, and people learn of it then.
func TestMuted(t *testing.T) {
	l, target := patched()
	for minute, want := range []string{"maintenance: patching", "maintenance: patching", "", ""} {
		d := l.round(map[string]rune{"shop": 'x'}, target)
		if got := l.state.Incidents[0].Muted; got != want {
			t.Errorf("minute %d: remembered as %q, want %q", minute, got, want)
		}
		if told := d != nil; told != (minute == 2) {
			t.Errorf("minute %d: told %v", minute, d)
		} else if told && (d.Opened[0].Muted != "maintenance: patching" || d.Opened[0].ToldAs != health.Critical) {
			t.Errorf("told as %+v", d.Opened[0])
		}
	}
	want := []string{"12:00 maintenance: patching", "12:02 told, open since 12:00", "12:03 told at 12:02, no reminders"}
	var got []string
	for _, n := range l.state.Targets["shop"].Notes {
		got = append(got, n.Round.Format("15:04 ")+n.Reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("noted %q, want %q", got, want)
	}
}

// What is decided in a round that does not ask is noted too.
func TestNotedThoughNotAsked(t *testing.T) {
	l, target := patched()
	for _, letter := range "~   " {
		l.round(map[string]rune{"shop": letter}, target)
	}
	notes := l.state.Targets["shop"].Notes
	if n := len(notes); n != 3 || notes[1].Reason != "latency: told, open since 12:00" || !notes[1].Round.Equal(at(2)) {
		t.Errorf("noted %v, want that it was told at 12:02", notes)
	}
}

// A flapping is as grave as the worst that it goes to and fro between, and told again when
// that becomes critical.
func TestFlappingIsAsGraveAsItGets(t *testing.T) {
	for story, want := range map[string]string{
		".c.c.c.c.c":  "warning",
		".C.C.C.C.":   "critical",
		".c.c.c.c.C.": "critical, told again",
	} {
		var l life
		again := ""
		for _, letter := range story {
			if d := l.round(map[string]rune{"shop": letter}, shop()); d != nil && len(d.Reminded) > 0 {
				again = ", told again"
			}
		}
		flaps := slices.IndexFunc(l.state.Incidents, func(i health.Incident) bool { return i.Subject.Kind == health.OfFlapping })
		if i := l.state.Incidents[max(flaps, 0)]; flaps < 0 || string(i.Severity)+again != want || i.Class != health.ClassCertificate {
			t.Errorf("story %q: %+v%s, want %s", story, i, again, want)
		}
	}
}

// Only the last few decisions are kept.
func TestNotesAreBounded(t *testing.T) {
	var l life
	l.live(recoverIn(2), "x.x.x.x.x.x.x.x")
	if notes := l.state.Targets["shop"].Notes; len(notes) != health.NotesKept || notes[3].Round != noon.Add(14*time.Minute) {
		t.Errorf("noted %v, want the last %d", notes, health.NotesKept)
	}
}

// The last statuses are kept as long as one of them is not up.
func TestTrail(t *testing.T) {
	for story, want := range map[string]string{
		".....":                             "",
		"..x":                               "x",
		"..x.~?c.":                          "x.~?~.",
		"x" + still('.', 29):                "x" + still('.', 29),
		"x" + still('.', 30):                "",
		"x" + still('x', 40):                still('x', 30),
		"x   x":                             "xx",
		still('?', 3) + "." + still('x', 2): "???.xx",
	} {
		var l life
		l.live(fail(2), story)
		if got := l.state.Targets["shop"].Trail; got != want {
			t.Errorf("story %q left the trail %q, want %q", story, got, want)
		}
	}
}

// A group is down since too few were left, and falling short twice is two incidents, though
// one member was down all the time.
func TestGroupIncident(t *testing.T) {
	group := health.Group{Name: "pay", MinUp: 2, Policy: health.Policy{Runbook: "https://wiki.example.com/pay", Severity: health.Warning, Remind: time.Hour}}
	l := life{state: health.State{Round: noon.Add(-time.Hour)}}
	l.scene = func(in *judge.Input) { in.Groups = []health.Group{group} }
	var targets []health.Target
	for _, name := range []string{"a", "b", "c"} {
		targets = append(targets, health.Target{Name: name, Group: "pay", URL: "https://" + name, Policy: fail(2)})
	}
	targets[2].FailAfter = 6
	var opened []health.Incident
	for i := range 8 {
		letters := map[string]rune{"a": rune("xxxxxxxx"[i]), "b": rune(".xx....."[i]), "c": rune(".xxxxxxx"[i])}
		if d := l.round(letters, targets...); d != nil {
			opened = append(opened, d.Opened...)
		}
	}
	if len(opened) != 2 {
		t.Fatalf("opened %+v, want two", opened)
	}
	for i, want := range []health.Incident{
		{Opened: noon.Add(2 * time.Minute), Cause: "1 of 3 up, want at least 2; down: a, b"},
		{Opened: noon.Add(6 * time.Minute), Cause: "1 of 3 up, want at least 2; down: a, c"},
	} {
		got := opened[i]
		if !got.Since.Equal(noon.Add(time.Minute)) || !got.Opened.Equal(want.Opened) || got.Cause != want.Cause {
			t.Errorf("since %v, opened %v: %s; want since 12:01, %v: %s", got.Since, got.Opened, got.Cause, want.Opened, want.Cause)
		}
		if got.Severity != health.Warning || got.Class != health.ClassConnect || got.Runbook != group.Runbook || got.Group != "pay" {
			t.Errorf("the group's incident is %+v", got)
		}
	}
	if opened[0].ID == opened[1].ID {
		t.Errorf("both are %s", opened[0].ID)
	}
	l = life{state: health.State{Round: noon.Add(-time.Hour)}}
	l.scene = func(in *judge.Input) { in.Groups = []health.Group{{Name: "pay", MinUp: 3}} }
	targets[0].FailAfter = 1
	d := l.round(map[string]rune{"a": 'x', "b": '.', "c": '.'}, targets...)
	if d == nil || d.Opened[0].Severity != health.Critical || !d.Opened[0].Since.Equal(noon) {
		t.Errorf("a group that says nothing of its severity: %+v", d)
	}
}

// Of a region that is down people learn how much hangs on it, not every name; and only the
// first incidents of a crowd carry what was measured.
func TestCrowd(t *testing.T) {
	const many = 70
	var targets []health.Target
	letters := map[string]rune{}
	for i := range many {
		p := fail(1)
		if i > 0 && i <= 30 {
			p.DependsOn = []string{"t00"}
		}
		name := fmt.Sprintf("t%02d", i)
		targets = append(targets, health.Target{Name: name, URL: "https://" + name, Policy: p})
		letters[name] = 'x'
	}
	slices.Reverse(targets)
	l := life{state: health.State{Round: noon.Add(-time.Hour)}}
	d := l.round(letters, targets...)
	if len(d.Opened) != many-30 {
		t.Fatalf("%d opened, want %d", len(d.Opened), many-30)
	}
	root := d.Opened[0]
	if root.Dependent != 30 || len(root.Dependants) != health.DependantsTold || root.Dependants[0] != "t01" || root.Dependants[19] != "t20" {
		t.Errorf("%s: %d hang on it, named %v", root.Subject.Name, root.Dependent, root.Dependants)
	}
	for name := range letters {
		letters[name] = '.'
	}
	l.round(letters, targets...)
	for i := range targets {
		targets[i].DependsOn = nil
		letters[targets[i].Name] = 'x'
	}
	d = l.round(letters, targets...)
	with := 0
	for _, i := range d.Opened {
		if i.Evidence != nil {
			with++
		}
	}
	if len(d.Opened) != many || with != health.EvidenceTold || d.Opened[with-1].Evidence == nil {
		t.Errorf("%d of %d carry evidence, want the first %d", with, len(d.Opened), health.EvidenceTold)
	}
	if l.state.Incidents[0].Evidence != nil {
		t.Error("evidence is kept in the state")
	}
}

// The evidence of an incident is what this round measured, each attempt by itself.
func TestEvidence(t *testing.T) {
	target := shop()
	target.FailAfter, target.Attempts = 1, 2
	first, second := health.Failing(health.ClassTimeout, "no answer within 5s"), health.Failing(health.ClassStatus, "status 503")
	first.Latency, second.Latency, second.Phases.Connect = 5*time.Second, 203160*time.Microsecond, 10*time.Millisecond
	in := judge.Input{Fleet: "shop", Scheduled: noon, Targets: []health.Target{target}, State: health.State{Round: noon.Add(-time.Minute)},
		Results: []health.Result{read(target, attempts(first, second), noon)}}
	e := judge.Round(in).Digest.Opened[0].Evidence
	want := `{Attempts:[{Status:down Class:timeout Cause:no answer within 5s`
	if got := fmt.Sprintf("%+v", *e); !strings.HasPrefix(got, want) || !slices.Equal(e.MS, []float64{5000, 203.2}) || e.Phases.Connect != 10 {
		t.Errorf("evidence %s", got)
	}
	in.Results = nil
	in.State = judge.Round(judge.Input{Fleet: "shop", Scheduled: noon, Targets: in.Targets, State: in.State,
		Results:  []health.Result{read(target, attempts(first, second), noon)},
		Silences: []health.Silence{{Name: "shop", Until: noon.Add(time.Minute)}}}).State
	in.Scheduled = noon.Add(time.Minute)
	if d := judge.Round(in).Digest; d.Opened[0].Evidence != nil {
		t.Errorf("told in a round that did not ask it, with evidence %+v", d.Opened[0].Evidence)
	}
}

// A flapping target is as grave as its outage; silences as last read are kept.
func TestFlappingSeverityAndSilences(t *testing.T) {
	var l life
	silences := []health.Silence{{Name: "other", Until: noon.Add(time.Hour)}}
	l.scene = func(in *judge.Input) { in.Silences = silences }
	if told := l.live(fail(2), ".x.x.x.x"); told == "" {
		t.Fatal("nothing told")
	}
	if i := l.state.Incidents[0]; i.Severity != health.Critical || i.Cause != "changed sides 7 times in the last hour, latest: dial shop.example.com:443: refused" || !i.Since.Equal(noon.Add(time.Minute)) {
		t.Errorf("flapping is %+v", i)
	}
	if !slices.Equal(l.state.Silences, silences) {
		t.Errorf("silences %v are remembered as %v", silences, l.state.Silences)
	}
}

// Changes that a clock ahead of ours wrote are not counted.
func TestChangesFromTheFuture(t *testing.T) {
	target := shop()
	state := health.TargetState{Status: health.Up, Asked: noon.Add(-time.Minute)}
	for i := range int64(7) {
		state.Facets = map[health.Facet]health.Belief{health.Availability: {Changes: append(state.Facets[health.Availability].Changes, noon.Unix()/60+5+i)}}
	}
	v := judge.Round(judge.Input{Fleet: "shop", Scheduled: noon, Targets: []health.Target{target},
		State:   health.State{Round: noon.Add(-time.Minute), Targets: map[string]health.TargetState{"shop": state}},
		Results: []health.Result{read(target, outcome('.', noon), noon)}})
	if len(v.State.Incidents) != 0 || v.State.Targets["shop"].Facets != nil {
		t.Errorf("believed %+v, %+v", v.State.Incidents, v.State.Targets)
	}
	if changes := state.Facets[health.Availability].Changes; len(changes) != 7 || changes[0] == 0 {
		t.Errorf("the state that was given is changed: %v", changes)
	}
}

// Who is asked with whom: through groups to their members, and on from there.
func TestAncestors(t *testing.T) {
	target := func(name, group string, parents ...string) health.Target {
		t := health.Target{Name: name, Group: group, Policy: fail(1)}
		t.DependsOn = parents
		return t
	}
	paused := target("old", "g", "nobody")
	paused.Enabled = false
	kin := judge.Kin([]health.Target{
		target("web", "", "g"), target("a", "g", "db"), target("b", "g", "db", "net"), paused,
		target("db", ""), target("net", "", "web"), target("else", "", "missing"), target("alone", ""),
	}, []health.Group{{Name: "g", Policy: health.Policy{DependsOn: []string{"core"}}}})
	for _, c := range []struct{ of, want string }{
		{"web", "a b core db net web"}, // a circle: net depends on web
		{"a", "db"},
		{"db", ""},
		{"alone", ""},
		{"else", "missing"},
		{"a alone else", "db missing"},
	} {
		if got := strings.Join(kin.Ancestors(strings.Fields(c.of)...), " "); got != c.want {
			t.Errorf("ancestors of %s: %s, want %s", c.of, got, c.want)
		}
	}
}

// What another version concluded of a facet, or of a kind of subject, that this one does not
// know is no longer checked, and told so; a side of the checker that it does not know is over.
func TestIncidentsOfAnotherVersion(t *testing.T) {
	var incidents []health.Incident
	for i, s := range []health.Subject{
		{Kind: health.OfTarget, Name: "shop", Facet: "domain"}, {Kind: health.OfFlapping, Name: "shop", Facet: "domain"},
		{Kind: "region", Name: "eu"}, {Kind: health.OfChecker, Name: "moon"},
	} {
		incidents = append(incidents, health.Incident{ID: fmt.Sprint(i), Subject: s, Since: noon, Opened: noon, Told: noon})
	}
	v := judge.Round(judge.Input{Fleet: "shop", Scheduled: noon.Add(time.Minute), Targets: []health.Target{shop()},
		State:   health.State{Round: noon, Incidents: incidents, Targets: map[string]health.TargetState{"shop": {Status: health.Up}}},
		Results: []health.Result{read(shop(), outcome('.', noon), noon)}})
	var closed []string
	for _, i := range v.Digest.Closed {
		closed = append(closed, i.ID+" "+string(i.Closing))
	}
	slices.Sort(closed)
	want := []string{"0 no longer checked", "1 no longer checked", "2 no longer checked", "3 recovered"}
	if !slices.Equal(closed, want) || len(v.State.Incidents) != 0 {
		t.Errorf("closed %q, want %q; left %v", closed, want, v.State.Incidents)
	}
}

// As long as rounds are behind one that was judged already, their ids are not those that time
// gave out before.
func TestTimeThatComesTwice(t *testing.T) {
	target := shop()
	target.FailAfter = 1
	ids := map[string]bool{}
	state := health.State{Round: noon.Add(-time.Minute)}
	var marked []bool
	for i, minute := range []int{0, 1, 2, 0, 1, 2, 3, 4} { // set back behind 0 once
		letter := rune(".x."[minute%3])
		v := judge.Round(judge.Input{Fleet: "shop", Shard: "0-1", Scheduled: at(minute), Targets: []health.Target{target}, State: state,
			Results: []health.Result{read(target, outcome(letter, at(minute)), at(minute))}})
		v.State.Seq++
		state = v.State
		marked = append(marked, v.ID != health.DigestID("shop", "0-1", at(minute)))
		if v.Digest != nil {
			for _, id := range append(idsOf(v.Digest.Opened), v.Digest.ID) {
				if ids[id] || v.Digest.ID != v.ID {
					t.Errorf("round %d of minute %d: id %s was given out before", i, minute, id)
				}
				ids[id] = true
			}
		}
	}
	if want := []bool{false, false, false, true, true, true, false, false}; !slices.Equal(marked, want) {
		t.Errorf("marked %v, want %v", marked, want)
	}
	if !state.Furthest.IsZero() {
		t.Errorf("the furthest round is still remembered as %s", state.Furthest)
	}
}

func idsOf(incidents []health.Incident) (ids []string) {
	for _, i := range incidents {
		ids = append(ids, i.ID)
	}
	return ids
}
