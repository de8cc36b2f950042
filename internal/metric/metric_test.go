package metric

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
)

var update = flag.Bool("update", false, "write the golden lines anew")

// lines takes what is written and keeps each Write apart.
type lines [][]byte

func (l *lines) Write(p []byte) (int, error) {
	*l = append(*l, bytes.Clone(p))
	return len(p), nil
}

func (l *lines) String() string { return string(bytes.Join(*l, nil)) }

// write writes a whole round.
func write(t *testing.T, dimension, results string, r health.Report) *lines {
	t.Helper()
	written := &lines{}
	m := New(written, dimension, results)
	if err := errors.Join(m.Results(r), m.Finish(r)); err != nil {
		t.Fatal(err)
	}
	return written
}

func result(name, group string, status health.Status, latency time.Duration) health.Result {
	r := health.Result{
		Target: health.Target{Name: name, Group: group}, Status: status, Latency: latency, Reason: "up",
		Attempts: []health.Attempt{{}}, Facets: map[health.Facet]health.FacetReading{health.Availability: {Status: status}},
	}
	if status == health.Degraded {
		r.Facets[health.Availability] = health.FacetReading{Status: health.Up}
	}
	return r
}

// shop is a round in which something of everything happened.
func shop() health.Report {
	scheduled := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	up := result("edge", "", health.Up, 203100*time.Microsecond)
	down := result("checkout", "payments", health.Down, 5*time.Second)
	down.Class, down.Changed, down.Reason = health.ClassStatus, true, "told, open since 14:04"
	down.Cause = `post "https://checkout.example.com/health?a=1&b=2": status 503, want 200, 204 or 3xx`
	slow := result("ledger", "payments", health.Degraded, 1234567*time.Microsecond)
	slow.Class, slow.Cause, slow.Reason = health.ClassLatency, "answered in 1.2s, want at most 800ms", "latency: 1 of 2 bad rounds"
	slow.Facets[health.Certificate] = health.FacetReading{Status: health.Up, Expires: scheduled.Add(43 * 24 * time.Hour).Add(12 * time.Hour)}
	unasked := result("search", "api", health.Unknown, 0)
	unasked.Attempts, unasked.Class, unasked.Cause, unasked.Reason = nil, health.ClassChecker, "not asked: out of time", "unknown changes nothing"
	return health.Report{
		Fleet: "shop", Shard: "0-1", Scheduled: scheduled, Started: scheduled.Add(1250 * time.Millisecond), Elapsed: 12 * time.Second,
		Budget: 40 * time.Second, Swept: 11 * time.Second, Reserve: 8 * time.Second, Finishing: 600 * time.Millisecond, CPU: 810 * time.Millisecond, Saturation: 7.2501,
		Results: []health.Result{up, down, slow, unasked}, Counts: health.Counts{Targets: 6, Up: 2, Degraded: 1, Down: 1, Unknown: 1, Paused: 1},
		Groups: map[string]health.Counts{ // one of payments was not due, and all of batch is paused
			"payments": {Targets: 3, Up: 1, Degraded: 1, Down: 1}, "api": {Targets: 1, Unknown: 1}, "batch": {Targets: 1, Paused: 1},
		},
		Critical: 1, Outbox: 0, Completed: true,
	}
}

