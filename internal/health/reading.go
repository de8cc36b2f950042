package health

import (
	"fmt"
	"time"
)

// Reading is what one attempt measured: never an error, because a failing target is not
// a failure of ours.
type Reading struct {
	Status      Status        `json:"status"` // Up, Down or Unknown
	Class       Class         `json:"class,omitempty"`
	Cause       string        `json:"cause,omitempty"` // one line, written once, quoted by all
	Latency     time.Duration `json:"-"`               // first look-up to last byte, waits at our own gates left out
	Waited      time.Duration `json:"-"`               // at our own gates, and before it could begin
	Phases      Phases        `json:"-"`
	Certificate *Cert         `json:"-"` // nil unless a verified handshake took place
	Scope       Scope         `json:"-"` // of the address that was dialled first; empty when none was
	Gap         Gap           `json:"-"` // what of our own stood in the way; empty when nothing did
}

// Scope is how far away an address is.
type Scope string

// The scopes.
const (
	Public  Scope = "public"
	Private Scope = "private" // of a network of ours: RFC 1918 and its like
	Local   Scope = "local"   // of this machine, or of its own wire
)

// Gap is what of our own kept an attempt from reaching its target.
type Gap string

// The gaps.
const (
	GapResolver Gap = "resolver" // it gave no answer, failed (SERVFAIL), or was not reached
	GapRoute    Gap = "route"    // from this machine no way leads to the address
)

// Phases split a latency. A phase that did not happen is 0; after a redirect each is the
// sum over the hops.
type Phases struct {
	DNS, Connect, TLS time.Duration
	Wait              time.Duration // request written to first byte of the answer
	Read              time.Duration // first byte to last
}

// Cert is the certificate of a verified chain that ends first.
type Cert struct {
	Subject   string
	NotBefore time.Time
	NotAfter  time.Time
}

// Failing is a reading of a target that failed definitely.
func Failing(class Class, format string, args ...any) Reading {
	return Reading{Status: Down, Class: class, Cause: fmt.Sprintf(format, args...)}
}

// Unasked is a reading of a target that we were not able to ask.
func Unasked(format string, args ...any) Reading {
	return Reading{Status: Unknown, Class: ClassChecker, Cause: fmt.Sprintf(format, args...)}
}

// Attempt is one ask as the sweep made it.
type Attempt struct {
	Reading
	Allowed time.Duration // what it was given; less than the target's timeout when cut short
}

// Outcome is everything a sweep brought back of one target.
type Outcome struct {
	Attempts []Attempt // in the order of the passes
	Missing  string    // why attempts that were owed were not made; empty when none is missing
}

// Result is one target in one round, as tables, result lines and metrics show it.
type Result struct {
	Target   Target
	Status   Status
	Class    Class  // of the facet that gave the status
	Cause    string // of the facet that gave the status
	Attempts []Attempt
	Facets   map[Facet]FacetReading
	Latency  time.Duration // of the attempt that was up; else of the last
	Phases   Phases        // of the same attempt
	Changed  bool          // the status differs from the one before this round
	Reason   string        // why people were told or not, in words; empty before judgement
}

// FacetReading is one facet in one round.
type FacetReading struct {
	Status   Status // Up, Down, Degraded or Unknown
	Class    Class
	Cause    string
	Severity Severity  // what an incident of it would be; empty when up or unknown
	Expires  time.Time // certificate facet only
}
