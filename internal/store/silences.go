package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"rollcall/internal/health"
)

// silencesSchema is the schema of silences that this code reads and writes.
const silencesSchema = "rollcall.silences/1"

// How often a change of the silences is tried while others change them too, and the
// longest pause between two tries.
const (
	silencesTries = 10
	silencesPause = 20 * time.Millisecond
)

// silences is the object that a fleet's silences are kept in.
type silences struct {
	Schema   string           `json:"schema"`
	Seq      int64            `json:"seq"`      // +1 with each write, so equal bytes never share a version
	Silences []health.Silence `json:"silences"` // sorted by name
}

// Silences are those of the fleet, sorted by name, those that have ended too; nil when
// none were ever stored. [ErrForeign] is an object that this code cannot read.
func (s *States) Silences(ctx context.Context) ([]health.Silence, error) {
	data, _, err := s.objects.Get(ctx, s.silencesKey)
	stored, err := s.readSilences(data, err)
	return stored.Silences, err
}

// ChangeSilences stores what change makes of the fleet's silences. When others have changed
// them meanwhile, change is called again with what is stored by then; an error of its own
// ends the matter, and nothing is written. A nil error means that its result is stored. After an error
// of the store it may be, or may be yet.
func (s *States) ChangeSilences(ctx context.Context, change func([]health.Silence) ([]health.Silence, error)) error {
	var mine []byte   // what was written last
	var refused error // what came of it
	for try := 0; ; try++ {
		data, v, err := s.objects.Get(ctx, s.silencesKey)
		switch {
		case refused == nil: // the first time
		case err == nil && bytes.Equal(data, mine):
			return nil // only the answer was lost
		case !errors.Is(refused, ErrRaced):
			return refused
		case try == silencesTries:
			return fmt.Errorf("silences %q: others changed them each of %d times: %w", s.silencesKey, try, refused)
		}
		stored, err := s.readSilences(data, err)
		if err != nil {
			return err
		}
		next, err := change(stored.Silences)
		if err != nil {
			return err
		}
		if mine, err = stored.replacedBy(next); err != nil {
			return fmt.Errorf("silences %q: %w", s.silencesKey, err)
		}
		if _, refused = s.objects.Put(ctx, s.silencesKey, mine, v); refused == nil {
			return nil
		}
		time.Sleep(rand.N(silencesPause)) // or two who keep step would race each time
	}
}

// readSilences reads what a Get gave. That there is no object is no error.
func (s *States) readSilences(data []byte, err error) (silences, error) {
	if errors.Is(err, ErrNotFound) {
		return silences{}, nil
	}
	if err != nil {
		return silences{}, err
	}
	var stored silences
	if err := decode(data, &stored, &stored.Schema, silencesSchema); err != nil {
		return silences{}, fmt.Errorf("silences %q: %w", s.silencesKey, err)
	}
	return stored, nil
}

// replacedBy is the text that is to be stored in place of s.
func (s silences) replacedBy(next []health.Silence) ([]byte, error) {
	next = append([]health.Silence{}, next...) // never null
	slices.SortStableFunc(next, func(a, b health.Silence) int { return strings.Compare(a.Name, b.Name) })
	return encode(silences{Schema: silencesSchema, Seq: s.Seq + 1, Silences: next})
}
