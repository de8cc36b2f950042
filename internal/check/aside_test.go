package check

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/secret"
)

// judging is a dialer of a network with so many places.
func judging(places int) *Dialer {
	return &Dialer{net: &Network{judging: make(chan struct{}, places)}}
}

func TestLongJudgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start, done := time.Now(), make(chan struct{})
		d := judging(1)
		_, _, err := d.aside(ctx, false, func() (health.Class, string) { <-done; return "", "" })
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
			t.Errorf("%v after %s", err, took)
		}
		if len(d.net.judging) != 1 {
			t.Error("the place is free while a judgement still runs in it")
		}
		close(done)
		synctest.Wait()
		if len(d.net.judging) != 0 {
			t.Error("the place is taken for good")
		}
	})
	d := judging(1)
	defer func() {
		if recover() != "deep inside" || len(d.net.judging) != 0 {
			t.Error("a panic got lost, or kept its place")
		}
	}()
	d.aside(t.Context(), false, func() (health.Class, string) { panic("deep inside") })
}

// There are never more bodies judged than places, and who waits for one says how long.
func TestPlacesToJudge(t *testing.T) {
	if got, want := cap(NewNetwork(Settings{}).judging), runtime.GOMAXPROCS(0); got != want {
		t.Errorf("%d places, want %d", got, want)
	}
	synctest.Test(t, func(t *testing.T) {
		places := judging(2).net
		var running, peak atomic.Int64
		judge := func() (health.Class, string) {
			peak.Store(max(peak.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			return "", ""
		}
		queued := make(chan time.Duration, 5)
		var wg sync.WaitGroup
		for range cap(queued) {
			wg.Go(func() {
				d := &Dialer{net: places}
				if _, _, err := d.aside(t.Context(), false, judge); err != nil {
					t.Error(err)
				}
				queued <- d.queued
			})
		}
		wg.Wait()
		close(queued)
		waited := map[time.Duration]int{}
		for q := range queued {
			waited[q]++
		}
		if peak.Load() != 2 || waited[0] != 2 || waited[time.Second] != 2 || waited[2*time.Second] != 1 {
			t.Errorf("%d at once, waited %v", peak.Load(), waited)
		}
	})
}

// What takes no time waits for nobody's place, and a panic in it is the attempt's own.
func TestLightJudgement(t *testing.T) {
	text := strings.Repeat("a", int(KiB))
	for _, c := range []struct {
		file map[string]string
		body string
		want bool
	}{
		{map[string]string{"body": `"a"`}, text, true},
		{map[string]string{"body": `{"contains":"a","not":["b",{"length":{"max":3}}]}`}, text, true},
		{map[string]string{"body": `"a"`}, text + "a", false},
		{map[string]string{"body": `{"matches":"a"}`}, "", false},
		{map[string]string{"body": `{"not":["b",{"all":[{"matches":"a"}]}]}`}, "", false},
		{map[string]string{"json $.a": `1`}, "", false},
	} {
		if got := expecting(t, c.file).light(c.body); got != c.want {
			t.Errorf("%v of %d bytes is light: %t, want %t", c.file, len(c.body), got, c.want)
		}
	}
	d := judging(0)
	class, words, err := d.aside(t.Context(), true, func() (health.Class, string) { return health.ClassBody, "words" })
	if class != health.ClassBody || words != "words" || err != nil || d.queued != 0 {
		t.Errorf("%s %s %v, queued %s", class, words, err, d.queued)
	}
}

// Waiting for a place obeys the context, is our own doing, and is no part of the latency.
func TestWaitForAPlace(t *testing.T) {
	p := stand(t, peer.Answering(0, 200, "ready"))
	n := NewNetwork(Settings{})
	defer n.Close()
	n.judging = make(chan struct{}, 1)
	ready := get(func(c *HTTP) { c.Expect.Body = wanting(t, map[string]any{"matches": secret.Plain("ready")}) })

	n.judging <- struct{}{}
	r := punctual(t, n, p.URL, ready, 200*time.Millisecond)
	wantCause(t, r, health.ClassChecker, `get "`+p.URL+`": the answer came, but its body did not come to its turn within 200ms: 1 judged at once`)
	if r.Waited < 100*time.Millisecond || r.Latency <= 0 || r.Latency+r.Waited > 300*time.Millisecond {
		t.Errorf("waited %s, latency %s", r.Waited, r.Latency)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	wantCause(t, n.Ask(ctx, Attempt{Target: target(p.URL), Checker: ready, Pass: 1}), health.ClassChecker, `get "`+p.URL+`": stopped before the answer was judged`)

	time.AfterFunc(300*time.Millisecond, func() { <-n.judging })
	r = ask(t, n, p.URL, ready)
	wantUp(t, r)
	if r.Waited < 150*time.Millisecond || r.Latency <= 0 || r.Latency > 150*time.Millisecond {
		t.Errorf("waited %s, latency %s", r.Waited, r.Latency)
	}
}

// taken is the memory that do takes in all, whether or not it is let go in between.
func taken(do func()) Size {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return Size(after.TotalAlloc - before.TotalAlloc)
}

// What a body takes until it is judged, and as text while it is, is what the plan of a sweep
// counts for it: the cap, and a piece.
func TestABodyIsHeldOnce(t *testing.T) {
	const most = 256 * KiB
	const buffers = 3 * piece // to copy through, and what an allocation is rounded up to
	e := expecting(t, file{"body": `{"contains":"b"}`})
	for name, c := range map[string]struct {
		comes, length int64
		want          Size
	}{
		"of a known length": {100_000, 100_000, 100_000 + buffers},
		"as long as may be": {int64(most), int64(most), most + buffers},
		"too long":          {int64(8 * MiB), int64(8 * MiB), most + buffers},
		"short":             {100, -1, piece + buffers},
		"long":              {int64(most), -1, most + piece + buffers},
		"without end":       {1 << 40, -1, most + piece + buffers},
	} {
		var kept string
		var err error
		got := taken(func() {
			kept, err = keep(io.LimitReader(zeros{}, c.comes), c.length, int64(most))
			e.body(kept[:min(len(kept), int(most))], false, nil)
		})
		if want := min(c.comes, int64(most)+1); err != nil || int64(len(kept)) != want {
			t.Errorf("%s: %d bytes kept, want %d; %v", name, len(kept), want, err)
		}
		if got > c.want {
			t.Errorf("%s: takes %s, want no more than %s", name, got, c.want)
		}
	}
	if _, err := keep(io.MultiReader(strings.NewReader("half"), broken{}), 100, int64(most)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body that broke: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// However dearly the values of a body come, decoding it takes no more than its bound.
func TestJSONTakesBoundedMemory(t *testing.T) {
	const most = 14 * MiB
	e := expecting(t, file{"json $.none": `{"exists":false}`})
	list := func(part string, size int) string {
		return "[" + strings.Repeat(part+",", size/(len(part)+1)-1) + part + "]"
	}
	deep := strings.Repeat(`{"":`, 98) + "0" + strings.Repeat("}", 98)
	for _, part := range []string{`{"":0}`, deep, `[0]`, `[]`, `{}`, `0`, `""`} {
		for _, size := range []int{120 << 10, 256 << 10, 4 << 20} {
			body := list(part, size)
			var words string
			if got := taken(func() { _, words = e.body(body, false, nil) }); got > most {
				t.Errorf("%d bytes of %.12s take %s, want no more than %s: %s", size, part, got, most, words)
			}
		}
	}
}
