package metric

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// units are the metrics that there are, and what each is measured in.
var units = map[string]string{
	"RoundsCompleted": "Count", "RoundsRepeated": "Count", "RoundsLate": "Count",
	"Targets": "Count", "Up": "Count", "Degraded": "Count", "Down": "Count", "Unknown": "Count",
	"Asked": "Count", "Critical": "Count", "OutboxDepth": "Count",
	"RoundDuration": "Milliseconds", "Lateness": "Milliseconds", "Latency": "Milliseconds",
	"BudgetUsed": "Percent", "ReserveUsed": "Percent", "Saturation": "Percent", "CpuSeconds": "Seconds", "CertificateDaysLeft": "Count",
}

// faultsOf lists what is wrong with a line, read as the specification of the embedded metric
// format reads it, Lambda's JSON logging, and our own promises. It shares nothing with the
// code that writes lines.
func faultsOf(written []byte) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	text, ended := strings.CutSuffix(string(written), "\n")
	if !ended || strings.ContainsAny(text, "\n\r") {
		fault("not exactly one line")
	}
	if len(written) >= 256_000 {
		fault("%d bytes, want less than 256 KB", len(written))
	}
	var root map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		return append(faults, "no JSON object: "+err.Error())
	}
	if decoder.More() {
		fault("something behind the object")
	}
	if root["level"] != "INFO" {
		fault("level %v, want INFO", root["level"])
	}
	if stamp, _ := root["timestamp"].(string); stamp == "" {
		fault("no timestamp")
	} else if _, err := time.Parse(time.RFC3339, stamp); err != nil {
		fault("timestamp: %v", err)
	}
	aws, isMetric := root["_aws"]
	if !isMetric {
		if root["msg"] != "result" {
			fault("neither a result nor a metric")
		}
		return faults
	}
	metadata, _ := aws.(map[string]any)
	if len(metadata) != 2 {
		fault("_aws has members %v, want Timestamp and CloudWatchMetrics", metadata)
	}
	if n, ok := metadata["Timestamp"].(json.Number); !ok || !isInteger(n) || len(n) != 13 {
		fault("_aws.Timestamp %v, want milliseconds of this century", metadata["Timestamp"])
	}
	directives, _ := metadata["CloudWatchMetrics"].([]any)
	if len(directives) == 0 {
		fault("no metric directive")
	}
	used := map[string]bool{"level": true, "timestamp": true, "_aws": true}
	for _, d := range directives {
		directive, _ := d.(map[string]any)
		if len(directive) != 3 {
			fault("a directive has members %v, want Namespace, Dimensions and Metrics", directive)
		}
		if directive["Namespace"] != "Rollcall" {
			fault("namespace %v, want Rollcall", directive["Namespace"])
		}
		faults = append(faults, dimensionFaults(root, directive["Dimensions"], used)...)
		faults = append(faults, metricFaults(root, directive["Metrics"], used)...)
	}
	for key := range root {
		if !used[key] {
			fault("%s is neither a dimension nor a metric", key)
		}
	}
	return faults
}

func dimensionFaults(root map[string]any, value any, used map[string]bool) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	sets, _ := value.([]any)
	if len(sets) == 0 {
		fault("no dimension set")
	}
	for _, s := range sets {
		set, _ := s.([]any)
		if len(set) == 0 || len(set) > 30 || set[0] != "Fleet" {
			fault("dimension set %v, want 1 to 30 keys, Fleet first", set)
		}
		for _, k := range set {
			key, _ := k.(string)
			used[key] = true
			target, ok := root[key].(string)
			if !ok || len(target) < 1 || len(target) > 1024 || strings.TrimSpace(target) == "" {
				fault("dimension %q is %q, want 1 to 1024 characters", key, root[key])
			}
			if strings.ContainsFunc(target, func(r rune) bool { return r < ' ' || r > '~' }) {
				fault("dimension %q is %q, want printable ASCII", key, target)
			}
		}
	}
	return faults
}

func metricFaults(root map[string]any, value any, used map[string]bool) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	definitions, _ := value.([]any)
	if len(definitions) < 1 || len(definitions) > 100 {
		fault("%d metric definitions, want 1 to 100", len(definitions))
	}
	for _, d := range definitions {
		definition, _ := d.(map[string]any)
		name, _ := definition["Name"].(string)
		if len(definition) != 2 || units[name] == "" || definition["Unit"] != units[name] {
			fault("definition %v, want a known name and its unit %q", definition, units[name])
		}
		if used[name] {
			fault("%s is defined twice", name)
		}
		used[name] = true
		values, isArray := root[name].([]any)
		if !isArray {
			values = []any{root[name]}
		}
		if len(values) < 1 || len(values) > 100 {
			fault("%s has %d values, want 1 to 100", name, len(values))
		}
		for _, v := range values {
			n, ok := v.(json.Number)
			if f, err := n.Float64(); !ok || err != nil || math.Abs(f) > math.Ldexp(1, 360) {
				fault("%s is %v, want a number that CloudWatch takes", name, v)
			}
		}
	}
	return faults
}

func isInteger(n json.Number) bool {
	_, ok := new(big.Int).SetString(string(n), 10)
	return ok
}

// TestValidator: the validator sees what it is there to see.
func TestValidator(t *testing.T) {
	const good = `{"level":"INFO","timestamp":"2026-11-22T14:05:11.250Z","_aws":{"Timestamp":1795442700000,"CloudWatchMetrics":[` +
		`{"Namespace":"Rollcall","Dimensions":[["Fleet"]],"Metrics":[{"Name":"Up","Unit":"Count"}]}]},"Fleet":"shop","Up":1}` + "\n"
	if faults := faultsOf([]byte(good)); len(faults) > 0 {
		t.Errorf("a good line: %v", faults)
	}
	for _, c := range [][3]string{
		{`"level":"INFO",`, ``, "level"},
		{`"2026-11-22T14:05:11.250Z"`, `"yesterday"`, "timestamp"},
		{`,"Unit":"Count"`, ``, "unit"},
		{`"Unit":"Count"`, `"Unit":"Percent"`, "unit"},
		{`1795442700000`, `1795442700`, "Timestamp"},
		{`"Rollcall"`, `"Rollcal"`, "namespace"},
		{`[["Fleet"]]`, `[]`, "no dimension set"},
		{`[["Fleet"]]`, `[["Fleet","Group"]]`, `dimension "Group"`},
		{`"shop"`, `"sh\u00f6p"`, "printable ASCII"},
		{`"Fleet":"shop"`, `"Fleet":7`, `dimension "Fleet"`},
		{`"Up":1`, `"Up":"1"`, "want a number"},
		{`"Up":1`, `"Up":[]`, "0 values"},
		{`"Up":1`, `"Up":[1` + strings.Repeat(",1", 100) + `]`, "101 values"},
		{`"Up":1`, `"Up":1,"Down":1`, "neither a dimension nor a metric"},
		{`{"Name":"Up","Unit":"Count"}`, strings.TrimPrefix(strings.Repeat(`,{"Name":"Up","Unit":"Count"}`, 101), ","), "101 metric definitions"},
		{"}\n", "}", "one line"},
		{"}\n", "}{}\n", "behind the object"},
		{`"shop"`, `"` + strings.Repeat("x", 256_000) + `"`, "256 KB"},
	} {
		faults := faultsOf([]byte(strings.Replace(good, c[0], c[1], 1)))
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c[2]) }) {
			t.Errorf("%.40s in place of %s: faults %v, want one about %q", c[1], c[0], faults, c[2])
		}
	}
}
