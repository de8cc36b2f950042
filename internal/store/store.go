// Package store keeps what outlives a round.
//
// One contract, three sides: a folder ([Dir]), an S3 bucket ([S3]) and memory ([Memory]).
// An object is bytes under a key. Every write names the version it replaces, and of
// several writers who name the same one exactly one wins; the others are told [ErrRaced].
//
// The odd corner is the network's. A write may have happened though its answer says
// otherwise: it was lost, or it was sent again and met itself. So only a nil error is a
// fact; after any other, ErrRaced included, only the stored content says whose it is.
//
// [States] is what rollcall keeps in such a place: the state of a fleet, the last targets
// file that was good, and the silences that people asked for.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Version names the bytes an object has. It is opaque, and equal bytes may share one:
// who must tell two writes apart puts a number into them.
type Version string

// The versions that are no object's: what a write may ask for instead of one.
const (
	Absent Version = ""  // there must be no such object yet
	Any    Version = "*" // whatever is there
)

// The errors a caller can act on; all others say only that something failed.
var (
	// ErrRaced is a write that named a version which is not, or no longer, the stored one.
	ErrRaced = errors.New("another version is stored")
	// ErrNotFound is a read of an object that surely does not exist.
	ErrNotFound = errors.New("no such object")
	// ErrForeign is a stored document that this code cannot read: damaged, or of a newer
	// schema. It is never overwritten.
	ErrForeign = errors.New("not ours to read or overwrite")
)

// versionOf is the version of data where we name versions ourselves.
func versionOf(data []byte) Version {
	sum := sha256.Sum256(data)
	return Version(hex.EncodeToString(sum[:]))
}

// checkKey holds every side to the keys that all of them can keep: names joined by
// slashes that stay inside a folder on any system. A name that begins with a dot is the
// folder's own, for its lock and its unfinished files.
func checkKey(key string) error {
	clean := filepath.IsLocal(key) && !strings.ContainsAny(key, "\\\x00")
	for name := range strings.SplitSeq(key, "/") {
		clean = clean && name != "" && !strings.HasPrefix(name, ".")
	}
	if !clean {
		return fmt.Errorf("key %q: want names joined by slashes, none empty or beginning with a dot", key)
	}
	return nil
}
