package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/health"
)

// dependencies are who depends on whom, as the fleet has it, in a line.
func dependencies(f *Fleet) string {
	var all []string
	tell := func(name string, p health.Policy) {
		all = append(all, name+" on "+strings.Join(p.DependsOn, "+"))
	}
	for _, g := range f.Groups {
		tell(g.Name, g.Policy)
	}
	for _, t := range f.Targets {
		tell(t.Name, t.Policy)
	}
	return strings.Join(all, ", ")
}

// TestDependsOn: the nearest list wins; that of the defaults is for all but those that it
// names, and those that these depend on.
func TestDependsOn(t *testing.T) {
	for _, c := range []struct{ what, file, want string }{
		{"the nearest wins, and an empty list too", `
defaults: {depends_on: [edge]}
groups: {payments: {depends_on: [database, edge]}, search: {}}
targets:
  - {url: 'https://a.example.com', name: edge}
  - {url: 'https://b.example.com', name: database, enabled: false}
  - {url: 'https://c.example.com', name: checkout, group: payments, depends_on: [search]}
  - {url: 'https://d.example.com', name: refund, group: payments}
  - {url: 'https://e.example.com', name: find, group: search, depends_on: none}
  - {url: 'https://f.example.com', name: index, depends_on: []}
`, "payments on database+edge, search on edge, edge on , database on edge, checkout on search, refund on database+edge, find on , index on "},
		{"two that defaults name", `
defaults: {depends_on: [edge, resolver]}
targets:
  - {url: 'https://a.example.com', name: edge}
  - {url: 'https://b.example.com', name: resolver}
  - {url: 'https://c.example.com', name: shop}
`, "edge on , resolver on , shop on edge+resolver"},
		{"what they depend on in turn, by groups and members too", `
defaults: {depends_on: [net]}
groups: {net: {}, base: {depends_on: [grid]}, rest: {}}
targets:
  - {url: 'https://a.example.com', name: edge, group: net}
  - {url: 'https://b.example.com', name: resolver, group: net, depends_on: [power]}
  - {url: 'https://c.example.com', name: power, group: base}
  - {url: 'https://d.example.com', name: grid}
  - {url: 'https://e.example.com', name: shop, group: rest}
`, "net on , base on grid, rest on net, edge on , resolver on power, power on grid, grid on , shop on net"},
		{"a group one of whose members the defaults name", `
defaults: {depends_on: [edge]}
groups: {front: {}}
targets:
  - {url: 'https://a.example.com', name: edge, group: front}
  - {url: 'https://b.example.com', name: cache, group: front}
`, "front on edge, edge on , cache on edge"},
		{"the same list by an alias is written, not inherited", `
defaults: {depends_on: &net [edge]}
targets:
  - {url: 'https://a.example.com', name: edge}
  - {url: 'https://b.example.com', name: shop, depends_on: *net}
`, "edge on , shop on edge"},
	} {
		if got := dependencies(read(t, "fleet: shop"+c.file)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

// TestGroups: all of them, in order, with what defaults and they themselves say.
func TestGroups(t *testing.T) {
	f := read(t, `
fleet: shop
defaults: {severity: warning, tags: [prod]}
groups:
  payments: {min_up: 2, severity: critical}
  empty: {}
  search: {min_up: 1, tags: [lab]}
targets:
  - {url: 'https://a.example.com', group: payments}
  - {url: 'https://b.example.com', group: payments, enabled: false}
  - {url: 'https://c.example.com', group: payments}
  - {url: 'https://d.example.com', group: search}
`)
	var got []string
	for _, g := range f.Groups {
		got = append(got, fmt.Sprintf("%s %d %s %v %s", g.Name, g.MinUp, g.Severity, g.Tags, g.Remind))
	}
	want := "payments 2 critical [prod] 6h0m0s, empty 0 warning [prod] 6h0m0s, search 1 warning [lab] 6h0m0s"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("groups\n got %s\nwant %s", s, want)
	}
}

// links is who depends on whom by a sight of the whole: name to names.
type links map[string]map[string]bool

func (l links) add(from string, to ...string) {
	if l[from] == nil {
		l[from] = map[string]bool{}
	}
	for _, name := range to {
		l[from][name] = true
	}
}

// reach is where each name leads to, in any number of steps.
func (l links) reach() links {
	all := links{}
	for from := range l {
		all.add(from, slices.Collect(maps.Keys(l[from]))...)
	}
	for range len(l) {
		for from := range all {
			for via := range maps.Clone(all[from]) {
				all.add(from, slices.Collect(maps.Keys(l[via]))...)
			}
		}
	}
	return all
}

// circular reports whether anybody leads to itself.
func (l links) circular() bool {
	for from, to := range l.reach() {
		if to[from] {
			return true
		}
	}
	return false
}

// somebody is a target or group of a file that is made up.
type somebody struct {
	name, group string
	on          []string
	says        bool
}

// TestCirclesNaively makes up fleets and holds what is said of their circles to a search
// that tries everything; and what is inherited to a reading of the rule.
func TestCirclesNaively(t *testing.T) {
	names := []string{"t0", "t1", "t2", "t3", "t4", "g0", "g1", "g2"}
	list := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		everybody := map[string]somebody{}
		groups, targets, written := "groups:\n", "targets:\n", links{}
		var common []string
		file := "fleet: shop\n"
		if rapid.Bool().Draw(t, "defaults") {
			common = list.Draw(t, "common")
			file += "defaults: {depends_on: [" + strings.Join(common, ", ") + "]}\n"
		}
		for _, name := range names {
			s := somebody{name: name, says: rapid.IntRange(0, 2).Draw(t, "says") == 0}
			if s.says {
				s.on = list.Draw(t, "on")
			}
			line := ""
			if s.says {
				line = "depends_on: [" + strings.Join(s.on, ", ") + "]"
			}
			if name[0] == 'g' {
				groups += "  " + name + ": {" + line + "}\n"
			} else {
				s.group = rapid.SampledFrom([]string{"", "g0", "g1", "g2"}).Draw(t, "group")
				targets += "  - {url: 'https://" + name + ".example.com', name: " + name + ", group: " + orNothing(s.group) + line + "}\n"
			}
			everybody[name] = s
		}
		file += groups + strings.ReplaceAll(targets, "group: NOTHING, ", "")
		inherits := map[string]bool{}
		for name, s := range everybody {
			written.add(name, s.on...)
			if s.group != "" {
				written.add(s.group, name)
				if group := everybody[s.group]; !s.says && group.says {
					written.add(name, group.on...)
					s.says = true
				}
			}
			inherits[name] = !s.says
		}
		f, err := parse("t.yaml", []byte(file), nil, kindsForTest)
		if circular := written.circular(); circular != (err != nil) {
			t.Fatalf("a circle: %t; said: %v\n%s", circular, err, file)
		}
		if err != nil {
			for _, p := range err.(Problems) {
				holdCircle(t, p, written, everybody, strings.Split(file, "\n"))
			}
			return
		}
		above := links{}
		written.add("the defaults", common...)
		above = written.reach()
		whole := links{}
		hold := func(name, group string, p health.Policy) {
			if want := inherits[name] && !above["the defaults"][name]; inherits[name] && want != slices.Equal(p.DependsOn, common) && len(common) > 0 {
				t.Fatalf("%s depends on %v, inherits the defaults' %v: %t\n%s", name, p.DependsOn, common, want, file)
			}
			whole.add(name, p.DependsOn...)
			if group != "" {
				whole.add(group, name)
			}
		}
		for _, g := range f.Groups {
			hold(g.Name, "", g.Policy)
		}
		for _, target := range f.Targets {
			hold(target.Name, target.Group, target.Policy)
		}
		if whole.circular() {
			t.Fatalf("with the defaults given there is a circle: %v\n%s", whole, file)
		}
	})
}

