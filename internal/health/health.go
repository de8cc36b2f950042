// Package health holds rollcall's words as data, and decides nothing.
//
// A target is asked in attempts; a sweep brings back an outcome for each; the judge
// reads outcomes into results and concludes incidents; a digest tells them. Every
// other room speaks in these types, so they import nothing but the standard library
// and do no I/O.
package health

// Status is what one round measured of a target, or of one of its facets.
type Status string

// The statuses, worst first: a target's status is the first that applies.
const (
	Down     Status = "down"     // availability failed, definitely
	Unknown  Status = "unknown"  // we could not ask; never counted as down, never as up
	Degraded Status = "degraded" // availability is up, another facet is not
	Up       Status = "up"
	Pending  Status = "pending" // no judged reading yet
	Paused   Status = "paused"  // kept in the file with enabled: false, never asked
)

// Class is the class of a cause: stable where the words of the cause are not.
type Class string

// The classes of causes.
const (
	ClassDNS         Class = "dns"         // the name did not resolve
	ClassConnect     Class = "connect"     // no connection: refused, reset, unreachable
	ClassTLS         Class = "tls"         // the handshake failed, not for the certificate
	ClassTimeout     Class = "timeout"     // no complete answer within the timeout
	ClassProtocol    Class = "protocol"    // the answer was not the protocol's
	ClassStatus      Class = "status"      // an unwanted status code
	ClassHeader      Class = "header"      // an unmet expectation of a header
	ClassBody        Class = "body"        // an unmet expectation of the body
	ClassLatency     Class = "latency"     // slower than slow_after
	ClassCertificate Class = "certificate" // not trusted, expired, for another name, or near its end
	ClassChecker     Class = "checker"     // rollcall itself: out of time, sockets or rights
)

// Facet is one side of a target that is judged by itself.
type Facet string

// The facets. A certificate near its end is no outage and must not hide one.
const (
	Availability Facet = "availability"
	Latency      Facet = "latency"
	Certificate  Facet = "certificate"
)

// AllFacets are the facets in the order in which they are judged and told.
var AllFacets = [...]Facet{Availability, Latency, Certificate}

// Severity says how loudly an incident is told.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
)
