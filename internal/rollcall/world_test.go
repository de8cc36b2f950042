package rollcall

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// stand lets a peer stand for as long as the test.
func stand(t *testing.T, b peer.Behaviour) *peer.Peer {
	t.Helper()
	p, err := peer.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// file is a targets file, until the test changes it.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "targets.yaml")
	write(t, path, text)
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, s Settings) *Rollcall {
	t.Helper()
	r, err := Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// play plays a round in which nothing of ours goes wrong.
func play(t *testing.T, r *Rollcall, scheduled time.Time, by string) health.Report {
	t.Helper()
	report, err := r.Round(t.Context(), scheduled, by)
	if err != nil || !report.Completed {
		t.Errorf("round of %s: %v, completed %v", by, err, report.Completed)
	}
	return report
}

// thisMinute is the round that the schedule would play now.
func thisMinute() time.Time { return time.Now().UTC().Truncate(time.Minute) }

// clock is t as a reason names it: with the date when that is not today's.
func clock(t, now time.Time) string {
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// voice keeps what people are told.
type voice struct {
	mu   sync.Mutex
	told []health.Digest
}

func (v *voice) Publish(_ context.Context, d health.Digest) (health.Delivery, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.told = append(v.told, d)
	return health.Accepted, nil
}

// lines is what a metrics writer was given.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// last is the last line, which CloudWatch's alarms count.
func (l *lines) last(t *testing.T) map[string]any {
	t.Helper()
	written := strings.Split(strings.TrimSpace(l.String()), "\n")
	var document map[string]any
	if err := json.Unmarshal([]byte(written[len(written)-1]), &document); err != nil {
		t.Fatalf("the last of %d lines: %v", len(written), err)
	}
	return document
}

// result is a target's result.
func result(t *testing.T, r health.Report, target string) health.Result {
	t.Helper()
	for _, result := range r.Results {
		if result.Target.Name == target {
			return result
		}
	}
	t.Fatalf("no result of %s", target)
	return health.Result{}
}
