package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fatih/color"

	"rollcall/internal/health"
	"rollcall/internal/notify"
	"rollcall/internal/rollcall"
)

// scene is what happens before the round of one minute of the story.
type scene struct {
	minute int
	text   string // what a person would have seen; empty: it goes on as before
	do     func(*streets) error
}

// The minutes of the story that its stage must know, and how many rounds it has.
const (
	endingMinute   = 20 // the certificate has less than it should from here on
	patchingFrom   = 23
	patchingUntil  = 30
	flappingMinute = 32
	settledMinute  = flappingMinute + 11
	storyRounds    = settledMinute + 31 // it is calm after half an hour
)

// nobody is what a scene does in which only time passes.
func nobody(*streets) error { return nil }

// script is the story, by minute.
func script() []scene {
	dead := []string{"eu/edge", "eu/database"}
	for _, service := range services {
		dead = append(dead, "eu/"+service)
	}
	first, last := dead[2:10], dead[len(dead)-6:]
	scenes := []scene{
		{0, "Everything is up.", nobody},
		{2, "us/reviews misses one check.", func(s *streets) error { return s.fall("us/reviews") }},
		{3, "It answers again.", func(s *streets) error { return s.rise("us/reviews") }},
		{5, fmt.Sprintf("The edge of eu begins to fail: %d services behind it stop answering.", len(first)),
			func(s *streets) error { return s.fall(first...) }},
		{6, "The edge itself stops answering, and all of eu with it.",
			func(s *streets) error { return s.fall(slices.Concat(dead[:2], dead[10:])...) }},
		{12, fmt.Sprintf("The edge is back, and most of eu; %d services still start.", len(last)),
			func(s *streets) error { return s.rise(dead[:len(dead)-len(last)]...) }},
		{13, "All of eu is back.", func(s *streets) error { return s.rise(last...) }},
		{16, "The checker loses its own network: nobody answers, nor do the witnesses.", (*streets).dark},
		{17, "The checker's network is back.", (*streets).light},
		{endingMinute, "The certificate of " + secure + " runs out in less than 14 days.", nobody},
		{patchingFrom + 1, "The weekly patching stops the batch jobs, as planned.", func(s *streets) error { return s.fall(batch[:]...) }},
		{patchingFrom + 2, "They are still down.", nobody},
		{patchingUntil - 2, "They are back.", func(s *streets) error { return s.rise(batch[:]...) }},
	}
	for minute := flappingMinute; minute <= settledMinute; minute += 2 {
		down := scene{minute, "", func(s *streets) error { return s.fall(fickle) }}
		up := scene{minute + 1, "", func(s *streets) error { return s.rise(fickle) }}
		switch minute {
		case flappingMinute:
			down.text = fickle + " fails every other check from now on."
		case settledMinute - 1:
			up.text = "It is up, and stays up."
		}
		scenes = append(scenes, down, up)
	}
	return scenes
}

// chronicle watches the rounds of a story and tells it. It is also the topic, and counts
// what another checker would have sent.
type chronicle struct {
	narrator
	told   []health.Digest
	before int // how many had been told before this round

	failing   map[string]bool // what failed its latest check
	changes   int             // how often a target went from not failing to failing, or back
	repeating int             // how often one was failing, or went back
}

// play plays the outage in folder: a round for each of its minutes, one after the other, the
// last of them at now by its name.
func (c *chronicle) play(ctx context.Context, folder string, now time.Time) error {
	first := now.UTC().Truncate(time.Minute).Add(-(storyRounds - 1) * time.Minute)
	at := func(minute int) time.Time { return first.Add(time.Duration(minute) * time.Minute) }
	stage, err := pave(cast(at(endingMinute).Add(-time.Second)))
	if err != nil {
		return err
	}
	defer stage.close()
	list := filepath.Join(folder, "targets.yaml")
	if err := os.WriteFile(list, []byte(stage.targets(at(patchingFrom), at(patchingUntil))), 0o644); err != nil {
		return err
	}
	r, err := rollcall.Open(ctx, rollcall.Settings{
		Version: rollcall.Version(), Config: list, Store: folder, Roots: stage.authority.Pool(), Voice: c,
		Interval: storyRounds * time.Minute, // no round is too late to be worth asking
	})
	if err != nil {
		return err
	}
	c.say("%s\n", c.beside(fmt.Sprintf("A shop on this machine: %d regions, in each an edge, a database and %d services behind them; %d batch jobs; "+
		"a shop window; recommendations. One round a minute by their names, and nobody waits for the minutes.", len(regions), len(services), len(batch)), 0, 0))
	scenes := script()
	for minute := range storyRounds {
		var next scene
		if len(scenes) > 0 && scenes[0].minute == minute {
			next, scenes = scenes[0], scenes[1:]
			if err := next.do(stage); err != nil {
				return err
			}
		}
		c.before = len(c.told)
		report, err := r.Round(ctx, at(minute), fmt.Sprintf("story-%d", minute))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		c.count(report)
		c.round(next.text, report)
	}
	c.sum(storyRounds)
	c.say("\nWhy, of any of them: go run ./cmd/rollcall why %s -f %s --store %s", fickle, list, folder)
	return c.err
}

