package main

import (
	"context"
	"log/slog"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/webhook"
)

const (
	// grace is how long a claim outlives the invocation that made it: the two clocks differ.
	grace = 5 * time.Second
	// reserve is what is kept of an invocation for noting what became of its message: a
	// fifth of what is left, and no more than this.
	reserve = 6 * time.Second
	// plenty stands for the deadline where there is none.
	plenty = 30 * time.Second

	// A message comes again after the first of these, then after twice as long each time, up
	// to the second; so 50 tries take half a day.
	backOff     = 15 * time.Second
	backOffMost = 15 * time.Minute
	// laterMost is the longest that a message waits because Slack asks for more than that. All
	// of its tries are over before SQS drops it, as it does with what is older than the queue
	// keeps: only then is it in the dead-letter queue, and the alarm rings.
	laterMost = time.Hour
)

// deliver tells one message, once, and returns after how long it is to come again; 0: never.
//
// A copy finds the claim of the first and is dropped when that was told. The claim of an
// invocation that died ends soon after the invocation could have: so a crash before the post
// delays a message, and one after it may tell it once more; none loses it.
func (h handler) deliver(ctx context.Context, r record, by string) (again time.Duration) {
	m := webhook.Read(r.Body, r.MessageID, time.Now())
	log := slog.With("id", m.ID, "what", string(m.Kind), "received", r.received())
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(plenty)
	}
	work, cancel := context.WithDeadline(ctx, deadline.Add(-min(reserve, time.Until(deadline)/5)))
	defer cancel()

	claims := claims{h.told}
	mine, other, err := claims.take(work, m.ID, by, deadline.Add(grace))
	switch {
	case err != nil:
		again = wait(health.Unsure, 0, r.received())
		log.ErrorContext(ctx, "not told: the claim failed", "error", err.Error(), "again_s", again.Seconds())
		return again
	case !other.Done.IsZero():
		log.InfoContext(ctx, "told before", "at", other.Done)
		return 0
	case other.By != "":
		again = max(time.Second, time.Until(other.Until).Truncate(time.Second)+time.Second)
		log.InfoContext(ctx, "another is telling it", "again_s", again.Seconds())
		return min(again, laterMost)
	}

	delivery, after, err := h.post(work, m, log)
	if delivery == health.Accepted {
		log.InfoContext(ctx, "told")
		if err := claims.done(ctx, mine); err != nil {
			log.WarnContext(ctx, "told, but not noted: a copy would be told once more", "error", err.Error())
		}
		return 0
	}
	again = wait(delivery, after, r.received())
	level := slog.LevelError
	if delivery == health.Unsure {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, "not told", "delivery", string(delivery), "error", err.Error(), "again_s", again.Seconds())
	if err := claims.release(ctx, mine); err != nil {
		log.WarnContext(ctx, "the claim stands until it ends", "error", err.Error())
	}
	return again
}

// post posts m: to the webhook as it is at this moment when the one we had is denied, and in
// the plain form when the full one is refused.
func (h handler) post(ctx context.Context, m webhook.Message, log *slog.Logger) (health.Delivery, time.Duration, error) {
	to, err := h.Webhook(ctx)
	if err != nil {
		return health.Denied, 0, err
	}
	payload, plain, renewed := m.Full, false, false
	for {
		delivery, after, err := h.Post(ctx, to, payload)
		switch {
		case delivery == health.Denied && !renewed:
			renewed = true
			now, problem := h.WebhookNow(ctx)
			if problem != nil || now.Reveal() == to.Reveal() {
				return delivery, after, err
			}
			log.WarnContext(ctx, "denied; the webhook has changed", "error", err.Error())
			to = now
		case delivery == health.Refused && !plain:
			log.WarnContext(ctx, "refused; once more in the plain form", "error", err.Error())
			payload, plain = m.Plain, true
		default:
			return delivery, after, err
		}
	}
}

// wait is after how long a message that was not told comes again, after so many times: never
// sooner than without Slack's asking, or a busy minute would use up its tries.
func wait(why health.Delivery, asked time.Duration, received int) time.Duration {
	d := backOff
	if why != health.Refused { // then waiting changes nothing: soon it is in the dead-letter queue, and the alarm rings
		for n := 1; n < received && d < backOffMost; n++ {
			d *= 2
		}
	}
	return min(max(asked, min(d, backOffMost)), laterMost)
}
