package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

// shaky is a bucket of which a test can say how it answers.
type shaky struct {
	store.Objects
	lose   int           // so many writes happen, and are answered with an error
	refuse int           // so many writes do not happen
	blind  int           // so many reads fail
	slow   time.Duration // each of them
	before func()
}

var errOutOfOrder = errors.New("out of order")

func (s *shaky) Put(ctx context.Context, key string, data []byte, v store.Version) (store.Version, error) {
	time.Sleep(s.slow)
	if act := s.before; act != nil {
		s.before = nil
		act()
	}
	if s.refuse > 0 {
		s.refuse--
		return store.Absent, errOutOfOrder
	}
	stored, err := s.Objects.Put(ctx, key, data, v)
	if s.lose > 0 {
		s.lose--
		return store.Absent, errOutOfOrder
	}
	return stored, err
}

func (s *shaky) Get(ctx context.Context, key string) ([]byte, store.Version, error) {
	time.Sleep(s.slow)
	if s.blind > 0 {
		s.blind--
		return nil, store.Absent, errOutOfOrder
	}
	return s.Objects.Get(ctx, key)
}

const id = "shop/0-1/2026-11-22T14:05:00Z"

// play runs a story in a bubble of its own time, with a bucket that may be shaky.
func play(t *testing.T, story func(t *testing.T, c claims, s *shaky)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &shaky{Objects: store.NewMemory()}
		story(t, claims{s}, s)
	})
}

