package contest

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// A task is what the arguments and the file say.
func TestTask(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "targets.txt")
	if err := os.WriteFile(file, []byte("http://a/\nhttp://b/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got Task
	score, err := play(flag.NewFlagSet("", flag.ContinueOnError), []string{"-targets", file, "-timeout", "2.5", "-workers", "7"},
		func(t Task) (Score, error) { got = t; return Score{Failed: 9}, nil })
	if err != nil || score.Failed != 9 {
		t.Fatalf("score %+v, %v", score, err)
	}
	if len(got.URLs) != 2 || got.URLs[1] != "http://b/" || got.Timeout != 2500*time.Millisecond || got.Workers != 7 || got.Roots != nil {
		t.Errorf("the task is %+v", got)
	}
}

func TestTaskWithoutRoots(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := play(flag.NewFlagSet("", flag.ContinueOnError), []string{"-roots", file}, nil)
	if err == nil {
		t.Error("a file without a certificate was taken")
	}
}

// Each URL is asked once, never more at a time than there are workers, and scored.
func TestEach(t *testing.T) {
	t.Parallel()
	task := Task{URLs: make([]string, 50), Workers: 4}
	for i := range task.URLs {
		task.URLs[i] = string(rune('a' + i%5))
	}
	var now, most, asked atomic.Int64
	s := task.Each(func(url string) error {
		asked.Add(1)
		here := now.Add(1)
		for seen := most.Load(); here > seen && !most.CompareAndSwap(seen, here); seen = most.Load() {
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
		if url == "a" {
			return errors.New("no")
		}
		return nil
	})
	if asked.Load() != 50 || most.Load() > 4 {
		t.Errorf("%d asked, %d at a time, want 50 and at most 4", asked.Load(), most.Load())
	}
	if s.Failed != 10 || len(s.LatencyMS) != 40 || len(s.Causes) != causesMost || s.Workers != 4 || s.WallMS <= 0 {
		t.Errorf("the score is %+v", s)
	}
}
