package round_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rollcall/internal/health"
)

// publishes holds a digest, which is about to be published, to having been committed, and
// to being this invocation's to tell.
func (i *invocation) publishes(d health.Digest) {
	i.mu.Lock()
	defer i.mu.Unlock()
	p := &i.promise
	sent := d.Sent
	d.Sent = time.Time{}
	if !slices.Contains(p.owed[d.ID], text(d)) {
		i.broke("%s publishes what was never committed: %s", i.by, text(d))
	}
	for _, e := range p.state.Outbox {
		if e.ID == d.ID && !mayTake(e, i.by) {
			i.broke("%s publishes %s, which is %s's until %s", i.by, e.ID, e.By, e.Until)
		}
		if e.ID == d.ID && sent.IsZero() != (e.By == i.by) {
			i.broke("%s publishes %s of %s as sent %s", i.by, e.ID, e.By, sent)
		}
	}
}

// hears is a digest on its way to people.
func (l *life) hears(d health.Digest) {
	l.note("  people hear %s %s: opened %s, closed %s, reminded %s, open %s", d.Kind, d.ID, incidents(d.Opened), incidents(d.Closed), incidents(d.Reminded), incidents(d.Open))
	of := func(id string) *hearing {
		if l.promise.people[id] == nil {
			l.promise.people[id] = &hearing{}
		}
		return l.promise.people[id]
	}
	for _, m := range slices.Concat(d.Opened, d.Reminded, d.Open) {
		of(m.ID).open = true
	}
	for _, m := range d.Closed {
		of(m.ID).closed = true
	}
}

func (i *invocation) accepts(d health.Digest) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.promise.accepted[d.ID] = true
}

// returns holds what an invocation says of itself to what it did.
func (i *invocation) returns(ctx context.Context, report health.Report, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.returned = true
	i.note("%s returns: completed %v, repeated %v, late %v, %v", i.by, report.Completed, report.Repeated, report.Late, err)
	deadline, _ := ctx.Deadline()
	switch {
	case report.Completed && !i.promise.judged[health.Commit{Round: i.scheduled, By: i.by}]:
		i.broke("%s says that it is completed, and has stored nothing", i.by)
	case err == nil && !report.Completed && !report.Repeated && !report.Late:
		i.broke("%s has done nothing and says nothing of it", i.by)
	case time.Now().After(deadline):
		i.broke("%s ends %s after its deadline", i.by, time.Since(deadline))
	}
	if report.Repeated && i.landed {
		read, _ := readState(i.read)
		if slices.Contains(read.Commits, health.Commit{Round: i.scheduled, By: i.by}) {
			i.broke("%s takes its own commit for another's", i.by)
		}
	}
}

// differs says where what people were told and what is believed part, once all is calm;
// empty when they do not.
func (p *promise) differs() string {
	for _, e := range p.state.Outbox {
		return "still owed: " + e.ID
	}
	for _, m := range p.state.Incidents {
		h := p.people[m.ID]
		if !m.Told.IsZero() && (h == nil || !h.open) && p.excused[m.ID] == "" {
			return fmt.Sprintf("%v is open, and people never heard of it", m.Subject)
		}
		if h != nil && h.closed {
			return fmt.Sprintf("%v is open, and people heard that it ended", m.Subject)
		}
	}
	for id, h := range p.people {
		if h.open && !h.closed && !contains(p.state.Incidents, id) && p.excused[id] == "" {
			return fmt.Sprintf("people believe that %s is open", id)
		}
		if h.open && !h.closed && p.excused[id] == "" {
			if n := slices.IndexFunc(p.state.Incidents, func(m health.Incident) bool { return m.ID == id }); n >= 0 && p.state.Incidents[n].Told.IsZero() {
				return fmt.Sprintf("people believe that %v is open, and it was never told", p.state.Incidents[n].Subject)
			}
		}
	}
	return ""
}

// excuse lets told and believed differ for what a digest speaks of.
func (p *promise) excuse(d health.Digest, why string) {
	for _, m := range slices.Concat(d.Opened, d.Closed, d.Reminded, d.Open) {
		p.excused[m.ID] = why
	}
}
