// Package source reads bytes and secrets from where they are kept, and puts a targets file
// in the place of another.
//
// A location is a path, file:PATH, - for standard input, s3://BUCKET/KEY or ssm:/NAME; what
// needs no AWS is read by [Read]. An [Object] and a [Setting] are targets files in S3 and in
// SSM, which can be read again and again, and replaced. A [Parameter] is a secret of SSM.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxSize is the most that is read from any place, in bytes: twice what a targets file
// may hold, and far below what would hurt a small function.
const MaxSize = 8 << 20

// What a place in AWS may answer, beside what goes wrong with it.
var (
	// ErrAbsent is a place that surely holds nothing.
	ErrAbsent = errors.New("nothing is there")
	// ErrRaced is a place where somebody else has put another file since it was read.
	ErrRaced = errors.New("it holds another file by now")
	// ErrEncrypted is a parameter of SSM that is a SecureString, which is read and not replaced.
	ErrEncrypted = errors.New("it is a SecureString")
)

// Copy is a file as a place of AWS held it at some moment. The zero Copy is of a place that
// held nothing.
type Copy struct {
	Data    []byte // not to be changed
	Version string // what the place calls it: "version 7" of SSM, and of S3 where the bucket keeps versions, else "ETag 5d41"; empty: nothing was there
	Covered string // of what was put there: the version of somebody else's that it replaced unseen; empty: none that is known

	etag      string // S3's
	number    int64  // SSM's, from 1
	encrypted bool   // it is a SecureString of SSM
}

// there reports whether there is anything.
func (c Copy) there() bool { return c.Version != "" }

// Name is how a location is called in messages; see [Location.String]. One that is none is
// called as it is written.
func Name(location string) string {
	l, err := Parse(location)
	if err != nil {
		return location
	}
	return l.String()
}

// Read returns everything in a file or on standard input. The error names the place and what
// to do.
func Read(ctx context.Context, l Location) ([]byte, error) {
	switch {
	case l.Remote():
		return nil, fmt.Errorf("read %s: only AWS can", l)
	case l.Stdin:
		return readWaiting(ctx, os.Stdin)
	default:
		return readFile(l.Path)
	}
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
		return nil, fmt.Errorf("read %s: %w", name, errHuge)
	}
	return data, nil
}

// errHuge is a place that holds more than anybody wrote by hand.
var errHuge = fmt.Errorf("more than %d MiB, want a targets file", MaxSize>>20)
