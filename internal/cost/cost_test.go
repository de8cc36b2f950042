package cost_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rollcall/internal/cost"
)

// list is what the lines whose names begin so cost by the list.
func list(b cost.Bill, names ...string) (sum float64) {
	for _, l := range b {
		for _, n := range names {
			if strings.HasPrefix(l.Name, n) {
				sum += l.List
			}
		}
	}
	return sum
}

// The table that people compare by, one round a minute, list prices, without what is free:
// each figure as it was published, rounded as it was. What it was reckoned with is said here.
// A fleet of 10,000 is ten shards of 1,000, each with its own state and metrics; a result is a
// line of 200 bytes, a target's metrics one of 500; twelve metrics are written of a shard.
func TestPublishedTable(t *testing.T) {
	rounds := cost.Rounds(time.Minute)
	if rounds != 43_800 {
		t.Fatalf("%v rounds a month, want 43,800", rounds)
	}
	for _, c := range []struct {
		targets, shards float64
		billed          time.Duration // of all shards of a round
		want            map[string]float64
	}{
		{100, 1, 2 * time.Second, map[string]float64{
			"Lambda": 0.59, "metrics and lines": 4, "two metrics a target": 61, "state": 0.25, "Synthetics": 5_256, "Route 53": 275}},
		{1_000, 1, 8 * time.Second, map[string]float64{
			"Lambda": 2.34, "metrics and lines": 8, "two metrics a target": 611, "state": 0.25, "Synthetics": 52_560, "Route 53": 2_750}},
		{10_000, 10, 82 * time.Second, map[string]float64{
			"Lambda": 24, "metrics and lines": 80, "two metrics a target": 4_110, "state": 2.50, "Synthetics": 525_600, "Route 53": 27_500}},
	} {
		month := cost.Month{
			Rounds: rounds * c.shards, Billed: c.billed / time.Duration(c.shards), Memory: 512,
			Metrics: 12 * c.shards, Logged: 200 * decimal * c.targets * rounds,
			Gets: 2 * rounds * c.shards, Puts: rounds * c.shards,
		}
		byTarget := cost.Month{Metrics: 2 * c.targets, Logged: 500 * decimal * c.targets * rounds}
		others := cost.Fleet{Asks: c.targets * rounds, Secure: c.targets}
		got := map[string]float64{
			"Lambda":               list(month.Bill(), "Lambda"),
			"metrics and lines":    list(month.Bill(), "CloudWatch metrics") + ingested(month),
			"two metrics a target": list(byTarget.Bill(), "CloudWatch metrics") + ingested(byTarget),
			"state":                list(month.Bill(), "S3"),
			"Synthetics":           list(others.Synthetics(), ""),
			"Route 53":             list(others.Route53(), ""),
		}
		for name, want := range c.want {
			if off := math.Abs(got[name]/want - 1); off > 0.02 {
				t.Errorf("%v targets, %s: $%.4f, published $%v: %.1f %% off, want at most 2 %%", c.targets, name, got[name], want, 100*off)
			}
		}
	}
}

// decimal makes the table's bytes ours: it took a GB for 10^9 bytes.
const decimal = float64(1<<30) / 1e9

// ingested is what writing the logs costs; the table says nothing of keeping them.
func ingested(m cost.Month) float64 {
	for _, l := range m.Bill() {
		if l.Name == "CloudWatch logs" {
			return l.List
		}
	}
	return 0
}

