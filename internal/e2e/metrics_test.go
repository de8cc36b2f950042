package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// eventMost is the size of a log event of which CloudWatch reads metrics, in bytes.
const eventMost = 256 << 10

// truth is what the script says of the fleet in a round.
type truth struct {
	targets, down, degraded, unknown int
	outbox                           int
}

func truthOf(casts []*cast, k int) truth {
	at := truth{targets: fleetSize}
	for _, c := range casts {
		at.outbox += c.outbox[k-c.base]
		for _, t := range c.troubles {
			from := max(t.from, t.seen) + c.base
			if k < from || k >= t.to+c.base {
				continue
			}
			switch t.how {
			case fails, tells, refuses:
				at.down++
			case lingers, ends:
				at.degraded++
			case absent:
				at.targets--
			case vanishes:
				at.unknown = fleetSize
			}
		}
	}
	return at
}

// measures holds a round to the script: how it ended, and what its metrics say.
func (w *world) measures(casts []*cast, k int, ins []invocation) {
	w.t.Helper()
	want, end := truthOf(casts, k), endingOf(casts, k)
	var got ending
	failed := ""
	for _, in := range ins {
		failed += in.Error
		fleet, last := w.documents(in)
		for _, m := range fleet {
			up := want.targets - want.down - want.degraded - want.unknown
			for name, n := range map[string]int{"Targets": want.targets, "Up": up, "Down": want.down, "Degraded": want.degraded, "Unknown": want.unknown} {
				if m[name] != float64(n) {
					w.t.Errorf("round %d: %s is %v, want %d\n%s", k, name, m[name], n, printed(in))
				}
			}
		}
		if last == nil {
			continue
		}
		got.lines++
		got.completed += int(last["RoundsCompleted"])
		got.repeated += int(last["RoundsRepeated"])
		if depth, said := last["OutboxDepth"]; said && depth != float64(want.outbox) || !said && last["RoundsCompleted"] == 1 {
			w.t.Errorf("round %d: OutboxDepth is %v, said %v, want %d", k, depth, said, want.outbox)
		}
	}
	if (failed != "") != (end.error != "") || !strings.Contains(failed, end.error) {
		w.t.Errorf("round %d: it failed with %q, want %q\n%s", k, failed, end.error, printed(ins...))
	}
	if end.error = ""; got != end {
		w.t.Errorf("round %d: %+v, want %+v\n%s", k, got, end, printed(ins...))
	}
}

func printed(ins ...invocation) string {
	var b strings.Builder
	for _, in := range ins {
		b.WriteString(strings.Join(in.Stdout, "\n") + "\n" + in.Stderr)
	}
	return b.String()
}

// documents are the metrics of the whole fleet that an invocation printed, and those of its
// last line; nil: it printed none. Every line must be one that CloudWatch can read.
func (w *world) documents(in invocation) (fleet []map[string]float64, last map[string]float64) {
	w.t.Helper()
	for _, line := range in.Stdout {
		m, dimensions, err := readLine(line)
		if err != nil {
			w.t.Errorf("round %d: %v: %s", in.round, err, line)
			continue
		}
		if !slices.Equal(dimensions, []string{"Fleet"}) {
			continue
		}
		if _, is := m["RoundsCompleted"]; is {
			if last != nil {
				w.t.Errorf("round %d: two last lines", in.round)
			}
			last = m
		} else {
			fleet = append(fleet, m)
		}
	}
	return fleet, last
}

// readLine reads a line of a function's log as CloudWatch does: a JSON object; and its
// metrics, if it has any, by the specification of the embedded metric format.
func readLine(line string) (metrics map[string]float64, dimensions []string, err error) {
	if len(line) >= eventMost {
		return nil, nil, fmt.Errorf("a line of %d bytes, want less than %d", len(line), eventMost)
	}
	var d map[string]any
	if err := json.Unmarshal([]byte(line), &d); err != nil {
		return nil, nil, err
	}
	stamp, _ := d["timestamp"].(string)
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil || d["level"] == nil {
		return nil, nil, fmt.Errorf("a line without level and time: Lambda would drop or wrap it")
	}
	if key := namedTwice(line); key != "" {
		return nil, nil, fmt.Errorf("a line with two keys %q: whoever reads it sees one of them", key)
	}
	if d["_aws"] == nil {
		return nil, nil, nil
	}
	var head struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(line), &head); err != nil {
		return nil, nil, err
	}
	if len(head.AWS.CloudWatchMetrics) != 1 || head.AWS.Timestamp == 0 {
		return nil, nil, fmt.Errorf("%d directives at %d, want one at a time", len(head.AWS.CloudWatchMetrics), head.AWS.Timestamp)
	}
	of := head.AWS.CloudWatchMetrics[0]
	if of.Namespace != "Rollcall" || len(of.Dimensions) != 1 || len(of.Metrics) == 0 || len(of.Metrics) > 100 {
		return nil, nil, fmt.Errorf("a directive that is none of ours: %+v", of)
	}
	for _, name := range of.Dimensions[0] {
		if value, is := d[name].(string); !is || value == "" {
			return nil, nil, fmt.Errorf("the dimension %s has no value", name)
		}
	}
	metrics = map[string]float64{}
	for _, m := range of.Metrics {
		switch v := d[m.Name].(type) {
		case float64:
			metrics[m.Name] = v
		case []any:
			metrics[m.Name] = float64(len(v))
		default:
			return nil, nil, fmt.Errorf("the metric %s has no value", m.Name)
		}
	}
	return metrics, of.Dimensions[0], nil
}

// namedTwice is a key that a JSON object has twice, empty if there is none.
func namedTwice(object string) string {
	d := json.NewDecoder(strings.NewReader(object))
	seen := map[string]bool{}
	for _, err := d.Token(); err == nil && d.More(); {
		key, _ := d.Token()
		name, _ := key.(string)
		if seen[name] {
			return name
		}
		seen[name] = true
		var value json.RawMessage
		err = d.Decode(&value)
	}
	return ""
}

// sums holds the sum of RoundsCompleted, which is what the alarms count, to the rounds that
// were completed by the script.
func (w *world) sums(casts []*cast) {
	w.t.Helper()
	want, got, most := 0, 0, 0
	for k := range w.rounds {
		want += endingOf(casts, k).completed
	}
	for _, in := range w.played {
		if _, last := w.documents(in); last != nil && in.round < w.rounds {
			got += int(last["RoundsCompleted"])
		}
		for _, line := range in.Stdout {
			most = max(most, len(line))
		}
	}
	if got != want {
		w.t.Errorf("RoundsCompleted adds up to %d, want %d", got, want)
	}
	w.t.Logf("RoundsCompleted adds up to %d of %d rounds, by the script to %d; %d invocations; the longest line has %d bytes", got, w.rounds, want, len(w.played), most)
}
