package health

import "time"

// StateSchema is the schema that this code reads and writes.
const StateSchema = "rollcall.state/1"

// State is what outlives a round: one object for a fleet, or for a shard of it.
type State struct {
	Schema    string                 `json:"schema"`
	Seq       int64                  `json:"seq"`   // +1 with each write, so equal bytes never share a version
	Round     time.Time              `json:"round"` // scheduled time of the last judged round
	Commits   []Commit               `json:"commits,omitempty"`
	Targets   map[string]TargetState `json:"targets,omitempty"`
	Incidents []Incident             `json:"incidents,omitempty"` // open ones only, sorted by ID
	Outbox    []Entry                `json:"outbox,omitempty"`    // oldest first
}

// CommitsKept is how many commits a state remembers, to know a write of one's own again.
const CommitsKept = 16

// Commit names the invocation that judged a round.
type Commit struct {
	Round time.Time `json:"round"`
	By    string    `json:"by"` // the invocation's id
}

// Entry is a digest that is owed to a topic until it was accepted there.
type Entry struct {
	ID      string    `json:"id"` // the digest's
	Topic   string    `json:"topic"`
	Digest  Digest    `json:"digest"`
	By      string    `json:"by"`                // the invocation that owes it
	Until   time.Time `json:"until"`             // before then only its maker publishes it
	Refused string    `json:"refused,omitempty"` // why the topic refused its content, when it did
}

// TargetState is what the judge remembers of a target.
type TargetState struct {
	Asked  time.Time        `json:"asked,omitzero"`   // scheduled time of the round that asked it last
	Status Status           `json:"status"`           // the latest; Pending before any
	Missed bool             `json:"missed,omitempty"` // unknown in the last round it was due: due again, and first
	SeenUp bool             `json:"seen_up,omitempty"`
	Facets map[Facet]Belief `json:"facets,omitempty"`
}

// Belief counts the judged readings of one facet since they last changed sides.
type Belief struct {
	Bad   int       `json:"bad,omitempty"`
	Good  int       `json:"good,omitempty"` // stops at the target's recover_after
	Since time.Time `json:"since,omitzero"` // first round of the bad run
}
