package judge_test

import (
	"fmt"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// A writer whose clock was a day ahead leaves a memory of tomorrow. Targets are asked
// today all the same, at once and then in their own slots, and people are told and reminded.
func TestClockWasAhead(t *testing.T) {
	const day = 24 * 60
	target := hourly()
	l := life{state: health.State{Round: noon.Add(-time.Hour)}, minutes: day}
	l.round(map[string]rune{target.Name: '.'}, target)
	l.minutes = int(quiet(t, target).Sub(noon)/time.Minute) - 1
	for i, due := range []bool{true, false} {
		if got := judge.Due(l.state, []health.Target{target}, l.now()); (len(got) == 1) != due {
			t.Errorf("a target that is well, %d minutes after the clock was set right: due %v, want %v", i, got, due)
		}
		l.round(map[string]rune{target.Name: '.'}, target)
	}

	for _, c := range []struct{ ahead, after, told string }{
		{"x", "xxxxxxxxxx.", "   R     RU"},
		{"xxxxx", "xxxxxxx.", "      RU"},
		{"cC", "CCCC.", "   RK"},
		{"~", "~~~~.", "   RF"},
	} {
		l := life{minutes: day}
		l.live(remind(3), c.ahead)
		l.minutes = 0
		told := l.live(remind(3), c.after)
		if told != c.told {
			t.Errorf("%q tomorrow, %q today: told %q, want %q", c.ahead, c.after, told, c.told)
		}
		if closed := l.verdict.Digest.Closed[0]; closed.Since.After(closed.Closed) {
			t.Errorf("%q tomorrow: closed at %v, before it began at %v", c.ahead, closed.Closed, closed.Since)
		}
	}

	undecided := life{minutes: day}
	undecided.live(fail(3), "x")
	undecided.minutes = 0
	before := fmt.Sprintf("%+v", undecided.state)
	given := undecided.state
	if told := undecided.live(fail(3), "xx"); told != " D" {
		t.Errorf("undecided tomorrow: told %q, want its opening in the second round", told)
	}
	if i := undecided.verdict.Digest.Opened[0]; i.Since.After(i.Opened) || i.Rounds != 3 {
		t.Errorf("undecided tomorrow: opened %+v, want 3 rounds since no later than now", i)
	}
	if fmt.Sprintf("%+v", given) != before {
		t.Error("judging changed the state it was given")
	}
}
