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

// A play is the life of several targets, one line each in the letters of the stories, and
// what people were told: for each minute that told something, the minute and
//
//	+a  opened        -a  recovered      *a  told again      =a  ended otherwise, and how
//
// with a/latency for another facet, ~a for flapping, [g] for a group; behind an opening
// stand those that depend on it and are bad, as +a(b,c), and a ! when it was kept back before.
var plays = []struct {
	about string
	set   func(s *stage)
	lives []string
	told  string
}{
	// (1) window or silence
	{"a window keeps an outage back, and its end tells it with its since",
		window(1, 5, "a"), []string{"a ..xxxxxx"}, "5 +a!"},
	{"what begins and ends in a window is nobody's business",
		window(1, 5, "a"), []string{"a ..xx....", "b ..xx...."}, "3 +b|4 -b"},
	{"a window mutes only those it names",
		window(0, 9, "b"), []string{"a .xx..", "b .xx.."}, "2 +a|3 -a"},
	{"a window names a group, and so its members",
		both(part("g", "a"), window(0, 4, "g")), []string{"a .xxxxx"}, "4 +a!"},
	{"an outage told before the window has its end told in it",
		window(3, 9, "a"), []string{"a .xxx.."}, "2 +a|4 -a"},
	{"reminders stop in a window",
		both(reminded(2), window(3, 7, "a")), []string{"a .xxxxxxxx"}, "2 +a|7 *a"},
	{"nobody is reminded of how slow it was while it is down",
		both(reminded(2), quick), []string{"a .~xxxx.~"}, "1 +a/latency|2 +a|4 *a|6 -a -a/latency|7 +a/latency"},
	{"a silence is a window that a person opened",
		silenced(1, 5, "a"), []string{"a ..xxxxxx", "b ..xxxxxx"}, "3 +b|5 +a!"},
	{"a silence may be for everybody",
		silenced(1, 5, health.Everybody), []string{"a ..xxxxxx", "b ..xxxxxx"}, "5 +a! +b!"},
	{"a silence that has not begun mutes nobody",
		silenced(3, 9, "a"), []string{"a .xxxx."}, "2 +a|5 -a"},
	{"the checker's own incidents are never muted",
		both(silenced(0, 9, health.Everybody), fault(2, 3)), []string{"a ......"}, "2 +budget|4 -budget"},
	{"what became critical in a window is told after it as worse",
		window(2, 5, "a"), []string{"a .cCCCCCC"}, "1 +a/certificate|5 *a/certificate"},
	{"what became critical before it was ever told is no worse",
		window(0, 5, "a"), []string{"a .cCCCCCC"}, "5 +a/certificate!"},

	// (2) flapping
	{"more than six changes in an hour are flapping, told once; ups and downs are not",
		quick, []string{"a .x.x.x.x.x.x."}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a"},
	{"six changes are not flapping",
		quick, []string{"a .x.x.x." + still('.', 60)}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a"},
	{"blips below the threshold flap too",
		nil, []string{"a .x.x.x.x"}, "7 +~a"},
	{"half an hour without a change is calm; it says where it is",
		quick, []string{"a .x.x.x.x." + still('.', 40)}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a|38 =~a calm, up"},
	{"calm and down: then the outage is told",
		quick, []string{"a .x.x.x.x" + still('x', 40)}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a|37 +a! =~a calm, down"},
	{"unknown is no calm",
		quick, []string{"a .x.x.x.x." + still('?', 40) + ".."}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a|49 =~a calm, up"},
	{"an outage told before it flapped is absorbed: its end is not told by itself",
		patient(1, 2), []string{"a x...x..x..x.xx" + still('.', 40)}, "0 +a|2 -a|4 +a|6 -a|7 +a|9 -a|10 +a|11 +~a|44 =~a calm, up"},
	{"changes far apart are not flapping",
		apart(11), []string{"a .x.x.x.x.x.x.x"}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +a|8 -a|9 +a|10 -a|11 +a|12 -a|13 +a"},
	{"what was told as flapping once is not counted again",
		quick, []string{"a .x.x.x.x." + still('.', 31) + "x."}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a|38 =~a calm, up|40 +a|41 -a"},
	{"a facet flaps by itself",
		quick, []string{"a .~.~.~.~"}, "1 +a/latency|2 -a/latency|3 +a/latency|4 -a/latency|5 +a/latency|6 -a/latency|7 +~a/latency"},
	{"exactly an hour ago is not in the last hour",
		apart(10), []string{"a .x.x.x.x.x"}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +a|8 -a|9 +a"},
	{"only what people know to be flapping absorbs an end",
		both(patient(1, 3), window(1, 60, "a")), []string{"a x.x.x.x..." + still('.', 60)}, "0 +a|9 -a"},
	{"and only an end that is a recovery",
		patient(1, 3), []string{"a x.x.x.x.p"}, "0 +a|7 +~a|8 =~a no longer checked =a no longer checked"},
	{"two servers, two certificates: flapping, not news every minute",
		quick, []string{"a .c.c.c.c.c"}, "1 +a/certificate|2 -a/certificate|3 +a/certificate|4 -a/certificate|5 +a/certificate|6 -a/certificate|7 +~a/certificate"},
	{"a certificate that flapped and is shown no more",
		quick, []string{"a .c.c.c.c,"}, "1 +a/certificate|2 -a/certificate|3 +a/certificate|4 -a/certificate|5 +a/certificate|6 -a/certificate|7 +~a/certificate|8 =~a/certificate no longer checked"},
	{"removed while it flaps",
		quick, []string{"a .x.x.x.xx-"}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a|9 =~a no longer checked"},

	// (3) a group that counts
	{"a group that counts speaks for its members",
		counting(2, "a", "b", "c"), []string{"a .xxxx.", "b ......", "c ......"}, ""},
	{"it is down when fewer than min_up are left, since when that was so",
		counting(2, "a", "b", "c"), []string{"a .xxxx.", "b ..xxx.", "c ......"}, "3 +[g]|5 -[g]"},
	{"unknown members do not count as down",
		counting(2, "a", "b", "c"), []string{"a .xxxx.", "b ..????", "c ......"}, ""},
	{"nor do those in a window",
		both(counting(2, "a", "b", "c"), window(0, 5, "b")), []string{"a .xxxxxxx", "b .xxxxxxx", "c ........"}, "5 +[g]"},
	{"but that work begins on a member that is down is no recovery",
		both(counting(2, "a", "b", "c"), window(4, 6, "b")), []string{"a .xxxxxxx.", "b .xxxxxxx.", "c ........."}, "2 +[g]|8 -[g]"},
	{"a window of the group mutes the group",
		both(counting(2, "a", "b"), window(0, 5, "g")), []string{"a .xxxxxxx", "b ........"}, "5 +[g]"},
	{"a group that falls short only by members in a window is not reminded of",
		both(reminded(2), counting(2, "a", "b", "c"), window(3, 7, "b")), []string{"a .xxxxxxx.", "b .xxxxxxx.", "c ........."}, "2 +[g]|7 *[g]|8 -[g]"},
	{"but it is, when enough of them are in none",
		both(reminded(2), counting(2, "a", "b", "c"), window(3, 9, "c")), []string{"a .xxxxx", "b .xxxxx", "c .xxxxx"}, "2 +[g]|4 *[g]"},
	{"when none is left and the group is not down, because one is in a window, the others speak for themselves",
		both(counting(1, "a", "b", "c"), window(0, 99, "b")), []string{"a .xxxxxxxxx", "b .xxxxxxxxx", "c ....xxxxxx"}, "5 +a! +c"},
	{"paused members are not counted",
		counting(2, "a", "b", "c"), []string{"a .xxx.", "b .....", "c ppppp"}, "2 +[g]|4 -[g]"},
	{"it speaks of availability alone",
		counting(1, "a", "b"), []string{"a .~~~.", "b ....."}, "2 +a/latency|4 -a/latency"},
	{"and of flapping availability",
		counting(1, "a", "b"), []string{"a .x.x.x.x.x", "b .........."}, ""},
	{"a group is reminded of too",
		both(reminded(2), counting(2, "a", "b")), []string{"a .xxxxx", "b ......"}, "2 +[g]|4 *[g]"},
	{"a member told before its group counted has its end told",
		later(3, counting(1, "a", "b")), []string{"a .xxxx.", "b ......"}, "2 +a|5 -a"},
	{"a group that no longer counts is closed",
		until(4, counting(2, "a", "b")), []string{"a .xxxxx", "b ......"}, "2 +[g]|4 +a! =[g] no longer checked"},

	// (4) an ancestor
	{"a child is told under its parent, not by itself",
		depends("b", "a"), []string{"a .xx.", "b .xx."}, "2 +a(b)|3 -a"},
	{"a child that fails a round before its parent is kept back by the parent's bad reading",
		depends("b", "a"), []string{"a ..xx..", "b .xxx.."}, "3 +a(b)|4 -a"},
	{"an ancestor that opens later lists the told children, whose reminders stop",
		both(depends("b", "a"), reminded(2)), []string{"a ....xxx..", "b .xxxxxxx."}, "2 +b|5 +a(b)|7 -a|8 -b"},
	{"a parent that recovers first: the child has fail_after rounds to follow",
		depends("b", "a"), []string{"a .xx...", "b .xxxx."}, "2 +a(b)|3 -a"},
	{"a child still down after them is told",
		depends("b", "a"), []string{"a .xx....", "b .xxxxxx"}, "2 +a(b)|3 -a|5 +b!"},
	{"rounds that could not ask it are none of them",
		depends("b", "a"), []string{"a .xx.....", "b .xx??xxx"}, "2 +a(b)|3 -a|6 +b!"},
	{"nor are rounds in which it was not due",
		depends("b", "a"), []string{"a .xx.....", "b .xx  xxx"}, "2 +a(b)|3 -a|6 +b!"},
	{"a blip further up does not shorten them",
		both(depends("c", "b"), depends("b", "a")), []string{"a ...x...", "b .xx....", "c .xxxxxx"}, "2 +b(c)|3 -b|5 +c!"},
	{"nor does one beside it",
		both(depends("c", "a"), depends("c", "b")), []string{"a ...x...", "b .xx....", "c .xxxxxx"}, "2 +b(c)|3 -b|5 +c!"},
	{"below what is flapping nobody is told, until fail_after rounds after it is calm",
		both(quick, depends("b", "a")), []string{"a .x.x.x.x." + still('.', 31), "b ........." + still('x', 31)}, "1 +a|2 -a|3 +a|4 -a|5 +a|6 -a|7 +~a|38 =~a calm, up|39 +b!"},
	{"a parent's blip keeps back only while it is seen",
		depends("b", "a"), []string{"a ..x...", "b .xxxx."}, "3 +b!|5 -b"},
	{"an unknown ancestor mutes nobody",
		depends("b", "a"), []string{"a ..??..", "b .xxx.."}, "2 +b|4 -b"},
	{"not asked this round: its latest reading speaks",
		depends("b", "a"), []string{"a .x    ", "b ..xxx."}, ""},
	{"dependence is transitive, also through what is well",
		both(depends("c", "b"), depends("b", "a")), []string{"a .xx.", "b ....", "c .xx."}, "2 +a(c)|3 -a"},
	{"through a group, by its count",
		both(depends("c", "g"), part("g", "a", "b")), []string{"a .xx.", "b .xx.", "c .xx."}, "2 +a(c) +b(c)|3 -a -b"},
	{"through a group that counts, for fail_after rounds after it recovered",
		both(depends("c", "g"), counting(2, "a", "b")), []string{"a .xx....", "b .......", "c .xxxxxx"}, "2 +[g](c)|3 -[g]|5 +c!"},
	{"a group's bad readings keep back only while they are seen",
		both(depends("c", "g"), part("g", "a", "b")), []string{"a ..x...", "b ..x...", "c .xxxx."}, "3 +c!|5 -c"},
	{"a member in an incident is down though it is unknown now",
		both(depends("c", "g"), part("g", "a", "b")), []string{"a xx?????", "b ....xxx", "c ...xxxx"}, "1 +a|5 +b(c)"},
	{"what a group depends on explains those that depend on the group",
		both(depends("c", "g"), part("g", "a", "b"), depends("g", "x")), []string{"x .xx.", "a ....", "b ....", "c .xx."}, "2 +x(c)|3 -x"},
	{"a group with a member up explains nothing",
		both(depends("c", "g"), part("g", "a", "b")), []string{"a .xx.", "b ....", "c .xx."}, "2 +a +c|3 -a -c"},
	{"a counting group lists what hangs on it",
		both(depends("c", "g"), counting(2, "a", "b")), []string{"a .xx.", "b ....", "c .xx."}, "2 +[g](c)|3 -[g]"},
	{"a group all of whose failing members are explained is explained",
		both(counting(1, "b", "c"), depends("b", "a"), depends("c", "a")), []string{"a .xx.", "b .xx.", "c .xx."}, "2 +a(b,c)|3 -a"},
	{"a group one of whose failing members is not speaks",
		both(counting(2, "b", "c"), depends("b", "a")), []string{"a .xx.", "b .xx.", "c .xx."}, "2 +a(b) +[g]|3 -a -[g]"},
	{"slow under a parent that is down",
		depends("b", "a"), []string{"a .xx.", "b .~~."}, "2 +a(b)|3 -a"},
	{"a slow parent explains nobody",
		depends("b", "a"), []string{"a .~~.", "b .xx."}, "2 +b +a/latency|3 -b -a/latency"},
	{"a parent in a window still explains",
		both(depends("b", "a"), window(0, 9, "a")), []string{"a .xx..", "b .xx.."}, ""},
	{"a paused parent explains nobody",
		depends("b", "a"), []string{"a pppp", "b .xx."}, "2 +b|3 -b"},
	{"but what is above it goes on to those below",
		both(depends("c", "b"), depends("b", "a")), []string{"a .xx.", "b pppp", "c .xx."}, "2 +a(c)|3 -a"},
	{"a parent for which its group speaks explains nobody, as long as the group is up",
		both(counting(1, "a", "b"), depends("c", "a")), []string{"a .xxxx", "b .....", "c .xxxx"}, "2 +c"},
	{"nor further down",
		both(counting(1, "a", "b"), depends("m", "a"), depends("c", "m")), []string{"a .xxxx", "b .....", "m .xxxx", "c .xxxx"}, "2 +m(c)"},
	{"a group that is down speaks for what hangs on its members, a round late too",
		both(counting(2, "a", "b"), depends("c", "a")), []string{"a ..xxx", "b .....", "c .xxxx"}, "3 +[g](c)"},
	{"what was told before below a member is listed by the group",
		both(reminded(2), counting(2, "a", "b"), depends("c", "a")), []string{"a ....xxxx", "b ........", "c .xxxxxxx"}, "2 +c|5 +[g](c)|7 *[g](c)"},
	{"what is above all members of a group explains those that depend on it",
		both(depends("c", "g"), part("g", "a", "b"), depends("a", "x"), depends("b", "x")), []string{"x .xx.", "a ....", "b .??.", "c .xx."}, "2 +x(c)|3 -x"},
	{"what is above one of them does not",
		both(depends("c", "g"), part("g", "a", "b"), depends("a", "x")), []string{"x .xx.", "a ....", "b ....", "c .xx."}, "2 +c +x|3 -c -x"},
	{"fail_after rounds below a group that does not count, too",
		both(depends("c", "g"), part("g", "a", "b")), []string{"a .xx....", "b .xx....", "c .xxxxxx"}, "2 +a(c) +b(c)|3 -a -b|5 +c!"},
	{"a told child has its end told under its parent too",
		depends("b", "a"), []string{"a ..xxx.", "b xxx..."}, "1 +b|3 +a -b|5 -a"},
	{"a circle does no harm",
		both(depends("b", "a"), depends("a", "b")), []string{"a .xx.", "b ...."}, "2 +a|3 -a"},
}

// stage is what a play may set.
type stage struct {
	policy health.Policy
	apart  int // minutes from one round to the next
	groups map[string][]string
	minUp  map[string]int
	above  map[string][]string
	scenes []func(minute int, in *judge.Input)
}

func both(sets ...func(*stage)) func(*stage) {
	return func(s *stage) {
		for _, set := range sets {
			set(s)
		}
	}
}

func quick(s *stage) { s.policy.FailAfter = 1 }

func patient(failAfter, recoverAfter int) func(*stage) {
	return func(s *stage) { s.policy.FailAfter, s.policy.RecoverAfter = failAfter, recoverAfter }
}

func reminded(minutes int) func(*stage) {
	return func(s *stage) { s.policy.Remind = time.Duration(minutes) * time.Minute }
}

func apart(minutes int) func(*stage) {
	return func(s *stage) { s.policy.FailAfter, s.apart = 1, minutes }
}

func part(group string, members ...string) func(*stage) {
	return func(s *stage) { s.groups[group] = members }
}

func counting(minUp int, members ...string) func(*stage) {
	return func(s *stage) { s.groups["g"], s.minUp["g"] = members, minUp }
}

func depends(child, parent string) func(*stage) {
	return func(s *stage) { s.above[child] = append(s.above[child], parent) }
}

// later and until let a group count only from, or before, a minute.
func later(minute int, set func(*stage)) func(*stage) {
	return sometimes(set, func(m int) bool { return m >= minute })
}
func until(minute int, set func(*stage)) func(*stage) {
	return sometimes(set, func(m int) bool { return m < minute })
}

func sometimes(set func(*stage), counts func(minute int) bool) func(*stage) {
	return func(s *stage) {
		set(s)
		s.scenes = append(s.scenes, func(minute int, in *judge.Input) {
			for i := range in.Groups {
				if !counts(minute) {
					in.Groups[i].MinUp = 0
				}
			}
		})
	}
}

// hours is a window from one minute to before another.
type hours struct{ from, until time.Time }

func (h hours) Open(t time.Time) bool { return !t.Before(h.from) && t.Before(h.until) }

func window(from, until int, names ...string) func(*stage) {
	return func(s *stage) {
		named := map[string]bool{}
		for _, n := range names {
			named[n] = true
		}
		s.scenes = append(s.scenes, func(_ int, in *judge.Input) {
			in.Maintenance = append(in.Maintenance, health.Maintenance{Why: "patching", Names: named, Window: hours{at(from), at(until)}})
		})
	}
}

func silenced(from, until int, name string) func(*stage) {
	return func(s *stage) {
		s.scenes = append(s.scenes, func(_ int, in *judge.Input) {
			in.Silences = append(in.Silences, health.Silence{Name: name, Why: "moving house", From: at(from), Until: at(until)})
		})
	}
}

func fault(from, until int) func(*stage) {
	return func(s *stage) {
		s.scenes = append(s.scenes, func(minute int, in *judge.Input) {
			if minute >= from && minute <= until {
				in.Faults = append(in.Faults, health.Fault{Name: health.FaultBudget, Cause: "no time"})
			}
		})
	}
}

func at(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

func still(letter rune, minutes int) string { return strings.Repeat(string(letter), minutes) }

func TestPlays(t *testing.T) {
	for _, p := range plays {
		t.Run(p.about, func(t *testing.T) {
			if got := perform(p.set, p.lives); got != p.told {
				t.Errorf("%s\ntold %q\nwant %q", strings.Join(p.lives, "\n"), got, p.told)
			}
		})
	}
}

// perform plays lives and gives what people were told.
func perform(set func(*stage), lives []string) string {
	s := &stage{policy: fail(2), apart: 1, groups: map[string][]string{}, minUp: map[string]int{}, above: map[string][]string{}}
	if set != nil {
		set(s)
	}
	targets := make([]health.Target, len(lives))
	stories := make([][]rune, len(lives))
	for i, line := range lives {
		name, story, _ := strings.Cut(line, " ")
		targets[i] = health.Target{Name: name, URL: "https://" + name, Policy: s.policy}
		targets[i].DependsOn = s.above[name]
		stories[i] = []rune(story)
	}
	l := life{state: health.State{Round: noon.Add(-time.Minute)}}
	l.scene = s.scene(&l)
	for g, members := range s.groups {
		for i := range targets {
			if slices.Contains(members, targets[i].Name) {
				targets[i].Group = g
			}
		}
	}
	var told []string
	for n := range stories[0] {
		letters := map[string]rune{}
		for i := range targets {
			letters[targets[i].Name] = stories[i][n]
		}
		if line := recount(l.round(letters, targets...)); line != "" {
			told = append(told, fmt.Sprint(n, line))
		}
		l.minutes += s.apart - 1
	}
	return strings.Join(told, "|")
}

func (s *stage) scene(l *life) func(*judge.Input) {
	return func(in *judge.Input) {
		for g := range s.groups {
			group := health.Group{Name: g, MinUp: s.minUp[g], Policy: s.policy}
			group.DependsOn = s.above[g]
			in.Groups = append(in.Groups, group)
		}
		for _, scene := range s.scenes {
			scene(l.minutes, in)
		}
	}
}

// recount writes a digest in the signs of the plays.
func recount(d *health.Digest) string {
	if d == nil {
		return ""
	}
	var line strings.Builder
	for _, i := range d.Opened {
		line.WriteString(" +" + nameOf(i))
		if i.Dependent > 0 {
			line.WriteString("(" + strings.Join(i.Dependants, ",") + ")")
		}
		if i.Muted != "" {
			line.WriteByte('!')
		}
	}
	for _, i := range d.Reminded {
		line.WriteString(" *" + nameOf(i))
		if i.Dependent > 0 {
			line.WriteString("(" + strings.Join(i.Dependants, ",") + ")")
		}
	}
	for _, i := range d.Closed {
		if i.Closing == health.Recovered {
			line.WriteString(" -" + nameOf(i))
		} else {
			line.WriteString(" =" + nameOf(i) + " " + string(i.Closing))
		}
	}
	return line.String()
}

func nameOf(i health.Incident) string {
	name := i.Subject.Name
	if i.Subject.Facet != health.Availability && i.Subject.Facet != "" {
		name += "/" + string(i.Subject.Facet)
	}
	switch i.Subject.Kind {
	case health.OfFlapping:
		return "~" + name
	case health.OfGroup:
		return "[" + name + "]"
	default:
		return name
	}
}
