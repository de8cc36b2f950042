package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/bench/mock"
)

// logOf is what the function prints of a round in which so many targets were up and down.
func logOf(up, down int, completed int) string {
	var b strings.Builder
	for i := range up {
		fmt.Fprintf(&b, `{"level":"INFO","msg":"result","target":"a","status":"up","ms":%d,"round":"2026-11-23T00:00:00Z"}`+"\n", 200+i)
	}
	for range down {
		b.WriteString(`{"level":"INFO","msg":"result","target":"b","status":"down","class":"connect","ms":3}` + "\n")
	}
	b.WriteString(`{"level":"WARN","msg":"the checker is short of processor","saturation":33.3}` + "\n")
	b.WriteString("2026/11/23 00:00:00 a line in no form\n")
	b.WriteString(`{"level":"INFO","_aws":{"Timestamp":1},"Fleet":"bench","Up":2,"BudgetUsed":4,"Saturation":33.3}` + "\n")
	fmt.Fprintf(&b, `{"level":"INFO","_aws":{"Timestamp":1},"Fleet":"bench","RoundsCompleted":%d,"RoundDuration":300,"CpuSeconds":0.25}`+"\n", completed)
	return b.String()
}

// A log falls into its rounds, whose numbers are those of its metrics and results alone.
func TestReadLog(t *testing.T) {
	t.Parallel()
	r := trial{N: 101, Runs: make([]played, 1)}
	r.Runs[0].Mock = mock.Tally{Served: 104, Broken: 1} // four were asked twice
	if err := r.read([]byte(logOf(100, 1, 1) + logOf(101, 0, 1) + "failed to GET: 410\n")); err != nil {
		t.Fatal(err)
	}
	want := played{CPUMS: 250, Saturation: 33.3, P50: 249, P99: 298, Failed: 1}
	if got := r.First; got != want {
		t.Errorf("the first round is %+v, want %+v", got, want)
	}
	want = played{CPUMS: 250, Saturation: 33.3, P50: 250, P99: 299, Failed: 4, Mock: r.Runs[0].Mock}
	if got := r.Runs[0]; got != want {
		t.Errorf("the second is %+v, want %+v", got, want)
	}
}

// Without all its rounds, done to their ends, a log is worth nothing.
func TestReadLogInPart(t *testing.T) {
	t.Parallel()
	r := trial{N: 1, Runs: make([]played, 1)}
	for text, want := range map[string]string{
		logOf(1, 0, 1):                  "1 rounds in the log, want 2",
		logOf(1, 0, 1) + logOf(1, 0, 0): "round 1 of the log was not completed",
	} {
		if err := r.read([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// Half a GB for two seconds, once a minute, and 43,800 requests.
func TestDollars(t *testing.T) {
	t.Parallel()
	const want = 43_800*(0.5*2*0.0000133334) + 43_800*0.20/1e6
	if got := lambdaDollars(512, 2*time.Second); math.Abs(got-want) > 1e-5 {
		t.Errorf("%g dollars, want %g", got, want)
	}
	if got := (&trial{Memory: 512, Runs: []played{{BilledMS: 1500}, {BilledMS: 2000}, {BilledMS: 9000}}}); got.gigabytes() != 1 || math.Abs(got.dollars()-want) > 1e-5 {
		t.Errorf("%g GB-s and %g dollars, want 1 and %g", got.gigabytes(), got.dollars(), want)
	}
}

// trialOf is a trial of 1,000 https targets in which nothing is wrong.
func trialOf(memory int) *trial {
	h := heat{door: mock.HTTPS, n: 1000, memory: memory}
	good := played{BilledMS: 1000, Saturation: 25, P50: 210, Workers: 860}
	return &trial{Door: h.door, N: h.n, Memory: memory, First: good, Runs: []played{good, good, good}, heat: h}
}

// What speaks against a size is named, and the smallest with nothing against it is chosen.
func TestSizeChoice(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*trial){
		"1,000 https: 3 false failures":                           func(r *trial) { r.Runs[1].Failed = 3 },
		"1,000 https: 2 false failures":                           func(r *trial) { r.First.Failed = 2 },
		"1,000 https: saturation 26 %":                            func(r *trial) { r.Runs[0].Saturation, r.Runs[2].Saturation = 25.6, 26 },
		"1,000 https: the median told 6 % wrong":                  func(r *trial) { r.Runs[0].P50, r.Runs[1].P50 = 212, 212 },
		"1,000 https: 604 fewer at a time than descriptors allow": func(r *trial) { r.Runs[0].Workers = 256 },
	} {
		small := trialOf(128)
		spoil(small)
		s := sizing{trials: []*trial{small, trialOf(256), trialOf(512)}, template: 512}
		if chosen, against := s.choose(), s.against(128); chosen != 256 || !slices.Equal(against, []string{want}) {
			t.Errorf("chosen is %d, and against 128 speaks %q; want 256, and %q", chosen, against, want)
		}
		if text := s.choice(); !strings.Contains(text, "is 256 MB; the template gives 512 MB.") || !strings.Contains(text, want) {
			t.Errorf("%q is not told in\n%s", want, text)
		}
	}
}

// The page has every trial, and the end of the run says whether somebody was called down who is up.
func TestPowerReport(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "results")
	s := sizing{trials: []*trial{trialOf(256), trialOf(1769)}, template: 256}
	if err := s.report(folder, io.Discard); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(folder, "power.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 256       | 14 %      | 1.0 s, $0.15, 210 ms, 25 % |", "## 1,000 https\n", "| 256 ", "| 1,769 ", "is 256 MB, which is what the template gives"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	s.trials[1].Runs[2].Failed = 1
	if err := s.report("", io.Discard); !errors.Is(err, errMissed) {
		t.Errorf("with a false failure the report ends with %v, want %v", err, errMissed)
	}
}

// The template's own default is read where it stands.
func TestTemplateMemory(t *testing.T) {
	t.Parallel()
	memory, err := templateMemory("../template.yaml")
	if err != nil || memory < 128 {
		t.Errorf("the template gives %d MB, %v", memory, err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte("Parameters:\n  MemorySize:\n    Type: Number\n  Workers:\n    Default: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if memory, err := templateMemory(file); err == nil {
		t.Errorf("a default of another parameter was taken: %d", memory)
	}
}

func TestPowerHeats(t *testing.T) {
	t.Parallel()
	if n := len(powerHeats(nil)); n != 4*len(powerSizes) {
		t.Errorf("%d heats, want each size for each of four tasks", n)
	}
	for _, h := range powerHeats(regexp.MustCompile("https 100 @128MB")) {
		if h.String() != "https 100 @128MB" {
			t.Errorf("%s was not asked for", h)
		}
	}
	if _, err := parsePower([]string{"-runs", "0"}); err == nil {
		t.Error("no run at all was accepted")
	}
}
