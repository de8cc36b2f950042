package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/rollcall"
	"rollcall/internal/source"
)

// storeTime is how long a person waits for a store.
const storeTime = 30 * time.Second

// defaultStore is where rounds on this machine keep their state.
const defaultStore = ".rollcall"

// storeFlags are where a command finds what the rounds of a fleet left.
type storeFlags struct {
	file  *string
	store string
}

func addStoreFlags(cmd *cobra.Command) *storeFlags {
	f := &storeFlags{file: fileFlag(cmd)}
	cmd.Flags().StringVar(&f.store, "store", defaultStore, "the `STORE` of the rounds: a folder, or s3://BUCKET")
	_ = cmd.MarkFlagDirname("store")
	return f
}

// open opens the store for reading, or also for writing. A folder is only made for what is
// written: one that is not there holds nothing to read.
func (f *storeFlags) open(ctx context.Context, writing bool) (*rollcall.Rollcall, error) {
	if f.store == "" {
		return nil, errors.New("--store: no value, want a folder or s3://BUCKET")
	}
	if !writing && !strings.HasPrefix(f.store, "s3://") {
		if _, err := os.Stat(f.store); errors.Is(err, fs.ErrNotExist) {
			return nil, hinted{fmt.Errorf("store %s: no such folder", f.store), "name the bucket of the deployment with --store s3://BUCKET"}
		}
	}
	return rollcall.Open(ctx, rollcall.Settings{Version: rollcall.Version(), Config: *f.file, Store: f.store})
}

// ofPlace makes an error of a place that could not be used one of work that was not done, with
// its remedy below. A targets file that is nowhere is whoever called's to name, as one on this
// machine is.
func ofPlace(err error) error {
	var e *rollcall.AccessError
	switch {
	case !errors.As(err, &e):
		return err
	case errors.Is(err, source.ErrAbsent):
		return hinted{err, e.Remedy}
	case e.Remedy == "":
		return undone{err}
	default:
		return hinted{undone{err}, e.Remedy}
	}
}

// noState warns that a store looks like the wrong one.
func noState(w io.Writer, store, fleet string) {
	fmt.Fprintf(w, "rollcall: note: %s holds no state of fleet %s; no round has run there, or it is another store\n", store, fleet)
}
