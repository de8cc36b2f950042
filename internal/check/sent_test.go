package check

import (
	"net/http"
	"sync/atomic"
	"testing"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// Whoever paces a sweep hears when a question is on its way: not before anybody could read
// it, not only when the answer is there, and not when nobody was reached.
func TestSent(t *testing.T) {
	var sent atomic.Int32
	heard := make(chan struct{})
	p := stand(t, peer.Behaviour{Name: "answers when the question was said to be sent", Answer: func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-heard:
		case <-r.Context().Done():
		}
	}})
	n := NewNetwork(Settings{})
	defer n.Close()
	r := n.Ask(t.Context(), Attempt{Target: target(p.URL), Checker: prepared(t, get(), p.URL), Pass: 1, Sent: func() {
		if sent.Add(1) == 1 {
			close(heard)
		}
	}})
	if r.Status != health.Up || sent.Load() != 1 {
		t.Errorf("it reads %s (%s) and was sent %d times, want up and once", r.Status, r.Cause, sent.Load())
	}
	refusing := stand(t, peer.Behaviour{Name: "refuses", Refuse: true})
	n.Ask(t.Context(), Attempt{Target: target(refusing.URL), Checker: prepared(t, get(), refusing.URL), Pass: 1, Sent: func() {
		t.Error("nobody was reached, and the question is said to be sent")
	}})
}
