package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"rollcall/internal/store"
)

// claim is the object told/slack/<id>: who tells a message, and since when it is told.
type claim struct {
	By      string    `json:"by"` // one message of one invocation
	Claimed time.Time `json:"claimed"`
	Until   time.Time `json:"until"`         // from then on another may take it over, unless it is done
	Done    time.Time `json:"done,omitzero"` // when it was told
}

// held is a claim of ours, as it is stored.
type held struct {
	claim
	key     string
	version store.Version
}

// claims decide who tells what. Only a nil error of a write is a fact; after any other the
// stored content says whose it is.
type claims struct{ objects store.Objects }

// claimTries is how often a claim is written: each time after the first because another was
// faster, or because nobody knows what became of the last.
const claimTries = 4

// take claims a message until then. When another has told it, or is telling it, the claim is
// that other's.
func (c claims) take(ctx context.Context, id, by string, until time.Time) (mine held, other claim, err error) {
	now := time.Now()
	mine = held{claim: claim{By: by, Claimed: now.UTC(), Until: until.UTC()}, key: keyOf(id)}
	tries := claimTries
	var failed error
	for version := store.Absent; ; {
		if mine.version, failed = c.write(ctx, mine.key, mine.claim, version); failed == nil {
			return mine, claim{}, nil
		}
		found, stored, err := c.read(ctx, mine.key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			version = store.Absent
		case err != nil:
			return held{}, claim{}, errors.Join(failed, err)
		case found.By == by && found.Until.Equal(mine.Until): // our own write, whose answer was lost
			mine.version = stored
			return mine, claim{}, nil
		case !found.Done.IsZero() || found.Until.After(now):
			return held{}, found, nil
		default: // it has ended, and its message was not told
			version = stored
		}
		if tries--; tries == 0 {
			return held{}, claim{}, failed
		}
	}
}

// done notes that the message was told. An error says that nobody knows it was.
func (c claims) done(ctx context.Context, mine held) error {
	mine.Done = time.Now().UTC()
	return c.rewrite(ctx, mine)
}

// release ends a claim before its time, so that the message can be told as soon as it comes
// again.
func (c claims) release(ctx context.Context, mine held) error {
	mine.Until = time.Now().UTC()
	return c.rewrite(ctx, mine)
}

// rewrite writes a claim of ours in place of what it was.
func (c claims) rewrite(ctx context.Context, mine held) error {
	var failed error
	for range claimTries {
		if _, failed = c.write(ctx, mine.key, mine.claim, mine.version); failed == nil {
			return nil
		}
		found, stored, err := c.read(ctx, mine.key)
		switch {
		case err != nil:
			return errors.Join(failed, err)
		case found.By != mine.By:
			return fmt.Errorf("claim %q: taken over by %s", mine.key, found.By)
		case found.Done.Equal(mine.Done) && found.Until.Equal(mine.Until):
			return nil
		}
		mine.version = stored
	}
	return failed
}

func (c claims) write(ctx context.Context, key string, what claim, v store.Version) (store.Version, error) {
	data, err := json.Marshal(what)
	if err != nil {
		return store.Absent, err
	}
	return c.objects.Put(ctx, key, data, v)
}

// read reads a claim. What cannot be read is nobody's: it is taken over, because telling
// twice is better than not at all.
func (c claims) read(ctx context.Context, key string) (claim, store.Version, error) {
	data, version, err := c.objects.Get(ctx, key)
	if err != nil {
		return claim{}, store.Absent, err
	}
	var found claim
	if json.Unmarshal(data, &found) != nil {
		found = claim{}
	}
	return found, version, nil
}

// asIs are ids that can be part of a key; those of digests are.
var asIs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9][A-Za-z0-9._:-]*)*$`)

// keyOf is where the claim of a message is kept. Whoever may publish to the topic may call
// a message anything.
func keyOf(id string) string {
	const longest = 512
	if len(id) > longest || !asIs.MatchString(id) {
		sum := sha256.Sum256([]byte(id))
		id = "sha256/" + hex.EncodeToString(sum[:])
	}
	return "told/slack/" + id
}
