package judge_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// person is somebody who knows only what the digests say.
type person map[health.Subject]string // the id of what is open, as far as they know

// read takes in a digest, and finds fault with one that does not make sense.
func (p person) read(d *health.Digest) error {
	if d == nil {
		return nil
	}
	for _, i := range d.Closed {
		if p[i.Subject] != i.ID || i.Closing == "" || i.Closed.IsZero() {
			return fmt.Errorf("%v closed %+v, which is not open", i.Subject, i)
		}
		delete(p, i.Subject)
	}
	for _, i := range d.Closed {
		p.calm(d, i)
	}
	for _, i := range d.Opened {
		if id, open := p[i.Subject]; open {
			return fmt.Errorf("%v opened as %s while %s is open", i.Subject, i.ID, id)
		}
		p[i.Subject] = i.ID
	}
	for _, i := range d.Reminded {
		if p[i.Subject] != i.ID {
			return fmt.Errorf("%v reminded of %s, which is not open", i.Subject, i.ID)
		}
	}
	return nil
}

// calm takes in where a facet is that was flapping. What was told of it before may have
// ended meanwhile: then the end was not told by itself, and what is open now is told anew.
func (p person) calm(d *health.Digest, i health.Incident) {
	facet := subject(i.Subject.Name, i.Subject.Facet)
	anew := slices.ContainsFunc(d.Opened, func(o health.Incident) bool { return o.Subject == facet })
	if i.Subject.Kind == health.OfFlapping && (i.Closing != health.CalmDown || anew) {
		delete(p, facet)
	}
}

// knows reports whether what p was told is what the state believes.
func (p person) knows(s health.State) error {
	if len(p) != len(s.Incidents) {
		return fmt.Errorf("told of %v, believed %v", p, s.Incidents)
	}
	for _, i := range s.Incidents {
		if p[i.Subject] != i.ID {
			return fmt.Errorf("told of %v, believed %v", p, s.Incidents)
		}
	}
	return nil
}

// down decides from the letters of a whole life whether its availability incident is
// open: whether failAfter bad readings in a row came later than recoverAfter good ones.
func down(story string, failAfter, recoverAfter int) bool {
	story = strings.NewReplacer("?", "", " ", "", "~", ".", "c", ".", "C", ".").Replace(story)
	if gone := strings.LastIndexAny(story, "-p"); gone >= 0 {
		story = story[gone+1:]
	}
	bad := strings.LastIndex(story, strings.Repeat("x", failAfter))
	if bad < 0 {
		return false
	}
	good := strings.LastIndex(story, strings.Repeat(".", recoverAfter))
	return good < 0 || bad+failAfter > good+recoverAfter
}

// Whatever happens, after calm what was told is what is believed: and, as nothing mutes
// anything here, in every round before that too. The rounds are too far apart for flapping.
func TestToldIsBelieved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var targets []health.Target
		names := []string{"cart", "edge", "shop"}
		for _, name := range names[:rapid.IntRange(1, 3).Draw(t, "targets")] {
			remind := time.Duration(rapid.IntRange(0, 5).Draw(t, "remind")) * time.Minute
			p := policy(rapid.IntRange(1, 3).Draw(t, "fail_after"), rapid.IntRange(1, 3).Draw(t, "recover_after"), remind)
			targets = append(targets, health.Target{Name: name, URL: "https://" + name, Policy: p})
		}
		l := life{state: health.State{Round: noon.Add(-time.Hour)}}
		reader := make(person)
		stories := make(map[string]string)
		live := func(letters map[string]rune) {
			digest := l.round(letters, targets...)
			l.minutes += 10
			if err := reader.read(digest); err != nil {
				t.Fatal(err)
			}
			if err := reader.knows(l.state); err != nil {
				t.Fatal(err)
			}
			for _, target := range targets {
				stories[target.Name] += string(letters[target.Name])
				want := down(stories[target.Name], target.FailAfter, target.RecoverAfter)
				if _, got := reader[subject(target.Name, health.Availability)]; got != want {
					t.Fatalf("%s %q: down is %v, want %v", target.Name, stories[target.Name], got, want)
				}
			}
			for _, result := range l.verdict.Results {
				if result.Reason == "" {
					t.Fatalf("%s: no reason", result.Target.Name)
				}
			}
		}
		letter := rapid.SampledFrom([]rune("..xxx?? ~~cC-p"))
		for range rapid.IntRange(0, 40).Draw(t, "rounds") {
			letters := make(map[string]rune)
			for _, target := range targets {
				letters[target.Name] = letter.Draw(t, target.Name)
			}
			live(letters)
		}
		for range 3 {
			live(map[string]rune{"cart": '.', "edge": '.', "shop": '.'})
		}
		if len(reader) > 0 || len(l.state.Incidents) > 0 {
			t.Fatalf("after calm: told of %v, believed %v", reader, l.state.Incidents)
		}
		for name, s := range l.state.Targets {
			for f, b := range s.Facets {
				if b.Bad > 0 || b.Good > 0 || s.Status != health.Up {
					t.Fatalf("after calm %s is remembered as %+v, its %s as %+v", name, s, f, b)
				}
			}
		}
	})
}

