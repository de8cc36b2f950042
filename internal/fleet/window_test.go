package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/health"
)

// windowOf is the window of a maintenance with these lines.
func windowOf(t testing.TB, lines ...string) health.Window {
	t.Helper()
	f := read(t, least+"maintenance:\n  - why: test\n    targets: '*'\n    "+strings.Join(lines, "\n    ")+"\n")
	return f.Maintenance[0].Window
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05Z07:00", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestWindows holds when windows open and close, to the second.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		what, lines string
		stretches   string // "opens to closes", in UTC
	}{
		{"one day, in a zone", "cron: 0 2 * * sun\nlasts: 2h\nzone: Europe/Berlin", "2026-11-22 01:00:00Z to 2026-11-22 03:00:00Z"},
		{"the same in summer", "cron: 0 2 * * sun\nlasts: 2h\nzone: Europe/Berlin", "2026-08-23 00:00:00Z to 2026-08-23 02:00:00Z"},
		{"without a zone it is UTC's", "cron: 0 2 * * SUN\nlasts: 2h", "2026-11-22 02:00:00Z to 2026-11-22 04:00:00Z"},
		{"over midnight", "cron: 30 23 * * *\nlasts: 1h", "2026-12-31 23:30:00Z to 2027-01-01 00:30:00Z"},
		{"over many days", "cron: 0 0 1 * *\nlasts: 3d12h", "2027-03-01 00:00:00Z to 2027-03-04 12:00:00Z"},
		{"a word", "cron: '@daily'\nlasts: 1m\nzone: Asia/Kolkata", "2026-11-21 18:30:00Z to 2026-11-21 18:31:00Z"},
		{"the first Sunday: both must hold", "cron: 0 2 1-7 * sun\nlasts: 1h", "2026-12-06 02:00:00Z to 2026-12-06 03:00:00Z"},
		{"the second Tuesday", "cron: 0 2 * * tue#2\nlasts: 1h", "2026-12-08 02:00:00Z to 2026-12-08 03:00:00Z"},
		{"the last Friday", "cron: 0 2 * * fri#L\nlasts: 1h", "2026-11-27 02:00:00Z to 2026-11-27 03:00:00Z"},
		{"the last day", "cron: 0 2 L * *\nlasts: 1h", "2028-02-29 02:00:00Z to 2028-02-29 03:00:00Z"},
		{"a weekday of two numbers", "cron: 0 2 * * 7\nlasts: 1h", "2026-11-22 02:00:00Z to 2026-11-22 03:00:00Z"},
		{"a leap day that is a Wednesday, once in 28 years", "cron: 0 2 29 feb wed\nlasts: 1h", "2012-02-29 02:00:00Z to 2012-02-29 03:00:00Z"},
		{"the year's end, from the next year", "cron: 0 12 31 12 *\nlasts: 31d", "2026-12-31 12:00:00Z to 2027-01-31 12:00:00Z"},
		{"dates", "from: 2026-11-22T22:00:00+01:00\nuntil: 2026-11-23T04:30:15Z", "2026-11-22 21:00:00Z to 2026-11-23 04:30:15Z"},
		{"dates long past", "from: 1999-12-31T22:00:00Z\nuntil: 2000-01-01T02:00:00Z", "1999-12-31 22:00:00Z to 2000-01-01 02:00:00Z"},

		// Berlin, 2027-03-28: 02:00 CET is 03:00 CEST.
		{"jumped over: begins when the clock has jumped", "cron: 30 2 * * *\nlasts: 2h\nzone: Europe/Berlin", "2027-03-28 01:00:00Z to 2027-03-28 03:00:00Z"},
		{"the first minute that is jumped over", "cron: 0 2 * * sun\nlasts: 30m\nzone: Europe/Berlin", "2027-03-28 01:00:00Z to 2027-03-28 01:30:00Z"},
		{"begun before the jump, lasts as long as ever", "cron: 30 1 * * *\nlasts: 2h\nzone: Europe/Berlin", "2027-03-28 00:30:00Z to 2027-03-28 02:30:00Z"},
		{"just after the jump", "cron: 0 3 * * *\nlasts: 1m\nzone: Europe/Berlin", "2027-03-28 01:00:00Z to 2027-03-28 01:01:00Z"},
		// Berlin, 2026-10-25: 03:00 CEST is 02:00 CET.
		{"shown twice: begins the first time, once", "cron: 30 2 * * *\nlasts: 20m\nzone: Europe/Berlin", "2026-10-25 00:30:00Z to 2026-10-25 00:50:00Z"},
		{"the first minute that is shown twice", "cron: 0 2 * * *\nlasts: 3h\nzone: Europe/Berlin", "2026-10-25 00:00:00Z to 2026-10-25 03:00:00Z"},
		{"just after the clock was set back", "cron: 0 3 * * *\nlasts: 1h\nzone: Europe/Berlin", "2026-10-25 02:00:00Z to 2026-10-25 03:00:00Z"},
		{"begun before, lasts through both", "cron: 30 1 * * *\nlasts: 4h\nzone: Europe/Berlin", "2026-10-24 23:30:00Z to 2026-10-25 03:30:00Z"},
		// New York, 2027-03-14: 02:00 EST is 03:00 EDT; 2026-11-01: 02:00 EDT is 01:00 EST.
		{"jumped over in New York", "cron: 15 2 * * *\nlasts: 1h\nzone: America/New_York", "2027-03-14 07:00:00Z to 2027-03-14 08:00:00Z"},
		{"shown twice in New York", "cron: 15 1 * * *\nlasts: 1h\nzone: America/New_York", "2026-11-01 05:15:00Z to 2026-11-01 06:15:00Z"},
		// Lord Howe, 2026-10-04: 02:00 +10:30 is 02:30 +11; 2027-04-04: 02:00 +11 is 01:30 +10:30.
		{"half an hour jumped over", "cron: 15 2 * * *\nlasts: 1h\nzone: Australia/Lord_Howe", "2026-10-03 15:30:00Z to 2026-10-03 16:30:00Z"},
		{"half an hour shown twice", "cron: 45 1 * * *\nlasts: 10m\nzone: Australia/Lord_Howe", "2027-04-03 14:45:00Z to 2027-04-03 14:55:00Z"},
		// Samoa had no 30th of December in 2011.
		{"a day jumped over", "cron: 0 12 30 12 *\nlasts: 1h\nzone: Pacific/Apia", "2011-12-30 10:00:00Z to 2011-12-30 11:00:00Z"},
	} {
		w := windowOf(t, strings.Split(c.lines, "\n")...)
		from, to, _ := strings.Cut(c.stretches, " to ")
		opens, closes := utc(t, from), utc(t, to)
		for _, at := range []struct {
			time time.Time
			open bool
		}{{opens.Add(-1), false}, {opens, true}, {opens.Add(time.Nanosecond), true}, {closes.Add(-1), true}, {closes, false}} {
			if got := w.Open(at.time); got != at.open {
				t.Errorf("%s: open %t at %s, want %t", c.what, got, at.time.Format(time.RFC3339Nano), at.open)
			}
			if got := w.Open(at.time.In(time.FixedZone("elsewhere", -8*3600))); got != at.open {
				t.Errorf("%s: open %t when asked in another zone, want %t", c.what, got, at.open)
			}
		}
	}
}

