package judge_test

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// A story is one target's life, a letter a minute:
//
//	.  up                x  down                 ~  up, but slow
//	?  unknown           c  certificate late     C  certificate very late   ,  up, shows none
//	   not asked         _  no round took place
//	-  gone from the file                        p  paused
//
// in rounds in which the checker itself was short of processor
//
//	q  up                s  up, but slow         X  down            d  certificate late
//
// and what people were told in that minute:
//
//	D  it is down        U  it is up again       S  it is slow     F  it is fast again
//	C  its certificate ends soon                 K  it has a new one
//	R  a reminder        W  told again: worse    N  it is no longer checked
//
// with brackets round what was told in one and the same message.
var stories = []struct {
	about  string
	policy health.Policy
	story  string
	told   string
}{
	{"all is well", fail(2), ".....", "     "},
	{"a blip under the threshold is silent", fail(2), ".x.x.", "     "},
	{"news comes once", fail(2), ".xxxx", "  D  "},
	{"news comes at once when asked for", fail(1), ".x", " D"},
	{"the end is told once", fail(2), "xx...", " DU  "},
	{"a threshold of five", fail(5), "xxxx.xxxxx.", "         DU"},
	{"down from the first reading", fail(2), "xx", " D"},
	{"a new target that is up is silent", fail(1), "....", "    "},
	{"it breaks again after it recovered", fail(2), "xx.xx.", " DU DU"},
	{"recovery may take more than one round", recoverIn(3), "x...", "D  U"},
	{"recovery starts over when it breaks in between", recoverIn(3), "x..x...", "D     U"},
	{"breaking again while recovering is no second outage", recoverIn(2), "x.x.x..", "D     U"},

	{"unknown neither breaks nor feeds it", fail(2), "x?x", "  D"},
	{"unknown alone is nobody's outage", fail(1), "??????", "      "},
	{"unknown does not end an outage", fail(1), "x???.", "D   U"},
	{"unknown does not break a recovery", recoverIn(2), "x.?.", "D  U"},
	{"in a row counts the rounds in which it was asked", fail(2), "x   x", "    D"},
	{"not asked is not recovered", fail(1), "x    .", "D    U"},
	{"a round that never took place counts for nothing", fail(2), "x__x.", "   DU"},

	{"slow is not down", fail(2), ".~~~", "  S "},
	{"a slow answer under the threshold is silent", fail(2), ".~.~.", "     "},
	{"fast again", fail(2), "~~.", " SF"},
	{"slow answers do not count towards down", fail(2), ".x~x.", "     "},
	{"down tells nothing of how fast it is", fail(1), "~xxx~.", "SD  UF"},
	{"slow before and fast after an outage", fail(1), "~x.", "SD[UF]"},

	{"a starved checker calls nobody slow", fail(1), ".ssss", "     "},
	{"its slow readings do not feed a run of them", fail(2), "~sss.", "     "},
	{"nor do they break one", fail(2), "~s~", "  S"},
	{"its quick readings do not break one either", fail(2), "~q~", "  S"},
	{"nor do they end what is open", fail(1), "~qqq.", "S   F"},
	{"nor do they feed a recovery", recoverIn(2), "~.q.", "S  F"},
	{"nor break one", recoverIn(2), "~.s.", "S  F"},
	{"slow stays told once", fail(1), "~s~s~.", "S    F"},
	{"a starved checker tells an outage as ever", fail(2), ".XX", "  D"},
	{"and its end", fail(1), "Xq", "DU"},
	{"and a certificate", fail(5), ".d", " C"},
	{"and a new one", fail(5), "cq", "CK"},

	{"a certificate takes one reading", fail(5), ".c", " C"},
	{"a new certificate too", recoverIn(5), "c.", "CK"},
	{"a certificate is told once", fail(1), "cccc", "C   "},
	{"a certificate gets worse once", fail(1), "cccCCC", "C  W  "},
	{"two servers, two certificates: worse only once", fail(1), "cCcCc.", "CW   K"},
	{"critical from the start is not worse", fail(1), "CCC.", "C  K"},
	{"a certificate that is shown no more is checked no more", fail(1), "c,,", "CN "},
	{"but what is down shows nothing either", fail(5), "cxx.", "C  K"},
	{"a certificate does not hide an outage", fail(2), "ccxx.", "C  D[UK]"},
	{"nor does an outage end it", fail(1), "cx?xc", "CD  U"},

	{"reminded after 3, 6, 12 minutes", remind(3), "xxxxxxxxxxxxxxxxxxxxxxx.", "D  R     R           R U"},
	{"reminders go by the clock, asked or not", remind(3), "x     ", "D  R  "},
	{"reminders go by the clock, not by rounds", remind(3), "x____x_x_x", "D    R    "},
	{"a missed reminder comes late, once", remind(3), "x_________xxxx", "D         R   "},
	{"unknown is reminded of what was last known", remind(3), "x???????", "D  R    "},
	{"no reminders when none are wanted", fail(1), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "D"},
	{"reminders start over with a new outage", remind(3), "xxxx.xxxx", "D  RUD  R"},
	{"worse puts the reminder off", remind(3), "ccCCCC", "C W  R"},
	{"worse after a reminder is not one more", remind(3), "ccccCCCC", "C  RW  R"},
	{"worse after many reminders starts them over", remind(2), "cccccccccccccccccCCCCCCCC", "C R   R       R  W R   R"},

	{"removed while down", fail(1), "xx-", "D N"},
	{"removed before it was decided", fail(2), "x-", "  "},
	{"removed and back is a new target", fail(2), "x-xx", "   D"},
	{"removed and back while still down", fail(1), "x-x", "DND"},
	{"paused while down", fail(1), "xpp", "DN "},
	{"paused and resumed starts over", fail(2), "xpxx", "   D"},
	{"paused with two things open", fail(1), "~xp", "SD[NN]"},
}

