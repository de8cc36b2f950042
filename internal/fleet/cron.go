package fleet

import (
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// cronFields are the fields of an expression, and what each may hold.
var cronFields = [...]struct{ name, want string }{
	{"minute", "0-59"},
	{"hour", "0-23"},
	{"day of the month", "1-31, or L for the last"},
	{"month", "1-12 or jan-dec"},
	{"weekday", "0-7 or sun-sat, or as in sun#1 and sun#L the first and last of a month"},
}

// cronParser reads five fields, or a word such as @daily. A day of the month and a weekday
// must both hold, so that "0 2 1-7 * sun" is the first Sunday.
func cronParser() cron.Parser {
	return cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DomL | cron.DowNth | cron.DowLast)
}

// expression reads a cron expression, of times as a clock shows them.
func (r *reader) expression(e entry) *cron.SpecSchedule {
	const want = "five fields, such as 0 2 * * sun for Sundays at 2"
	text, ok := r.textOf(e, want)
	if !ok {
		return nil
	}
	parsed, err := cronParser().Parse(text)
	schedule, regular := parsed.(*cron.SpecSchedule)
	if err != nil || !regular || strings.Contains(text, "TZ=") {
		f := cronFlaw(text)
		r.problem(e.at(), "cron "+quote(text)+" "+f.what, f.remedy)
		return nil
	}
	schedule.Location = time.UTC
	schedule.MaxSearchYears = 40 // a leap day that is a Sunday comes once in 28 years, or in 40
	if schedule.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		r.problem(e.at(), "cron "+quote(text)+" is a time that never comes", "write a day that its month has, such as 28")
		return nil
	}
	schedule.MaxSearchYears = 1 // a window that opened longer ago is closed
	return schedule
}

// cronFlaw says what is wrong with an expression.
func cronFlaw(text string) flaw {
	fields := strings.Fields(text)
	switch {
	case strings.Contains(text, "TZ="):
		return flaw{"holds a time zone", "write it beside it, as zone: Europe/Berlin"}
	case strings.HasPrefix(text, "@every"):
		return flaw{"has no time of the day", "write the minutes or hours instead: */30 * * * * or 0 */6 * * *"}
	case strings.HasPrefix(text, "@"):
		return flaw{"is none of @hourly, @daily, @weekly, @monthly, @yearly", "write one of them, or five fields"}
	case len(fields) == 6 || len(fields) == 7:
		return flaw{"has more than five fields", "write minute, hour, day of the month, month and weekday; no seconds, no year"}
	case len(fields) != len(cronFields):
		return flaw{"does not have five fields", "write minute, hour, day of the month, month and weekday, such as 0 2 * * sun"}
	}
	for i, field := range cronFields {
		alone := strings.Fields("* * * * *")
		alone[i] = fields[i]
		if _, err := cronParser().Parse(strings.Join(alone, " ")); err != nil {
			return flaw{"has " + quote(fields[i]) + " for its " + field.name, "write * or " + field.want + "; several as 1,3 or 1-5 or */2"}
		}
	}
	return flaw{"is not understood", "write five fields, such as 0 2 * * sun"}
}
