package rollcall

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/judge"
	"rollcall/internal/sweep"
)

func parsed(t testing.TB, list string) *fleet.Fleet {
	t.Helper()
	f, err := fleet.Parse("targets.yaml", []byte(list), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Whoever may be called is counted where he may be asked. One worker, so every attempt is
// 1.05 s and every pause 1 s.
func TestRoundsHaveRoomForWhoIsCalled(t *testing.T) {
	const attempt, pause = 1050 * time.Millisecond, time.Second
	for _, c := range []struct {
		name, targets string
		largest, all  time.Duration
	}{
		{"nobody depends on anybody", `
  - {name: shop, url: https://a.example.com, every: 1m}
  - {name: edge, url: https://b.example.com, every: 10m}
`, 2 * attempt, 2 * attempt},
		{"a parent that is not due comes a pass later", `
  - {name: shop, url: https://a.example.com, every: 1m, depends_on: [edge]}
  - {name: edge, url: https://b.example.com, every: 10m}
`, attempt + pause + attempt, 2 * attempt},
		{"its parent too, and who shares them does not ask them twice", `
  - {name: shop, url: https://a.example.com, every: 1m, depends_on: [edge]}
  - {name: mail, url: https://a.example.com, every: 1m, depends_on: [edge]}
  - {name: edge, url: https://b.example.com, every: 24h, depends_on: [wire]}
  - {name: wire, url: https://c.example.com, every: 24h}
`, 2*attempt + pause + 2*attempt, 4 * attempt},
		{"a group is all its members but the paused one", `
  - {name: shop, url: https://a.example.com, every: 1m, depends_on: [net]}
  - {name: one, url: https://b.example.com, every: 24h, group: net}
  - {name: two, url: https://c.example.com, every: 24h, group: net}
  - {name: three, url: https://d.example.com, every: 24h, group: net, enabled: false}
`, attempt + pause + 2*attempt, 3 * attempt},
		{"a paused parent hands on what it depends on", `
  - {name: shop, url: https://a.example.com, every: 1m, depends_on: [edge]}
  - {name: edge, url: https://b.example.com, every: 24h, depends_on: [wire], enabled: false}
  - {name: wire, url: https://c.example.com, every: 24h}
`, attempt + pause + attempt, 2 * attempt},
		{"a parent that is asked twice has a third pass", `
  - {name: shop, url: https://a.example.com, every: 1m, depends_on: [edge]}
  - {name: edge, url: https://b.example.com, every: 24h, attempts: 2}
`, attempt + pause + attempt + pause + attempt, attempt + attempt + pause + attempt},
	} {
		t.Run(c.name, func(t *testing.T) {
			proof := validate(t, Settings{Workers: 1}, "fleet: shop\ndefaults: {timeout: 1s, attempts: 1}\ngroups: {net: {}}\ntargets:"+c.targets, time.Minute)
			if proof.Largest.Wanted != c.largest || proof.CatchUp.Wanted != c.all {
				t.Errorf("the largest round wants %s, everything at once %s; want %s, %s",
					proof.Largest.Wanted, proof.CatchUp.Wanted, c.largest, c.all)
			}
		})
	}
}

// A witness is asked twice, with 5 s each: in the first pass when it was silent for long,
// else when it is called, and so in the third. It is planned as if it were both.
func TestRoundsHaveRoomForWitnesses(t *testing.T) {
	const list = "fleet: shop\nwitnesses: [tcp://192.0.2.1:443, https://witness.example.com]\ntargets:\n  - {name: shop, url: https://a.example.com, timeout: 1s, attempts: 1}\n"
	const one = 5050 * time.Millisecond
	proof := validate(t, Settings{Workers: 1}, list, time.Minute)
	want := 2*one + 1050*time.Millisecond + time.Second + 4*one + time.Second + 2*one
	if proof.Largest.Wanted != want || proof.CatchUp.Wanted != want {
		t.Errorf("the largest round wants %s, everything at once %s; want %s", proof.Largest.Wanted, proof.CatchUp.Wanted, want)
	}
	proof = validate(t, Settings{}, list, time.Minute)
	if want := one + time.Second + one + time.Second + one; proof.Largest.Wanted != want {
		t.Errorf("with a worker for each the largest round wants %s, want %s", proof.Largest.Wanted, want)
	}
}

// Who is late makes no file wrong and cuts nobody: 20 s twice and the pause are 41.1 s, and
// the third pass of a witness that is called would end after 47.15.
func TestLateOnesCostTheOthersNothing(t *testing.T) {
	const list = "fleet: shop\nwitnesses: [tcp://192.0.2.1:443]\ntargets:\n  - {name: shop, url: https://a.example.com, timeout: 20s, attempts: 2}\n"
	proof := validate(t, Settings{}, list, 43750*time.Millisecond)
	for _, p := range []*sweep.Plan{proof.Largest, proof.CatchUp} {
		if got := fmt.Sprint(p.Cut, p.Beyond, p.LeftOut, p.WorstCase); got != "[] [] [tcp://192.0.2.1:443] 41.1s" {
			t.Errorf("cut, beyond, left out and the worst case are %s, want only the witness left out, and 41.1s", got)
		}
	}
}

// A round whose targets are cut is shown, not one that wants more for those who may be called.
func TestLargestLooksAtThoseDueFirst(t *testing.T) {
	f := parsed(t, `fleet: shop
defaults: {timeout: 10s, attempts: 1}
targets:
  - {name: shop, url: https://a.example.com, every: 1m, depends_on: [edge]}
  - {name: edge, url: https://b.example.com, every: 24h, attempts: 5, depends_on: [wire]}
  - {name: wire, url: https://c.example.com, every: 24h, timeout: 40s}
  - {name: slow, url: https://d.example.com, every: 1m, timeout: 31s}
`)
	p := newPlanner(f, 30*time.Second, 4)
	for _, order := range [][][]int{{{0}, {3}}, {{3}, {0}}} {
		got := p.plan(p.largest(slices.All(order)))
		if fmt.Sprint(got.Cut) != "[slow]" {
			t.Errorf("the largest round cuts %v and leaves out %v, want the one that cuts slow", got.Cut, got.LeftOut)
		}
	}
	if got := p.plan(p.largest(slices.All([][]int{{}, {0}, {}}))); fmt.Sprint(got.Cut, got.LeftOut) != "[] [wire edge]" {
		t.Errorf("the largest round cuts %v and leaves out %v, want wire and edge left out", got.Cut, got.LeftOut)
	}
}

// Round after round of one planner: who is late is who is above somebody due and not due.
func TestWhoIsLateInARound(t *testing.T) {
	var list strings.Builder
	list.WriteString("fleet: shop\nwitnesses: [tcp://192.0.2.1:443]\ngroups: {g0: {}, g1: {}, g2: {}}\ntargets:\n")
	for i := range 60 {
		fmt.Fprintf(&list, "  - {name: t%d, url: https://h%d.example.com, every: %dm", i, i, []int{1, 2, 3, 10}[i%4])
		if i%7 == 0 {
			fmt.Fprintf(&list, ", group: g%d", i/7%3)
		} else if i > 10 {
			fmt.Fprintf(&list, ", depends_on: [t%d, g%d]", i/2, i%3)
		}
		list.WriteString("}\n")
	}
	f := parsed(t, list.String())
	targets := f.Asked()
	family := judge.Kin(targets, f.Groups)
	p := newPlanner(f, time.Minute, 10)
	rounds, _ := judge.Cycle(targets, time.Minute)
	looked := 0
	for _, due := range rounds {
		var want []string
		for _, i := range due {
			want = append(want, family.Ancestors(targets[i].Name)...)
		}
		slices.Sort(want)
		want = slices.DeleteFunc(slices.Compact(want), func(name string) bool {
			return slices.ContainsFunc(due, func(i int) bool { return targets[i].Name == name })
		})
		asked, late := p.asked(due)
		if late[0] != len(targets) {
			t.Fatalf("due %v: late %v, want the witness first", due, late)
		}
		var got []string
		for _, i := range late[1:] {
			got = append(got, targets[i].Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || !slices.Equal(asked, append(slices.Clone(due), len(targets))) {
			t.Fatalf("due %v: asked %v, late %v; want them and the witness, and %v", due, asked, got, want)
		}
		looked += len(got)
	}
	if looked == 0 {
		t.Fatal("nobody was ever late")
	}
}

func BenchmarkLargestOfTenThousand(b *testing.B) {
	lonely := tenThousand(1, 1, 1, 1, 7, 11, 13, 60, 1440)
	var kin strings.Builder // a hundred parents, each of a hundred
	for i, line := range strings.Split(lonely, "\n") {
		if strings.HasSuffix(line, "}") && i > 102 {
			line = fmt.Sprintf("%s, depends_on: [t%d]}", strings.TrimSuffix(line, "}"), i%100)
		}
		kin.WriteString(line + "\n")
	}
	for _, c := range []struct{ name, list string }{{"lonely", lonely}, {"with parents", kin.String()}} {
		b.Run(c.name, func(b *testing.B) {
			f := parsed(b, c.list)
			b.ReportAllocs()
			for b.Loop() {
				rounds, _ := judge.Cycle(f.Asked(), time.Minute)
				p := newPlanner(f, time.Minute, 860)
				p.plan(p.largest(rounds))
			}
		})
	}
}
