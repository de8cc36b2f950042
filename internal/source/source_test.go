package source

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "targets.yaml")
	if err := os.WriteFile(path, []byte("fleet: shop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(dir, "huge")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, MaxSize+1); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ location, want, problem string }{
		{location: path, want: "fleet: shop\n"},
		{location: "file:" + path, want: "fleet: shop\n"},
		{location: filepath.Join(dir, "none.yaml"), problem: "none.yaml: no such file; name the targets file with -f"},
		{location: dir, problem: ": a folder, want a targets file"},
		{location: "s3://bucket/key", problem: "s3://bucket/key: only AWS can"},
		{location: huge, problem: "huge: more than 8 MiB, want a targets file"},
	} {
		at, err := Parse(c.location)
		if err != nil {
			t.Fatal(err)
		}
		data, err := Read(t.Context(), at)
		switch {
		case c.problem == "" && (err != nil || string(data) != c.want):
			t.Errorf("read %s: got %q, %v", c.location, data, err)
		case c.problem != "" && (err == nil || !strings.HasSuffix(err.Error(), c.problem)):
			t.Errorf("read %s: got %v, want ...%s", c.location, err, c.problem)
		}
	}
}

func TestReadWaiting(t *testing.T) {
	data, err := readWaiting(t.Context(), strings.NewReader("fleet: shop\n"))
	if err != nil || string(data) != "fleet: shop\n" {
		t.Errorf("got %q, %v", data, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	typing, typed := io.Pipe() // nothing is ever typed
	defer typed.Close()
	if _, err := readWaiting(stopped, typing); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while somebody types: %v, want it to give up", err)
	}
}
