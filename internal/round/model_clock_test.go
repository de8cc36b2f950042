package round_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"rollcall/internal/health"
)

// setBack sets the clock back: whatever was written is of the future now.
func (l *life) setBack(d time.Duration) {
	l.alone()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note("the clock is set back by %s", d)
	p := &l.promise
	if l.objects[stateKey] != nil {
		p.state = shifted(p.state, d)
		l.objects[stateKey] = stored(p.state, p.newer)
	}
	p.belief = p.belief.shifted(d)
	owed, renewed, accepted := map[string][]string{}, map[string]bool{}, map[string]bool{}
	for id, texts := range p.owed {
		for _, text := range texts {
			owed[shift(id, d)] = append(owed[shift(id, d)], shift(text, d))
		}
		renewed[shift(id, d)] = p.renewed[id]
		accepted[shift(id, d)] = p.accepted[id]
	}
	p.owed, p.renewed, p.accepted = owed, renewed, accepted
}

// shifted is a state as a clock that was set back by d sees it.
func shifted(s health.State, d time.Duration) health.State {
	s.Round = s.Round.Add(d)
	var moved health.State
	if err := json.Unmarshal([]byte(shift(text(s), d)), &moved); err != nil {
		panic(err)
	}
	moved.Round = s.Round
	for name, t := range moved.Targets {
		for f, b := range t.Facets {
			b.Changes = slices.Clone(b.Changes)
			for n := range b.Changes {
				b.Changes[n] += int64(d / time.Minute)
			}
			t.Facets[f] = b
		}
		moved.Targets[name] = t
	}
	return moved
}

// moment is a time as it stands in any text of ours.
var moment = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// shift moves all times of a text.
func shift(s string, d time.Duration) string {
	return moment.ReplaceAllStringFunc(s, func(m string) string {
		t, err := time.Parse(time.RFC3339Nano, m)
		if err != nil {
			return m
		}
		return t.Add(d).Format(time.RFC3339Nano)
	})
}
