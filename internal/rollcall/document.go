package rollcall

import (
	"math"
	"time"

	"rollcall/internal/health"
)

// Document is a round as JSON, "rollcall.check/1": what `rollcall check -o json` prints and
// what the function answers. Times are RFC 3339 in UTC, durations milliseconds.
type Document struct {
	Schema  string           `json:"schema"`
	Round   DocumentRound    `json:"round"`
	Summary DocumentSummary  `json:"summary"`
	Results []DocumentResult `json:"results"`
}

// DocumentRound is how the round went.
type DocumentRound struct {
	Fleet       string    `json:"fleet"`
	Scheduled   time.Time `json:"scheduled"`
	Started     time.Time `json:"started"`
	ElapsedMS   float64   `json:"elapsed_ms"`
	BudgetMS    float64   `json:"budget_ms"`
	WorstCaseMS float64   `json:"worst_case_ms"`
	Workers     int       `json:"workers"`
	Saturation  float64   `json:"saturation"` // percent of the latencies that is the checker's own; above 25 none is judged
	Completed   bool      `json:"completed"`  // every target has all the attempts it was owed
}

// DocumentSummary counts targets by status.
type DocumentSummary struct {
	Targets  int `json:"targets"`
	Up       int `json:"up"`
	Degraded int `json:"degraded"`
	Down     int `json:"down"`
	Unknown  int `json:"unknown"`
	Paused   int `json:"paused,omitempty"`
}

// DocumentResult is one target.
type DocumentResult struct {
	Target    string                         `json:"target"`
	Group     string                         `json:"group,omitempty"`
	URL       string                         `json:"url"`
	Status    health.Status                  `json:"status"`
	Class     health.Class                   `json:"class,omitempty"`
	Cause     string                         `json:"cause,omitempty"`
	Attempts  []DocumentAttempt              `json:"attempts"`
	Facets    map[health.Facet]DocumentFacet `json:"facets"`
	LatencyMS float64                        `json:"latency_ms"`
	PhasesMS  DocumentPhases                 `json:"phases_ms"`
}

// DocumentAttempt is one ask; one that was up has no class and no cause.
type DocumentAttempt struct {
	Class health.Class `json:"class,omitempty"`
	Cause string       `json:"cause,omitempty"`
	MS    float64      `json:"ms"`
}

// DocumentFacet is one side of a target.
type DocumentFacet struct {
	Status  health.Status `json:"status"`
	Class   health.Class  `json:"class,omitempty"`
	Cause   string        `json:"cause,omitempty"`
	Expires time.Time     `json:"expires,omitzero"`
}

// DocumentPhases split the latency; one that did not happen is 0.
type DocumentPhases struct {
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	TLS     float64 `json:"tls"`
	Wait    float64 `json:"wait"`
	Read    float64 `json:"read"`
}

// NewDocument is the document of a report.
func NewDocument(r health.Report) Document {
	d := Document{
		Schema: "rollcall.check/1",
		Round: DocumentRound{
			Fleet: r.Fleet, Scheduled: r.Scheduled.UTC(), Started: r.Started.UTC(),
			ElapsedMS: health.MS(r.Elapsed), BudgetMS: health.MS(r.Budget), WorstCaseMS: health.MS(r.WorstCase),
			Workers: r.Workers, Saturation: math.Round(r.Saturation*10) / 10, Completed: r.Completed,
		},
		Summary: DocumentSummary{
			Targets: r.Counts.Targets, Up: r.Counts.Up, Degraded: r.Counts.Degraded,
			Down: r.Counts.Down, Unknown: r.Counts.Unknown, Paused: r.Counts.Paused,
		},
		Results: make([]DocumentResult, len(r.Results)),
	}
	for i, result := range r.Results {
		d.Results[i] = documentResult(result)
	}
	return d
}

func documentResult(r health.Result) DocumentResult {
	d := DocumentResult{
		Target: r.Target.Name, Group: r.Target.Group, URL: r.Target.URL,
		Status: r.Status, Class: r.Class, Cause: r.Cause,
		Attempts:  make([]DocumentAttempt, len(r.Attempts)),
		Facets:    make(map[health.Facet]DocumentFacet, len(r.Facets)),
		LatencyMS: health.MS(r.Latency),
		PhasesMS: DocumentPhases{
			DNS: health.MS(r.Phases.DNS), Connect: health.MS(r.Phases.Connect), TLS: health.MS(r.Phases.TLS),
			Wait: health.MS(r.Phases.Wait), Read: health.MS(r.Phases.Read),
		},
	}
	for i, a := range r.Attempts {
		d.Attempts[i] = DocumentAttempt{Class: a.Class, Cause: a.Cause, MS: health.MS(a.Latency)}
	}
	for facet, f := range r.Facets {
		d.Facets[facet] = DocumentFacet{Status: f.Status, Class: f.Class, Cause: f.Cause, Expires: f.Expires}
	}
	return d
}
