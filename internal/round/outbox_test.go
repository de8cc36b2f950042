package round

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

func TestUnsureStaysOwed(t *testing.T) {
	for _, answer := range []health.Delivery{health.Unsure, health.Denied} {
		t.Run(string(answer), func(t *testing.T) {
			bubble(t, func(w *world) {
				w.topic = answer
				report, err := w.round("i1")
				if err == nil || report.Outbox != 1 || w.last.Outbox != 1 || !report.Completed {
					t.Errorf("round: %+v, %v, want an error, one owed, and the round completed", report, err)
				}
				w.topic = health.Accepted
				w.nextMinute()
				w.must("i2")
				w.wantHeard("first", "first")
				if w.told[0].ID != w.told[1].ID {
					t.Errorf("told as %s and %s, want one id", w.told[0].ID, w.told[1].ID)
				}
			})
		})
	}
}

func TestBacklogGoesFirst(t *testing.T) {
	bubble(t, func(w *world) {
		w.topic = health.Unsure
		_, _ = w.round("i1")
		w.nextMinute()
		w.down["a"] = true
		w.told, w.topic = nil, health.Accepted
		w.must("i2")
		w.wantHeard("first", "news +a")
	})
}

// What another invocation owed says when it is told, and is otherwise what it was: in the
// outbox it stays as it was made.
func TestCopiesSayWhenTheyAreTold(t *testing.T) {
	bubble(t, func(w *world) {
		w.topic = health.Unsure
		_, _ = w.round("i1")
		w.nextMinute()
		now := time.Now().UTC()
		_, _ = w.round("i2")
		own, copied := w.told[0], w.told[1]
		if !own.Sent.IsZero() || !copied.Sent.Equal(now) || copied.ID != own.ID || !copied.Round.Equal(own.Round) {
			t.Errorf("first told %+v, then %+v; want the same, sent at %s", own, copied, now)
		}
		if owed := w.stored().Outbox[0].Digest; !owed.Sent.IsZero() {
			t.Errorf("the entry itself says it was sent at %s", owed.Sent)
		}
		w.down["a"] = true
		w.nextMinute()
		w.topic = health.Accepted
		w.must("i3")
		if last := w.told[len(w.told)-1]; !last.Sent.IsZero() || last.Kind != health.News {
			t.Errorf("the round's own digest is %+v, want no time of sending", last)
		}
	})
}

// A digest that the topic refuses for its content is told of, tried on, and dropped after a day.
func TestRefused(t *testing.T) {
	bubble(t, func(w *world) {
		w.topic = health.Refused
		_, err := w.round("i1")
		if err == nil {
			t.Error("no error, though the topic refused")
		}
		if s := w.stored(); len(s.Outbox) != 1 || !strings.Contains(s.Outbox[0].Refused, "refused") {
			t.Errorf("owed %+v, want the entry marked with the reason", s.Outbox)
		}
		w.nextMinute()
		words := w.stored().Outbox[0].Refused
		_, _ = w.round("again")
		if o := w.stored().Outbox; o[len(o)-1].Refused != words { // what was refused stands last
			t.Errorf("refused again, for %q, want the first words kept: %q", o[len(o)-1].Refused, words)
		}
		w.nextMinute()
		refused := w.told[0].ID
		w.told = nil
		_, _ = w.round("i2")
		if s := w.stored(); len(s.Outbox) != 2 || len(s.Incidents) != 1 || s.Incidents[0].Subject.Name != health.FaultDelivery {
			t.Errorf("owed %+v, incidents %+v, want a delivery incident", s.Outbox, s.Incidents)
		}
		// The day after, the topic takes everything but the first.
		time.Sleep(refusedKept)
		w.topic, w.told = health.Accepted, nil
		w.nextMinute()
		w.must("i3")
		for _, d := range w.told {
			if d.ID == refused {
				t.Errorf("%s is told after a day, want it dropped", d.ID)
			}
		}
	})
}

// An entry is its maker's until the deadline of its maker has passed by 5 s.
func TestUntil(t *testing.T) {
	bubble(t, func(w *world) {
		w.topic = health.Unsure
		begun := time.Now()
		_, _ = w.round("i1")
		if got, want := w.stored().Outbox[0].Until, begun.Add(60*time.Second); !got.Equal(want) {
			t.Errorf("until %s, want %s", got, want)
		}
	})
}

// Whose an entry is, is decided when we commit: one that its maker may still have been
// telling then is not ours later.
func TestEntriesOfOthersAreTakenAtTheCommit(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		w.told = nil
		w.backlog(time.Minute - asking - time.Second) // its until passes a second after the commit
		w.after["commit"] = func() { time.Sleep(2 * time.Second) }
		w.must("i2")
		w.wantHeard()
		w.must("i3")
		w.wantHeard("news +x0")
	})
}

