package round_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rollcall/internal/health"
)

// promise is what is known to have been committed, told and heard, and so what must be true
// of whatever comes next.
type promise struct {
	state    health.State // as it is stored
	belief   belief
	judged   map[health.Commit]bool
	known    map[string]bool     // incidents that were ever open in a committed state
	owed     map[string][]string // digests that were ever committed, by their ids; one each, or else renewed
	renewed  map[string]bool     // ids that may be given once more: the state that knew of them is gone
	accepted map[string]bool     // digests the topic took
	people   map[string]*hearing // by incident
	excused  map[string]string   // incidents of which told and believed may differ, and why
	newer    bool                // newer code has written the state
}

// hearing is what people have heard of an incident. Messages may come in any order: an end
// stands, whatever comes after it.
type hearing struct{ open, closed bool }

func newPromise() promise {
	return promise{
		judged: map[health.Commit]bool{}, known: map[string]bool{}, owed: map[string][]string{}, renewed: map[string]bool{},
		accepted: map[string]bool{}, people: map[string]*hearing{}, excused: map[string]string{},
	}
}

// loads notes what an invocation reads of the state.
func (i *invocation) loads(stored []byte) {
	p := &i.promise
	if i.read == nil {
		i.knew = p.belief
		_, i.copied = i.objects[goodKey]
	}
	i.read = append([]byte{}, stored...)
}

// lands holds a write of the state, which is about to take place, to what it may be: one
// round more, or a clearing.
func (i *invocation) lands(v any, data []byte) {
	p := &i.promise
	next, err := readState(data)
	if err != nil {
		i.broke("%s writes a state that is none: %v", i.by, err)
		return
	}
	switch {
	case p.newer:
		i.broke("%s overwrites a state of newer code", i.by)
	case v == "*":
		i.broke("%s writes over whatever is there", i.by)
	case next.Seq != p.state.Seq+1:
		i.broke("%s writes seq %d over %d", i.by, next.Seq, p.state.Seq)
	case next.Schema != health.StateSchema:
		i.broke("%s writes schema %q", i.by, next.Schema)
	}
	mine := health.Commit{Round: i.scheduled, By: i.by}
	if n := len(next.Commits); n > 0 && next.Commits[n-1] == mine && !slices.Contains(p.state.Commits, mine) {
		i.commits(next)
	} else {
		i.clears(next)
	}
	i.note("  %s stored %d: round %s, open %s, owed %s", i.by, next.Seq, next.Round.Format("15:04"), incidents(next.Incidents), entries(next.Outbox))
	p.state = next
}

// commits holds the round that is being judged into the state to what was measured.
func (i *invocation) commits(next health.State) {
	p := &i.promise
	last := p.state
	i.landed, p.judged[health.Commit{Round: i.scheduled, By: i.by}] = true, true
	ahead := last.Round.Sub(i.started) // it is judged soon after that, whenever the write lands
	switch {
	case !next.Round.Equal(i.scheduled):
		i.broke("%s, of round %s, commits round %s", i.by, i.scheduled, next.Round)
	case !last.Round.Before(i.scheduled) && ahead <= 4*time.Minute: // what is ahead by more than 5 was so some seconds ago
		i.broke("%s judges round %s after %s", i.by, i.scheduled, last.Round)
	}
	for n, c := range next.Commits[:len(next.Commits)-1] {
		if c != last.Commits[len(last.Commits)-len(next.Commits)+1+n] {
			i.broke("%s commits %v upon %v", i.by, next.Commits, last.Commits)
		}
	}
	for _, t := range i.fleet.Targets {
		if why := i.knew.mustAsk(t.Target, i.scheduled); why != "" && i.asked[t.Name] == "" {
			i.broke("%s did not ask %s, though %s", i.by, t.Name, why)
		}
	}
	silences := last.Silences
	if i.quietly != nil {
		silences = *i.quietly
	}
	if text(silences) != text(next.Silences) && len(silences)+len(next.Silences) > 0 {
		i.broke("%s judges by the silences %v, want %v", i.by, next.Silences, silences)
	}
	h := heard{i.scheduled, i.fleet, i.asked, quietAt(i.scheduled, i.fleet, silences), i.faults(next, ahead)}
	p.belief = p.belief.after(h)
	i.believes(h, next)
	i.owes(last, next)
	i.speaks(h, last, next)
}

// faults are what was wrong with the checker itself.
func (i *invocation) faults(next health.State, ahead time.Duration) (faults []string) {
	if i.wrongly {
		faults = append(faults, health.FaultConfig)
	}
	opens := func(fault string) bool {
		return slices.ContainsFunc(next.Incidents, func(m health.Incident) bool { return m.Subject.Name == fault })
	}
	_, copied := i.objects[goodKey]
	history := i.promise.state.Seq == 0 && copied
	if i.promise.state.Seq == 0 && copied != i.copied { // it came, or went, since it was looked for
		history = opens(health.FaultHistory)
	}
	if history {
		faults = append(faults, health.FaultHistory)
	}
	if slices.ContainsFunc(i.promise.state.Outbox, func(e health.Entry) bool { return e.Refused != "" }) {
		faults = append(faults, health.FaultDelivery)
	}
	clock := ahead > 5*time.Minute
	if ahead > 4*time.Minute && ahead < 6*time.Minute { // judged some seconds ago, so either will do
		clock = opens(health.FaultClock)
	}
	if clock {
		faults = append(faults, health.FaultClock)
	}
	return faults
}