func fail(n int) health.Policy      { return policy(n, 1, 0) }
func recoverIn(n int) health.Policy { return policy(1, n, 0) }
func remind(n int) health.Policy    { return policy(1, 1, time.Duration(n)*time.Minute) }

func policy(failAfter, recoverAfter int, remind time.Duration) health.Policy {
	return health.Policy{
		Enabled: true, Every: time.Minute, Timeout: 5 * time.Second, Attempts: 1, SlowAfter: 800 * time.Millisecond,
		FailAfter: failAfter, RecoverAfter: recoverAfter, Remind: remind, Severity: health.Critical,
		Certificate: thirds,
	}
}

// thirds are the built-in limits of a certificate.
var thirds = health.Lasting{Warn: health.Remainder{Share: 0.33}, Critical: health.Remainder{Share: 0.10}}

func TestStories(t *testing.T) {
	for _, c := range stories {
		t.Run(c.about, func(t *testing.T) {
			told := new(life).live(c.policy, c.story)
			if strings.TrimRight(told, " ") != strings.TrimRight(c.told, " ") {
				t.Errorf("\nstory %q\ntold  %q\nwant  %q", c.story, told, c.told)
			}
		})
	}
}

// noon is when stories begin.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// life plays a story to the judge, round by round.
type life struct {
	state   health.State
	minutes int
	verdict judge.Verdict      // of the last round
	scene   func(*judge.Input) // sets what is not the targets' doing; nil: nothing
}

// live plays a story of one target, and gives what people were told in each minute. It
// goes on where the story before it ended; the first begins after another round.
func (l *life) live(p health.Policy, story string) string {
	if l.state.Round.IsZero() {
		l.state.Round = noon.Add(-time.Minute)
	}
	var told strings.Builder
	for _, letter := range story {
		if letter == '_' {
			told.WriteByte(' ')
			l.minutes++
			continue
		}
		target := health.Target{Name: "shop", URL: "https://shop.example.com/", Kind: "http", Policy: p}
		told.WriteString(retell(l.round(map[string]rune{"shop": letter}, target)))
	}
	return told.String()
}

// round judges one minute in which each target lives the letter under its name.
func (l *life) round(letters map[string]rune, targets ...health.Target) *health.Digest {
	in := judge.Input{Fleet: "shop", Shard: "0-1", Scheduled: l.now(), State: l.state}
	for _, t := range targets {
		letter := letters[t.Name]
		if letter == '-' {
			continue
		}
		t.Enabled = letter != 'p'
		in.Targets = append(in.Targets, t)
		if letter != ' ' && letter != 'p' {
			in.Results = append(in.Results, judge.Sweep{Scheduled: in.Scheduled, Saturation: saturation(letter)}.Read(t, outcome(letter, in.Scheduled)))
		}
	}
	if l.scene != nil {
		l.scene(&in)
	}
	l.minutes++
	l.verdict = judge.Round(in)
	l.state = l.verdict.State
	return l.verdict.Digest
}

