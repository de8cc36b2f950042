package main

import (
	"fmt"
	"io"
	"sync"

	"github.com/schollz/progressbar/v3"

	"rollcall/internal/health"
	"rollcall/internal/rollcall"
)

// progress shows a sweep under way on a terminal; its zero value shows nothing.
type progress struct{ *liveBar }

type liveBar struct {
	w     io.Writer
	mu    sync.Mutex
	bar   *progressbar.ProgressBar // nil before the first answer
	pass  int                      // the latest
	known int                      // targets whose status is known
	notUp int                      // targets that were not up when they were asked last
}

const clearLine = "\r\x1b[K"

// newProgress begins to show, before there is anything to count.
func newProgress(w io.Writer) progress {
	fmt.Fprint(w, "asking ...")
	return progress{&liveBar{w: w}}
}

// watch takes note of one attempt.
func (p progress) watch(s rollcall.Seen) {
	if p.liveBar == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	up := s.Reading.Status == health.Up
	switch {
	case s.Pass == 1 && !up:
		p.notUp++
	case s.Pass > 1 && up:
		p.notUp--
	}
	p.pass = max(p.pass, s.Pass)
	if up || s.Pass >= s.Target.Attempts {
		p.known++
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(s.Of, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false),
			progressbar.OptionUseANSICodes(true), progressbar.OptionClearOnFinish())
	}
	again := ""
	if p.pass > 1 {
		again = " again"
	}
	p.bar.Describe(fmt.Sprintf("asking%s, %d not up", again, p.notUp))
	// The bar finishes, and is cleared, when its count is full: the last one is left to done.
	_ = p.bar.Set(min(p.known, s.Of-1))
}

// done takes the bar off the terminal, and with it the ^C that the terminal may have added.
func (p progress) done() {
	if p.liveBar == nil {
		return
	}
	if p.bar != nil {
		_ = p.bar.Finish()
	}
	fmt.Fprint(p.w, clearLine)
}
