package health

import "time"

// Target is one thing to ask. How it is asked is its check's business; what is here is
// what everybody else needs to know of it.
type Target struct {
	Name  string // unique among targets and groups, 1..128 characters
	Title string // what people read instead of the name; may be empty
	Group string // may be empty
	URL   string // the targets file's own text: references are never resolved in it
	Host  string // the host of the URL, lower case and without port; like URL the file's own text
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
	Certificate  Lasting
	DependsOn    []string // names of targets and groups without which it cannot work
	Tags         []string
	Runbook      string // an https URL, or empty
}

// Lasting is how much a certificate must have left of its lifetime. Zero values are never
// asked for.
type Lasting struct {
	Warn     Remainder // less is a warning
	Critical Remainder // less is critical
}

// Remainder is a rest of a lifetime: a share of the whole, or a time. At most one is not 0.
type Remainder struct {
	Share float64 // 0..1
	Time  time.Duration
}

// Group is what targets have in common. One that counts is judged as a whole: it speaks
// for its members.
type Group struct {
	Name   string // unique among targets and groups
	MinUp  int    // down when fewer members are not in an incident; 0: it does not count
	Policy        // as defaults and the group say
}

// Everybody is the name that means all targets, in selectors and silences.
const Everybody = "*"

// Window is a stretch of time, or many.
type Window interface {
	Open(t time.Time) bool
}

// Maintenance is planned work: while its window is open nobody is told of those it names.
type Maintenance struct {
	Why    string
	Names  map[string]bool // of targets, and of groups as a whole
	Window Window
}

// Silence is what a person asked for: until it ends nobody is told of the one it names.
type Silence struct {
	Name  string    `json:"name"` // a target, a group, or Everybody
	Why   string    `json:"why"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"` // no longer then
}

// Witness is a place that shows whether we can see at all. One with an address vouches for
// the addresses of its scope, one with a name for the resolver.
type Witness struct {
	Name  string // its URL, as the file has it
	Host  string // lower case and without port
	Scope Scope  // of its address; empty: it has a name

	Timeout time.Duration // of one attempt
}