// What is free comes off each line, and off those that share it only once.
func TestFree(t *testing.T) {
	const gigabyte = 1 << 30
	for _, c := range []struct {
		name  string
		month cost.Month
		line  string
		free  float64 // units
		left  float64 // dollars
	}{
		{"less than is free", cost.Month{Metrics: 7}, "CloudWatch metrics", 7, 0},
		{"more than is free", cost.Month{Metrics: 15}, "CloudWatch metrics", 10, 1.5},
		{"all requests of a month", cost.Month{Rounds: 43_800}, "Lambda requests", 43_800, 0},
		{"a minute's rounds of a second", cost.Month{Rounds: 43_800, Billed: time.Second, Memory: 1024}, "Lambda time", 43_800, 0},
		{"more time than is free", cost.Month{Rounds: 1e6, Billed: time.Second, Memory: 1024}, "Lambda time", 400_000, 600_000 * 0.0000133334},
		{"of logs the writing comes first", cost.Month{Logged: 4 * gigabyte, LogDays: cost.Hours / 24.0}, "CloudWatch logs", 4, 0},
		{"and what is left goes into keeping", cost.Month{Logged: 4 * gigabyte, LogDays: cost.Hours / 24.0}, "CloudWatch logs kept", 0.6, 0},
		{"nothing is left", cost.Month{Logged: 10 * gigabyte, LogDays: cost.Hours / 24.0}, "CloudWatch logs kept", 0, 1.5 * 0.03},
		{"S3 has nothing for ever", cost.Month{Puts: 1000}, "S3 writing", 0, 0.005},
		{"of traffic a hundred", cost.Month{Sent: 120 * gigabyte}, "Traffic out", 100, 20 * 0.09},
		{"the polls of one idle queue", cost.Month{Slack: cost.Slack{Polls: cost.Polls}}, "SQS", 657_000, 0},
	} {
		found := false
		for _, l := range c.month.Bill() {
			if l.Name != c.line {
				continue
			}
			found = true
			if math.Abs(l.Free-c.free) > 1e-6 || math.Abs(l.WithFree-c.left) > 1e-6 {
				t.Errorf("%s: %v %s free, $%v left; want %v, $%v", c.name, l.Free, l.Unit, l.WithFree, c.free, c.left)
			}
		}
		if !found {
			t.Errorf("%s: no line %q", c.name, c.line)
		}
	}
}

// A bill adds up, every line says where its price stands, and price times quantity is what
// it costs below the second tier.
func TestBillAddsUp(t *testing.T) {
	month := cost.Month{
		Rounds: cost.Rounds(5 * time.Minute), Billed: 1500 * time.Millisecond, Memory: 512, Metrics: 20, Alarms: 12, Logged: 7 << 30, LogDays: 30,
		Gets: 20_000, Puts: 10_000, Stored: 1 << 30, Messages: 60, Mails: 120,
		Slack: cost.Slack{Posts: 60, Polls: cost.Polls, Billed: time.Second, Memory: 256, Alarms: 2},
	}
	var sum, free float64
	for _, l := range month.Bill() {
		if !strings.HasPrefix(l.Page, "https://aws.amazon.com/") {
			t.Errorf("%s: page %q, want one of AWS", l.Name, l.Page)
		}
		if want := l.Quantity / l.Step * l.Price; math.Abs(l.List-want) > 1e-6 {
			t.Errorf("%s: $%v, want %v x %v = $%v", l.Name, l.List, l.Quantity, l.Price, want)
		}
		if l.WithFree > l.List {
			t.Errorf("%s: $%v with what is free, $%v without", l.Name, l.WithFree, l.List)
		}
		sum, free = sum+l.List, free+l.WithFree
	}
	gotSum, gotFree := month.Bill().Total()
	if math.Abs(gotSum-sum) > 1e-6 || math.Abs(gotFree-free) > 1e-6 || sum <= free {
		t.Errorf("total $%v, $%v; want $%v, $%v", gotSum, gotFree, sum, free)
	}
	without := month
	without.Slack = cost.Slack{}
	for _, l := range without.Bill() {
		if l.Name == "SQS" || strings.HasPrefix(l.Name, "SSM") {
			t.Errorf("line %s, want none without Slack", l.Name)
		}
	}
}

// Tiers are taken one after the other.
func TestTiers(t *testing.T) {
	for _, c := range []struct{ metrics, want float64 }{
		{10_000, 3_000}, {10_001, 3_000.10}, {250_000, 27_000}, {1_000_000, 64_500}, {1_000_100, 64_502},
	} {
		if got := list(cost.Month{Metrics: c.metrics}.Bill(), "CloudWatch metrics"); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%v metrics: $%v, want $%v", c.metrics, got, c.want)
		}
	}
}

// A check of what is not HTTPS is the cheaper one.
func TestRoute53ByKind(t *testing.T) {
	bill := cost.Fleet{Secure: 3, Plain: 4}.Route53()
	if total, _ := bill.Total(); len(bill) != 2 || math.Abs(total-(3*2.75+4*0.75)) > 1e-9 {
		t.Errorf("%+v, $%v", bill, total)
	}
	if bill := (cost.Fleet{}).Route53(); len(bill) != 0 {
		t.Errorf("of nobody: %+v", bill)
	}
}