// Whatever keeps people from being told, they are told nothing that does not make sense, and
// nothing is kept back without a reason; and after calm, what they were told is what is
// believed, which is that all is well.
func TestToldIsBelievedInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policy(rapid.IntRange(1, 3).Draw(t, "fail_after"), rapid.IntRange(1, 3).Draw(t, "recover_after"),
			time.Duration(rapid.IntRange(0, 5).Draw(t, "remind"))*time.Minute)
		s := &stage{policy: p, groups: map[string][]string{"g": {"c", "d"}}, minUp: map[string]int{"g": rapid.IntRange(0, 2).Draw(t, "min_up")}}
		names := []string{"a", "b", "c", "d"}
		var targets []health.Target
		for _, name := range names {
			targets = append(targets, health.Target{Name: name, URL: "https://" + name, Policy: p})
		}
		targets[2].Group, targets[3].Group = "g", "g"
		targets[1].DependsOn = []string{rapid.SampledFrom([]string{"a", "g"}).Draw(t, "b depends on")}
		const busy = 60
		for range rapid.IntRange(0, 2).Draw(t, "windows") {
			from := rapid.IntRange(0, busy).Draw(t, "from")
			window(from, rapid.IntRange(from, busy).Draw(t, "until"), rapid.SampledFrom([]string{"a", "b", "c", "g"}).Draw(t, "of"))(s)
		}
		l := life{state: health.State{Round: noon.Add(-time.Hour)}}
		l.scene = s.scene(&l)
		reader := make(person)
		letter := rapid.SampledFrom([]rune("..xxx.x? ~cC-p"))
		for n := range busy + 95 { // flapping needs an hour to be forgotten, and half of one to calm down
			letters := map[string]rune{}
			for _, name := range names {
				letters[name] = '.'
				if n < busy {
					letters[name] = letter.Draw(t, name)
				}
			}
			if err := reader.read(l.round(letters, targets...)); err != nil {
				t.Fatalf("minute %d: %v", n, err)
			}
			for _, i := range l.state.Incidents {
				if i.Told.IsZero() && i.Muted == "" || i.Told.IsZero() == (reader[i.Subject] == i.ID) {
					t.Fatalf("minute %d: told %v, kept back by %q, and people know of %v: %+v", n, i.Told, i.Muted, reader, i)
				}
			}
		}
		if len(reader) > 0 || len(l.state.Incidents) > 0 {
			t.Fatalf("after calm: told of %v, believed %v", reader, l.state.Incidents)
		}
		for name, s := range l.state.Targets {
			if s.Facets != nil || s.Shadow != 0 || s.Trail != "" {
				t.Fatalf("after calm %s is remembered as %+v", name, s)
			}
		}
	})
}

func subject(name string, f health.Facet) health.Subject {
	return health.Subject{Kind: health.OfTarget, Name: name, Facet: f}
}

func shop() health.Target {
	p := fail(2)
	p.Tags, p.Runbook = []string{"prod"}, "https://wiki.example.com/shop"
	return health.Target{Name: "shop", Title: "The shop", Group: "sales", URL: "https://shop.example.com/", Kind: "http", Policy: p}
}

