// Command hey drives the load tool of that name as a contender: a worker for each request.
// It never verifies a certificate, which saves it a part of what others do for https.
package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/rakyll/hey/requester"

	"rollcall/bench/contest"
)

func main() { contest.Main(run) }

func run(t contest.Task) (contest.Score, error) {
	requests := make([]*http.Request, len(t.URLs))
	for i, u := range t.URLs {
		var err error
		if requests[i], err = http.NewRequest(http.MethodGet, u, nil); err != nil {
			return contest.Score{}, err
		}
	}
	var next atomic.Int64
	var said bytes.Buffer
	work := &requester.Work{
		Request:     requests[0],
		RequestFunc: func() *http.Request { return requests[next.Add(1)-1] },
		N:           len(requests), C: len(requests),
		Timeout: int(t.Timeout.Seconds()), DisableKeepAlives: true, Output: "csv", Writer: &said,
	}
	var score contest.Score
	watch := contest.Begin()
	work.Run()
	watch.End(&score)
	err := read(&said, &score)
	for missing := len(requests) - len(score.LatencyMS) - score.Failed; missing > 0; missing-- {
		score.Fail("no answer: hey does not say why")
	}
	return score, err
}

// read reads the table of answers: the seconds in the first column, the status in the seventh.
func read(said *bytes.Buffer, score *contest.Score) error {
	rows, err := csv.NewReader(said).ReadAll()
	if err != nil {
		return fmt.Errorf("read what hey said: %w", err)
	}
	for _, row := range rows[min(1, len(rows)):] {
		seconds, err := strconv.ParseFloat(row[0], 64)
		switch {
		case err != nil:
			return fmt.Errorf("read what hey said: %w", err)
		case row[6] != "200":
			score.Fail("status " + row[6])
		default:
			score.LatencyMS = append(score.LatencyMS, 1000*seconds)
		}
	}
	return nil
}