// Publish takes a message as people would.
func (c *chronicle) Publish(_ context.Context, d health.Digest) (health.Delivery, error) {
	c.told = append(c.told, d)
	return health.Accepted, nil
}

// count counts what a checker that knows only single checks would send of a round.
func (c *chronicle) count(r health.Report) {
	for _, result := range r.Results {
		name := result.Target.Name
		fails := result.Facets[health.Certificate].Status == health.Degraded ||
			len(result.Attempts) > 0 && result.Attempts[0].Status != health.Up
		if fails != c.failing[name] {
			c.changes++
		}
		if fails || c.failing[name] {
			c.repeating++
		}
		c.failing[name] = fails
	}
}

// under is the column in which the lines of a minute begin.
const under = len("15:04  ")

// round tells what happened in a minute, and what people were told of it; nothing, if
// nothing happened and nobody was told.
func (c *chronicle) round(text string, r health.Report) {
	told := c.told[c.before:]
	if text == "" && len(told) == 0 {
		return
	}
	var lines []string
	if text != "" {
		lines = append(lines, c.beside(text, under, under))
	}
	for _, d := range told {
		lines = append(lines, c.paint("told:", color.Bold)+" "+c.beside(notify.Subject(d), under+len("told: "), under))
	}
	for _, silent := range silences(r.Results, told) {
		lines = append(lines, c.paint("not told of "+silent.of+":", color.Faint)+" "+c.beside(silent.why, under+len("not told of : ")+len(silent.of), under))
	}
	for i, line := range lines {
		minute := ""
		if i == 0 {
			minute = r.Scheduled.UTC().Format("15:04")
		}
		c.say("%-*s%s", under, minute, line)
	}
}

// silent is whom people were not told of in a round, and why.
type silent struct {
	of, why string
	n       int
}

// silences are those of a round that had so much to tell, by their reasons, the most
// frequent first.
func silences(results []health.Result, told []health.Digest) []silent {
	known := map[string]bool{}
	for _, d := range told {
		for _, i := range slices.Concat(d.Opened, d.Closed, d.Reminded) {
			known[i.Subject.Name] = true
		}
	}
	all := map[string]silent{}
	for _, r := range results {
		if r.Status != health.Down && r.Status != health.Unknown || known[r.Target.Name] || strings.HasPrefix(r.Reason, "told") {
			continue
		}
		s := silent{r.Target.Name, r.Reason, all[r.Reason].n + 1}
		if s.n > 1 {
			s.of = plural(s.n, "target")
		}
		all[r.Reason] = s
	}
	return slices.SortedFunc(maps.Values(all), func(a, b silent) int {
		return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.why, b.why))
	})
}

// sum ends the story: what another checker would have sent, and what a person received.
func (c *chronicle) sum(rounds int) {
	c.say("\n%s", c.beside(fmt.Sprintf("In these %s a checker without judgement would have sent %d messages: one each time that a check of a "+
		"target failed and the one before it had not, and one each time that it was well again. One that repeats itself "+
		"in every bad round would have sent %d.", plural(rounds, "round"), c.changes, c.repeating), 0, 0))
	c.say("\nA person received %s:\n", c.paint(fmt.Sprint(len(c.told)), color.Bold))
	for _, d := range c.told {
		c.say("%s  %s", d.Round.UTC().Format("15:04"), c.beside(notify.Subject(d), under, under))
	}
}
