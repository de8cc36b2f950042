package rollcall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/cost"
	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/store"
)

// plan forecasts the rounds of a list in a function of 512 MB.
func plan(t *testing.T, s Settings, list string) Forecast {
	t.Helper()
	if s.Memory == 0 {
		s.Memory = 512 << 20
	}
	s.Config = file(t, list)
	forecast, err := open(t, s).Plan(t.Context(), 43750*time.Millisecond, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return forecast
}

// many is a list of so many targets of a scheme.
func many(n int, scheme string) string {
	var list strings.Builder
	list.WriteString("fleet: shop\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&list, "  - {name: t%d, url: %s://h%d.example.com/health}\n", i, scheme, i)
	}
	return list.String()
}

// line is a line of a bill.
func line(t *testing.T, b cost.Bill, name string) cost.Line {
	t.Helper()
	for _, l := range b {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no line %q", name)
	return cost.Line{}
}

// counting is a store that counts how often it is read and written.
type counting struct {
	store.Objects
	gets, puts atomic.Int64
}

func (c *counting) Get(ctx context.Context, key string) ([]byte, store.Version, error) {
	c.gets.Add(1)
	return c.Objects.Get(ctx, key)
}

func (c *counting) Put(ctx context.Context, key string, data []byte, v store.Version) (store.Version, error) {
	c.puts.Add(1)
	return c.Objects.Put(ctx, key, data, v)
}

// What a forecast reckons with is what a real round does: how often it reads and writes the
// bucket, which metrics it writes, and, but for the digits of what it measured, how much.
func TestForecastIsWhatARoundDoes(t *testing.T) {
	url := stand(t, peer.Answering(0, http.StatusOK, "")).URL
	list := fmt.Sprintf("fleet: shop\nmetrics: target\ngroups: {web: {}}\ntargets:\n  - {name: a, url: %s/a, group: web}\n  - {name: b, url: %s/b, group: web}\n  - {name: c, url: %s/c}\n", url, url, url)
	var log lines
	r := open(t, Settings{Config: file(t, list), Memory: 512 << 20, Metrics: &log})
	bucket := &counting{Objects: r.objects}
	r.objects = bucket
	now := thisMinute()
	play(t, r, now.Add(-time.Minute), "first")
	log.all.Reset()
	bucket.gets.Store(0)
	bucket.puts.Store(0)
	play(t, r, now, "second")
	if gets, puts := bucket.gets.Load(), bucket.puts.Load(); gets != getsARound || puts != putsARound {
		t.Errorf("a calm round reads the bucket %d times and writes it %d times, the forecast says %d and %d", gets, puts, getsARound, putsARound)
	}
	written := scales{seen: map[string]bool{}}
	for l := range bytes.Lines(log.all.Bytes()) {
		if _, err := written.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	f, err := r.load(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	forecast := plan(t, Settings{}, list)
	weighed, err := rehearse(t.Context(), f, expected{billed: time.Second, sweep: time.Second}.report(forecast.Proof.Largest))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what           string
		real, forecast trace
	}{
		{"the fleet", written.fleet, weighed.fleet}, {"groups", written.groups, weighed.groups}, {"targets", written.targets, weighed.targets},
		{"results", trace{0, written.results}, trace{0, weighed.results}},
	} {
		if c.real.metrics != c.forecast.metrics || !near(float64(c.forecast.bytes), float64(c.real.bytes), 0.05) {
			t.Errorf("of %s a round writes %d metrics, %d bytes; the forecast says %d, %d", c.what, c.real.metrics, c.real.bytes, c.forecast.metrics, c.forecast.bytes)
		}
	}
	if got := line(t, forecast.Month.Lines, "CloudWatch metrics").Quantity; got != float64(written.fleet.metrics+written.groups.metrics+written.targets.metrics) {
		t.Errorf("%v metrics are billed, a round writes %+v", got, written.traces)
	}
	stored, _, err := bucket.Objects.Get(t.Context(), "state/shop/0-1.json")
	if err != nil || !near(float64(weighed.state), 16*70+float64(len(stored)), 0.5) {
		t.Errorf("the state weighs %d, stored are %d after two rounds: %v", weighed.state, len(stored), err)
	}
}

// A targets file in S3 is read in every round, which the forecast counts; one in SSM costs
// nothing to read, and one on this machine is packed.
func TestForecastReadsTheList(t *testing.T) {
	moto, proxy := behindProxy(t)
	reads := map[string]float64{}
	for _, kind := range []string{"s3", "ssm", ""} {
		c := newCloud(t, moto, proxy)
		if kind != "" {
			l := listIn(c, moto, kind)
			l.holds(l.good)
		}
		forecast, err := open(t, Settings{Config: c.file, Memory: 512 << 20}).Plan(t.Context(), 43750*time.Millisecond, 200*time.Millisecond)
		c.must(err)
		reads[kind] = line(t, forecast.Month.Lines, "S3 reading").Quantity
		if kind != "s3" {
			continue
		}
		i := c.invocation("i")
		i.readTry = 10 * time.Second // however busy this machine is
		before := len(proxy.Requests(http.MethodGet, "/"+c.bucket+"/targets/"))
		play(t, i.Rollcall, c.round(1), "i1")
		play(t, i.Rollcall, c.round(2), "i2")
		if asked := len(proxy.Requests(http.MethodGet, "/"+c.bucket+"/targets/")) - before; asked != 2*getsOfList {
			t.Errorf("two rounds ask for the list %d times, the forecast says %d a round", asked, getsOfList)
		}
	}
	rounds := cost.Rounds(time.Minute)
	if reads[""] != getsARound*rounds || reads["ssm"] != reads[""] || reads["s3"] != reads[""]+getsOfList*rounds {
		t.Errorf("reading S3 %v times a month, want one more a round where the list is there", reads)
	}
}

// near reports whether a is within a share of b.
func near(a, b, share float64) bool { return math.Abs(a-b) <= share*b }

// How long a sweep is expected to take is within a fifth of what bench/results shows: the
// whole process, in ms, on a share of a core that comes with so much memory.
func TestExpectedIsAsMeasured(t *testing.T) {
	for _, c := range []struct {
		targets  int
		scheme   string
		memory   int64
		measured float64
	}{
		{100, "http", 1769, 250}, {100, "http", 512, 306}, {1000, "http", 1769, 507}, {1000, "http", 512, 1086},
		{100, "https", 1769, 310}, {100, "https", 512, 608}, {100, "https", 128, 2100},
		{1000, "https", 1769, 1105}, {1000, "https", 512, 4232}, {1000, "https", 128, 18103}, {10_000, "https", 1769, 7483},
	} {
		r := open(t, Settings{Memory: c.memory << 20})
		f := parsed(t, many(c.targets, c.scheme))
		got := r.expect(r.prove(f, 43750*time.Millisecond), monthlyAsks(f.Asked(), time.Minute), 200*time.Millisecond).sweep
		if !near(health.MS(got), c.measured, 0.2) {
			t.Errorf("%d %s targets at %d MB: %s, measured %v ms", c.targets, c.scheme, c.memory, got, c.measured)
		}
	}
}

// A processor that cannot serve the largest round in the time that is left is told, with what
// would do.
func TestForecastOfShortage(t *testing.T) {
	roomy := plan(t, Settings{Memory: 512 << 20}, many(1000, "https")).Expected
	if roomy.EnoughMB != 512 || roomy.Saturation < 1 || roomy.Saturation > 5 {
		t.Errorf("1,000 targets at 512 MB: %+v, want enough, and some percent", roomy)
	}
	tight := strings.Replace(many(1000, "https"), "targets:", "defaults: {timeout: 20s}\ntargets:", 1)
	if short := plan(t, Settings{Memory: 384 << 20}, tight).Expected; short.EnoughMB <= 384 {
		t.Errorf("1,000 targets of 20 s at 384 MB: %+v, want that more memory is needed", short)
	}
	r := open(t, Settings{Memory: 1024 << 20})
	f := parsed(t, many(5_200, "https"))
	if hopeless := r.expect(r.prove(f, 43750*time.Millisecond), monthlyAsks(f.Asked(), time.Minute), time.Second); hopeless.enough != 0 {
		t.Errorf("5,200 targets: %d MB are said to be enough, want that no function has enough", hopeless.enough)
	}
}

// A target is asked in each round that its every does not skip, and a target's metric is
// billed by the hours in which it has data.
func TestMonthlyAsks(t *testing.T) {
	for _, c := range []struct {
		every    string
		interval time.Duration
		asks     float64
		metrics  float64 // of the target's two
	}{
		{"1m", time.Minute, 43_800, 2},
		{"1m", 5 * time.Minute, 8_760, 2},
		{"7m", 5 * time.Minute, 43_800.0 / 7, 2},
		{"1h", time.Hour, 730, 2},
		{"24h", time.Minute, 730.0 / 24, 2.0 / 24},
	} {
		list := "fleet: shop\nmetrics: target\ntargets:\n  - {name: a, url: http://a.example.com, every: " + c.every + "}\n"
		m := plan(t, Settings{Interval: c.interval}, list).Month
		if got, want := line(t, m.Lines, "Traffic out").Quantity, c.asks*plainSends/(1<<30); math.Abs(got-want) > 1e-6 {
			t.Errorf("every %s in rounds of %s: %v GB are sent, want %v", c.every, c.interval, got, want)
		}
		if !near(m.Asks, c.asks, 1e-6) || !near(m.Rounds, cost.Rounds(c.interval), 1e-6) {
			t.Errorf("every %s in rounds of %s: %v askings in %v rounds, want %v", c.every, c.interval, m.Asks, m.Rounds, c.asks)
		}
		fleet := plan(t, Settings{Interval: c.interval}, strings.Replace(list, "metrics: target", "metrics: fleet", 1)).Month
		if got := line(t, m.Lines, "CloudWatch metrics").Quantity - line(t, fleet.Lines, "CloudWatch metrics").Quantity; !near(got, c.metrics, 1e-4) {
			t.Errorf("every %s in rounds of %s: %v metrics, want %v", c.every, c.interval, got, c.metrics)
		}
	}
}

// What stands side by side is what the file would cost if it said so.
func TestChoices(t *testing.T) {
	base := "groups: {web: {}}\ntargets:\n  - {name: a, url: https://a.example.com, group: web}\n  - {name: b, url: http://b.example.com}\n"
	var want []ForecastTotal
	for _, metrics := range dimensions {
		for _, results := range logging {
			month := plan(t, Settings{}, fmt.Sprintf("fleet: shop\nmetrics: %s\nresults: %s\n%s", metrics, results, base)).Month
			for _, c := range month.Choices {
				if chosen := c.Metrics == metrics && c.Results == results; c.Chosen != chosen || chosen && c.ForecastTotal != month.Total {
					t.Errorf("metrics %s, results %s: %+v, want the total %+v for what is said", metrics, results, c, month.Total)
				}
			}
			want = append(want, month.Total)
		}
	}
	for i, c := range plan(t, Settings{}, "fleet: shop\n"+base).Month.Choices {
		if c.ForecastTotal != want[i] {
			t.Errorf("metrics %s, results %s: %+v foretold, %+v when it is said", c.Metrics, c.Results, c.ForecastTotal, want[i])
		}
	}
	for i := range want[:4] {
		if want[i].List >= want[i+2].List {
			t.Errorf("more metrics cost less: %+v", want)
		}
		if i%2 == 0 && want[i].List <= want[i+1].List {
			t.Errorf("fewer lines cost more: %+v", want)
		}
	}
}

// A schedule that is less frequent has less to pay for and more time for a round.
func TestForecastOfIntervals(t *testing.T) {
	every := func(interval time.Duration) Forecast {
		return plan(t, Settings{Interval: interval}, many(100, "https"))
	}
	minute, five := every(time.Minute), every(5*time.Minute)
	if five.IntervalS != 300 || five.Month.Rounds*5 != minute.Month.Rounds || five.Month.Total.List >= minute.Month.Total.List {
		t.Errorf("every 5 minutes: %d s, %v rounds, %+v; every minute %v rounds, %+v", five.IntervalS, five.Month.Rounds, five.Month.Total, minute.Month.Rounds, minute.Month.Total)
	}
	if got, want := line(t, five.Month.Others[0].Lines, "CloudWatch Synthetics").Quantity, 100*43_800.0/5; got != want {
		t.Errorf("%v runs of canaries, want %v", got, want)
	}
}

// A fleet that does not fit is no error: the forecast says so.
func TestForecastOfTooMuch(t *testing.T) {
	f := plan(t, Settings{Workers: 1}, many(100, "https"))
	if f.Fits || len(f.Largest.Beyond) == 0 || f.Largest.MissingMS <= 0 {
		t.Errorf("fits %v, beyond %v, missing %v ms", f.Fits, f.Largest.Beyond, f.Largest.MissingMS)
	}
	if document, err := json.Marshal(f); err != nil || !strings.HasPrefix(string(document), `{"schema":"rollcall.plan/1",`) || strings.Contains(string(document), "null") {
		t.Errorf("%v: %.200s", err, document)
	}
}

// Two forecasts of one file are the same, whatever the machine.
func TestForecastIsSteady(t *testing.T) {
	said := func() string {
		f := plan(t, Settings{}, many(50, "https"))
		f.Proof = Proof{}
		document, _ := json.Marshal(f)
		return string(document)
	}
	if a, b := said(), said(); a != b {
		t.Errorf("two of one file:\n%s\n%s", a, b)
	}
}

// What is reckoned with is what the template deploys.
func TestForecastIsOfTheTemplate(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	always, forSlack := 0, 0
	for _, resource := range regexp.MustCompile(`(?m)^  [A-Za-z]+:\n(?:    .*\n|\s*#.*\n|\n)+`).FindAllString(string(text), -1) {
		if !strings.Contains(resource, "    Type: AWS::CloudWatch::Alarm\n") {
			continue
		}
		looksAt := max(1, strings.Count(resource, "MetricStat:"))
		switch condition := regexp.MustCompile(`(?m)^    Condition: (\w+)`).FindStringSubmatch(resource); {
		case condition == nil:
			always += looksAt
		case condition[1] == "PostsToSlack":
			forSlack += looksAt
		}
	}
	if always != alarms || forSlack != slackAlarms {
		t.Errorf("the template has alarms on %d metrics, and %d more for Slack; the forecast says %d and %d", always, forSlack, alarms, slackAlarms)
	}
	for what, want := range map[string]string{
		"days that old versions are kept":    fmt.Sprintf("NoncurrentDays: %d\n", oldDays),
		"memory of the function for Slack":   fmt.Sprintf("MemorySize: %d ", slackMemory),
		"days that logs are kept by default": fmt.Sprintf("LogRetentionDays:\n    Type: Number\n    Default: %d\n", logDays),
		"kind of processor":                  "Architectures: [arm64]",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: the template has no %q", what, want)
		}
	}
}
