package store

import (
	"bytes"
	"context"
	"fmt"
	"sync"
)

// Memory keeps objects for as long as the process lives. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

// NewMemory is an empty memory.
func NewMemory() *Memory { return &Memory{objects: make(map[string][]byte)} }

// Get is the object under key and its version, or [ErrNotFound].
func (m *Memory) Get(ctx context.Context, key string) ([]byte, Version, error) {
	if err := m.ready(ctx, key); err != nil {
		return nil, Absent, fmt.Errorf("get %q: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, found := m.objects[key]
	if !found {
		return nil, Absent, fmt.Errorf("get %q: %w", key, ErrNotFound)
	}
	return bytes.Clone(data), versionOf(data), nil
}

// Put stores data under key if the stored version is v, else it is [ErrRaced].
func (m *Memory) Put(ctx context.Context, key string, data []byte, v Version) (Version, error) {
	if err := m.ready(ctx, key); err != nil {
		return Absent, fmt.Errorf("put %q: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := Absent
	if old, found := m.objects[key]; found {
		stored = versionOf(old)
	}
	if v != Any && v != stored {
		return Absent, fmt.Errorf("put %q: %w", key, ErrRaced)
	}
	m.objects[key] = bytes.Clone(data)
	return versionOf(data), nil
}

func (m *Memory) ready(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	return ctx.Err()
}
