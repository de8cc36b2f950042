package main

import (
	"crypto/tls"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// gist is a digest in a few words: its kind, and what opened, closed and went on.
func gist(d health.Digest) string {
	text := string(d.Kind)
	for _, part := range []struct {
		sign      string
		incidents []health.Incident
	}{{"+", d.Opened}, {"-", d.Closed}, {"again ", d.Reminded}} {
		for _, i := range part.incidents {
			text += " " + part.sign + string(i.Subject.Kind) + " " + i.Subject.Name
			if i.Subject.Facet != "" {
				text += " " + string(i.Subject.Facet)
			}
			if i.Closing != "" {
				text += ", " + string(i.Closing)
			}
		}
	}
	return text
}

// The story is what happened, eight messages, and how many another checker would have sent;
// what it leaves can be asked why.
func TestStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var out strings.Builder
	c := &chronicle{narrator: narrator{out: &out}, failing: map[string]bool{}}
	if err := c.play(t.Context(), w.folder, time.Now()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"first",
		"news +target eu/edge availability",
		"news -target eu/edge availability, recovered",
		"news +checker blind",
		"news -checker blind, recovered",
		"news +target shop certificate",
		"news +flapping recommendations availability",
		"news -flapping recommendations availability, calm, up",
	}
	var got []string
	for _, d := range c.told {
		got = append(got, gist(d))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("people were told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(c.told) > 1 && len(c.told[1].Opened) == 1 && c.told[1].Opened[0].Dependent != 1+len(services) {
		t.Errorf("%d depend on the edge, want %d", c.told[1].Opened[0].Dependent, 1+len(services))
	}
	// A blip, a region, everybody, a certificate, the batch jobs, and each turn of the flapping.
	all := len(regions)*(2+len(services)) + len(batch) + 2
	if want := 2 + 2*(2+len(services)) + 2*all + 1 + 2*len(batch) + settledMinute - flappingMinute + 1; c.changes != want {
		t.Errorf("another checker would have sent %d, want %d", c.changes, want)
	}
	if runtime.GOOS == "linux" { // elsewhere all hosts are one
		text := regexp.MustCompile(`(\d{4}-\d{2}-\d{2} )?\d{2}:\d{2}\b`).ReplaceAllString(out.String(), "TIME")
		w.golden("story.txt", strings.ReplaceAll(settled(text), w.folder, "FOLDER"))
	}
	w.run("why", batch[0], "-f", w.folder+"/targets.yaml", "--store", w.folder).want(t, exitOK, "maintenance: weekly patching", "")
}

// Its stage ends whole when one of its endpoints cannot stand.
func TestStageThatCannotStand(t *testing.T) {
	t.Parallel()
	wrong := errors.New("no certificate")
	broken := peer.Behaviour{Certificate: func(*peer.Authority) (tls.Certificate, error) { return tls.Certificate{}, wrong }}
	parts := append(cast(time.Now()), part{"broken", broken})
	if s, err := pave(parts); s != nil || !errors.Is(err, wrong) {
		t.Errorf("%v, %v", s, err)
	}
}
