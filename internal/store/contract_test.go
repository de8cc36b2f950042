package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollcall/internal/awslocal"
	"rollcall/internal/store"
)

// side is one place that must keep the contract.
type side struct {
	store.Objects
	again  func() store.Objects // the same place, as another process opens it
	remove func(key string)
	turns  int // increments of each of two writers
}

func memory(*testing.T) side {
	m := store.NewMemory()
	return side{m, func() store.Objects { return m }, m.Remove, 1000}
}

func folder(t *testing.T) side {
	path := t.TempDir()
	open := func() store.Objects {
		d, err := store.NewDir(path)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	remove := func(key string) {
		if err := os.Remove(filepath.Join(path, key)); err != nil {
			t.Fatal(err)
		}
	}
	return side{open(), open, remove, 200}
}

func bucket(t *testing.T) side {
	moto := awslocal.StartMoto(t)
	name := moto.Bucket(t)
	proxy := awslocal.NewProxy(t, moto.URL()) // because moto compares and writes in two steps
	client := s3.NewFromConfig(awslocal.Config(proxy.URL()))
	open := func() store.Objects { return store.NewS3(client, name) }
	remove := func(key string) {
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &name, Key: &key}); err != nil {
			t.Fatal(err)
		}
	}
	return side{open(), open, remove, 25}
}

func TestContract(t *testing.T) {
	sides := []struct {
		name string
		open func(*testing.T) side
	}{{"memory", memory}, {"folder", folder}, {"bucket", bucket}}
	promises := []struct {
		name string
		hold func(*testing.T, side)
	}{
		{"what was never written is not found", notFound},
		{"what was put is got", putThenGet},
		{"created once", createdOnce},
		{"a stale version races", staleVersion},
		{"a vanished object races", vanished},
		{"any version is replaced", anyVersion},
		{"equal bytes", equalBytes},
		{"another opener sees the same", seenByAnother},
		{"bytes are the caller's own", ownBytes},
		{"a context that has ended", endedContext},
		{"keys that could escape", escapingKeys},
		{"two writers lose nothing", twoWriters},
		{"two people who silence lose nothing", twoSilencers},
	}
	for _, s := range sides {
		for _, p := range promises {
			t.Run(s.name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				p.hold(t, s.open(t))
			})
		}
	}
}

const key = "state/shop/0-1.json"

// put writes text and must succeed.
func put(t *testing.T, o store.Objects, key, text string, v store.Version) store.Version {
	t.Helper()
	got, err := o.Put(t.Context(), key, []byte(text), v)
	if err != nil {
		t.Fatal(err)
	}
	if got == store.Absent || got == store.Any {
		t.Fatalf("put %q: version %q, want an object's", key, got)
	}
	return got
}

