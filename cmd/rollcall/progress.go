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
	bar   *progressbar.ProgressBar
	pass  int
	notUp int
}

func newProgress(w io.Writer) progress { return progress{&liveBar{w: w}} }

// watch takes note of one attempt.
func (p progress) watch(s rollcall.Seen) {
	if p.liveBar == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		p.bar = progressbar.NewOptions(s.Of, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	}
	if s.Pass > p.pass {
		p.pass = s.Pass
	}
	if s.Pass > 1 {
		p.bar.Describe(fmt.Sprintf("asking what was not up again, attempt %d", p.pass))
		return
	}
	if s.Reading.Status != health.Up {
		p.notUp++
	}
	p.bar.Describe(fmt.Sprintf("asking, %d not up so far", p.notUp))
	// The bar finishes, and is cleared, when its count is full: the last one is left to done.
	if int(p.bar.State().CurrentNum) < s.Of-1 {
		_ = p.bar.Add(1)
	}
}

// done takes the bar off the terminal.
func (p progress) done() {
	if p.liveBar != nil && p.bar != nil {
		_ = p.bar.Finish()
	}
}
