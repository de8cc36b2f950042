// Package metric writes what CloudWatch sees of a round: a line for each result, and
// metrics in the embedded metric format.
//
// Every line is one JSON object, written with one Write, well below the 256 KB of a log
// event, and carries the level and the timestamp without which Lambda's JSON logging drops
// or wraps it. CloudWatch reads metrics out of the log by itself, so a metric costs a line
// and no call, and a round that is killed loses only what it had not yet written. For the
// same reason the last line is the one that alarms count.
package metric

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"rollcall/internal/health"
)

// Namespace holds every metric of rollcall.
const Namespace = "Rollcall"

// The dimensions of metrics. Each has those before it as well.
const (
	ByFleet  = "fleet"  // [Fleet]
	ByGroup  = "group"  // and [Fleet, Group], for groups with a name
	ByTarget = "target" // and [Fleet, Target]: every target costs money
)

// Which results are written as lines.
const (
	AllResults = "all"
	Changes    = "changes" // where the status differs from the one before; all of a round that was not judged
)

// Writer writes the lines of rounds.
type Writer struct {
	w         io.Writer
	dimension string
	results   string
}

// New writes to w with the dimension fleet, group or target and the results all or changes.
// Anything else is taken as fleet and as all.
func New(w io.Writer, dimension, results string) *Writer {
	return &Writer{w: w, dimension: dimension, results: results}
}

// Results writes what a round found, once it is judged. The error is the writer's.
func (m *Writer) Results(r health.Report) error {
	for _, result := range r.Results {
		if m.results == Changes && !result.Changed && result.Reason != "" { // without judgement nobody knows what changed
			continue
		}
		if err := m.write(resultLine(r, result)); err != nil {
			return err
		}
	}
	documents := []document{fleetDocument(r)}
	if m.dimension == ByGroup || m.dimension == ByTarget {
		documents = append(documents, groupDocuments(r)...)
	}
	if m.dimension == ByTarget {
		documents = append(documents, targetDocuments(r)...)
	}
	for _, d := range documents {
		if err := m.emit(r, d); err != nil {
			return err
		}
	}
	return nil
}

// Finish writes how a round ended: its last line, whatever became of it. Of a round that
// another one has judged, or that came too late, there is nothing else to say. The error is
// the writer's.
func (m *Writer) Finish(r health.Report) error {
	d := document{dimensions: []dimension{{"Fleet", r.Fleet}}}
	d.count("RoundsCompleted", oneIf(r.Completed))
	switch {
	case r.Late:
		d.count("RoundsLate", 1)
		return m.emit(r, d)
	case r.Repeated:
		d.count("RoundsRepeated", 1)
		return m.emit(r, d)
	}
	d.add("RoundDuration", "Milliseconds", health.MS(r.Elapsed))
	if r.Reserve > 0 {
		d.add("ReserveUsed", "Percent", percent(r.Finishing, r.Reserve))
	}
	d.add("CpuSeconds", "Seconds", r.CPU.Seconds())
	if r.Completed || r.Outbox > 0 { // otherwise nobody knows what is owed, and 0 would calm an alarm
		d.count("OutboxDepth", r.Outbox)
	}
	return m.emit(r, d)
}

// fleetDocument is the whole fleet in numbers.
func fleetDocument(r health.Report) document {
	d := document{dimensions: []dimension{{"Fleet", r.Fleet}}}
	if r.Counts.Targets > 0 { // nothing was counted: zeros would look like peace
		d.count("Targets", r.Counts.Targets)
		d.count("Up", r.Counts.Up)
		d.count("Degraded", r.Counts.Degraded)
		d.count("Down", r.Counts.Down)
		d.count("Unknown", r.Counts.Unknown)
	}
	if judged(r) {
		d.count("Critical", r.Critical)
	}
	asked := 0
	for _, result := range r.Results {
		if len(result.Attempts) > 0 {
			asked++
		}
	}
	d.count("Asked", asked)
	if r.Budget > 0 {
		d.add("BudgetUsed", "Percent", percent(r.Swept, r.Budget))
		d.add("Saturation", "Percent", math.Round(r.Saturation*10)/10)
	}
	if !r.Scheduled.IsZero() && !r.Started.IsZero() {
		d.add("Lateness", "Milliseconds", max(0, health.MS(r.Started.Sub(r.Scheduled)))) // clocks may disagree
	}
	return d
}

