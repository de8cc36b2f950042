package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"rollcall/bench/mock"
)

// made are rows as a whole run has them, with numbers made up.
func made() []*row {
	var rows []*row
	for _, h := range program {
		for i, e := range h.who {
			r := newRow(named(e.name), h)
			wall := h.takes(named(e.name)).Seconds() * 1000
			lat := 205.0 + float64(i)
			if e.name == naiveName && h.door == mock.HTTPS {
				lat = wall * 0.9
			}
			s := sample{WallMS: wall, CPUMS: wall / 2, ProcessMS: wall + 20, PeakBytes: 30e6, Up: h.n}
			for range quantiles {
				s.Quantiles = append(s.Quantiles, lat)
			}
			r.Runs = []sample{s, s, s}
			rows = append(rows, r)
		}
	}
	return rows
}

// Each picture is drawn, and names who is in it.
func TestPictures(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if keep := os.Getenv("BENCH_PICTURES"); keep != "" {
		folder = keep
	}
	r := results{rows: made()}
	if err := r.write(folder, "text"); err != nil {
		t.Fatal(err)
	}
	for file, wants := range map[string][]string{
		timesFile:     {"rollcall", "aiohttp, 900 at a time", "vegeta", "the limit: 200 ms", "10,000"},
		latenciesFile: {"rollcall", "net/http, all at once", "the truth: 200 ms", "128 MB"},
	} {
		svg, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !bytes.Contains(svg, []byte(want)) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
	}
}
