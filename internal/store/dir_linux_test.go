package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"rollcall/internal/store"
)

// TestDirWithoutPermission takes the rights of an ordinary user for one thread, since a
// superuser, as in most containers, may do anything.
func TestDirWithoutPermission(t *testing.T) {
	path := t.TempDir()
	d := openDir(t, path)
	put(t, d, key, "mine", store.Absent)
	if err := os.Chmod(filepath.Join(path, ".lock"), 0); err != nil {
		t.Fatal(err)
	}
	var read, write error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if err := unix.Setfsuid(65534); err != nil && os.Geteuid() == 0 {
			read = err
			return
		}
		_, _, read = d.Get(t.Context(), key)
		_, write = d.Put(t.Context(), key, []byte("theirs"), store.Absent)
	}()
	<-done
	wantDisorder(t, read, "get", "permission denied")
	wantDisorder(t, write, "put", "permission denied")
}
