package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

// choice is which of the program to run, and how often.
type choice struct {
	only *regexp.Regexp // rows whose name matches; nil: all
	all  bool           // what takes longer too
	runs int            // of each; 0: as many as are worth their time

	end time.Time // when all should be over; zero: whenever it is
}

// behind reports whether so much is too much for what is left of the time.
func (c choice) behind(now time.Time, left time.Duration) bool {
	return !c.end.IsZero() && now.Add(left).After(c.end)
}

// hurry cuts the runs of a lane: three if something hangs on it, else one.
func (l *lane) hurry() {
	most := 1
	for _, b := range bounds {
		if b.heat().String() == l.heat.String() && (b.who == l.Contender || b.beside == l.Contender) {
			most = 3
		}
	}
	l.runs = min(l.runs, most)
}

func (c choice) takes(name string, e entry) bool {
	if c.only != nil {
		return c.only.MatchString(name)
	}
	return c.all || !e.all
}

// lane is a row and how often it is to be run.
type lane struct {
	*row
	contender contender
	runs      int
	forecast  time.Duration // of one run
}

// lanes are those of a heat that the choice takes, and for how long they will run.
func (c choice) lanes(h heat) (all []*lane, forecast time.Duration) {
	for _, e := range h.who {
		who := named(e.name)
		l := &lane{row: newRow(who, h), contender: who, forecast: h.takes(who)}
		if !c.takes(l.String(), e) {
			continue
		}
		l.runs = runs(l.forecast)
		if e.runs > 0 {
			l.runs = min(l.runs, e.runs)
		}
		if c.runs > 0 {
			l.runs = c.runs
		}
		all = append(all, l)
		forecast += time.Duration(l.runs) * l.forecast
	}
	return all, forecast
}

// race runs every chosen row: in each heat all contenders once, then all again.
func (t track) race(ctx context.Context, c choice, out io.Writer) ([]*row, error) {
	var rows []*row
	var left time.Duration
	for _, h := range program {
		_, forecast := c.lanes(h)
		left += forecast
	}
	fmt.Fprintf(out, "the runs should take %s\n", left.Round(time.Second))
	for _, h := range program {
		all, forecast := c.lanes(h)
		if len(all) == 0 {
			continue
		}
		fmt.Fprintf(out, "%s, %s of a core; about %s of %s\n", h, h.percent(), forecast.Round(time.Second), left.Round(time.Second))
		began := time.Now()
		if c.behind(began, left) {
			fmt.Fprintln(out, "  behind time: fewer runs")
			for _, l := range all {
				l.hurry()
			}
		}
		if err := t.heat(ctx, h, all, out); err != nil {
			return rows, err
		}
		fmt.Fprintf(out, "  took %s\n", time.Since(began).Round(time.Second))
		left -= forecast
		for _, l := range all {
			rows = append(rows, l.row)
		}
	}
	return rows, nil
}

// heat runs one heat, interleaved, so that what troubles the machine troubles all alike.
func (t track) heat(ctx context.Context, h heat, all []*lane, out io.Writer) error {
	urls, end, err := t.endpoints(h)
	if err != nil {
		for _, l := range all {
			l.Missing = err.Error()
			fmt.Fprintf(out, "  %s\n", l.brief())
		}
		return nil
	}
	defer end()
	files, err := t.lay(urls)
	if err != nil {
		return err
	}
	for again := true; again; {
		again = false
		for _, l := range all {
			if l.Missing != "" || len(l.Runs) >= l.runs {
				continue
			}
			again = true
			t.next(l, files)
			if ctx.Err() != nil {
				return errors.New("stopped")
			}
		}
	}
	for _, l := range all {
		fmt.Fprintf(out, "  %s\n", l.brief())
	}
	return nil
}

// next runs a lane once more.
func (t track) next(l *lane, files paths) {
	if l.contender.python() && t.python == "" {
		l.Missing = errNoPython.Error()
		return
	}
	if err := t.unbuilt[l.contender.words[0]]; err != nil {
		l.Missing = err.Error()
		return
	}
	s, err := t.run(l.contender, l.heat, files)
	if err != nil {
		l.Missing = err.Error()
		return
	}
	l.Runs = append(l.Runs, s)
	if took := time.Duration(s.ProcessMS * float64(time.Millisecond)); took >= slow {
		l.runs = min(l.runs, runs(took)) // the forecast was wrong
	}
}

// brief is a row in one line, for whoever waits.
func (r *row) brief() string {
	if len(r.Runs) == 0 {
		return fmt.Sprintf("%-28s missing: %s", r.Contender, r.Missing)
	}
	return fmt.Sprintf("%-28s wall %s ms (limit %.0f), %.0f us a check, %.1f MB, p50 %.0f p99 %.0f (truth %.0f), failed %.0f",
		r.Contender, r.wall().brief(), r.limit(), r.each().Median, r.megabytes().Median,
		r.latency(0.5).Median, r.latency(0.99).Median, r.truth(), r.failed().Max)
}

func (s spread) brief() string { return fmt.Sprintf("%.0f (%.0f..%.0f)", s.Median, s.Min, s.Max) }
