package rollcall

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

func validate(t *testing.T, s Settings, list string, budget time.Duration) Proof {
	t.Helper()
	s.Config = file(t, list)
	proof, err := open(t, s).Validate(t.Context(), budget)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// Of a fleet whose targets are asked now and then, a round asks few, and the round after a
// pause asks all.
func TestLargestRoundAndCatchUp(t *testing.T) {
	var list strings.Builder
	list.WriteString("fleet: shop\ndefaults: {timeout: 1s, attempts: 1}\ntargets:\n")
	for i := range 60 {
		fmt.Fprintf(&list, "  - {name: t%d, url: https://h%d.example.com, every: 10m}\n", i, i)
	}
	list.WriteString("  - {name: always, url: https://always.example.com}\n  - {name: paused, url: https://paused.example.com, enabled: false}\n")
	proof := validate(t, Settings{Workers: 1}, list.String(), time.Minute)
	if !proof.Whole || len(proof.Unset) != 0 || len(proof.Fleet.Targets) != 62 {
		t.Errorf("whole %v, unset %v, %d targets", proof.Whole, proof.Unset, len(proof.Fleet.Targets))
	}
	if want := 61 * (time.Second + sweep.Grace); proof.CatchUp.Wanted != want {
		t.Errorf("everything at once wants %s, want %s", proof.CatchUp.Wanted, want)
	}
	if len(proof.CatchUp.Beyond) != 4 || proof.CatchUp.Missing <= 0 {
		t.Errorf("everything at once leaves out %v and misses %s, want 4 and what they need", proof.CatchUp.Beyond, proof.CatchUp.Missing)
	}
	if want := time.Duration(busiest(proof.Fleet)) * (time.Second + sweep.Grace); proof.Largest.Wanted != want || proof.Largest.Err() != nil {
		t.Errorf("the largest round wants %s, %v, want %s", proof.Largest.Wanted, proof.Largest.Err(), want)
	}
}

// busiest is the most that a round asks, once everybody was asked, when it is played.
func busiest(f *fleet.Fleet) (most int) {
	s := health.State{Targets: map[string]health.TargetState{}}
	for minute := range 30 {
		now := time.Unix(int64(minute)*60, 0)
		due := judge.Due(s, f.Asked(), now)
		for _, i := range due {
			s.Targets[f.Asked()[i].Name] = health.TargetState{Asked: now, Status: health.Up}
		}
		if minute > 0 {
			most = max(most, len(due))
		}
	}
	return most
}

// On a schedule with fewer rounds the targets of several minutes fall into one, and all of
// them where no every is longer than it.
func TestRoundsOfASchedule(t *testing.T) {
	list := "fleet: shop\ndefaults: {timeout: 1s, attempts: 1}\ntargets:\n"
	for i := range 60 {
		list += fmt.Sprintf("  - {name: t%d, url: https://h%d.example.com, every: %dm}\n", i, i, 1+i%5)
	}
	wanted := func(interval time.Duration) int {
		return int(validate(t, Settings{Workers: 1, Interval: interval}, list, time.Hour).Largest.Wanted / (time.Second + sweep.Grace))
	}
	if minute, two, five := wanted(time.Minute), wanted(2*time.Minute), wanted(5*time.Minute); minute >= two || two >= five || five != 60 {
		t.Errorf("the largest round of a schedule asks %d targets in every minute, %d in every second, %d in every fifth; want more and more, and all", minute, two, five)
	}
}

func TestCutAndBeyond(t *testing.T) {
	const list = "fleet: shop\ndefaults: {attempts: 1}\ntargets:\n" +
		"  - {name: slow, url: https://a.example.com, timeout: 30s}\n  - {name: quick, url: https://b.example.com, timeout: 2s}\n"
	for _, c := range []struct {
		budget time.Duration
		want   string // of the largest round: who is cut, who is beyond, what is missing
	}{
		{time.Minute, "[] [] 0s"},
		{20 * time.Second, "[slow] [] 0s"},
		{2 * time.Second, "[slow] [quick] 100ms"},
	} {
		p := validate(t, Settings{Workers: 1}, list, c.budget).Largest
		if got := fmt.Sprint(p.Cut, p.Beyond, p.Missing); got != c.want {
			t.Errorf("in %s: %s, want %s", c.budget, got, c.want)
		}
	}
}

// The round that does not fit is shown, not one that wants more time and fits when cut.
func TestLargestIsTheOneThatFitsLeast(t *testing.T) {
	var f fleet.Fleet
	long := health.Target{Name: "long", Policy: health.Policy{Enabled: true, Every: time.Minute, Timeout: time.Minute, Attempts: 1}}
	f.Targets = append(f.Targets, fleet.Target{Target: long})
	rounds := func(yield func(int, []int) bool) { // one asks the long one, the other many short ones
		short := make([]int, 40)
		for i := range short {
			short[i] = i + 1
		}
		_ = yield(0, []int{0}) && yield(1, short)
	}
	for i := range 40 {
		f.Targets = append(f.Targets, fleet.Target{Target: health.Target{Name: fmt.Sprint("short", i),
			Policy: health.Policy{Enabled: true, Every: time.Minute, Timeout: time.Second, Attempts: 1}}})
	}
	p := newPlanner(&f, 30*time.Second, 1)
	if got := p.plan(p.largest(rounds)); len(got.Beyond) == 0 {
		t.Errorf("the largest round wants %s and leaves out nobody, want the one with 40 targets of which 12 do not fit", got.Wanted)
	}
}

func TestUnsetReferences(t *testing.T) {
	t.Setenv("SET_HERE", "")
	proof := validate(t, Settings{}, "fleet: shop\ntargets:\n  - name: a\n    url: https://${env:NOT_SET_HERE}/\n    http:\n      headers:\n        X-A: ${env:SET_HERE}\n        X-B: ${env:NOT_SET_EITHER}\n", time.Minute)
	var got []string
	for _, ref := range proof.Unset {
		got = append(got, fmt.Sprintf("%d:%d %s", ref.At.Line, ref.At.Column, ref.Reference))
	}
	if want := "4:18 ${env:NOT_SET_HERE}, 8:14 ${env:NOT_SET_EITHER}"; strings.Join(got, ", ") != want {
		t.Errorf("unset %q, want %q", got, want)
	}
}

func TestValidateTellsEveryProblem(t *testing.T) {
	r := open(t, Settings{Config: file(t, "fleet: shop\ntargets:\n  - {url: https://a.example.com, evry: 1m}\n  - ftp://b.example.com\n")})
	_, err := r.Validate(t.Context(), time.Minute)
	var problems fleet.Problems
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("got %v, want both problems", err)
	}
	if _, err := open(t, Settings{Config: "nowhere.yaml"}).Validate(t.Context(), time.Minute); err == nil || !strings.Contains(err.Error(), "nowhere.yaml: no such file") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

// Ten thousand targets, as a file: every one is in the catch-up round, and fewer in any other.
func TestValidateTenThousand(t *testing.T) {
	proof := validate(t, Settings{}, tenThousand(1, 5, 60), time.Minute)
	if !proof.Whole || proof.Largest.Wanted <= 0 || proof.Largest.Wanted >= proof.CatchUp.Wanted {
		t.Errorf("whole %v, the largest round wants %s, everything at once %s", proof.Whole, proof.Largest.Wanted, proof.CatchUp.Wanted)
	}
	if proof.CatchUp.Workers != 860 {
		t.Errorf("proven with %d workers, want the 860 of the function, whatever this machine allows", proof.CatchUp.Workers)
	}
}

func tenThousand(everys ...int) string {
	var list strings.Builder
	list.WriteString("fleet: shop\ntargets:\n")
	for i := range 10_000 {
		fmt.Fprintf(&list, "  - {name: t%d, url: https://h%d.example.com, every: %dm, timeout: %ds}\n", i, i, everys[i%len(everys)], 1+i/7%5)
	}
	return list.String()
}
