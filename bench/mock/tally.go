package mock

import (
	"slices"
	"time"
)

// Tally is what a mock did since it was asked last.
type Tally struct {
	Served   int     `json:"served"`       // requests answered
	Broken   int     `json:"broken"`       // connections that ended without an answer
	LateP99  float64 `json:"late_p99_ms"`  // how much later than they should have been were answers, 99 of 100
	LateMost float64 `json:"late_most_ms"` // and the latest
}

// Tally counts what was done since it was called last, and begins anew.
func (m *Mock) Tally() Tally {
	m.mu.Lock()
	late, broken := m.served, m.refused
	m.served, m.refused = nil, 0
	m.mu.Unlock()
	t := Tally{Served: len(late), Broken: broken}
	if len(late) > 0 {
		slices.Sort(late)
		t.LateP99 = milliseconds(late[(len(late)*99+99)/100-1])
		t.LateMost = milliseconds(late[len(late)-1])
	}
	return t
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