// An incident says all that a message about it needs.
func TestIncident(t *testing.T) {
	l := life{state: health.State{Round: noon.Add(-time.Hour)}}
	for _, letter := range "xx" {
		l.round(map[string]rune{"shop": letter}, shop())
	}
	want := health.Incident{
		Subject: subject("shop", health.Availability),
		Since:   noon, Opened: noon.Add(time.Minute), Told: noon.Add(time.Minute),
		Severity: health.Critical, Class: health.ClassConnect, Cause: "dial shop.example.com:443: refused",
		Rounds: 2, NeverUp: true, ToldAs: health.Critical,
		Title: "The shop", Group: "sales", URL: "https://shop.example.com/",
		Runbook: "https://wiki.example.com/shop", Tags: []string{"prod"},
	}
	got := l.verdict.Digest.Opened[0]
	if len(got.ID) != 12 {
		t.Errorf("id %q, want 12 hex digits", got.ID)
	}
	want.ID = got.ID
	if e := got.Evidence; e == nil || len(e.Attempts) != 1 || e.Attempts[0].Cause != want.Cause {
		t.Errorf("told with evidence %+v, want the cause of the one attempt", e)
	}
	got.Evidence = nil
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("told\n%+v, want\n%+v", got, want)
	}
	if stored := l.state.Incidents; len(stored) != 1 || fmt.Sprintf("%+v", stored[0]) != fmt.Sprintf("%+v", want) {
		t.Errorf("stored\n%+v, want\n%+v", stored, want)
	}
	if l.verdict.Critical != 1 {
		t.Errorf("%d critical incidents, want 1", l.verdict.Critical)
	}

	digest := l.round(map[string]rune{"shop": '.'}, shop())
	closed := digest.Closed[0]
	if closed.ID != want.ID || closed.Closing != health.Recovered || !closed.Closed.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("closed %+v", closed)
	}
	l.round(map[string]rune{"shop": 'x'}, shop())
	again := l.round(map[string]rune{"shop": 'x'}, shop()).Opened[0]
	if again.ID == want.ID || again.NeverUp {
		t.Errorf("the next outage has id %s, never up %v; want another id, and that it was up", again.ID, again.NeverUp)
	}
}

// The first commit of an empty state says how people will be reached, and carries what
// is open already: one round is one digest.
func TestFirstDigest(t *testing.T) {
	targets := []health.Target{shop(), every("calm", time.Minute), every("paused", time.Minute)}
	targets[0].FailAfter = 1
	var l life
	d := l.round(map[string]rune{"shop": 'x', "calm": '.', "paused": 'p'}, targets...)
	if d == nil || d.Kind != health.First || len(d.Opened) != 1 || d.Opened[0].Subject.Name != "shop" {
		t.Fatalf("the first digest is %+v", d)
	}
	if want := (health.Counts{Targets: 3, Up: 1, Down: 1, Paused: 1}); d.Counts != want || l.verdict.Counts != want {
		t.Errorf("counts %+v, want %+v", d.Counts, want)
	}
	if d := l.round(map[string]rune{"shop": 'x', "calm": '.', "paused": 'p'}, targets...); d != nil {
		t.Errorf("the second round tells %+v", d)
	}

	var quiet life
	if d := quiet.round(map[string]rune{"shop": '.'}, shop()); d == nil || d.Kind != health.First || d.Opened != nil {
		t.Errorf("the first digest of a calm fleet is %+v", d)
	}
}

func TestDigest(t *testing.T) {
	warns, critical := shop(), shop()
	warns.Name, warns.Severity, warns.FailAfter = "a", health.Warning, 1
	critical.Name, critical.FailAfter = "b", 1
	other := critical
	other.Name = "aa"
	in := judge.Input{
		Fleet: "shop", Shard: "1-4", Scheduled: noon.In(time.FixedZone("", 3600)),
		Targets: []health.Target{warns, critical, other},
		State:   health.State{Round: noon.Add(-time.Minute)},
		Faults:  []health.Fault{{Name: health.FaultConfig, Cause: "targets.yaml:4:12: timeout"}},
	}
	for _, target := range in.Targets {
		in.Results = append(in.Results, read(target, outcome('x', noon), noon))
	}
	d := judge.Round(in).Digest
	if d.ID != "shop/1-4/2026-11-22T12:00:00Z" || d.Kind != health.News || !d.Round.Equal(noon) || d.Shard != "1-4" {
		t.Errorf("digest %+v", d)
	}
	var names []string
	for _, i := range d.Opened {
		names = append(names, i.Subject.Name)
	}
	if got := strings.Join(names, " "); got != "aa b config a" {
		t.Errorf("opened in the order %q, want the critical ones first, then by name", got)
	}
}

