// Package cost says what a deployment costs in a month, line by line, and what others ask
// for the same.
//
// It takes plain numbers, measured or foreseen by others, and multiplies them by list
// prices that stand in one dated table. So a bill is as good as its numbers: it knows
// neither discounts nor taxes. What AWS gives every account for nothing, month after month, is taken off in a second
// column, as if nothing else in the account used it.
package cost

import (
	"math"
	"strings"
	"time"
)

// Hours of a month, as AWS's own examples count them.
const Hours = 730

// Rounds is how many rounds a month has on a schedule with one so often.
func Rounds(every time.Duration) float64 { return Hours * time.Hour.Seconds() / every.Seconds() }

// Month is what a deployment uses in a month.
type Month struct {
	Rounds float64       // invocations by the schedule
	Billed time.Duration // that the function is billed for a round, on the average
	Memory int64         // of the function, MB as AWS counts them

	Metrics float64 // custom metrics that have data all month; less than an hour's is a fraction
	Alarms  float64 // metrics that alarms look at
	Logged  float64 // bytes written into logs
	LogDays float64 // for how many days they are kept

	Gets, Puts float64 // of the bucket
	Stored     float64 // bytes in it, on the average, old versions too

	Sent float64 // bytes to the Internet; what comes from there is free

	Messages float64 // published to topics
	Mails    float64 // of them, sent to addresses

	Slack Slack
}

// Slack is what posting to Slack uses in a month; its zero value is a deployment without.
type Slack struct {
	Posts  float64
	Polls  float64       // of the queue, by Lambda, also while there is nothing in it
	Billed time.Duration // for a post
	Memory int64         // of that function, MB
	Alarms float64
}

// Polls is how often Lambda asks an idle queue in a month: with five at a time, each waiting
// for 20 s (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"; that empty answers are
// billed: AWS Knowledge Center, "Why are my Amazon SQS charges higher than expected?").
const Polls = 5 * Hours * 3600 / 20

// Line is one line of a bill. Quantity times Dollars of a Step of units is List, but where
// there are tiers.
type Line struct {
	Name     string  `json:"name"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	Step     float64 `json:"step"`      // the price is for so many units
	Price    float64 `json:"price"`     // dollars, of the first tier
	List     float64 `json:"list"`      // dollars
	Free     float64 `json:"free"`      // units that cost nothing
	WithFree float64 `json:"with_free"` // dollars, without those units
	Page     string  `json:"page"`
}

// Bill is what a month costs.
type Bill []Line

// Total is the sum of all lines, by the list and with what is free taken off, in dollars.
func (b Bill) Total() (list, withFree float64) {
	for _, l := range b {
		list += l.List
		withFree += l.WithFree
	}
	return Micro(list), Micro(withFree)
}

// Of is the lines of one service, such as Lambda.
func (b Bill) Of(service string) (lines Bill) {
	for _, l := range b {
		if strings.HasPrefix(l.Name, service+" ") {
			lines = append(lines, l)
		}
	}
	return lines
}

const (
	gigabyte = 1 << 30
	packing  = 0.15 // of a log's bytes are left when they are kept (CloudWatch pricing, example 3)
)

// Bill is what the month costs, each line in every bill, but those of Slack.
func (m Month) Bill() Bill {
	seconds := func(times float64, billed time.Duration, memory int64) float64 {
		return times * billed.Seconds() * float64(memory) / 1024
	}
	slack := m.Slack
	b := biller{left: map[string]float64{}}
	b.add("Lambda time", lambdaTime, seconds(m.Rounds, m.Billed, m.Memory)+seconds(slack.Posts, slack.Billed, slack.Memory))
	b.add("Lambda requests", lambdaRequests, m.Rounds+slack.Posts)
	b.add("Scheduler", schedules, m.Rounds)
	b.add("CloudWatch metrics", metrics, m.Metrics)
	b.add("CloudWatch alarms", alarms, m.Alarms+slack.Alarms)
	b.add("CloudWatch logs", logs, m.Logged/gigabyte)
	b.add("CloudWatch logs kept", keptLogs, m.Logged/gigabyte*packing*m.LogDays*24/Hours)
	b.add("S3 writing", puts, m.Puts+2*slack.Posts) // the claim, and that it was told
	b.add("S3 reading", gets, m.Gets)
	b.add("S3 kept", storage, m.Stored/gigabyte)
	b.add("Traffic out", traffic, m.Sent/gigabyte)
	b.add("SNS messages", publishes, m.Messages)
	b.add("SNS mails", mails, m.Mails)
	if slack != (Slack{}) {
		b.add("SQS", queueRequests, slack.Polls+3*slack.Posts) // sent, received, deleted
		b.add("SSM webhook", parameters, 1)
	}
	return b.bill
}

// biller adds lines, and takes what is free off those that share it, one after the other.
type biller struct {
	bill Bill
	left map[string]float64 // of what is shared
}

func (b *biller) add(name string, p price, quantity float64) {
	free := min(p.free, quantity)
	if p.pool != "" {
		if _, known := b.left[p.pool]; !known {
			b.left[p.pool] = p.free
		}
		free = min(b.left[p.pool], quantity)
		b.left[p.pool] -= free
	}
	b.bill = append(b.bill, Line{
		Name: name, Quantity: Micro(quantity), Unit: p.unit, Step: p.step, Price: p.tiers[0].dollars,
		List: Micro(p.dollars(quantity)), Free: Micro(free), WithFree: Micro(p.dollars(quantity - free)), Page: p.page,
	})
}

// Micro is n to six digits behind the point: what is behind those is noise of the reckoning.
func Micro(n float64) float64 { return math.Round(n*1e6) / 1e6 }
