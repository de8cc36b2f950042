package round_test

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// owes holds the outbox of a commit to what became known with it, and to what was owed before.
func (i *invocation) owes(last, next health.State) {
	p := &i.promise
	var own *health.Entry
	for n := range next.Outbox {
		e := &next.Outbox[n]
		if was, is := find(last.Outbox, e.ID, e.By); is {
			if text(was.Digest) != text(e.Digest) || !was.Until.Equal(e.Until) {
				i.broke("%s changes what is owed: %s", i.by, e.ID)
			}
			continue
		}
		if own != nil {
			i.broke("%s owes %s and %s", i.by, own.ID, e.ID)
		}
		own = e
	}
	var d health.Digest
	if own != nil {
		d = own.Digest
		switch {
		case own.By != i.by || own.ID != d.ID || !i.named(d.ID, last) || !d.Round.Equal(i.scheduled):
			i.broke("%s, of round %s, owes %s of round %s in the name of %s", i.by, i.scheduled, d.ID, d.Round, own.By)
		case len(p.owed[d.ID]) > 0 && !p.renewed[d.ID]:
			i.broke("%s is the id of two digests:\n%s\n%s", d.ID, p.owed[d.ID][0], text(d))
		}
		p.owed[d.ID] = append(p.owed[d.ID], text(d))
	}
	i.tellsAll(last, next, d)
	for _, e := range last.Outbox {
		if _, is := find(next.Outbox, e.ID, e.By); is {
			continue
		}
		switch {
		case e.Refused != "" && i.scheduled.Sub(e.Digest.Round) > 24*time.Hour:
			p.excuse(e.Digest, "refused for a day")
		case d.Kind != health.CatchUp || !mayTake(e, i.by):
			i.broke("%s lets go of %s, which is owed", i.by, e.ID)
		default:
			for _, m := range slices.Concat(e.Digest.Opened, e.Digest.Closed) {
				if !contains(d.Opened, m.ID) && !contains(d.Closed, m.ID) && !over(m.ID, last, next) {
					i.broke("%s: the catch-up digest leaves %v out", i.by, m.Subject)
				}
			}
		}
	}
}

// over reports whether an incident has ended, and its end is owed no more: it was told before
// its opening, or absorbed. Then the opening is nobody's news.
func over(id string, last, next health.State) bool {
	return !contains(next.Incidents, id) && !slices.ContainsFunc(last.Outbox, func(e health.Entry) bool { return contains(e.Digest.Closed, id) })
}

// named reports whether an id is that of the digest of this round: the round's own, or, after
// clocks were set back behind a round that was judged, that and something more.
func (i *invocation) named(id string, last health.State) bool {
	own := health.DigestID(fleetName, shard, i.scheduled)
	if last.Round.Before(i.scheduled) && last.Furthest.Before(i.scheduled) {
		return id == own
	}
	return strings.HasPrefix(id, own+"/")
}

// tellsAll compares what a digest says with what has changed in the state.
func (i *invocation) tellsAll(last, next health.State, d health.Digest) {
	catchUp := d.Kind == health.CatchUp
	for _, m := range next.Incidents {
		was := slices.IndexFunc(last.Incidents, func(o health.Incident) bool { return o.ID == m.ID })
		isNew := !m.Told.IsZero() && (was < 0 || last.Incidents[was].Told.IsZero())
		if isNew != contains(d.Opened, m.ID) && (isNew || !catchUp) {
			i.broke("round %s: %v told %v, in the digest %v", next.Round, m.Subject, isNew, !isNew)
		}
		if was >= 0 && !last.Incidents[was].Told.IsZero() && m.Told.IsZero() {
			i.broke("round %s: %v is told no more", next.Round, m.Subject)
		}
	}
	for _, m := range last.Incidents {
		ended := !m.Told.IsZero() && !contains(next.Incidents, m.ID)
		if ended && !contains(d.Closed, m.ID) && flapped(m, last, next) {
			i.promise.excused[m.ID] = "people know that it flaps"
			continue
		}
		if ended != contains(d.Closed, m.ID) && (ended || !catchUp) {
			i.broke("round %s: end of %v %v, in the digest %v", next.Round, m.Subject, ended, !ended)
		}
	}
	for _, m := range d.Open {
		if m.Told.IsZero() {
			i.broke("round %s: the catch-up digest tells that %v is open, which is kept back", next.Round, m.Subject)
		}
	}
	for _, m := range slices.Concat(d.Opened, d.Closed, d.Reminded, d.Open) {
		if !i.promise.known[m.ID] {
			i.broke("round %s: %v is told, and was never open", next.Round, m.Subject)
		}
	}
}

// flapped reports whether people were told that the facet of an incident flaps.
func flapped(m health.Incident, last, next health.State) bool {
	return slices.ContainsFunc(slices.Concat(last.Incidents, next.Incidents), func(f health.Incident) bool {
		return m.Subject.Kind == health.OfTarget && f.Subject.Kind == health.OfFlapping &&
			f.Subject.Name == m.Subject.Name && f.Subject.Facet == m.Subject.Facet && !f.Told.IsZero()
	})
}

// clears holds a write that is no commit to clearing: nothing but the outbox changes, and
// nothing leaves it that was not accepted.
func (i *invocation) clears(next health.State) {
	p := &i.promise
	last := p.state
	for _, e := range last.Outbox {
		if _, is := find(next.Outbox, e.ID, e.By); !is && !p.accepted[e.ID] {
			i.broke("%s clears %s, which nobody accepted", i.by, e.ID)
		}
	}
	for n := range next.Outbox {
		e := next.Outbox[n]
		e.Refused = ""
		was, is := find(last.Outbox, e.ID, e.By)
		if was.Refused = ""; !is || text(was) != text(e) {
			i.broke("%s clears, and writes %s back", i.by, e.ID)
		}
	}
	rest := next
	rest.Outbox, rest.Seq, last.Outbox, last.Seq = nil, 0, nil, 0
	if !reflect.DeepEqual(rest, last) {
		i.broke("%s clears, and writes back more than the outbox:\n%s\n%s", i.by, text(last), text(rest))
	}
}
