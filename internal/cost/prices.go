package cost

// Where and when the prices were read. Most other regions ask more, some nearly twice as much.
const (
	Region = "us-east-1"
	Date   = "2026-11-23"

	// AdvancedParameter is what SSM asks for an advanced parameter, in words (AWS Systems
	// Manager pricing, quoted by others; a standard one costs nothing).
	AdvancedParameter = "$0.05 a month and $0.05 for 10,000 reads"
)

// price is what AWS asks for units of something, in a month.
type price struct {
	unit  string  // in the singular
	step  float64 // so many units cost ...
	tiers []tier  // ... so much, by how many there are
	free  float64 // units that every account has for nothing, month after month
	pool  string  // who shares the free units; empty: this price alone
	page  string  // where the figure stands
}

// tier is the price of the units up to a number of them; 0: of all that follow.
type tier struct{ upTo, dollars float64 }

// flat is one price for all units.
func flat(dollars float64) []tier { return []tier{{0, dollars}} }

// The pages that the prices stand on. They were compared, on [Date], with public copies of
// these pages and with texts that quote them: Route 53's of September 2026, CloudWatch's of
// May 2026, SNS's of June 2026, SQS's undated, Scheduler's price list of October 2024, Lambda's
// and S3's of 2024.
const (
	lambdaPage     = "https://aws.amazon.com/lambda/pricing/"
	cloudWatchPage = "https://aws.amazon.com/cloudwatch/pricing/"
	s3Page         = "https://aws.amazon.com/s3/pricing/"
	snsPage        = "https://aws.amazon.com/sns/pricing/"
	sqsPage        = "https://aws.amazon.com/sqs/pricing/"
	eventsPage     = "https://aws.amazon.com/eventbridge/pricing/"
	ssmPage        = "https://aws.amazon.com/systems-manager/pricing/"
	ec2Page        = "https://aws.amazon.com/ec2/pricing/on-demand/" // Lambda's traffic is billed as EC2's
	route53Page    = "https://aws.amazon.com/route53/pricing/"
)

// The prices. A GB of logs and of storage is 2^30 bytes, as AWS counts them. What is free
// is what stays free: what new accounts get for some months is left out. Lambda is on arm64;
// health checks are of endpoints that are not on AWS, the dearer ones with HTTPS as their one
// optional feature.
var (
	lambdaTime     = price{"GB-second", 1, []tier{{7.5e9, 0.0000133334}, {18.75e9, 0.0000120001}, {0, 0.0000106667}}, 400_000, "", lambdaPage}
	lambdaRequests = price{"request", 1e6, flat(0.20), 1e6, "", lambdaPage}
	schedules      = price{"invocation", 1e6, flat(1.00), 14e6, "", eventsPage}
	metrics        = price{"metric", 1, []tier{{10_000, 0.30}, {250_000, 0.10}, {1e6, 0.05}, {0, 0.02}}, 10, "", cloudWatchPage}
	alarms         = price{"alarm", 1, flat(0.10), 10, "", cloudWatchPage}
	logs           = price{"GB", 1, []tier{{10 << 10, 0.50}, {30 << 10, 0.25}, {50 << 10, 0.10}, {0, 0.05}}, 5, "logs", cloudWatchPage}
	keptLogs       = price{"GB, packed", 1, flat(0.03), 5, "logs", cloudWatchPage}
	puts           = price{"PUT", 1000, flat(0.005), 0, "", s3Page}
	gets           = price{"GET", 1000, flat(0.0004), 0, "", s3Page}
	storage        = price{"GB", 1, flat(0.023), 0, "", s3Page}
	publishes      = price{"message", 1e6, flat(0.50), 1e6, "", snsPage}
	mails          = price{"mail", 100_000, flat(2.00), 1000, "", snsPage}
	queueRequests  = price{"request", 1e6, flat(0.40), 1e6, "", sqsPage}
	traffic        = price{"GB", 1, []tier{{10 << 10, 0.09}, {50 << 10, 0.085}, {150 << 10, 0.07}, {0, 0.05}}, 100, "", ec2Page}
	parameters     = price{"parameter", 1, flat(0), 0, "", ssmPage}

	canaryRuns  = price{"run", 1, flat(0.0012), 100, "", cloudWatchPage}
	checks      = price{"check", 1, flat(0.75), 0, "", route53Page}
	checksByTLS = price{"check", 1, flat(0.75 + 2.00), 0, "", route53Page}
)

// dollars is what so many units cost.
func (p price) dollars(quantity float64) (sum float64) {
	from := 0.0
	for _, t := range p.tiers {
		upTo := quantity
		if t.upTo > 0 {
			upTo = min(upTo, t.upTo)
		}
		if upTo > from {
			sum += (upTo - from) / p.step * t.dollars
			from = upTo
		}
	}
	return sum
}
