package health

import "time"

// StateSchema is the schema that this code reads and writes.
const StateSchema = "rollcall.state/1"

// State is what outlives a round: one object for a fleet, or for a shard of it.
type State struct {
	Schema    string                 `json:"schema"`
	Seq       int64                  `json:"seq"`               // +1 with each write, so equal bytes never share a version
	Round     time.Time              `json:"round"`             // scheduled time of the last judged round
	Furthest  time.Time              `json:"furthest,omitzero"` // the furthest that was ever judged, while clocks are set back behind it
	Commits   []Commit               `json:"commits,omitempty"`
	Targets   map[string]TargetState `json:"targets,omitempty"`
	Incidents []Incident             `json:"incidents,omitempty"` // open ones only, sorted by ID
	Witnesses map[string]Sighting    `json:"witnesses,omitempty"` // by their names
	Silences  []Silence              `json:"silences,omitempty"`  // as last read: they hold when they cannot be read
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
	Facets map[Facet]Belief `json:"facets,omitempty"` // those of which there is something to remember
	Shadow int              `json:"shadow,omitempty"` // rounds it must yet be asked in before an ancestor's trouble explains its own no more
	Trail  string           `json:"trail,omitempty"`  // statuses of the last rounds that asked it, a Mark each, oldest first; none when all were up
	Notes  []Note           `json:"notes,omitempty"`  // the last things that were decided about telling, oldest first
}

// TrailKept and NotesKept are how much a state remembers of what is past.
const (
	TrailKept = 30
	NotesKept = 4
)

// Marks of a trail.
const (
	MarkUp       = '.'
	MarkDown     = 'x'
	MarkDegraded = '~'
	MarkUnknown  = '?'
)

// Note is a reason why people were told or not, and the round that first gave it.
type Note struct {
	Round  time.Time `json:"round"`
	Reason string    `json:"reason"`
}

// Belief counts the judged readings of one facet since they last changed sides.
type Belief struct {
	Bad     int       `json:"bad,omitempty"`
	Good    int       `json:"good,omitempty"`    // stops at the target's recover_after
	Since   time.Time `json:"since,omitzero"`    // first round of the bad run
	Changes []int64   `json:"changes,omitempty"` // of sides, in the last hour: minutes since 1970, oldest first
}

// Sighting is what is remembered of a witness.
type Sighting struct {
	Answered time.Time `json:"answered,omitzero"` // scheduled time of the last round in which it did
}