// Counts are of the whole fleet by the latest status, asked in this round or not.
func TestCounts(t *testing.T) {
	targets := fleet(6, time.Minute)
	letters := map[string]rune{}
	for i, letter := range ".x?~p " {
		letters[targets[i].Name] = letter
	}
	l := life{state: health.State{Round: noon.Add(-time.Hour)}}
	want := health.Counts{Targets: 6, Up: 1, Down: 1, Unknown: 1, Degraded: 1, Paused: 1, Pending: 1}
	for range 2 {
		l.round(letters, targets...)
		if l.verdict.Counts != want {
			t.Errorf("counts %+v, want %+v", l.verdict.Counts, want)
		}
		for name, letter := range letters {
			if letter != 'p' {
				letters[name] = ' '
			}
		}
	}
}

// Groups are counted whole too: what was not due has its latest status.
func TestGroups(t *testing.T) {
	targets := fleet(7, 5*time.Minute)
	letters := map[string]rune{}
	for i, letter := range ".x~p.?." {
		letters[targets[i].Name] = letter
		targets[i].Group = []string{"sales", "sales", "sales", "sales", "api", "api", ""}[i]
	}
	want := map[string]health.Counts{
		"sales": {Targets: 4, Up: 1, Degraded: 1, Down: 1, Paused: 1},
		"api":   {Targets: 2, Up: 1, Unknown: 1},
	}
	l := life{state: health.State{Round: noon.Add(-time.Hour)}}
	for range 2 {
		l.round(letters, targets...)
		if !maps.Equal(l.verdict.Groups, want) {
			t.Errorf("groups %+v, want %+v", l.verdict.Groups, want)
		}
		for name, letter := range letters {
			if letter != 'p' {
				letters[name] = ' '
			}
		}
	}
}

func TestChanged(t *testing.T) {
	l := life{state: health.State{Round: noon.Add(-time.Hour)}}
	var got strings.Builder
	for _, letter := range "..xx?x.~." {
		l.round(map[string]rune{"shop": letter}, shop())
		got.WriteString(map[bool]string{true: "!", false: " "}[l.verdict.Results[0].Changed])
	}
	if want := "! ! !!!!!"; got.String() != want {
		t.Errorf("changed %q, want %q", got.String(), want)
	}
}

// A fault of the checker itself is told in its first round and in the first without it,
// and reminded of after six hours.
func TestFaults(t *testing.T) {
	state := health.State{Round: noon.Add(-time.Minute)}
	config := []health.Fault{{Name: health.FaultConfig, Cause: "wrong"}, {Name: health.FaultConfig, Cause: "wrong too"}}
	for i, c := range []struct {
		after                    time.Duration
		faults                   []health.Fault
		opened, closed, reminded int
	}{
		{0, nil, 0, 0, 0},
		{time.Minute, config, 1, 0, 0},
		{2 * time.Minute, config, 0, 0, 0},
		{6 * time.Hour, config, 0, 0, 0},
		{6*time.Hour + time.Minute, config, 0, 0, 1},
		{7 * time.Hour, append(config, health.Fault{Name: health.FaultClock}), 1, 0, 0},
		{8 * time.Hour, nil, 0, 2, 0},
		{9 * time.Hour, nil, 0, 0, 0},
	} {
		v := judge.Round(judge.Input{Fleet: "shop", Shard: "0-1", Scheduled: noon.Add(c.after), State: state, Faults: c.faults})
		state = v.State
		var d health.Digest
		if v.Digest != nil {
			d = *v.Digest
		}
		if len(d.Opened) != c.opened || len(d.Closed) != c.closed || len(d.Reminded) != c.reminded {
			t.Errorf("round %d: %+v, want %d opened, %d closed, %d reminded", i, d, c.opened, c.closed, c.reminded)
		}
		for _, incident := range d.Opened {
			if incident.Severity != health.Critical || incident.Class != health.ClassChecker || incident.Subject.Facet != "" {
				t.Errorf("round %d: opened %+v", i, incident)
			}
		}
	}
}

// What was never told ends in silence; what is open and was never told is told now, with
// the time it began.
func TestUntold(t *testing.T) {
	untold := health.Incident{ID: "0123456789ab", Subject: subject("shop", health.Availability),
		Since: noon.Add(-time.Hour), Opened: noon.Add(-time.Hour), Severity: health.Critical}
	for _, letter := range ".-p" {
		l := life{state: health.State{Round: noon.Add(-time.Minute), Incidents: []health.Incident{untold}}}
		if d := l.round(map[string]rune{"shop": letter}, shop()); d != nil || len(l.state.Incidents) != 0 {
			t.Errorf("%q: told %+v, left %v; want silence", letter, d, l.state.Incidents)
		}
	}
	l := life{state: health.State{Round: noon.Add(-time.Minute), Incidents: []health.Incident{untold}}}
	d := l.round(map[string]rune{"shop": 'x'}, shop())
	if d == nil || len(d.Opened) != 1 || !d.Opened[0].Since.Equal(untold.Since) || d.Opened[0].ID != untold.ID {
		t.Errorf("still down: told %+v, want its opening with its own since", d)
	}
}

