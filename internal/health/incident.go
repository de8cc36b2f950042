package health

import "time"

// SubjectKind is what an incident is about.
type SubjectKind string

// The kinds of subjects. A group counts once min_up is known to the targets file.
const (
	OfTarget  SubjectKind = "target"
	OfChecker SubjectKind = "checker"
)

// Subject is a facet of a target, or a side of the checker itself.
type Subject struct {
	Kind  SubjectKind `json:"kind"`
	Name  string      `json:"name"`            // a target's name, or one of the Fault names
	Facet Facet       `json:"facet,omitempty"` // targets only
}

// The names of checker subjects.
const (
	FaultConfig   = "config"   // the targets file cannot be read or is wrong
	FaultClock    = "clock"    // the stored state is from the future
	FaultHistory  = "history"  // the stored state is gone
	FaultDelivery = "delivery" // the topic refuses what we have to say
	FaultBudget   = "budget"   // the fleet does not fit the time a round has
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
	Reminded  time.Time `json:"reminded,omitzero"`   // when it was last told again
	Reminders int       `json:"reminders,omitempty"` // since it was told as new, or as critical now

	Closed  time.Time `json:"closed,omitzero"` // in digests only: the state keeps open ones
	Closing Closing   `json:"closing,omitempty"`
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
	Counts   Counts     `json:"counts"`
	Opened   []Incident `json:"opened,omitempty"`
	Closed   []Incident `json:"closed,omitempty"`
	Reminded []Incident `json:"reminded,omitempty"`
	Open     []Incident `json:"open,omitempty"` // catch-up only: what is open now
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

// DigestID names the digest of a round: the same round of the same shard, the same id.
func DigestID(fleet, shard string, round time.Time) string {
	return fleet + "/" + shard + "/" + round.UTC().Format(time.RFC3339)
}
