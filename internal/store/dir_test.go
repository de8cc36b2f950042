package store_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"rollcall/internal/store"
)

func openDir(t testing.TB, path string) *store.Dir {
	t.Helper()
	d, err := store.NewDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDirBetweenProcesses runs itself twice at once, as two processes on one folder.
func TestDirBetweenProcesses(t *testing.T) {
	const where = "ROLLCALL_TEST_FOLDER"
	const turns = 500
	if path := os.Getenv(where); path != "" {
		if err := increment(t.Context(), openDir(t, path), turns); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Parallel()
	path := t.TempDir()
	var children []*exec.Cmd
	for range 2 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDirBetweenProcesses$")
		child.Env = append(os.Environ(), where+"="+path)
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	for _, child := range children {
		if err := child.Wait(); err != nil {
			t.Error(err)
		}
	}
	wantStored(t, openDir(t, path), key, strconv.Itoa(2*turns), "")
}

// A file is replaced, never rewritten: whoever has it open, or dies with it open, has the
// whole old one.
func TestDirReplacesFilesWhole(t *testing.T) {
	path := t.TempDir()
	d := openDir(t, path)
	old := strings.Repeat("old ", 1<<18)
	v := put(t, d, key, old, store.Absent)
	reader, err := os.Open(filepath.Join(path, key))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	put(t, d, key, "new", v)
	got, err := io.ReadAll(reader)
	if err != nil || string(got) != old {
		t.Errorf("the open file now has %d bytes (%v), want the old %d", len(got), err, len(old))
	}
	wantStored(t, d, key, "new", "")
}

// What is in the folder is the objects and the lock, for its owner's eyes.
func TestDirLeavesNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "here")
	d := openDir(t, path)
	v := put(t, d, key, "one", store.Absent)
	put(t, d, key, "two", v)
	if _, err := d.Put(t.Context(), key, []byte("three"), v); !errors.Is(err, store.ErrRaced) {
		t.Fatal(err)
	}
	want := map[string]os.FileMode{
		".": 0o700, ".lock": 0o600, "state": 0o700, "state/shop": 0o700, key: 0o600,
	}
	err := filepath.WalkDir(path, func(file string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, file)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if mode, expected := want[filepath.ToSlash(name)]; !expected || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v; want only %v", name, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDirWaitsForTheLockUntilTheContextEnds(t *testing.T) {
	path := t.TempDir()
	d := openDir(t, path)
	v := put(t, d, key, "before", store.Absent)
	other := flock.New(filepath.Join(path, ".lock"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := d.Put(ctx, key, []byte("after"), v)
	wantError(t, err, context.DeadlineExceeded)
	if !strings.Contains(err.Error(), "lock "+filepath.Join(path, ".lock")) {
		t.Errorf("error %q does not name the lock", err)
	}
	_, _, err = d.Get(ctx, key)
	wantError(t, err, context.DeadlineExceeded)

	time.AfterFunc(20*time.Millisecond, func() { _ = other.Unlock() })
	put(t, d, key, "after", v)
}

// A folder in disorder is said to be so; it is never an absence, a race or a success.
func TestDirInDisorder(t *testing.T) {
	cases := []struct {
		name  string
		spoil func(path string) error
		want  string // in the error
	}{
		{"a folder where the file should be", func(path string) error {
			return os.MkdirAll(filepath.Join(path, key, "x"), 0o700)
		}, "is a directory"},
		{"a file where a folder should be", func(path string) error {
			return os.WriteFile(filepath.Join(path, "state"), []byte("x"), 0o600)
		}, "not a directory"},
		{"a folder where the lock should be", func(path string) error {
			return os.Mkdir(filepath.Join(path, ".lock"), 0o700)
		}, "lock "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := t.TempDir()
			d := openDir(t, path)
			if err := c.spoil(path); err != nil {
				t.Fatal(err)
			}
			_, _, err := d.Get(t.Context(), key)
			wantDisorder(t, err, "get", c.want)
			_, err = d.Put(t.Context(), key, []byte("x"), store.Absent)
			wantDisorder(t, err, "put", c.want)
			_, err = d.Put(t.Context(), key, []byte("x"), store.Any)
			wantDisorder(t, err, "put", "")
		})
	}
}

func wantDisorder(t *testing.T, err error, verb, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: no error", verb)
	}
	wantError(t, err, err)
	if !strings.HasPrefix(err.Error(), verb+` "`+key+`": `) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %q, want the key and %q in it", verb, err, want)
	}
}

func TestNewDirRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                           "store: no folder given",
		file:                         "want a folder",
		filepath.Join(file, "under"): "want a folder",
	} {
		if _, err := store.NewDir(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewDir(%q): %v, want %q", path, err, want)
		}
	}
}

// A folder removed under a running process is an empty one, not the end of it.
func TestDirRemovedMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone")
	d := openDir(t, path)
	v := put(t, d, key, "before", store.Absent)
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.Get(t.Context(), key)
	wantError(t, err, store.ErrNotFound)
	_, err = d.Put(t.Context(), key, []byte("after"), v)
	wantError(t, err, store.ErrRaced)
	put(t, d, key, "after", store.Absent)
}