// takes claims for half a minute, and says what came: "mine", "told", "live" or an error.
func takes(t *testing.T, c claims, by string) (held, string) {
	t.Helper()
	mine, other, err := c.take(t.Context(), id, by, time.Now().Add(30*time.Second))
	switch {
	case err != nil:
		return mine, err.Error()
	case !other.Done.IsZero():
		return mine, "told"
	case other.By != "":
		return mine, "live"
	default:
		return mine, "mine"
	}
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func TestAClaimIsOneInvocations(t *testing.T) {
	play(t, func(t *testing.T, c claims, _ *shaky) {
		mine, got := takes(t, c, "a")
		want(t, "the first", got, "mine")
		_, got = takes(t, c, "b")
		want(t, "a second, meanwhile", got, "live")
		if err := c.done(t.Context(), mine); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		_, got = takes(t, c, "c")
		want(t, "a copy, later", got, "told")
	})
	play(t, func(t *testing.T, c claims, _ *shaky) {
		first, _ := takes(t, c, "a")
		time.Sleep(30 * time.Second)
		second, got := takes(t, c, "b")
		want(t, "one that takes over", got, "mine")
		if err := c.done(t.Context(), first); err == nil || !strings.Contains(err.Error(), "taken over by b") {
			t.Errorf("the first is back: %v, want it to know", err)
		}
		if err := c.done(t.Context(), second); err != nil {
			t.Error(err)
		}
	})
	play(t, func(t *testing.T, c claims, _ *shaky) {
		first, _ := takes(t, c, "a")
		if err := c.release(t.Context(), first); err != nil {
			t.Error(err)
		}
		_, got := takes(t, c, "b")
		want(t, "after a release", got, "mine")
		_, got = takes(t, c, "c")
		want(t, "after that", got, "live")
	})
}

// Of many at once, fresh or after one that died, one is told to tell.
func TestOneOfManyClaims(t *testing.T) {
	for _, died := range []bool{false, true} {
		play(t, func(t *testing.T, c claims, s *shaky) {
			s.slow = time.Millisecond // so that all of them are at it together
			if died {
				takes(t, c, "dead")
				time.Sleep(time.Minute)
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			got := map[string]int{}
			for i := range 20 {
				all.Go(func() {
					_, what := takes(t, c, fmt.Sprint(i))
					mu.Lock()
					defer mu.Unlock()
					got[what]++
				})
			}
			all.Wait()
			if got["mine"] != 1 || got["live"] != 19 {
				t.Errorf("after one that died %v: %v, want one of 20", died, got)
			}
		})
	}
}

// Only the content says whose a claim is when the answer was lost.
func TestAClaimWhoseAnswerWasLost(t *testing.T) {
	play(t, func(t *testing.T, c claims, s *shaky) {
		s.lose = 1
		mine, got := takes(t, c, "a")
		want(t, "its answer lost", got, "mine")
		s.lose = 1
		if err := c.done(t.Context(), mine); err != nil {
			t.Errorf("done, its answer lost: %v", err)
		}
		_, got = takes(t, c, "b")
		want(t, "a copy", got, "told")
	})
	play(t, func(t *testing.T, c claims, s *shaky) {
		s.refuse = 2
		_, got := takes(t, c, "a")
		want(t, "at the third try", got, "mine")
	})
	play(t, func(t *testing.T, c claims, s *shaky) {
		s.refuse = claimTries
		_, got := takes(t, c, "a")
		want(t, "never written", got, errOutOfOrder.Error())
	})
	play(t, func(t *testing.T, c claims, s *shaky) {
		s.lose, s.blind = 1, 1 // it may stand, and nobody knows
		if _, got := takes(t, c, "a"); !strings.Contains(got, errOutOfOrder.Error()) {
			t.Errorf("nobody knows: %s, want an error", got)
		}
		_, got := takes(t, c, "b")
		want(t, "after that", got, "live")
	})
	play(t, func(t *testing.T, c claims, s *shaky) {
		s.before = func() { takes(t, c, "faster") }
		_, got := takes(t, c, "a")
		want(t, "overtaken", got, "live")
	})
	play(t, func(t *testing.T, c claims, s *shaky) {
		mine, _ := takes(t, c, "a")
		s.refuse = claimTries
		if err := c.done(t.Context(), mine); !errors.Is(err, errOutOfOrder) {
			t.Errorf("done, never written: %v", err)
		}
	})
}

// What cannot be read is nobody's: better told twice than not at all.
func TestAClaimThatCannotBeRead(t *testing.T) {
	for _, stored := range []string{"", "[]", `{"by":1}`, `{"done":"yesterday"}`, "{}"} {
		play(t, func(t *testing.T, c claims, s *shaky) {
			if _, err := s.Objects.Put(t.Context(), keyOf(id), []byte(stored), store.Absent); err != nil {
				t.Fatal(err)
			}
			_, got := takes(t, c, "a")
			want(t, stored, got, "mine")
		})
	}
}

// Whatever a message is called, its claim has a place of its own.
func TestKeys(t *testing.T) {
	want(t, "a digest", keyOf(id), "told/slack/"+id)
	want(t, "a test", keyOf(id+"/test"), "told/slack/"+id+"/test")
	want(t, "an alarm", keyOf("message/95df01b4-ee98-5cb9-9903-4c221d41eb5e"), "told/slack/message/95df01b4-ee98-5cb9-9903-4c221d41eb5e")
	seen := map[string]string{}
	for _, odd := range []string{"", "..", "../../state/shop/0-1.json", "/a", "a/", "a//b", "a/.b", "a b", "a\\b", "a\x00", "ä", "\xff", strings.Repeat("a", 600), strings.Repeat("a", 601)} {
		key := keyOf(odd)
		if _, err := store.NewMemory().Put(t.Context(), key, nil, store.Absent); err != nil || !strings.HasPrefix(key, "told/slack/sha256/") || seen[key] != "" {
			t.Errorf("%q: %s, %v, also of %q", odd, key, err, seen[key])
		}
		seen[key] = odd + "!"
	}
}

func TestWait(t *testing.T) {
	for _, c := range []struct {
		delivery string
		asked    time.Duration
		received int
		want     time.Duration
	}{
		{"unsure", 0, 0, 15 * time.Second}, {"unsure", 0, 1, 15 * time.Second}, {"unsure", 0, 2, 30 * time.Second}, {"unsure", 0, 6, 8 * time.Minute},
		{"denied", 0, 7, 15 * time.Minute}, {"denied", 0, 50, 15 * time.Minute}, {"unsure", 0, 1 << 40, 15 * time.Minute},
		{"refused", 0, 40, 15 * time.Second}, {"unsure", time.Second, 9, 15 * time.Minute}, {"unsure", time.Second, 1, 15 * time.Second},
		{"unsure", 40 * time.Minute, 9, 40 * time.Minute}, {"unsure", 100 * time.Hour, 1, laterMost}, {"refused", 20 * time.Second, 1, 20 * time.Second},
	} {
		if got := wait(health.Delivery(c.delivery), c.asked, c.received); got != c.want {
			t.Errorf("%s, asked for %s, the %d. time: %s, want %s", c.delivery, c.asked, c.received, got, c.want)
		}
	}
}