// believes compares the incidents of a committed state with what is to be believed.
func (i *invocation) believes(h heard, next health.State) {
	p := &i.promise
	for _, m := range next.Incidents {
		p.known[m.ID] = true
		o, is := p.belief.open[m.Subject]
		if m.Subject.Kind == health.OfGroup { // since when is for the judge's own tests
			o.since, o.severity = m.Since, m.Severity
		}
		switch {
		case !is:
			i.broke("round %s: %v is open, and nothing is wrong", next.Round, m.Subject)
		case !m.Since.Equal(o.since) || !m.Opened.Equal(o.opened) || m.Severity != o.severity:
			i.broke("round %s: %v is open since %s, opened %s, %s; want %s, %s, %s", next.Round, m.Subject, m.Since, m.Opened, m.Severity, o.since, o.opened, o.severity)
		}
	}
	if len(next.Incidents) != len(p.belief.open) {
		i.broke("round %s: open are %s, want %v", next.Round, incidents(next.Incidents), p.belief.open)
	}
}

// speaks holds what is told, and what is kept back, to what can keep it back.
func (i *invocation) speaks(h heard, last, next health.State) {
	for _, m := range next.Incidents {
		may, must := i.promise.belief.mayMute(h, m.Subject)
		var was health.Incident
		if n := slices.IndexFunc(last.Incidents, func(o health.Incident) bool { return o.ID == m.ID }); n >= 0 {
			was = last.Incidents[n]
		}
		remind, told := h.remind(m.Subject), !m.Told.IsZero()
		switch {
		case !told && !may:
			i.broke("round %s: %v is open and nobody is told: %s", next.Round, m.Subject, m.Muted)
		case told && was.Told.IsZero() && must:
			i.broke("round %s: %v is told though it was to be quiet", next.Round, m.Subject)
		case !told && m.Muted == "":
			i.broke("round %s: %v is kept back for no reason", next.Round, m.Subject)
		case !may && told && m.Severity == health.Critical && m.ToldAs == health.Warning:
			i.broke("round %s: %v is critical, and told as a warning", next.Round, m.Subject)
		case m.Reminded.Equal(h.at) && was.Reminded.Before(h.at) && m.ToldAs == was.ToldAs && (remind == 0 || h.at.Sub(spoken(was)) < remind):
			i.broke("round %s: people are reminded of %v, of which they heard at %s", next.Round, m.Subject, spoken(was))
		case !may && told && remind > 0 && !unseen(m.Subject, next) && h.at.Sub(spoken(m)) >= 24*time.Hour:
			i.broke("round %s: people heard last of %v at %s", next.Round, m.Subject, spoken(m))
		}
	}
}

// spoken is when people heard of an incident last.
func spoken(m health.Incident) time.Time {
	if m.Reminded.After(m.Told) {
		return m.Reminded
	}
	return m.Told
}

// unseen reports whether a subject is a facet that nobody measures, because its target is down.
func unseen(s health.Subject, state health.State) bool {
	down := health.Subject{Kind: health.OfTarget, Name: s.Name, Facet: health.Availability}
	return s.Facet != "" && s.Facet != health.Availability && slices.ContainsFunc(state.Incidents, func(m health.Incident) bool { return m.Subject == down })
}

// mayTake reports whether an entry is an invocation's to tell: its own, or one whose maker has
// surely ended. That is sure too of one whose clock was ahead by more than any two may differ.
func mayTake(e health.Entry, by string) bool {
	now := time.Now()
	return e.By == by || e.Until.Before(now) || e.Until.After(now.Add(timeout+5*time.Minute))
}

func find(all []health.Entry, id, by string) (health.Entry, bool) {
	n := slices.IndexFunc(all, func(e health.Entry) bool { return e.ID == id && e.By == by })
	if n < 0 {
		return health.Entry{}, false
	}
	return all[n], true
}

func contains(all []health.Incident, id string) bool {
	return slices.ContainsFunc(all, func(m health.Incident) bool { return m.ID == id })
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// incidents and entries are words for the diary, made when it is read.
type (
	incidents []health.Incident
	entries   []health.Entry
)

func (all incidents) String() string {
	s := "["
	for _, m := range all {
		s += fmt.Sprintf(" %s/%s/%s#%s", m.Subject.Kind, m.Subject.Name, m.Subject.Facet, m.ID[:4])
	}
	return s + " ]"
}

func (all entries) String() string {
	s := "["
	for _, e := range all {
		s += fmt.Sprintf(" %s by %s until %s %s", e.ID, e.By, e.Until.Format("15:04:05"), e.Refused)
	}
	return s + " ]"
}