// naive is a cron expression as its definition reads, of fields that are *, numbers,
// ranges, steps of * and lists of these.
type naive [5]map[int]bool

func naively(expression string) naive {
	var n naive
	least, most := [5]int{0, 0, 1, 1, 0}, [5]int{59, 23, 31, 12, 6}
	for i, field := range strings.Fields(expression) {
		n[i] = map[int]bool{}
		for _, part := range strings.Split(field, ",") {
			from, to, step := least[i], most[i], 1
			if every, ok := strings.CutPrefix(part, "*/"); ok {
				step, _ = strconv.Atoi(every)
			} else if low, high, ok := strings.Cut(part, "-"); ok {
				from, _ = strconv.Atoi(low)
				to, _ = strconv.Atoi(high)
			} else if part != "*" {
				from, _ = strconv.Atoi(part)
				to = from
			}
			for v := from; v <= to; v += step {
				n[i][v] = true
			}
		}
	}
	return n
}

func (n naive) means(t time.Time) bool {
	return n[0][t.Minute()] && n[1][t.Hour()] && n[2][t.Day()] && n[3][int(t.Month())] && n[4][int(t.Weekday())]
}

// open walks the minutes up to the end with a clock in its hand: a minute that the clock
// shows for the first time, or has just jumped over, may open the window.
func (n naive) open(zone *time.Location, lasts time.Duration, begin, end time.Time) map[time.Time]bool {
	shows := func(t time.Time) time.Time {
		t = t.In(zone)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
	}
	open := map[time.Time]bool{}
	t := begin.Add(-lasts - 48*time.Hour)
	furthest := shows(t)
	var closes time.Time
	for ; t.Before(end); t = t.Add(time.Minute) {
		for now := shows(t); furthest.Before(now); {
			furthest = furthest.Add(time.Minute)
			if n.means(furthest) {
				closes = t.Add(lasts)
			}
		}
		open[t] = t.Before(closes)
	}
	return open
}

// changes are the moments at which the clock of a zone was or will be set, within years.
func changes(zone *time.Location, from, to int) []time.Time {
	var all []time.Time
	at := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).In(zone)
	for {
		_, next := at.ZoneBounds()
		if next.IsZero() || next.Year() >= to {
			return all
		}
		all = append(all, next.UTC())
		at = next
	}
}

