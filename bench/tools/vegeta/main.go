// Command vegeta drives the load tool of that name as a contender: its attacker without a
// rate, a worker for each request in flight, a fresh connection each.
package main

import (
	"crypto/tls"
	"math"
	"net/http"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"rollcall/bench/contest"
)

func main() { contest.Main(run) }

func run(t contest.Task) (contest.Score, error) {
	targets := make([]vegeta.Target, len(t.URLs))
	for i, u := range t.URLs {
		targets[i] = vegeta.Target{Method: http.MethodGet, URL: u}
	}
	options := []func(*vegeta.Attacker){
		vegeta.KeepAlive(false), vegeta.Timeout(t.Timeout), vegeta.HTTP2(false),
		vegeta.MaxWorkers(uint64(len(t.URLs))), vegeta.Connections(len(t.URLs)),
	}
	if t.Roots != nil {
		options = append(options, vegeta.TLSConfig(&tls.Config{RootCAs: t.Roots}))
	}
	attacker := vegeta.NewAttacker(options...)
	var score contest.Score
	watch := contest.Begin()
	results := attacker.Attack(vegeta.NewStaticTargeter(targets...), all(len(targets)), 0, "")
	for r := range results {
		if r.Error != "" {
			score.Fail(r.Error)
			continue
		}
		score.LatencyMS = append(score.LatencyMS, contest.Milliseconds(r.Latency))
	}
	watch.End(&score)
	return score, nil
}

// all is the pace of so many hits, all at once and never again.
type all int

func (n all) Pace(_ time.Duration, hits uint64) (time.Duration, bool) { return 0, hits >= uint64(n) }

func (n all) Rate(time.Duration) float64 { return math.Inf(1) }
