package notify

import (
	"math"
	"slices"
	"time"

	"rollcall/internal/health"
)

// headJSON is an event without its incidents.
type headJSON struct {
	Schema     string        `json:"schema"`
	ID         string        `json:"id"`
	Kind       string        `json:"kind"`
	Fleet      string        `json:"fleet"`
	Shard      string        `json:"shard,omitempty"`
	Round      string        `json:"round"`
	Sent       string        `json:"sent,omitempty"`
	Severity   string        `json:"severity"`
	Groups     []string      `json:"groups,omitempty"`
	GroupsMore int           `json:"groups_more,omitempty"`
	Text       string        `json:"text"`
	Counts     health.Counts `json:"counts"`
}

type eventJSON struct {
	headJSON
	Opened   []incidentJSON `json:"opened"`
	Closed   []incidentJSON `json:"closed"`
	Reminded []incidentJSON `json:"reminded"`
	Open     []incidentJSON `json:"open"`

	OpenedMore   int     `json:"opened_more"`
	ClosedMore   int     `json:"closed_more"`
	RemindedMore int     `json:"reminded_more"`
	OpenMore     int     `json:"open_more"`
	LeftOut      cutJSON `json:"left_out"`
}

type incidentJSON struct {
	ID         string        `json:"id"`
	Of         string        `json:"of"`
	Name       string        `json:"name"`
	Facet      string        `json:"facet,omitempty"`
	Severity   string        `json:"severity"`
	Class      string        `json:"class,omitempty"`
	Cause      string        `json:"cause,omitempty"`
	Since      string        `json:"since,omitempty"`
	Opened     string        `json:"opened,omitempty"`
	Rounds     int           `json:"rounds,omitempty"`
	NeverUp    bool          `json:"never_up,omitempty"`
	Title      string        `json:"title,omitempty"`
	Group      string        `json:"group,omitempty"`
	URL        string        `json:"url,omitempty"`
	Runbook    string        `json:"runbook,omitempty"`
	Tags       []string      `json:"tags,omitempty"`
	Told       string        `json:"told,omitempty"`
	ToldAs     string        `json:"told_as,omitempty"`
	Reminded   string        `json:"reminded,omitempty"`
	Reminders  int           `json:"reminders,omitempty"`
	Worse      bool          `json:"worse,omitempty"`
	Muted      string        `json:"muted,omitempty"`
	Dependants []string      `json:"dependants,omitempty"`
	Dependent  int           `json:"dependent,omitempty"`
	Evidence   *evidenceJSON `json:"evidence,omitempty"`
	Closed     string        `json:"closed,omitempty"`
	Closing    string        `json:"closing,omitempty"`
	Lasted     int64         `json:"lasted_s,omitempty"`
}

type evidenceJSON struct {
	Attempts []attemptJSON   `json:"attempts,omitempty"`
	Phases   health.PhasesMS `json:"phases_ms,omitzero"`
}

type attemptJSON struct {
	Status string  `json:"status,omitempty"`
	Class  string  `json:"class,omitempty"`
	Cause  string  `json:"cause,omitempty"`
	MS     float64 `json:"ms,omitempty"`
}

func toJSON(d health.Digest, i *health.Incident) incidentJSON {
	j := incidentJSON{
		ID: short(i.ID, 128), Of: short(string(i.Subject.Kind), 32), Name: short(i.Subject.Name, nameMost), Facet: short(string(i.Subject.Facet), 32),
		Severity: short(string(i.Severity), 32), Class: short(string(i.Class), 32), Cause: short(i.Cause, causeMost),
		Since: stamp(i.Since), Opened: stamp(i.Opened), Rounds: i.Rounds, NeverUp: i.NeverUp,
		Title: short(i.Title, nameMost), Group: short(i.Group, nameMost), URL: short(i.URL, urlMost), Runbook: short(i.Runbook, urlMost),
		Told: stamp(i.Told), ToldAs: short(string(i.ToldAs), 32), Reminded: stamp(i.Reminded), Reminders: i.Reminders, Worse: worsened(d, i),
		Muted: short(i.Muted, causeMost), Dependent: i.Dependent, Evidence: evidenceToJSON(i.Evidence),
		Closed: stamp(i.Closed), Closing: short(string(i.Closing), 64),
	}
	for _, name := range i.Dependants[:min(len(i.Dependants), health.DependantsTold)] {
		j.Dependants = append(j.Dependants, short(name, nameMost))
	}
	for _, tag := range i.Tags {
		j.Tags = append(j.Tags, short(tag, nameMost))
	}
	if !i.Closed.IsZero() {
		j.Lasted = int64(i.Closed.Sub(i.Since) / time.Second)
	}
	return j
}

func evidenceToJSON(e *health.Evidence) *evidenceJSON {
	if e == nil {
		return nil
	}
	j := &evidenceJSON{Phases: e.Phases}
	for _, ms := range [...]*float64{&j.Phases.DNS, &j.Phases.Connect, &j.Phases.TLS, &j.Phases.Wait, &j.Phases.Read} {
		*ms = finite(*ms)
	}
	for n, a := range e.Attempts[:min(len(e.Attempts), attemptsMost)] {
		attempt := attemptJSON{Status: short(string(a.Status), 32), Class: short(string(a.Class), 32), Cause: short(a.Cause, causeMost)}
		if n < len(e.MS) {
			attempt.MS = finite(e.MS[n])
		}
		j.Attempts = append(j.Attempts, attempt)
	}
	return j
}

func (j *evidenceJSON) evidence() *health.Evidence {
	if j == nil {
		return nil
	}
	e := &health.Evidence{Phases: j.Phases}
	for _, a := range j.Attempts {
		e.Attempts = append(e.Attempts, health.Reading{Status: health.Status(a.Status), Class: health.Class(a.Class), Cause: a.Cause})
		e.MS = append(e.MS, a.MS)
	}
	return e
}

// finite is ms if JSON can write it, and else 0.
func finite(ms float64) float64 {
	if math.IsNaN(ms) || math.IsInf(ms, 0) {
		return 0
	}
	return ms
}

func (j incidentJSON) incident() (health.Incident, error) {
	i := health.Incident{
		ID: j.ID, Subject: health.Subject{Kind: health.SubjectKind(j.Of), Name: j.Name, Facet: health.Facet(j.Facet)},
		Severity: health.Severity(j.Severity), Class: health.Class(j.Class), Cause: j.Cause, Rounds: j.Rounds, NeverUp: j.NeverUp,
		Title: j.Title, Group: j.Group, URL: j.URL, Runbook: j.Runbook, Tags: slices.Clip(j.Tags),
		ToldAs: health.Severity(j.ToldAs), Reminders: j.Reminders, Closing: health.Closing(j.Closing),
		Muted: j.Muted, Dependants: slices.Clip(j.Dependants), Dependent: j.Dependent, Evidence: j.Evidence.evidence(),
	}
	for _, t := range [...]struct {
		key, from string
		to        *time.Time
	}{{"since", j.Since, &i.Since}, {"opened", j.Opened, &i.Opened}, {"told", j.Told, &i.Told}, {"reminded", j.Reminded, &i.Reminded}, {"closed", j.Closed, &i.Closed}} {
		var err error
		if *t.to, err = unstamp(t.key, t.from); err != nil {
			return health.Incident{}, err
		}
	}
	return i, nil
}