// TestLines holds every line of a round with all there is.
func TestLines(t *testing.T) {
	written := write(t, ByTarget, AllResults, shop())
	for _, l := range *written {
		for _, fault := range faultsOf(l) {
			t.Errorf("%s: %s", fault, l)
		}
	}
	const path = "testdata/lines.txt"
	if *update {
		if err := os.WriteFile(path, []byte(written.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if written.String() != string(want) {
		t.Errorf("%s differs; look at what changed with go test -update and git diff.\ngot:\n%s", path, written)
	}
}

// document as it was written, of one dimension set.
type read struct {
	keys   string // its dimensions and their values: "Fleet=shop Group=api"
	values map[string][]float64
	time   time.Time
}

func documents(t *testing.T, written *lines) []read {
	t.Helper()
	var all []read
	for _, l := range *written {
		var root map[string]json.RawMessage
		if err := json.Unmarshal(l, &root); err != nil {
			t.Fatal(err)
		}
		var aws struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		}
		if root["_aws"] == nil {
			continue
		}
		if err := json.Unmarshal(root["_aws"], &aws); err != nil {
			t.Fatal(err)
		}
		d := read{values: map[string][]float64{}, time: time.UnixMilli(aws.Timestamp).UTC()}
		for _, key := range aws.CloudWatchMetrics[0].Dimensions[0] {
			var value string
			if err := json.Unmarshal(root[key], &value); err != nil {
				t.Fatal(err)
			}
			d.keys = strings.TrimPrefix(d.keys+" "+key+"="+value, " ")
		}
		for _, m := range aws.CloudWatchMetrics[0].Metrics {
			var one float64
			var many []float64
			if json.Unmarshal(root[m.Name], &one) == nil {
				many = []float64{one}
			} else if err := json.Unmarshal(root[m.Name], &many); err != nil {
				t.Fatal(err)
			}
			d.values[m.Name] = many
		}
		all = append(all, d)
	}
	return all
}

func TestDimensions(t *testing.T) {
	for dimension, want := range map[string]string{
		ByFleet:  "Fleet=shop, Fleet=shop",
		ByGroup:  "Fleet=shop, Fleet=shop Group=api, Fleet=shop Group=payments, Fleet=shop",
		ByTarget: "Fleet=shop, Fleet=shop Group=api, Fleet=shop Group=payments, Fleet=shop Target=edge, Fleet=shop Target=checkout, Fleet=shop Target=ledger, Fleet=shop",
		"":       "Fleet=shop, Fleet=shop",
	} {
		var keys []string
		for _, d := range documents(t, write(t, dimension, AllResults, shop())) {
			keys = append(keys, d.keys)
		}
		if got := strings.Join(keys, ", "); got != want {
			t.Errorf("metrics %q:\n got %s\nwant %s", dimension, got, want)
		}
	}
}

func TestResultLines(t *testing.T) {
	for results, want := range map[string]int{AllResults: 4, Changes: 1} {
		if got := strings.Count(write(t, ByFleet, results, shop()).String(), `"msg":"result"`); got != want {
			t.Errorf("results %q: %d lines, want %d", results, got, want)
		}
	}
	for _, results := range []string{AllResults, Changes} {
		if got := strings.Count(write(t, ByFleet, results, unjudged()).String(), `"msg":"result"`); got != 4 {
			t.Errorf("results %q of a round that was not judged: %d lines, want all 4", results, got)
		}
	}
}

// unjudged is the round of shop when the memory cannot be read.
func unjudged() health.Report {
	r := shop()
	r.Groups, r.Critical, r.Completed = nil, 0, false
	for i := range r.Results {
		r.Results[i].Reason, r.Results[i].Changed = "", false
	}
	return r
}

// TestGroups: a group is counted whole, whatever of it was due, so that its numbers do not
// swing with a slow every. Without judgement there are no counts, nor for a paused group.
func TestGroups(t *testing.T) {
	idle := shop()
	idle.Results = nil
	for what, c := range map[string]struct {
		report health.Report
		want   string
	}{
		"some were due":  {shop(), "api: Up=[0] Down=[0], payments: Up=[2] Down=[1] Latency=[1234.6]"},
		"nobody was due": {idle, "api: Up=[0] Down=[0], payments: Up=[2] Down=[1]"},
		"not judged":     {unjudged(), "payments: Latency=[1234.6]"},
	} {
		var got []string
		for _, d := range documents(t, write(t, ByGroup, AllResults, c.report)) {
			_, group, found := strings.Cut(d.keys, " Group=")
			if !found {
				continue
			}
			text := group + ":"
			for _, name := range []string{"Up", "Down", "Latency"} {
				if v := d.values[name]; v != nil {
					text += fmt.Sprintf(" %s=%v", name, v)
				}
			}
			got = append(got, text)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", what, strings.Join(got, ", "), c.want)
		}
	}
}

// TestStarved: of a round in which the checker itself was short of processor it is written how
// short, and no latency: it would be ours. All else is as ever.
func TestStarved(t *testing.T) {
	r := shop()
	r.Saturation, r.Enough = 62.14, 0.6
	for i := range r.Results {
		r.Results[i].Facets[health.Latency] = health.FacetReading{Status: health.Unknown, Class: health.ClassChecker}
	}
	all := documents(t, write(t, ByTarget, AllResults, r))
	as := documents(t, write(t, ByTarget, AllResults, shop()))
	if len(all) != len(as) {
		t.Fatalf("%d documents, want the %d of another round", len(all), len(as))
	}
	dropped := 0
	for i, d := range as {
		for name, values := range d.values {
			switch got := all[i].values[name]; {
			case name == "Latency" && got == nil:
				dropped++
			case name == "Saturation":
				if got[0] != 62.1 || values[0] != 7.3 {
					t.Errorf("saturation %v and %v, want 62.1 and 7.3", got, values)
				}
			case fmt.Sprint(got) != fmt.Sprint(values):
				t.Errorf("%s: %s=%v, want %v", d.keys, name, got, values)
			}
		}
	}
	if dropped != 3 { // of payments, edge and ledger
		t.Errorf("%d latencies left out, want 3", dropped)
	}
}

// TestLastLine: whatever becomes of a round, its last line says whether it was completed,
// and nothing that nobody knows.
func TestLastLine(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(r *health.Report)
		want   string
	}{
		{"completed", func(r *health.Report) {}, "RoundsCompleted=1 RoundDuration=12000 ReserveUsed=7.5 CpuSeconds=0.81 OutboxDepth=0"},
		{"not stored", func(r *health.Report) { r.Completed = false }, "RoundsCompleted=0 RoundDuration=12000 ReserveUsed=7.5 CpuSeconds=0.81"},
		{"not told", func(r *health.Report) { r.Completed, r.Outbox = false, 3 }, "RoundsCompleted=0 RoundDuration=12000 ReserveUsed=7.5 CpuSeconds=0.81 OutboxDepth=3"},
		{"repeated", func(r *health.Report) { r.Completed, r.Repeated = false, true }, "RoundsCompleted=0 RoundsRepeated=1"},
		{"late", func(r *health.Report) { r.Completed, r.Late = false, true }, "RoundsCompleted=0 RoundsLate=1"},
		{"nothing known", func(r *health.Report) { *r = health.Report{Started: r.Started} }, "RoundsCompleted=0 RoundDuration=0 CpuSeconds=0"},
	} {
		r := shop()
		c.change(&r)
		written := write(t, ByGroup, AllResults, r)
		all := documents(t, written)
		last := all[len(all)-1]
		var got []string
		for _, name := range []string{"RoundsCompleted", "RoundsRepeated", "RoundsLate", "RoundDuration", "ReserveUsed", "CpuSeconds", "OutboxDepth"} {
			if v, written := last.values[name]; written {
				got = append(got, fmt.Sprintf("%s=%v", name, v[0]))
			}
		}
		if strings.Join(got, " ") != c.want || len(got) != len(last.values) {
			t.Errorf("%s: %v, want %s", c.what, last.values, c.want)
		}
		if !bytes.Contains((*written)[len(*written)-1], []byte("RoundsCompleted")) {
			t.Errorf("%s: the last line does not say whether the round was completed", c.what)
		}
	}
}

// TestTimestamp: a round counts in the period it was scheduled for, and a late one when it
// came.
func TestTimestamp(t *testing.T) {
	r := shop()
	r.Started = r.Scheduled.Add(70 * time.Second)
	for _, d := range documents(t, write(t, ByTarget, AllResults, r)) {
		if !d.time.Equal(r.Scheduled) {
			t.Errorf("%s counts at %s, want %s", d.keys, d.time, r.Scheduled)
		}
	}
	r.Late, r.Started = true, r.Scheduled.AddDate(0, 1, 0)
	all := documents(t, write(t, ByFleet, AllResults, r))
	if last := all[len(all)-1]; !last.time.Equal(r.Started) {
		t.Errorf("a late round counts at %s, want %s", last.time, r.Started)
	}
}

// TestNothingIsMadeUp: what was not measured is missing, not 0.
func TestNothingIsMadeUp(t *testing.T) {
	fleet := documents(t, write(t, ByFleet, AllResults, unjudged()))[0].values
	if fleet["Critical"] != nil || fleet["Up"] == nil {
		t.Errorf("not judged: %v, want what was measured without Critical", fleet)
	}
	var d document
	if d.add("Up", "Count", math.NaN(), math.Inf(1)); len(d.metrics) > 0 {
		t.Errorf("what is no number is written: %v", d.metrics)
	}
	if d.add("Up", "Count", math.Inf(-1), 7); fmt.Sprint(d.metrics) != "[{Up Count [7]}]" {
		t.Errorf("of what is no number and 7: %v", d.metrics)
	}
	broke := shop()
	broke.Budget, broke.Reserve = -time.Second, 0
	for _, d := range documents(t, write(t, ByFleet, AllResults, broke)) {
		if d.values["BudgetUsed"] != nil || d.values["Saturation"] != nil || d.values["ReserveUsed"] != nil {
			t.Errorf("a share of nothing: %v", d.values)
		}
	}
	empty := documents(t, write(t, ByTarget, AllResults, health.Report{Fleet: "shop", Started: time.Now()}))[0].values
	if len(empty) != 1 || empty["Asked"] == nil {
		t.Errorf("nothing done: %v, want Asked alone", empty)
	}
	for _, d := range documents(t, write(t, ByTarget, AllResults, shop())) {
		if strings.HasSuffix(d.keys, "Target=search") {
			t.Errorf("a target that was not asked has metrics: %v", d.values)
		}
		if strings.HasSuffix(d.keys, "Target=checkout") && (d.values["Latency"] != nil || d.values["Up"][0] != 0) {
			t.Errorf("a target that is down: %v, want Up 0 and no latency", d.values)
		}
	}
}

// TestLatencies: every latency of a group is written once, at most 100 in a document.
func TestLatencies(t *testing.T) {
	r := shop()
	r.Results, r.Groups = nil, map[string]health.Counts{"big": {Targets: 250, Up: 250}}
	for n := range 250 {
		r.Results = append(r.Results, result(fmt.Sprint(n), "big", health.Up, time.Duration(n+1)*time.Millisecond))
	}
	var sum, ups, documentsOfGroup float64
	written := write(t, ByGroup, AllResults, r)
	for _, l := range *written {
		for _, fault := range faultsOf(l) {
			t.Error(fault)
		}
	}
	for _, d := range documents(t, written) {
		if d.keys != "Fleet=shop Group=big" {
			continue
		}
		documentsOfGroup++
		for _, v := range d.values["Latency"] {
			sum += v
		}
		for _, v := range d.values["Up"] {
			ups += v
		}
	}
	if sum != 250*251/2 || ups != 250 || documentsOfGroup != 3 {
		t.Errorf("latencies of %v ms, %v up, in %v documents; want 31375, 250 once, 3", sum, ups, documentsOfGroup)
	}
}

// TestHostileText: nothing that a target sent can end a line, drive a terminal or fill a log.
func TestHostileText(t *testing.T) {
	r := shop()
	hostile := "a\r\nb\x1b[31m\u202e\u2028\xff\x7f\U000E0001\"}" + strings.Repeat("\x00", 1<<20)
	r.Fleet = hostile
	r.Results = []health.Result{result(hostile, hostile, health.Up, 1)}
	r.Results[0].Cause, r.Results[0].Reason, r.Results[0].Class = hostile, hostile, "\n"
	for _, l := range *write(t, ByTarget, AllResults, r) {
		for _, fault := range faultsOf(l) {
			t.Errorf("%s: %.200s", fault, l)
		}
		for _, c := range string(l[:len(l)-1]) {
			if c < ' ' || c == 0x7f || c == 0x202e || c == 0x2028 || c == 0xE0001 {
				t.Fatalf("a line with %q: %.200q", c, l)
			}
		}
	}
}

// TestAnyReport: every line of every report is as CloudWatch wants it.
func TestAnyReport(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		r := anyReport(random)
		dimension := []string{ByFleet, ByGroup, ByTarget}[random.IntN(3)]
		written := write(t, dimension, []string{AllResults, Changes}[random.IntN(2)], r)
		for _, l := range *written {
			if faults := faultsOf(l); len(faults) > 0 {
				t.Fatalf("%v: %.500s", faults, l)
			}
		}
	}
}

