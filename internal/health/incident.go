package health

import "time"

// SubjectKind is what an incident is about.
type SubjectKind string

// The kinds of subjects.
const (
	OfTarget   SubjectKind = "target"   // a facet of a target is bad
	OfFlapping SubjectKind = "flapping" // a facet of a target keeps changing sides
	OfGroup    SubjectKind = "group"    // too few members of a group that counts are left
	OfChecker  SubjectKind = "checker"  // rollcall itself
)

// Subject is a facet of a target, a group that counts, or a side of the checker itself.
type Subject struct {
	Kind  SubjectKind `json:"kind"`
	Name  string      `json:"name"`            // a target's or group's name, or one of the Fault names
	Facet Facet       `json:"facet,omitempty"` // targets only
}

// The names of checker subjects.
const (
	FaultConfig   = "config"   // the targets file cannot be read or is wrong
	FaultClock    = "clock"    // the stored state is from the future
	FaultHistory  = "history"  // the stored state is gone
	FaultDelivery = "delivery" // the topic refuses what we have to say
	FaultBudget   = "budget"   // the fleet does not fit the time a round has
	FaultBlind    = "blind"    // we cannot see: no network, or no resolver
)

// Fault is something wrong with the checker itself in this round.
type Fault struct {
	Name  string // one of the Fault names
	Cause string // one line, with the remedy
}

// Closing is how an incident ended.
type Closing string

// The ways to end.
const (
	Recovered Closing = "recovered"
	Unchecked Closing = "no longer checked" // removed, renamed or paused
	CalmUp    Closing = "calm, up"          // it stopped flapping, and this is where it is
	CalmDown  Closing = "calm, down"        // the same; its facet is bad
)

// Incident is what the judge has concluded, from the round that opened it to the one that
// closed it. All its times are scheduled times of rounds.
type Incident struct {
	ID       string    `json:"id"` // hash of fleet, subject and since
	Subject  Subject   `json:"subject"`
	Since    time.Time `json:"since"`  // first bad round
	Opened   time.Time `json:"opened"` // the round that reached the threshold
	Severity Severity  `json:"severity"`
	Class    Class     `json:"class"`
	Cause    string    `json:"cause"`            // the latest
	Rounds   int       `json:"rounds,omitempty"` // bad ones in a row so far
	NeverUp  bool      `json:"never_up,omitempty"`

	Title   string   `json:"title,omitempty"`
	Group   string   `json:"group,omitempty"`
	URL     string   `json:"url,omitempty"`
	Runbook string   `json:"runbook,omitempty"`
	Tags    []string `json:"tags,omitempty"`

	Told      time.Time `json:"told,omitzero"`       // when its opening was told; zero: not yet
	ToldAs    Severity  `json:"told_as,omitempty"`   // the severity that was told last
	Reminded  time.Time `json:"reminded,omitzero"`   // when it was last told again
	Reminders int       `json:"reminders,omitempty"` // since it was told as new, or as critical now
	Muted     string    `json:"muted,omitempty"`     // why it was kept back when it was last decided about; in a digest: until now

	// In digests only: the state keeps incidents that are open, and no more than that.
	Closed     time.Time `json:"closed,omitzero"`
	Closing    Closing   `json:"closing,omitempty"`
	Dependants []string  `json:"dependants,omitempty"` // what is bad and depends on it, the first DependantsTold by name
	Dependent  int       `json:"dependent,omitempty"`  // how many there are
	Evidence   *Evidence `json:"evidence,omitempty"`   // of this round; nil when it was not asked, and in crowds
}

// DependantsTold and EvidenceTold bound what a digest says of a large outage.
const (
	DependantsTold = 20
	EvidenceTold   = 50 // incidents of a digest that carry their evidence
)

// Evidence is what one round measured of the target of an incident.
type Evidence struct {
	Attempts []Reading `json:"attempts,omitempty"` // class and cause of each, in their order
	MS       []float64 `json:"ms,omitempty"`       // how long each took
	Phases   PhasesMS  `json:"phases_ms,omitzero"` // of the attempt that was up; else of the last
}

// PhasesMS are phases in milliseconds.
type PhasesMS struct {
	DNS     float64 `json:"dns,omitempty"`
	Connect float64 `json:"connect,omitempty"`
	TLS     float64 `json:"tls,omitempty"`
	Wait    float64 `json:"wait,omitempty"`
	Read    float64 `json:"read,omitempty"`
}

// MS is a duration in milliseconds, to one digit.
func MS(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond)/(100*time.Microsecond)) / 10
}

// DigestKind is why a digest is sent.
type DigestKind string

// The kinds of digests.
const (
	News    DigestKind = "news"    // something opened, closed, or is worth a reminder
	First   DigestKind = "first"   // the first commit of an empty state: this is how it will reach you
	Test    DigestKind = "test"    // asked for by a person; marked TEST the whole way
	CatchUp DigestKind = "catchup" // what a backlog of digests came to
)

// Digest is what one round has to tell, as one message.
type Digest struct {
	ID       string     `json:"id"` // fleet/shard/round
	Kind     DigestKind `json:"kind"`
	Fleet    string     `json:"fleet"`
	Shard    string     `json:"shard"` // "0-1": number and count
	Round    time.Time  `json:"round"`
	Sent     time.Time  `json:"sent,omitzero"` // the round that tells it, when that is a later one
	Counts   Counts     `json:"counts"`
	Opened   []Incident `json:"opened,omitempty"`
	Closed   []Incident `json:"closed,omitempty"`
	Reminded []Incident `json:"reminded,omitempty"`
	Open     []Incident `json:"open,omitempty"` // catch-up only: what is open now

	Cut Cut `json:"-"` // known only to whoever read the digest from an event
}

// Cut is what an event was too long to hold, list by list: whoever reads it knows how many
// there were of what, but not which.
type Cut struct {
	Opened   []LeftOut
	Closed   []LeftOut
	Reminded []LeftOut
	Open     []LeftOut
	Groups   int // how many groups all the opened belong to; 0: nobody knows
	Both     int // how many of all the open ones are among the opened too
}

// LeftOut counts incidents that are alike.
type LeftOut struct {
	Like Incident // kind and facet of the subject, a fault's name, severity, class, closing, and maybe the group; without a kind nothing is known of them
	N    int
}

// Counts are targets by their latest status.
type Counts struct {
	Targets  int `json:"targets"`
	Up       int `json:"up"`
	Degraded int `json:"degraded"`
	Down     int `json:"down"`
	Unknown  int `json:"unknown"`
	Pending  int `json:"pending"`
	Paused   int `json:"paused"`
}

// Add counts one more target of status s.
func (c *Counts) Add(s Status) {
	c.Targets++
	switch s {
	case Up:
		c.Up++
	case Degraded:
		c.Degraded++
	case Down:
		c.Down++
	case Unknown:
		c.Unknown++
	case Paused:
		c.Paused++
	default:
		c.Pending++
	}
}

// Delivery is what became of a digest at a topic.
type Delivery string

// What may become of it.
const (
	Accepted Delivery = "accepted" // owed no more
	Unsure   Delivery = "unsure"   // no answer, or the topic's own failure: owed still, may be told twice with one id
	Refused  Delivery = "refused"  // for its content, the short plain form too
	Denied   Delivery = "denied"   // for access, or the topic is missing: owed still, only the deployment can mend it
)

// DigestID names the digest of a round: the same round of the same shard, the same id. Where
// clocks were set back and the same time comes twice, something is added to the second.
func DigestID(fleet, shard string, round time.Time) string {
	return fleet + "/" + shard + "/" + round.UTC().Format(time.RFC3339)
}
