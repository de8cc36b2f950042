package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"rollcall/internal/health"
)

// Objects is a place where bytes are kept, safe for concurrent use.
type Objects interface {
	// Get is the object under key and its version. ErrNotFound means that there is surely
	// none; any other error, that nothing is known.
	Get(ctx context.Context, key string) ([]byte, Version, error)
	// Put stores data under key if the stored version is v. A nil error means that it
	// surely did; ErrRaced, that another version is stored, which may be this very write;
	// any other error, that it may have happened, or may happen yet.
	Put(ctx context.Context, key string, data []byte, v Version) (Version, error)
}

// States keeps the state of a fleet, or of a shard of it, and the fleet's last good
// targets file and silences. It is safe for concurrent use.
type States struct {
	objects     Objects
	stateKey    string
	goodKey     string
	silencesKey string

	mu   sync.Mutex
	kept Version // of the targets file that this process wrote last
}

// NewStates keeps the state of shard ("0-1": number and count) of fleet in objects.
func NewStates(objects Objects, fleet, shard string) *States {
	return &States{
		objects:     objects,
		stateKey:    "state/" + fleet + "/" + shard + ".json",
		goodKey:     "config/" + fleet + "/last-good.yaml",
		silencesKey: "silences/" + fleet + ".json",
	}
}

// Load is the stored state and its version; an empty state and [Absent] when there is
// none. [ErrForeign] is a state that this code must not judge by and cannot overwrite: no
// version is given out for it.
func (s *States) Load(ctx context.Context) (health.State, Version, error) {
	data, v, err := s.objects.Get(ctx, s.stateKey)
	if errors.Is(err, ErrNotFound) {
		return health.State{Schema: health.StateSchema}, Absent, nil
	}
	if err != nil {
		return health.State{}, Absent, err
	}
	var stored text
	if err := decode(data, &stored, &stored.Schema, health.StateSchema); err != nil {
		return health.State{}, Absent, fmt.Errorf("state %q: %w", s.stateKey, err)
	}
	state, err := stored.state()
	if err != nil {
		return health.State{}, Absent, fmt.Errorf("state %q: %w", s.stateKey, err)
	}
	return state, v, nil
}

// Commit stores state, exactly as it is given, if the stored version is still v. A nil
// error means that it is stored; after any other the content decides (see [Objects]).
func (s *States) Commit(ctx context.Context, state health.State, v Version) (Version, error) {
	if v == Any {
		return Absent, fmt.Errorf("state %q: a commit in place of any version, want the one that was loaded", s.stateKey)
	}
	if state.Schema != health.StateSchema {
		return Absent, fmt.Errorf("state %q: a commit of schema %q, want %q", s.stateKey, state.Schema, health.StateSchema)
	}
	data, err := encode(textOf(state))
	if err != nil {
		return Absent, fmt.Errorf("state %q: %w", s.stateKey, err)
	}
	return s.objects.Put(ctx, s.stateKey, data, v)
}

// LastGood is the source text of the last targets file that was good, or [ErrNotFound].
func (s *States) LastGood(ctx context.Context) ([]byte, error) {
	data, _, err := s.objects.Get(ctx, s.goodKey)
	return data, err
}

// KeepGood stores the source text of a targets file that was good. It writes only when
// this process has not stored the same bytes last.
func (s *States) KeepGood(ctx context.Context, source []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := versionOf(source)
	if v == s.kept {
		return nil
	}
	s.kept = Absent // a write that fails may have happened: nothing is known until one succeeds
	if _, err := s.objects.Put(ctx, s.goodKey, source, Any); err != nil {
		return err
	}
	s.kept = v
	return nil
}

// encode is one text for one document: keys sorted, on one line.
func encode(document any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // URLs and causes stay as people wrote them
	err := e.Encode(document)
	return b.Bytes(), err
}

// decode reads a document of the schema that is wanted; schema is where the document keeps
// the name of its own. Unknown fields are fine: they come from code that knew how to stay
// within the schema. After an error the document is worth nothing.
func decode(data []byte, document any, schema *string, want string) error {
	if err := json.Unmarshal(data, document); err != nil {
		// Another schema may give our fields other types; its name says more than they do.
		var head struct{ Schema string }
		if json.Unmarshal(data, &head) != nil || head.Schema == "" || head.Schema == want {
			return fmt.Errorf("%w: %v", ErrForeign, err)
		}
		*schema = head.Schema
	}
	if *schema != want {
		return fmt.Errorf("schema %q, want %q: %w", *schema, want, ErrForeign)
	}
	return nil
}