// judged reports whether the results of r were judged: then each has a reason. When the
// memory cannot be read they are not, and nobody knows which incidents are open.
func judged(r health.Report) bool {
	return r.Counts.Targets > 0 && !slices.ContainsFunc(r.Results, func(result health.Result) bool { return result.Reason == "" })
}

// groupDocuments are the groups in numbers: how many of all their targets are up and down
// by their latest status, due in this round or not, and how long those took that answered
// in it. Up is whatever answers as it should, be it degraded. Of a round that was not
// judged, and of a group that is paused as a whole, nobody knows more than the latencies.
func groupDocuments(r health.Report) []document {
	latencies := map[string][]float64{}
	for _, result := range r.Results {
		if name := result.Target.Group; name != "" && timed(result) {
			latencies[name] = append(latencies[name], health.MS(result.Latency))
		}
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(r.Groups)), maps.Keys(latencies))
	slices.Sort(names)
	var documents []document
	for _, name := range slices.Compact(names) {
		dimensions := []dimension{{"Fleet", r.Fleet}, {"Group", name}}
		d := document{dimensions: dimensions}
		if c := r.Groups[name]; c.Targets > c.Paused {
			d.count("Up", c.Up+c.Degraded)
			d.count("Down", c.Down)
		}
		for values := range slices.Chunk(latencies[name], mostValues) {
			d.add("Latency", "Milliseconds", values...)
			documents = append(documents, d)
			d = document{dimensions: dimensions}
		}
		if len(d.metrics) > 0 {
			documents = append(documents, d)
		}
	}
	return documents
}

// targetDocuments are the targets in numbers. Of a target that could not be asked there is
// nothing to write: missing data is what unknown means.
func targetDocuments(r health.Report) []document {
	var documents []document
	for _, result := range r.Results {
		d := document{dimensions: []dimension{{"Fleet", r.Fleet}, {"Target", result.Target.Name}}}
		switch result.Status {
		case health.Up, health.Degraded:
			d.count("Up", 1)
		case health.Down:
			d.count("Up", 0)
		}
		if timed(result) {
			d.add("Latency", "Milliseconds", health.MS(result.Latency))
		}
		if expires := result.Facets[health.Certificate].Expires; !expires.IsZero() {
			d.add("CertificateDaysLeft", "Count", expires.Sub(r.Scheduled).Hours()/24)
		}
		documents = append(documents, d)
	}
	return documents
}

// timed reports whether the latency of a result is that of an answer we wanted, slow as it
// may be. When the checker itself was starved nobody knows it: it would be ours, and a wrong
// number is worse than none.
func timed(r health.Result) bool {
	return r.Facets[health.Availability].Status == health.Up && r.Facets[health.Latency].Status != health.Unknown
}

// resultLine is what became of one target in a round.
func resultLine(r health.Report, result health.Result) *line {
	l := newLine(r)
	l.field("msg", "result")
	l.field("target", clip(result.Target.Name, nameMost))
	l.text("group", clip(result.Target.Group, nameMost))
	l.field("status", result.Status)
	l.text("class", string(result.Class))
	l.text("cause", clip(result.Cause, textMost))
	if len(result.Attempts) > 0 {
		l.field("ms", health.MS(result.Latency))
	}
	l.field("round", r.Scheduled.UTC().Format(time.RFC3339))
	l.text("reason", clip(result.Reason, textMost))
	return l
}

func (m *Writer) emit(r health.Report, d document) error {
	if len(d.metrics) == 0 {
		return nil
	}
	return m.write(d.line(r))
}

func (m *Writer) write(l *line) error {
	if _, err := m.w.Write(l.end()); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// percent is a share in percent, to one digit. The whole must not be 0.
func percent(part, whole time.Duration) float64 {
	return math.Round(float64(part)/float64(whole)*1000) / 10
}
