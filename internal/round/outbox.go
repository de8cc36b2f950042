package round

import (
	"slices"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

const (
	untilSlack  = 5 * time.Second // after its maker's deadline, when anybody may tell an entry
	maxBacklog  = 20              // entries left by others that are still told one by one
	staleAfter  = time.Hour       // the age at which they are not
	refusedKept = 24 * time.Hour  // how long an entry that the topic refuses is kept
)

// outbox is what is owed after a verdict, in the order in which it is told: what dead
// invocations left, what live ones are about to tell, the digest of this round, and last
// what the topic has refused before. A backlog that has grown long or old becomes one
// catch-up digest instead.
func (r *run) outbox(v judge.Verdict, now time.Time) []health.Entry {
	var left, live, refused []health.Entry
	for _, e := range v.State.Outbox {
		switch {
		case e.Refused == "" && r.mayTell(e, now):
			left = append(left, e)
		case e.Refused == "":
			live = append(live, e)
		case r.Scheduled.Sub(e.Digest.Round) <= refusedKept: // afterwards a delivery incident has told of it for a day
			refused = append(refused, e)
		}
	}
	digest := v.Digest
	if r.Topic != "" && r.foldable(left) {
		digest, left = r.catchUp(left, v), nil
	}
	owed := slices.Concat(left, live)
	if digest != nil && r.Topic != "" {
		owed = append(owed, health.Entry{
			ID: digest.ID, Topic: r.Topic, Digest: *digest,
			By: r.By, Until: r.report.Deadline.Add(untilSlack).UTC(),
		})
	}
	return append(owed, refused...)
}

// mayTell reports whether an entry is ours to tell: our own, or one whose maker has surely
// ended. A time that nobody who lives could have written is of a clock that was ahead.
func (r *run) mayTell(e health.Entry, now time.Time) bool {
	longest := r.report.Deadline.Sub(r.report.Started) + untilSlack + maxDrift
	return e.By == r.By || e.Until.Before(now) || e.Until.After(now.Add(longest))
}

func (r *run) foldable(left []health.Entry) bool {
	return len(left) > maxBacklog || slices.ContainsFunc(left, func(e health.Entry) bool {
		return r.Scheduled.Sub(e.Digest.Round) > staleAfter
	})
}

// catchUp is one digest of what a backlog and this round opened and closed, and of what is
// open now. Evidence is this round's alone, as in every digest.
func (r *run) catchUp(left []health.Entry, v judge.Verdict) *health.Digest {
	d := health.Digest{ID: v.ID, Kind: health.CatchUp, Fleet: r.fleet.Name, Shard: r.Shard, Round: r.Scheduled, Counts: v.Counts}
	digests := make([]health.Digest, 0, len(left)+1)
	for _, e := range left {
		digests = append(digests, e.Digest)
	}
	if v.Digest != nil {
		digests = append(digests, *v.Digest)
	}
	seen := map[string]bool{} // an incident is told once, by its end if it has ended
	unseen := func(i health.Incident) bool {
		first := !seen[i.ID]
		seen[i.ID] = true
		return first
	}
	for _, past := range digests {
		d.Closed = append(d.Closed, filter(past.Closed, unseen)...)
	}
	// What is kept back is nobody's news yet.
	d.Open = filter(v.State.Incidents, func(i health.Incident) bool { return !i.Told.IsZero() })
	goesOn := make(map[string]bool, len(d.Open)) // or has an end that is told by itself
	for _, i := range d.Open {
		goesOn[i.ID] = true
	}
	for _, e := range v.State.Outbox {
		for _, i := range e.Digest.Closed {
			goesOn[i.ID] = true
		}
	}
	for _, past := range digests { // what has ended otherwise did so while it was flapping: nobody would hear of its end
		for _, i := range past.Opened {
			if !unseen(i) || !goesOn[i.ID] {
				continue
			}
			if past.ID != v.ID {
				i.Evidence = nil // it is of another round, and a backlog of crowds would carry it all
			}
			d.Opened = append(d.Opened, i)
		}
	}
	return &d
}

func filter(all []health.Incident, keep func(health.Incident) bool) (kept []health.Incident) {
	for _, i := range all {
		if keep(i) {
			kept = append(kept, i)
		}
	}
	return kept
}
