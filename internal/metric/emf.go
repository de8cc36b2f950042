package metric

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf16"

	"rollcall/internal/health"
)

// What CloudWatch takes (its specification of the embedded metric format, and the API
// reference of Dimension).
const (
	mostValues    = 100  // of one metric in one document
	mostDimension = 1024 // characters of a dimension's value
)

// How much of a text goes into a line, in bytes. Long enough for every text of ours.
const (
	nameMost = 256
	textMost = 4 << 10
)

// document is one EMF document: metrics that share their dimensions.
type document struct {
	dimensions []dimension
	metrics    []metric
}

type dimension struct{ name, value string }

type metric struct {
	name, unit string
	values     []float64
}

// count adds a number of things.
func (d *document) count(name string, n int) { d.add(name, "Count", float64(n)) }

// add adds a metric with at most [mostValues] values. What is no number is left out, because
// a single one would void the document.
func (d *document) add(name, unit string, values ...float64) {
	finite := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			finite = append(finite, v)
		}
	}
	if len(finite) > 0 {
		d.metrics = append(d.metrics, metric{name, unit, finite})
	}
}

// line is d as CloudWatch reads it. Its metrics count at the scheduled time of the round:
// every round falls into a period of its own, however late it started and however long it
// took, so an alarm that counts rounds a period is not wrong for a jitter. Only a round that
// came too late counts when it came, since CloudWatch takes no metric older than two weeks.
func (d *document) line(r health.Report) *line {
	when := r.Scheduled
	if r.Late || when.IsZero() {
		when = r.Started
	}
	var keys []string
	for _, dim := range d.dimensions {
		keys = append(keys, dim.name)
	}
	definitions := make([]map[string]string, len(d.metrics))
	for i, m := range d.metrics {
		definitions[i] = map[string]string{"Name": m.name, "Unit": m.unit}
	}
	l := newLine(r)
	l.field("_aws", map[string]any{
		"Timestamp": when.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{keys}, "Metrics": definitions,
		}},
	})
	for _, dim := range d.dimensions {
		l.field(dim.name, dimensionValue(dim.value))
	}
	for _, m := range d.metrics {
		if len(m.values) == 1 {
			l.field(m.name, m.values[0])
		} else {
			l.field(m.name, m.values)
		}
	}
	return l
}

// dimensionValue is s as a dimension takes it: ASCII without control characters, not blank.
func dimensionValue(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
	if s = s[:min(len(s), mostDimension)]; strings.TrimSpace(s) == "" {
		return "?"
	}
	return s
}

// line is one JSON object under construction, its keys in the order in which they came.
type line struct{ b bytes.Buffer }

// newLine begins a line with what Lambda's JSON logging asks of one.
func newLine(r health.Report) *line {
	l := &line{}
	l.field("level", "INFO")
	l.field("timestamp", r.Started.Add(r.Elapsed).UTC().Format("2006-01-02T15:04:05.000Z"))
	return l
}

// field adds a key with a value of ours: strings and finite numbers always encode.
func (l *line) field(key string, value any) {
	var encoded bytes.Buffer
	e := json.NewEncoder(&encoded)
	e.SetEscapeHTML(false) // nobody reads a log as HTML
	if err := e.Encode(value); err != nil {
		return
	}
	if l.b.Len() == 0 {
		l.b.WriteByte('{')
	} else {
		l.b.WriteByte(',')
	}
	l.b.WriteString(`"` + key + `":`)
	for _, r := range strings.TrimSuffix(encoded.String(), "\n") {
		l.rune(r)
	}
}

// rune writes one character of encoded JSON. What JSON allows but a terminal obeys, such as
// the characters that turn the direction of writing, is escaped too.
func (l *line) rune(r rune) {
	if r < 0x7f || !unicode.In(r, unicode.C) {
		l.b.WriteRune(r)
		return
	}
	for _, unit := range utf16.Encode([]rune{r}) {
		fmt.Fprintf(&l.b, `\u%04x`, unit)
	}
}

// text adds a key whose value may be empty: then it is left out.
func (l *line) text(key, value string) {
	if value != "" {
		l.field(key, value)
	}
}

// end closes the line.
func (l *line) end() []byte {
	l.b.WriteString("}\n")
	return l.b.Bytes()
}

// clip cuts s to most bytes, in front of a character, and shows that it did.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
