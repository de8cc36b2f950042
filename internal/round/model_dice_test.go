package round_test

import (
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
)

// dice are how chance is asked for things.
type dice struct {
	muted    bool // there is something that may keep alerts back
	name     *rapid.Generator[string]
	mood     *rapid.Generator[mood]
	after    *rapid.Generator[time.Duration]
	late     *rapid.Generator[time.Duration]
	skip     *rapid.Generator[time.Duration]
	every    *rapid.Generator[time.Duration]
	remind   *rapid.Generator[time.Duration]
	severity *rapid.Generator[health.Severity]
	step     *rapid.Generator[step]
	deeds    [steps]*rapid.Generator[deed]
}

func newDice(muted bool) *dice {
	const m, h = time.Minute, time.Hour
	d := &dice{
		muted:    muted,
		name:     rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}),
		mood:     rapid.SampledFrom([]mood{well, well, well, down, down, down, unasked, slowly, ending, ended, hesitant}),
		after:    rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, 20 * time.Second, 50 * time.Second, 70 * time.Second, 3 * m}),
		late:     rapid.SampledFrom([]time.Duration{0, 2 * time.Millisecond, 500 * time.Millisecond, 3 * time.Second, 30 * time.Second, 58 * time.Second, 90 * time.Second}),
		skip:     rapid.SampledFrom([]time.Duration{m, 2 * m, 10 * m, 40 * m, 2 * h, 7 * h, 26 * h}),
		every:    rapid.SampledFrom([]time.Duration{m, m, 2 * m, 5 * m}),
		remind:   rapid.SampledFrom([]time.Duration{6 * h, 0, 10 * m}),
		severity: rapid.SampledFrom([]health.Severity{health.Critical, health.Warning}),
		step:     rapid.SampledFrom([]step{reads, readsCopy, readsQuiet, writes, writes, writes, keeps, tells, tells}),
	}
	if muted {
		d.mood = rapid.SampledFrom([]mood{well, well, well, down, down, down, unasked, slowly, ending, hesitant, restless, restless, hidden})
	}
	for s := range d.deeds {
		d.deeds[s] = rapid.SampledFrom(mayHappen[s])
	}
	return d
}

// target is any target with that name.
func (d *dice) target(t *rapid.T, name string) fleet.Target {
	made := fleet.Target{Target: health.Target{
		Name: name, URL: "https://" + name + ".example.com", Host: name + ".example.com", Kind: "http",
		Policy: health.Policy{
			Enabled: true, Every: d.every.Draw(t, "every"), Timeout: time.Second,
			Attempts:  rapid.IntRange(1, 2).Draw(t, "attempts"),
			FailAfter: rapid.IntRange(1, 3).Draw(t, "fail_after"), RecoverAfter: rapid.IntRange(1, 2).Draw(t, "recover_after"),
			Remind: d.remind.Draw(t, "remind"), Severity: d.severity.Draw(t, "severity"),
			SlowAfter:   time.Second,
			Certificate: health.Lasting{Warn: health.Remainder{Share: 0.33}, Critical: health.Remainder{Share: 0.1}},
		},
	}}
	if !d.muted {
		return made
	}
	switch name {
	case "a", "b":
		made.DependsOn = rapid.SampledFrom([][]string{nil, {"d"}, {group}, {"c", "e"}}).Draw(t, "depends_on")
	case "c", "d":
		made.Group = rapid.SampledFrom([]string{"", group, group}).Draw(t, "group")
		made.DependsOn = rapid.SampledFrom([][]string{nil, nil, {"e"}}).Draw(t, "depends_on")
	}
	return made
}

// fleet is a fleet of targets, with all that may keep an alert back.
func (d *dice) fleet(t *rapid.T, l *life, targets ...fleet.Target) *fleet.Fleet {
	f := &fleet.Fleet{Name: fleetName, Targets: targets}
	if !d.muted {
		return f
	}
	f.Groups = []health.Group{{Name: group, MinUp: rapid.IntRange(0, 2).Draw(t, "min_up"), Policy: health.Policy{Remind: 6 * time.Hour, Severity: health.Critical}}}
	f.Maintenance = []health.Maintenance{{Why: "patching", Names: map[string]bool{d.name.Draw(t, "window"): true}, Window: &l.windows}}
	for _, url := range []string{"tcp://192.0.2.1:443", "tcp://192.0.2.2:443"}[:rapid.IntRange(0, 2).Draw(t, "witnesses")] {
		f.Witnesses = append(f.Witnesses, fleet.Witness{Scope: health.Public, Target: fleet.Target{Target: health.Target{
			Name: url, Host: url[6:15], URL: url, Policy: health.Policy{Enabled: true, Timeout: time.Second, Attempts: 2},
		}}})
	}
	return f
}

// windows are the times in which maintenance is done. One is never changed once it has
// begun: rounds were judged by it.
type windows struct{ spans [][2]time.Time }

// Open reports whether maintenance is done at t.
func (w *windows) Open(t time.Time) bool {
	for _, s := range w.spans {
		if !t.Before(s[0]) && t.Before(s[1]) {
			return true
		}
	}
	return false
}

// group is the one group there is; c and d may be in it.
const group = "g"