// What the topic refused before is told last, and spoils no catch-up digest.
func TestRefusedGoLast(t *testing.T) {
	bubble(t, func(w *world) {
		w.topic = health.Refused
		_, _ = w.round("i1")
		w.topic, w.told = health.Accepted, nil
		time.Sleep(3 * time.Hour)
		w.backlog(2*time.Hour, 119*time.Minute)
		w.nextMinute()
		w.must("i2")
		w.wantHeard("catchup +delivery -x0", "first")
	})
}

// backlog stores entries that invocations now dead have left, made at the given ages.
func (w *world) backlog(ages ...time.Duration) {
	w.t.Helper()
	states := store.NewStates(w.objects, "shop", "0-1")
	s, v, err := states.Load(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for i, age := range ages {
		made := time.Now().Add(-age).UTC()
		d := health.Digest{ID: health.DigestID("shop", "0-1", made), Kind: health.News, Round: made}
		incident := health.Incident{ID: fmt.Sprint("x", i/2), Subject: health.Subject{Kind: health.OfTarget, Name: fmt.Sprint("x", i/2)}}
		if i%2 == 0 {
			d.Opened = []health.Incident{incident}
		} else {
			d.Closed = []health.Incident{incident}
		}
		s.Outbox = append(s.Outbox, health.Entry{ID: d.ID, Topic: "people", Digest: d, By: "dead", Until: made.Add(time.Minute)})
	}
	s.Seq++
	if _, err := states.Commit(w.t.Context(), s, v); err != nil {
		w.t.Fatal(err)
	}
}

func minutesAgo(n int) (ages []time.Duration) {
	for i := range n {
		ages = append(ages, time.Duration(2+n-i)*time.Minute)
	}
	return ages
}

func TestBacklogIsFolded(t *testing.T) {
	for _, c := range []struct {
		name string
		ages []time.Duration
		want string // kinds told
	}{
		{"a short and young one is told one by one", minutesAgo(3), "news news news"},
		{"twenty still are", minutesAgo(maxBacklog), strings.TrimSpace(strings.Repeat("news ", maxBacklog))},
		{"a longer one is not", minutesAgo(maxBacklog + 1), "catchup"},
		{"an hour is not old", []time.Duration{time.Hour}, "news"},
		{"more than an hour is", []time.Duration{time.Hour + time.Minute, 2 * time.Minute}, "catchup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(w *world) {
				w.must("i1")
				time.Sleep(3 * time.Hour)
				w.told = nil
				w.backlog(c.ages...)
				w.must("i2")
				var kinds []string
				for _, d := range w.told {
					kinds = append(kinds, string(d.Kind))
				}
				if got := strings.Join(kinds, " "); got != c.want {
					t.Errorf("told %s, want %s", got, c.want)
				}
				if s := w.stored(); len(s.Outbox) != 0 {
					t.Errorf("%d still owed", len(s.Outbox))
				}
			})
		})
	}
}

// The catch-up digest is the one digest of its round: what opened and is open, what closed,
// and what is open now, the round's own news among it. What opened, and is not open though
// its end was not told, ended while it was flapping, and is nobody's news.
func TestCatchUp(t *testing.T) {
	bubble(t, func(w *world) {
		w.file = "two"
		w.must("i1")
		w.topic, w.down["b"] = health.Unsure, true
		_, _ = w.round("i2")
		time.Sleep(3 * time.Hour)
		w.topic, w.told = health.Accepted, nil
		w.backlog(2*time.Hour, 119*time.Minute, 118*time.Minute) // x0 opened and closed, x1 opened
		w.down["a"] = true
		w.must("i3")
		w.wantHeard("catchup +b +a -x0")
		d := w.told[0]
		if len(d.Open) != 2 {
			t.Errorf("open now %+v, want a and b", d.Open)
		}
		if then, now := d.Opened[0].Evidence, d.Opened[1].Evidence; then != nil || now == nil {
			t.Errorf("evidence %+v of b, %+v of a, want what this round measured and nothing of the past", then, now)
		}
		if !strings.HasPrefix(d.ID, "shop/0-1/") || d.Counts.Down != 2 {
			t.Errorf("digest %+v, want the round's id and the counts of now", d)
		}
	})
}

// Without a topic nobody is told, and what is owed stays owed, however much and however old.
func TestNoTopic(t *testing.T) {
	bubble(t, func(w *world) {
		w.must("i1")
		time.Sleep(3 * time.Hour)
		w.backlog(minutesAgo(maxBacklog + 1)...)
		w.told, w.down["a"] = nil, true
		p := w.plan(time.Now(), "i2")
		p.Topic, p.Voice = "", nil
		ctx, cancel := context.WithTimeout(w.t.Context(), 55*time.Second)
		defer cancel()
		report, err := p.Run(ctx)
		if err != nil || !report.Completed || report.Outbox != maxBacklog+1 {
			t.Errorf("completed %v with %d owed, %v, want all of the backlog still owed", report.Completed, report.Outbox, err)
		}
		w.nextMinute()
		w.must("i3")
		w.wantHeard("catchup -x0 -x1 -x2 -x3 -x4 -x5 -x6 -x7 -x8 -x9")
	})
}
