package round_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
)

// actions are the steps of a life: what may happen next.
func (l *life) actions(d *dice) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"a round": func(t *rapid.T) {
			l.moodsChange(t, d)
			l.begin(thisMinute(), l.somebody(), 0, false, nil)
			nextMinute()
		},
		"a round and its fate": func(t *rapid.T) {
			l.moodsChange(t, d)
			l.begin(thisMinute(), l.somebody(), 0, rapid.Bool().Draw(t, "cold"), d.fates(t, 1))
			nextMinute()
		},
		"a round at another time": func(t *rapid.T) {
			l.moodsChange(t, d)
			scheduled := thisMinute().Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "minutes")) * time.Minute)
			l.begin(scheduled, l.somebody(), d.late.Draw(t, "late"), true, d.fates(t, 0))
			if rapid.Bool().Draw(t, "wait") {
				nextMinute()
			}
		},
		"two at once": func(t *rapid.T) {
			l.moodsChange(t, d)
			l.begin(thisMinute(), l.somebody(), 0, true, d.fates(t, 0))
			again, by := thisMinute(), l.somebody()
			switch rapid.IntRange(0, 2).Draw(t, "the other") {
			case 1:
				again = again.Add(-time.Minute)
			case 2:
				by = l.lastBy()
			}
			l.begin(again, by, d.late.Draw(t, "late"), true, d.fates(t, 0))
			nextMinute()
		},
		"the weather changes": func(t *rapid.T) {
			l.mu.Lock()
			l.reads = rapid.SampledFrom([]deed{fine, fine, fine, fails, hangs}).Draw(t, "reads")
			l.writes = rapid.SampledFrom([]deed{fine, fine, fine, fails, hangs, lost, late}).Draw(t, "writes")
			l.topic = rapid.SampledFrom([]deed{fine, fine, fine, fails, hangs, lost, late, refuses, denies}).Draw(t, "topic")
			l.note("reads: %s, writes: %s, topic: %s", l.reads, l.writes, l.topic)
			l.mu.Unlock()
			l.begin(thisMinute(), l.somebody(), 0, false, nil)
			nextMinute()
		},
		"something keeps quiet": func(t *rapid.T) {
			if d.muted {
				l.quieten(t, d)
			}
			l.moodsChange(t, d)
			l.begin(thisMinute(), l.somebody(), 0, false, nil)
			nextMinute()
		},
		"something rare": func(t *rapid.T) { l.rare(t, d) },
	}
}

// rare is what seldom happens.
func (l *life) rare(t *rapid.T, d *dice) {
	switch rapid.IntRange(0, 8).Draw(t, "rare") {
	case 0, 1:
		time.Sleep(d.skip.Draw(t, "skip"))
		nextMinute()
	case 2, 3:
		l.edit(t, d)
	case 4:
		l.mu.Lock()
		l.file = rapid.SampledFrom([]string{"", "stff", fmt.Sprint("file ", len(l.files)-1)}).Draw(t, "file")
		l.note("the targets file is %q", l.file)
		l.mu.Unlock()
	case 5: // scheduled times come twice
		l.setBack(time.Duration(rapid.SampledFrom([]int{1, 4, 5, 6, 30, 1440}).Draw(t, "minutes")) * time.Minute)
	case 6:
		l.upgrade()
	case 7:
		l.lose(rapid.IntRange(0, 2).Draw(t, "lost") == 2)
	case 8:
		l.calm(t)
	}
}

// quieten opens a window, sets a silence or ends it, or lets us go blind or see again.
func (l *life) quieten(t *rapid.T, d *dice) {
	lasts := time.Duration(rapid.IntRange(1, 20).Draw(t, "lasts")) * time.Minute
	switch rapid.IntRange(0, 5).Draw(t, "quiet") {
	case 0, 1:
		l.mu.Lock()
		l.blind = !l.blind
		l.note("blind: %v", l.blind)
		l.mu.Unlock()
	case 2:
		l.alone()
		l.windows.spans = append(l.windows.spans, [2]time.Time{thisMinute(), thisMinute().Add(lasts)})
		l.note("a window opens for %s", lasts)
	case 3:
		name := rapid.SampledFrom([]string{"a", "c", "d", "e", group, health.Everybody}).Draw(t, "whom")
		l.silence(health.Silence{Name: name, Why: "because", From: thisMinute(), Until: thisMinute().Add(lasts)})
	case 4:
		l.silence()
	case 5:
		l.mu.Lock()
		l.moods["tcp://192.0.2.1:443"] = rapid.SampledFrom([]mood{well, hidden, down, unasked}).Draw(t, "witness")
		l.mu.Unlock()
	}
}