func anyReport(random *rand.Rand) health.Report {
	duration := func() time.Duration {
		return []time.Duration{0, 1, time.Millisecond, -time.Second, 40 * time.Second, 1 << 62}[random.IntN(6)]
	}
	text := func() string {
		return []string{"", "a", " ", "日本", "a\nb", "x\x00", strings.Repeat("é", 5000), "payments", "api"}[random.IntN(9)]
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := health.Report{
		Fleet: text(), Scheduled: begin.Add(time.Duration(random.IntN(1e9)) * time.Millisecond), Started: begin.Add(time.Duration(random.IntN(1e9)) * time.Millisecond),
		Elapsed: time.Duration(random.IntN(1e9)), Budget: duration(), Swept: duration(), Reserve: duration(), Finishing: duration(), CPU: duration(),
		Saturation: []float64{0, 100, 25.123456789, -1, math.NaN(), math.Inf(1)}[random.IntN(6)],
		Counts:     health.Counts{Targets: random.IntN(2), Up: random.IntN(9)}, Outbox: random.IntN(3),
		Repeated: random.IntN(5) == 0, Late: random.IntN(5) == 0, Completed: random.IntN(2) == 0,
	}
	for range random.IntN(60) {
		statuses := []health.Status{health.Up, health.Down, health.Degraded, health.Unknown, health.Pending, health.Paused}
		x := result(text(), text(), statuses[random.IntN(6)], duration())
		x.Cause, x.Reason, x.Class, x.Changed = text(), text(), health.Class(text()), random.IntN(2) == 0
		if random.IntN(3) == 0 {
			x.Facets[health.Certificate] = health.FacetReading{Expires: begin.Add(duration())}
		}
		if random.IntN(4) == 0 {
			x.Attempts, x.Facets = nil, nil
		}
		if random.IntN(2) == 0 {
			g := health.Counts{Targets: random.IntN(3), Up: random.IntN(3), Paused: random.IntN(2)}
			r.Groups = map[string]health.Counts{text(): g, x.Target.Group: g}
		}
		r.Results = append(r.Results, x)
	}
	return r
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe is gone") }

func TestWriteError(t *testing.T) {
	m := New(broken{}, ByFleet, AllResults)
	for _, err := range []error{m.Results(shop()), m.Finish(shop())} {
		if err == nil || err.Error() != "write metrics: pipe is gone" {
			t.Errorf("error %v, want the writer's", err)
		}
	}
}

// BenchmarkRound writes a round of 10,000 targets in 100 groups.
func BenchmarkRound(b *testing.B) {
	r := shop()
	r.Results, r.Groups = nil, map[string]health.Counts{}
	for n := range 100 {
		r.Groups[fmt.Sprintf("group-%d", n)] = health.Counts{Targets: 100, Up: 100}
	}
	for n := range 10000 {
		r.Results = append(r.Results, result(fmt.Sprintf("host-%d", n), fmt.Sprintf("group-%d", n%100), health.Up, time.Duration(n)*time.Microsecond))
	}
	for b.Loop() {
		m := New(&bytes.Buffer{}, ByGroup, AllResults)
		if err := errors.Join(m.Results(r), m.Finish(r)); err != nil {
			b.Fatal(err)
		}
	}
}
