package rollcall

import (
	"time"

	"rollcall/internal/cost"
	"rollcall/internal/fleet"
	"rollcall/internal/metric"
)

// ForecastMonth is what a month costs, by the list and with what is free for every account.
type ForecastMonth struct {
	Region     string           `json:"region"`
	PricesRead string           `json:"prices_read"` // when
	Rounds     float64          `json:"rounds"`
	Asks       float64          `json:"asks"`  // of all targets together
	Lines      cost.Bill        `json:"lines"` // of the file as it is, without Slack
	Total      ForecastTotal    `json:"total"`
	Choices    []ForecastChoice `json:"choices"`      // what else the file could say
	Slack      ForecastTotal    `json:"slack"`        // what posting to Slack adds
	Worst      ForecastTotal    `json:"worst_lambda"` // of Lambda alone, if every round of the month were at its worst
	Others     []ForecastOther  `json:"others"`       // the same targets, asked by others
	Messages   float64          `json:"messages"`     // assumed
}

// ForecastTotal is a sum in dollars.
type ForecastTotal struct {
	List     float64 `json:"list"`
	WithFree float64 `json:"with_free"`
}

// ForecastChoice is the month with other metrics or result lines.
type ForecastChoice struct {
	Metrics string `json:"metrics"`
	Results string `json:"results"`
	Chosen  bool   `json:"chosen"` // by the file
	ForecastTotal
}

// ForecastOther is the bill of somebody else.
type ForecastOther struct {
	Name  string    `json:"name"`
	Lines cost.Bill `json:"lines"`
	ForecastTotal
}

// What a month is reckoned with that nobody can know from a targets file. The first are the
// template's (a test holds them to it); what is told is assumed.
const (
	alarms      = 9   // of a deployment without Slack
	slackAlarms = 2   // more with it
	slackMemory = 256 // MB
	logDays     = 30
	oldDays     = 7 // for which old versions of the state are kept

	messages  = 60 // two a day
	addresses = 1  // that each is mailed to
	postTime  = time.Second

	// A round reads the state and the silences and writes the state; one that tells something
	// writes it once more. Where the targets file is in S3 it reads that too; to ask SSM for a
	// standard parameter costs nothing.
	getsARound, putsARound = 2, 1
	getsOfList             = 1

	// What a check sends, with the headers of its packets: counted once, of a GET to a name of
	// middling length, the latter with its handshake.
	plainSends, secureSends = 400, 1000

	// platformLines are the bytes of the two lines that Lambda itself writes of an invocation
	// at level INFO, platform.start and platform.report (AWS Lambda Developer Guide, "Log-level
	// filtering").
	platformLines = 480
)

// month is what a month is reckoned from.
type month struct {
	written  traces
	targets  int
	secure   int       // of them, by TLS
	asks     []float64 // of each target
	sent     float64   // bytes, to all of them
	interval time.Duration
	memory   int64         // MB
	listed   bool          // the targets file is in S3
	billed   time.Duration // a round
	worst    time.Duration // likewise, at its worst
}

// What a file can choose, the cheapest metrics first.
var (
	dimensions = [...]string{metric.ByFleet, metric.ByGroup, metric.ByTarget}
	logging    = [...]string{metric.AllResults, metric.Changes}
)

func (m month) forecast(f *fleet.Fleet) ForecastMonth {
	out := ForecastMonth{Region: cost.Region, PricesRead: cost.Date, Rounds: cost.Micro(cost.Rounds(m.interval)), Asks: cost.Micro(sum(m.asks)), Messages: messages}
	chosen := m.uses(f.Metrics, f.Results)
	out.Lines = chosen.Bill()
	out.Total = totalOf(out.Lines)
	for _, d := range dimensions {
		for _, r := range logging {
			out.Choices = append(out.Choices, ForecastChoice{d, r, d == f.Metrics && r == f.Results, totalOf(m.uses(d, r).Bill())})
		}
	}
	withSlack := chosen
	withSlack.Slack = cost.Slack{Posts: messages, Polls: cost.Polls, Billed: postTime, Memory: slackMemory, Alarms: slackAlarms}
	slack := totalOf(withSlack.Bill())
	out.Slack = ForecastTotal{cost.Micro(slack.List - out.Total.List), cost.Micro(slack.WithFree - out.Total.WithFree)}
	atWorst := chosen
	atWorst.Billed = m.worst
	out.Worst = totalOf(atWorst.Bill().Of("Lambda"))

	same := cost.Fleet{Asks: out.Asks, Secure: float64(m.secure), Plain: float64(m.targets - m.secure)}
	for _, o := range []ForecastOther{{Name: "CloudWatch Synthetics", Lines: same.Synthetics()}, {Name: "Route 53", Lines: same.Route53()}} {
		o.ForecastTotal = totalOf(o.Lines)
		out.Others = append(out.Others, o)
	}
	return out
}

// uses is what the month takes of AWS with these metrics and result lines. What is written of
// targets is written when they are asked, everything else in each round; where results are
// logged when they change, a month has too few lines to count.
func (m month) uses(dimension, results string) cost.Month {
	rounds := cost.Rounds(m.interval)
	often := 0.0 // how often the lines of all targets are written
	if m.targets > 0 {
		often = sum(m.asks) / float64(m.targets)
	}
	metrics := float64(m.written.fleet.metrics)
	logged := rounds * float64(m.written.fleet.bytes+platformLines)
	if dimension != metric.ByFleet {
		metrics += float64(m.written.groups.metrics)
		logged += rounds * float64(m.written.groups.bytes)
	}
	if dimension == metric.ByTarget {
		metrics += float64(m.written.targets.metrics) * m.hourly()
		logged += often * float64(m.written.targets.bytes)
	}
	if results != metric.Changes {
		logged += often * float64(m.written.results)
	}
	gets := float64(getsARound)
	if m.listed {
		gets += getsOfList
	}
	return cost.Month{
		Rounds: rounds, Billed: m.billed, Memory: m.memory,
		Metrics: metrics, Alarms: alarms, Logged: logged, LogDays: logDays,
		Gets: gets * rounds, Puts: putsARound*rounds + messages,
		Stored: float64(m.written.state) * (1 + rounds*oldDays*24/cost.Hours),
		Sent:   m.sent, Messages: messages, Mails: messages * addresses,
	}
}

// hourly is in which share of the month's hours a target has data, on the average: metrics
// are billed by the hour.
func (m month) hourly() float64 {
	if m.targets == 0 {
		return 0
	}
	hours := 0.0
	for _, a := range m.asks {
		hours += min(a, cost.Hours)
	}
	return hours / float64(m.targets) / cost.Hours
}

func totalOf(b cost.Bill) ForecastTotal {
	list, withFree := b.Total()
	return ForecastTotal{list, withFree}
}

func sum(all []float64) (total float64) {
	for _, n := range all {
		total += n
	}
	return total
}
