package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2/maybe"
)

// Dir keeps objects as files of a folder, readable by its owner alone; the slashes of a
// key are sub-folders. It is safe between goroutines and between processes.
//
// A file is replaced as a whole or not at all, so a process that is killed leaves the old
// one or the new one. A power cut may bring the old one back. On Windows, which cannot
// replace a file in one step, a kill in the middle of a write leaves it damaged.
type Dir struct {
	path string
}

const (
	lockName  = ".lock"            // of the whole folder; it stays, because removing a lock file opens a gap
	lockPause = time.Millisecond   // between two tries for a lock that is taken
	dirMode   = fs.FileMode(0o700) // of folders made here
	fileMode  = fs.FileMode(0o600) // of new files; a file that stands keeps its own
)

// NewDir is the folder at path, made if it does not exist.
func NewDir(path string) (*Dir, error) {
	if path == "" {
		return nil, errors.New("store: no folder given, want a path")
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	if err := os.MkdirAll(full, dirMode); err != nil {
		return nil, fmt.Errorf("store %s: want a folder: %w", path, err)
	}
	return &Dir{path: full}, nil
}

// Get is the object under key and its version, or [ErrNotFound]. It waits for a writer
// until ctx ends.
func (d *Dir) Get(ctx context.Context, key string) ([]byte, Version, error) {
	if err := checkKey(key); err != nil {
		return nil, Absent, fmt.Errorf("get %q: %w", key, err)
	}
	unlock, err := d.lock(ctx, (*flock.Flock).TryRLockContext)
	if err != nil {
		return nil, Absent, fmt.Errorf("get %q: %w", key, err)
	}
	defer unlock()
	data, err := os.ReadFile(d.file(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Absent, fmt.Errorf("get %q: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, Absent, fmt.Errorf("get %q: %w", key, err)
	}
	return data, versionOf(data), nil
}

// Put stores data under key if the stored version is v, else it is [ErrRaced]. It waits
// for other readers and writers until ctx ends.
func (d *Dir) Put(ctx context.Context, key string, data []byte, v Version) (Version, error) {
	if err := checkKey(key); err != nil {
		return Absent, fmt.Errorf("put %q: %w", key, err)
	}
	unlock, err := d.lock(ctx, (*flock.Flock).TryLockContext)
	if err != nil {
		return Absent, fmt.Errorf("put %q: %w", key, err)
	}
	defer unlock()
	if err := d.replace(d.file(key), data, v); err != nil {
		return Absent, fmt.Errorf("put %q: %w", key, err)
	}
	return versionOf(data), nil
}

// replace compares and swaps; whoever calls it holds the lock.
func (d *Dir) replace(file string, data []byte, v Version) error {
	if v != Any {
		old, err := os.ReadFile(file)
		stored := versionOf(old)
		if errors.Is(err, fs.ErrNotExist) {
			stored, err = Absent, nil
		}
		if err != nil {
			return err
		}
		if v != stored {
			return ErrRaced
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), dirMode); err != nil {
		return err
	}
	return maybe.WriteFile(file, data, fileMode)
}

// lock takes the folder's lock, shared or alone. Readers take it too: they are never in
// the way of each other, and where a file cannot be replaced in one step they would
// otherwise read half of it.
func (d *Dir) lock(ctx context.Context, take func(*flock.Flock, context.Context, time.Duration) (bool, error)) (unlock func(), err error) {
	if err := os.MkdirAll(d.path, dirMode); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(d.path, lockName), flock.SetPermissions(fileMode))
	if _, err := take(l, ctx, lockPause); err != nil {
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	return func() { _ = l.Unlock() }, nil // closing the file lets go of it whatever is said
}

func (d *Dir) file(key string) string { return filepath.Join(d.path, filepath.FromSlash(key)) }