// A certificate incident of an address that is no longer asked would never close.
func TestCertificateOfAnotherAddress(t *testing.T) {
	l := life{state: health.State{Round: noon.Add(-time.Minute)}}
	l.round(map[string]rune{"shop": 'c'}, shop())
	plain := shop()
	plain.URL = "http://shop.example.com/"
	result := read(plain, attempts(up.Reading), l.now())
	v := judge.Round(judge.Input{Fleet: "shop", Scheduled: l.now(), State: l.state, Targets: []health.Target{plain}, Results: []health.Result{result}})
	if v.Digest == nil || len(v.Digest.Closed) != 1 || v.Digest.Closed[0].Closing != health.Unchecked {
		t.Errorf("after the move to http: told %+v, want the certificate no longer checked", v.Digest)
	}
}

// A round names results that it does not judge.
func TestNotJudged(t *testing.T) {
	paused, gone := shop(), shop()
	paused.Enabled, gone.Name = false, "gone"
	in := judge.Input{Scheduled: noon, Targets: []health.Target{paused}}
	in.Results = []health.Result{read(paused, outcome('x', noon), noon), read(gone, outcome('x', noon), noon)}
	v := judge.Round(in)
	if got := v.Results[0].Reason + "; " + v.Results[1].Reason; got != "paused, not judged; not in the fleet, not judged" {
		t.Errorf("reasons %q", got)
	}
	if len(v.State.Targets) != 1 || v.Counts != (health.Counts{Targets: 1, Paused: 1}) {
		t.Errorf("targets %v, counts %+v", v.State.Targets, v.Counts)
	}
}

// busy is a round of n targets of which one in ten changes sides.
func busy(n int) judge.Input {
	targets := fleet(n, time.Minute)
	l := life{state: health.State{Schema: health.StateSchema, Seq: 7, Round: noon.Add(-time.Hour)}}
	l.state.Commits = []health.Commit{{Round: l.state.Round, By: "somebody"}}
	l.state.Outbox = []health.Entry{{ID: "shop/0-1/then", Topic: "people"}}
	letters := make(map[string]rune)
	for _, before := range []string{".........x", ".........x", "........xx"} {
		for i := range targets {
			targets[i].FailAfter = 2
			letters[targets[i].Name] = rune(before[i%10])
		}
		l.round(letters, targets...)
	}
	in := judge.Input{Fleet: "shop", Shard: "0-1", Scheduled: l.now(), Targets: targets, State: l.state}
	for i, t := range targets {
		letter := rune("........x."[i%10])
		if i%20 == 9 {
			letter = 'x'
		}
		in.Results = append(in.Results, read(t, outcome(letter, in.Scheduled), in.Scheduled))
	}
	return in
}

// Judging changes nothing that it was given: a round that lost a race is judged again.
func TestRoundIsPure(t *testing.T) {
	in := busy(200)
	in.State.Incidents = slices.Grow(in.State.Incidents, 100) // room to write into by mistake
	before := fmt.Sprintf("%+v", in)
	spare := fmt.Sprintf("%+v", in.State.Incidents[:cap(in.State.Incidents)])
	v := judge.Round(in)
	if v.Digest == nil || len(v.Digest.Opened) == 0 || len(v.Digest.Closed) == 0 {
		t.Fatal("nothing happened in this round: the test proves nothing")
	}
	if fmt.Sprintf("%+v", in) != before || fmt.Sprintf("%+v", in.State.Incidents[:cap(in.State.Incidents)]) != spare {
		t.Error("judging changed its input")
	}
	if v.State.Seq != 7 || len(v.State.Commits) != 1 || len(v.State.Outbox) != 1 || v.State.Schema != health.StateSchema {
		t.Errorf("seq %d, commits %v, outbox %v: want the input's", v.State.Seq, v.State.Commits, v.State.Outbox)
	}
	if !slices.IsSortedFunc(v.State.Incidents, func(a, b health.Incident) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the stored incidents are not sorted by id")
	}
	if !v.State.Round.Equal(in.Scheduled) {
		t.Errorf("round %v, want %v", v.State.Round, in.Scheduled)
	}
}