func (l *life) now() time.Time { return noon.Add(time.Duration(l.minutes) * time.Minute) }

// saturation is what a sweep has of it in a round of a letter.
func saturation(letter rune) float64 {
	if strings.ContainsRune("qsXd", letter) {
		return judge.MostSaturation + 1
	}
	return judge.MostSaturation
}

// outcome is what a sweep brings back for a letter.
func outcome(letter rune, now time.Time) health.Outcome {
	up := health.Reading{Status: health.Up, Latency: 200 * time.Millisecond, Certificate: ending(now, 80)}
	switch letter {
	case '?':
		return health.Outcome{Missing: "out of time"}
	case 'x', 'X':
		return attempts(health.Failing(health.ClassConnect, "dial shop.example.com:443: refused"))
	case ',':
		up.Certificate = nil
	case '~', 's':
		up.Latency = 1200 * time.Millisecond
	case 'c', 'd':
		up.Certificate = ending(now, 20)
	case 'C':
		up.Certificate = ending(now, 5)
	}
	return attempts(up)
}

func attempts(readings ...health.Reading) health.Outcome {
	var o health.Outcome
	for _, r := range readings {
		o.Attempts = append(o.Attempts, health.Attempt{Reading: r, Allowed: 5 * time.Second})
	}
	return o
}

// ending is a certificate of 100 days with so many left.
func ending(now time.Time, days int) *health.Cert {
	end := now.Add(time.Duration(days) * 24 * time.Hour)
	return &health.Cert{Subject: "CN=shop.example.com", NotBefore: end.Add(-100 * 24 * time.Hour), NotAfter: end}
}

// retell writes a digest in the letters of the stories.
func retell(d *health.Digest) string {
	if d == nil {
		return " "
	}
	var letters strings.Builder
	for _, i := range d.Opened {
		letters.WriteString(map[health.Facet]string{
			health.Availability: "D", health.Latency: "S", health.Certificate: "C"}[i.Subject.Facet])
	}
	for _, i := range d.Closed {
		if i.Closing == health.Unchecked {
			letters.WriteByte('N')
			continue
		}
		letters.WriteString(map[health.Facet]string{
			health.Availability: "U", health.Latency: "F", health.Certificate: "K"}[i.Subject.Facet])
	}
	for _, i := range d.Reminded {
		if i.Subject.Facet == health.Certificate && i.Reminders == 0 {
			letters.WriteByte('W')
			continue
		}
		letters.WriteByte('R')
	}
	if letters.Len() > 1 {
		return "[" + letters.String() + "]"
	}
	return letters.String()
}

// Every result carries the reason why people were told or not.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		policy health.Policy
		story  string
		want   string // of the last round
	}{
		{fail(2), ".", "first reading, up is silent"},
		{fail(2), "..", "up"},
		{fail(2), "x", "1 of 2 bad rounds"},
		{fail(2), "x.", "up"},
		{fail(2), "xx", "told, open since 12:00"},
		{fail(2), "xxx", "told at 12:01, no reminders"},
		{fail(2), "xx.", "told, recovered"},
		{fail(1), "?", "unknown changes nothing"},
		{fail(2), "x?", "unknown changes nothing; 1 of 2 bad rounds"},
		{fail(2), "xx?", "unknown changes nothing; told at 12:01, no reminders"},
		{recoverIn(3), "x.", "1 of 3 good rounds, told at 12:00, no reminders"},
		{remind(3), "xx", "told at 12:00, next reminder after 12:03"},
		{remind(3), "xxxx", "reminded, told at 12:00"},
		{remind(3), "xxxxx", "told at 12:00, next reminder after 12:09"},
		{remind(3 * 60), "x" + strings.Repeat(" ", 8*60) + "x", "told at 12:00, next reminder after 21:00"},
		{remind(20 * 60), "xx", "told at 12:00, next reminder after 2026-11-23 08:00"},
		{fail(2), "~", "latency: 1 of 2 bad rounds"},
		{fail(1), "C", "certificate: told, open since 12:00"},
		{fail(1), "cC", "certificate: told again, now critical"},
		{fail(1), "~x.", "told, recovered; latency: told, recovered"},
	} {
		var l life
		l.live(c.policy, c.story)
		if got := l.verdict.Results[0].Reason; got != c.want {
			t.Errorf("story %q: reason %q, want %q", c.story, got, c.want)
		}
	}
}