// agree holds a window to the naive reading of it, minute by minute around a moment.
func agree(t rapid.TB, expression, zone string, lasts time.Duration, around time.Time, reach time.Duration) {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{file: "t.yaml"}
	w := recurring{r.expression(entry{"cron", place{1, 1}, &node{kind: words, text: expression}}), location, lasts}
	if w.expression == nil {
		t.Fatalf("cron %s: %v", expression, r.problems.inOrder())
	}
	begin, end := around.Add(-reach), around.Add(reach)
	want := naively(expression).open(location, lasts, begin, end)
	for at := begin; at.Before(end); at = at.Add(time.Minute) {
		if got := w.Open(at); got != want[at] {
			t.Fatalf("cron %s in %s for %s: open %t at %s, want %t", expression, zone, lasts, got, at.In(location), want[at])
		}
		if got := w.Open(at.Add(59 * time.Second)); got != want[at] {
			t.Fatalf("cron %s in %s for %s: open %t 59 s after %s, want %t", expression, zone, lasts, got, at.In(location), want[at])
		}
	}
}

// zonesForTest change their clocks by an hour, half an hour, two hours, a day; at midnight,
// at the month's whim, or never.
var zonesForTest = []string{
	"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "America/Sao_Paulo",
	"Africa/Casablanca", "Asia/Tehran", "America/St_Johns", "Africa/Cairo", "Europe/Dublin", "UTC",
}

// TestWindowsAroundChanges goes through years of changes of clocks.
func TestWindowsAroundChanges(t *testing.T) {
	for _, zone := range zonesForTest[:4] {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		found := changes(location, 2026, 2029)
		if len(found) < 6 {
			t.Fatalf("%s changes its clock %d times in three years: has the zone no rules?", zone, len(found))
		}
		for i, change := range found {
			agree(t, []string{"*/15 2 * * *", "30 1,2 * * *", "10 0-3 * * 0", "0 */2 * * *"}[i%4], zone, []time.Duration{time.Minute, 2 * time.Hour, 25 * time.Minute}[i%3], change, 4*time.Hour)
		}
	}
}

// TestWindowsNaively: any expression, in any zone, around any change of its clock, opens as
// a person with a clock in hand would open it.
func TestWindowsNaively(t *testing.T) {
	field := func(least, most int) *rapid.Generator[string] {
		one := rapid.IntRange(least, most)
		return rapid.OneOf(
			rapid.Just("*"),
			rapid.Map(one, strconv.Itoa),
			rapid.Map(rapid.SliceOfN(one, 2, 4), func(n []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(n), " ", ","), "[]") }),
			rapid.Map(rapid.SliceOfN(one, 2, 2), func(n []int) string { return fmt.Sprintf("%d-%d", slices.Min(n), slices.Max(n)) }),
			rapid.Map(rapid.IntRange(1, most/2), func(n int) string { return fmt.Sprintf("*/%d", n) }),
		)
	}
	minute, hour, day, month, weekday := field(0, 59), rapid.OneOf(field(0, 3), field(0, 23)), field(1, 31), field(1, 12), field(0, 6)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zonesForTest).Draw(t, "zone")
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		year := rapid.IntRange(1995, 2035).Draw(t, "year")
		around := time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
		if found := changes(location, year, year+1); len(found) > 0 {
			around = rapid.SampledFrom(found).Draw(t, "change")
		}
		daily := minute.Draw(t, "minute") + " " + hour.Draw(t, "hour")
		expression := daily + " * * *"
		if seldom := daily + " " + day.Draw(t, "day") + " " + month.Draw(t, "month") + " " + weekday.Draw(t, "weekday"); rapid.Bool().Draw(t, "seldom") && comes(naively(seldom)) {
			expression = seldom
		}
		lasts := time.Duration(rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, 5000)).Draw(t, "minutes")) * time.Minute
		agree(t, expression, zone, lasts, around, 150*time.Minute)
	})
}

// comes reports whether any day of 40 years is meant.
func comes(n naive) bool {
	for at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2040; at = at.AddDate(0, 0, 1) {
		if n[2][at.Day()] && n[3][int(at.Month())] && n[4][int(at.Weekday())] {
			return true
		}
	}
	return false
}

func BenchmarkOpen(b *testing.B) {
	for _, expression := range []string{"0 2 * * sun", "*/5 * * * *", "0 0 29 2 *", "0 2 29 2 sun"} {
		b.Run(expression, func(b *testing.B) {
			w := windowOf(b, "cron: '"+expression+"'", "lasts: 2h", "zone: Europe/Berlin")
			at := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
			for b.Loop() {
				w.Open(at)
			}
		})
	}
}