// The same input gives the same bytes.
func TestRoundIsDeterministic(t *testing.T) {
	in := busy(200)
	in.Faults = []health.Fault{{Name: health.FaultBudget}, {Name: health.FaultClock}}
	var first string
	for i := range 20 {
		v := judge.Round(in)
		bytes, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = string(bytes)
		} else if string(bytes) != first {
			t.Fatalf("the verdict differs the %d. time", i+1)
		}
	}
}

// A calm target takes little room, however long it has been calm; a paused one less.
func TestCalmStateIsSmall(t *testing.T) {
	for story, want := range map[string]string{
		strings.Repeat(".", 50):         `{"shop":{"asked":"2026-11-22T12:49:00Z","status":"up","seen_up":true}}`,
		"xx" + strings.Repeat(".", 50):  `{"shop":{"asked":"2026-11-22T12:51:00Z","status":"up","seen_up":true,"facets":{"availability":{"changes":[29922482]}},"notes":[{"round":"2026-11-22T12:01:00Z","reason":"told, open since 12:00"},{"round":"2026-11-22T12:02:00Z","reason":"1 of 2 good rounds, told at 12:01, no reminders"},{"round":"2026-11-22T12:03:00Z","reason":"told, recovered"},{"round":"2026-11-22T12:04:00Z","reason":"up"}]}}`,
		"x" + strings.Repeat(".", 1500): `{"shop":{"asked":"2026-11-23T13:00:00Z","status":"up","seen_up":true}}`,
		".x?p":                          `{"shop":{"status":"paused","seen_up":true}}`,
		".x-":                           `{}`,
	} {
		var l life
		l.live(policy(2, 2, 0), story)
		bytes, err := json.Marshal(l.state.Targets)
		if err != nil {
			t.Fatal(err)
		}
		if string(bytes) != want {
			t.Errorf("story %q: stored %s, want %s", story, bytes, want)
		}
	}
}

// Reminders come further and further apart, but at least once a day.
func TestRemindersAreAtMostADayApart(t *testing.T) {
	target := shop()
	target.FailAfter = 1
	for remind, want := range map[time.Duration]string{
		6 * time.Hour:  "6 18 42 66 90",
		40 * time.Hour: "24 48 72 96",
	} {
		target.Remind = remind
		l := life{state: health.State{Round: noon.Add(-time.Hour)}}
		var got []string
		for hour := range 100 {
			l.minutes = hour * 60
			if d := l.round(map[string]rune{"shop": 'x'}, target); d != nil && d.Reminded != nil {
				got = append(got, fmt.Sprint(hour))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("remind %v: reminded after %s hours, want %s", remind, strings.Join(got, " "), want)
		}
	}
}

func BenchmarkRound(b *testing.B) {
	in := busy(10_000)
	b.ReportAllocs()
	for b.Loop() {
		judge.Round(in)
	}
}

// A large outage must not cost more than a calm round by a large factor: it is just then that
// a round has to end in time.
func BenchmarkOutage(b *testing.B) {
	for name, shape := range map[string]func(in *judge.Input){
		"one group that counts": func(in *judge.Input) {
			in.Groups = []health.Group{{Name: "g", MinUp: 5}}
			for i := range in.Targets {
				in.Targets[i].Group = "g"
			}
		},
		"all depend on one, in one group": func(in *judge.Input) {
			in.Groups = []health.Group{{Name: "g"}}
			for i := range in.Targets {
				if in.Targets[i].Group = "g"; i > 0 {
					in.Targets[i].DependsOn = []string{in.Targets[0].Name}
				}
			}
		},
		"half depend on a group of the other half": func(in *judge.Input) {
			in.Groups = []health.Group{{Name: "g"}}
			for i := range in.Targets {
				if i%2 == 0 {
					in.Targets[i].Group = "g"
				} else {
					in.Targets[i].DependsOn = []string{"g"}
				}
			}
		},
		"everybody by itself": func(*judge.Input) {},
	} {
		b.Run(name, func(b *testing.B) {
			in := judge.Input{Fleet: "shop", Shard: "0-1", Scheduled: noon, Targets: fleet(10_000, time.Minute)}
			in.State.Round = noon.Add(-time.Minute)
			shape(&in)
			for i := range in.Targets {
				in.Targets[i].FailAfter = 1
			}
			for _, t := range in.Targets {
				in.Results = append(in.Results, read(t, outcome('x', noon), noon))
			}
			b.ReportAllocs()
			for b.Loop() {
				judge.Round(in)
			}
		})
	}
}