// somebody is the name of a new invocation, lastBy that of the last one, which is played twice.
func (l *life) somebody() string { return l.named(1) }
func (l *life) lastBy() string   { return l.named(0) }

func (l *life) named(next int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint("i", l.begun+next)
}

func thisMinute() time.Time { return time.Now().UTC().Truncate(time.Minute) }

func nextMinute() { time.Sleep(time.Until(thisMinute().Add(time.Minute))) }

// moodsChange lets some targets go down, come up, or be otherwise.
func (l *life) moodsChange(t *rapid.T, d *dice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "changes") {
		name := d.name.Draw(t, "name")
		l.moods[name] = d.mood.Draw(t, "mood")
		l.note("%s is %c", name, l.moods[name])
	}
}

// fates are what becomes of a few steps of an invocation.
func (d *dice) fates(t *rapid.T, atLeast int) (fates []fate) {
	for range rapid.IntRange(atLeast, 2).Draw(t, "fates") {
		s := d.step.Draw(t, "step")
		fates = append(fates, fate{s, rapid.IntRange(0, 2).Draw(t, "n"), d.deeds[s].Draw(t, "deed"), d.after.Draw(t, "d")})
	}
	return fates
}

// edit changes one target of the file: it comes, goes, rests, gets another name or policy.
func (l *life) edit(t *rapid.T, d *dice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := d.name.Draw(t, "name")
	var targets []fleet.Target
	found := false
	how := rapid.IntRange(0, 2).Draw(t, "how")
	for _, old := range l.files[len(l.files)-1].Targets {
		if old.Name == name {
			found = true
			switch how {
			case 0:
				continue
			case 1:
				old.Enabled = !old.Enabled
			case 2:
				old = d.target(t, name)
			}
		}
		targets = append(targets, old)
	}
	if !found {
		targets = append(targets, d.target(t, name))
	}
	l.rewrite(d.fleet(t, l, targets...))
}

// alone waits until nobody plays a round any more.
func (l *life) alone() {
	l.running.Wait()
	nextMinute()
}

// upgrade lets newer code write the state, or takes it away again.
func (l *life) upgrade() {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &l.promise
	if p.state.Seq == 0 {
		return
	}
	p.newer = !p.newer
	p.state.Seq++
	p.state.Schema = health.StateSchema
	l.note("newer code: %v", p.newer)
	l.objects[stateKey] = stored(p.state, p.newer)
}

// lose lets the state be lost, and perhaps the last good copy.
func (l *life) lose(copyToo bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note("the state is lost, the copy too: %v", copyToo)
	delete(l.objects, stateKey)
	if copyToo {
		delete(l.objects, goodKey)
	}
	p := &l.promise
	for _, m := range p.state.Incidents {
		p.excused[m.ID] = "the state was lost"
	}
	for _, e := range p.state.Outbox {
		p.excuse(e.Digest, "the state was lost")
	}
	for id := range p.owed {
		p.renewed[id] = true
	}
	p.state, p.belief, p.newer = health.State{}, belief{}, false
}

// calm lifts whatever is wrong and plays rounds until told is believed: it must be soon.
func (l *life) calm(t *rapid.T) {
	l.alone()
	if l.promise.newer {
		l.upgrade()
	}
	l.mu.Lock()
	l.reads, l.writes, l.topic = fine, fine, fine
	l.file = fmt.Sprint("file ", len(l.files)-1)
	l.blind = false
	l.note("calm")
	l.mu.Unlock()
	for range 8 {
		for _, e := range l.promise.state.Outbox {
			if !mayTake(e, "") && e.Until.After(time.Now().Add(2*time.Minute)) { // a clock was ahead by less than is sure
				time.Sleep(time.Until(e.Until))
				nextMinute()
			}
		}
		l.begin(thisMinute(), l.somebody(), 0, false, nil)
		l.alone()
		l.holds(t)
		if l.promise.differs() == "" && time.Since(l.promise.state.Round) < 3*time.Minute && l.promise.state.Round.Before(time.Now()) {
			return
		}
	}
	l.mu.Lock()
	l.broke("after 8 calm rounds: %s, round %s", l.promise.differs(), l.promise.state.Round)
	l.mu.Unlock()
	l.holds(t)
}