// wantStored holds the object to text, and to version v if one is given.
func wantStored(t *testing.T, o store.Objects, key, text string, v store.Version) {
	t.Helper()
	data, got, err := o.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != text {
		t.Errorf("stored %.40q, want %.40q", data, text)
	}
	if v != "" && got != v {
		t.Errorf("version %q, want %q", got, v)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	for _, other := range []error{store.ErrRaced, store.ErrNotFound, store.ErrForeign} {
		if want != other && errors.Is(err, other) {
			t.Errorf("error %v is %v as well", err, other)
		}
	}
}

func notFound(t *testing.T, s side) {
	put(t, s, "state/shop/0-2.json", "beside", store.Absent)
	for _, key := range []string{key, "elsewhere/x"} {
		data, v, err := s.Get(t.Context(), key)
		wantError(t, err, store.ErrNotFound)
		if data != nil || v != store.Absent {
			t.Errorf("%q, version %q beside the error", data, v)
		}
	}
}

func putThenGet(t *testing.T, s side) {
	big := string(bytes.Repeat([]byte("\x00\xff\r\nquite big\n"), 2<<20/14))
	for _, text := range []string{"one", "", "two\n", big} {
		v := put(t, s, key, text, store.Any)
		wantStored(t, s, key, text, v)
		v = put(t, s, key, text+"!", v)
		wantStored(t, s, key, text+"!", v)
	}
	put(t, s, "config/shop/last-good.yaml", "fleet: shop", store.Absent)
	wantStored(t, s, key, big+"!", "")
}

func createdOnce(t *testing.T, s side) {
	first := put(t, s, key, "first", store.Absent)
	v, err := s.Put(t.Context(), key, []byte("second"), store.Absent)
	wantError(t, err, store.ErrRaced)
	if v != store.Absent {
		t.Errorf("version %q beside the error", v)
	}
	wantStored(t, s, key, "first", first)
}

func staleVersion(t *testing.T, s side) {
	first := put(t, s, key, "first", store.Absent)
	second := put(t, s, key, "second", first)
	_, err := s.Put(t.Context(), key, []byte("third"), first)
	wantError(t, err, store.ErrRaced)
	wantStored(t, s, key, "second", second)
}

func vanished(t *testing.T, s side) {
	v := put(t, s, key, "first", store.Absent)
	s.remove(key)
	_, err := s.Put(t.Context(), key, []byte("second"), v)
	wantError(t, err, store.ErrRaced)
	_, _, err = s.Get(t.Context(), key)
	wantError(t, err, store.ErrNotFound)
	put(t, s, key, "third", store.Absent)
}

func anyVersion(t *testing.T, s side) {
	put(t, s, key, "first", store.Any)
	v := put(t, s, key, "second", store.Any)
	wantStored(t, s, key, "second", v)
}

// Equal bytes may share a version, so a writer may meet its own; they never cost one.
func equalBytes(t *testing.T, s side) {
	v := put(t, s, key, "same", store.Absent)
	v = put(t, s, key, "same", v)
	wantStored(t, s, key, "same", v)
	v = put(t, s, key, "next", v)
	wantStored(t, s, key, "next", v)
}

func seenByAnother(t *testing.T, s side) {
	v := put(t, s, key, "mine", store.Absent)
	other := s.again()
	wantStored(t, other, key, "mine", v)
	put(t, other, key, "theirs", v)
	_, err := s.Put(t.Context(), key, []byte("mine again"), v)
	wantError(t, err, store.ErrRaced)
	wantStored(t, s, key, "theirs", "")
}

func ownBytes(t *testing.T, s side) {
	data := []byte("mine")
	if _, err := s.Put(t.Context(), key, data, store.Absent); err != nil {
		t.Fatal(err)
	}
	data[0] = 'X'
	got, _, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	got[1] = 'X'
	wantStored(t, s, key, "mine", "")
}

func endedContext(t *testing.T, s side) {
	v := put(t, s, key, "before", store.Absent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Put(ctx, key, []byte("after"), v)
	wantError(t, err, context.Canceled)
	_, _, err = s.Get(ctx, key)
	wantError(t, err, context.Canceled)
	wantStored(t, s, key, "before", v)
}

func escapingKeys(t *testing.T, s side) {
	for _, key := range []string{
		"", "/", "/etc/passwd", "../out", "state/../../out", "state/..", ".", "..", "state//x", "state/",
		"./x", "state/.lock", ".lock", ".hidden/x", `state\..\out`, "a\x00b",
	} {
		if _, err := s.Put(t.Context(), key, []byte("x"), store.Any); err == nil {
			t.Errorf("put %q: no error", key)
		}
		if _, _, err := s.Get(t.Context(), key); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("get %q: %v, want a refusal of the key", key, err)
		}
	}
}

// increment adds 1 to a stored number as often as turns says, and loses no race for good.
func increment(ctx context.Context, o store.Objects, turns int) error {
	for done := 0; done < turns; {
		data, v, err := o.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			data, err = []byte("0"), nil
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(data))
		if err != nil {
			return err
		}
		_, err = o.Put(ctx, key, fmt.Append(nil, n+1), v)
		if err == nil {
			done++
		} else if !errors.Is(err, store.ErrRaced) {
			return err
		}
	}
	return nil
}

func twoWriters(t *testing.T, s side) {
	var both sync.WaitGroup
	for range 2 {
		o := s.again()
		both.Go(func() {
			if err := increment(t.Context(), o, s.turns); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	wantStored(t, s, key, strconv.Itoa(2*s.turns), "")
}
