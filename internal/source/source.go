// Package source reads bytes and secrets from where they are kept.
//
// A location is a path, file:PATH, or - for standard input. A [Parameter] is a secret of SSM.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// MaxSize is the most that is read from any place, in bytes: far above what a targets
// file may hold, far below what would hurt.
const MaxSize = 64 << 20

// Name is how a location is called in messages: a path without its scheme, or "stdin".
func Name(location string) string {
	if location == "-" {
		return "stdin"
	}
	return strings.TrimPrefix(location, "file:")
}

// Read returns everything at the location. The error names the place and what to do.
func Read(ctx context.Context, location string) ([]byte, error) {
	if location == "-" {
		return readWaiting(ctx, os.Stdin)
	}
	return readFile(Name(location))
}

// readWaiting reads what a person may still be typing: it gives up when ctx ends, and leaves
// the reading behind.
func readWaiting(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := readAll("stdin", r)
		done <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("read stdin: %w", context.Cause(ctx))
	case got := <-done:
		return got.data, got.err
	}
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: no such file; name the targets file with -f", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("read %s: a folder, want a targets file", path)
	}
	return readAll(path, f)
}

func readAll(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("read %s: more than %d MiB, want a targets file", name, MaxSize>>20)
	}
	return data, nil
}
