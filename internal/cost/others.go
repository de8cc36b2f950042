package cost

// Fleet is what others would have to ask.
type Fleet struct {
	Asks   float64 // a month, all targets together
	Secure float64 // targets by HTTPS
	Plain  float64 // all others
}

// Synthetics is the bill of CloudWatch Synthetics with a canary for each target that runs as
// often as the target is asked. What its runs use of Lambda, S3 and logs comes on top.
func (f Fleet) Synthetics() Bill {
	b := biller{}
	b.add("CloudWatch Synthetics", canaryRuns, f.Asks)
	return b.bill
}

// Route53 is the bill of Route 53 with a health check for each target, none of them on AWS.
// It asks every 30 s from several places and bills by the check, however often we would ask.
func (f Fleet) Route53() Bill {
	b := biller{bill: Bill{}}
	if f.Secure > 0 {
		b.add("Route 53, HTTPS", checksByTLS, f.Secure)
	}
	if f.Plain > 0 {
		b.add("Route 53, others", checks, f.Plain)
	}
	return b.bill
}