func orNothing(group string) string {
	if group == "" {
		return "NOTHING, "
	}
	return group + ", "
}

// holdCircle holds the words of a circle to the file: each step is there, each begins
// where the one before it ends, and the place is that of the first one's name.
func holdCircle(t rapid.TB, p Problem, written links, everybody map[string]somebody, lines []string) {
	t.Helper()
	words, ok := strings.CutPrefix(p.What, "depends_on runs in a circle: ")
	var first, at, to string
	if !ok {
		first, _, ok = strings.Cut(p.What, " depends on itself")
		at, to = first, first
		if !ok || !written[first][first] {
			t.Fatalf("no circle of one: %s", p)
		}
	} else {
		seen := map[string]bool{}
		for i, s := range strings.Split(strings.Replace(words, " depends on ", " on ", 1), ", ") {
			from, rest, _ := strings.Cut(s, " on ")
			to, _, _ = strings.Cut(strings.TrimPrefix(rest, "its member "), " ")
			if i == 0 {
				first, at = from, to
			} else if from != strings.TrimSpace(from) || seen[from] {
				t.Fatalf("%s stands in it twice: %s", from, p)
			}
			seen[from] = true
			if member := strings.HasPrefix(rest, "its member "); !written[from][to] || member && everybody[to].group != from {
				t.Fatalf("%s does not depend on %s: %s", from, to, p)
			}
		}
	}
	if to != first || !strings.HasPrefix(lines[p.Line-1][p.Column-1:], at) {
		t.Fatalf("it does not close, or is not where it is said to be: %s", p)
	}
}

// TestManyCircles: neither a chain of thousands nor a knot of many takes long, or
// more room to tell of than it is worth.
func TestManyCircles(t *testing.T) {
	const long, wide = 4_000, 150
	var chain, knot strings.Builder
	chain.WriteString("fleet: shop\ntargets:\n")
	for i := range long {
		fmt.Fprintf(&chain, "  - {url: 'https://%d.example.com', name: t%d, depends_on: [t%d, t0]}\n", i, i, (i+1)%long)
	}
	var all []string
	for i := range wide {
		all = append(all, fmt.Sprintf("t%d", i))
	}
	knot.WriteString("fleet: shop\ntargets:\n")
	for i := range wide {
		fmt.Fprintf(&knot, "  - {url: 'https://%d.example.com', name: t%d, depends_on: [%s]}\n", i, i, strings.Join(all, ", "))
	}
	for _, c := range []struct {
		what, file string
		least      int // problems
	}{{"a chain that ends at its beginning", chain.String(), 1}, {"everybody on everybody", knot.String(), wide}} {
		begun := time.Now()
		_, err := parse("t.yaml", []byte(c.file), nil, kindsForTest)
		problems := problemsOf(t, err)
		if took := time.Since(begun); took > soon {
			t.Errorf("%s: took %s", c.what, took)
		}
		size := 0
		for _, p := range problems {
			size += len(p.Error())
		}
		if len(problems) < c.least || size > 16<<20 {
			t.Errorf("%s: %d problems of %d bytes, want at least %d of at most 16 MiB", c.what, len(problems), size, c.least)
		}
	}
}
