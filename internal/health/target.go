package health

import "time"

// Target is one thing to ask. How it is asked is its check's business; what is here is
// what everybody else needs to know of it.
type Target struct {
	Name  string // unique among targets and groups, 1..128 characters
	Title string // what people read instead of the name; may be empty
	Group string // may be empty
	URL   string // the targets file's own text: references are never resolved in it
	Kind  string // the check: "http", "tcp"
	Policy
}

// Policy is how often a target is asked and when people hear of it.
type Policy struct {
	Enabled      bool
	Every        time.Duration // whole minutes, 1m..24h
	Timeout      time.Duration // of one attempt, look-up to last byte; 100ms..60s
	Attempts     int           // in one round, 1..5
	FailAfter    int           // rounds in a row before an incident opens, 1..100
	RecoverAfter int           // rounds in a row before it closes, 1..100
	Remind       time.Duration // spacing of the first reminder; 0: none
	Severity     Severity      // of an availability incident
	SlowAfter    time.Duration // latency above it is degraded; 0: never
	Tags         []string
	Runbook      string // an https URL, or empty
}
