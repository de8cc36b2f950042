package contest

import (
	"sync"
	"time"
)

// Each asks every URL of the task with so many workers, one goroutine each when there is no
// limit, and scores what came: how long it took or why it failed.
func (t Task) Each(ask func(url string) error) Score {
	workers := t.Workers
	if workers == 0 {
		workers = len(t.URLs)
	}
	took := make([]time.Duration, len(t.URLs))
	failures := make([]error, len(t.URLs))
	places := make(chan struct{}, workers)
	var asking sync.WaitGroup
	watch := Begin()
	for i, url := range t.URLs {
		places <- struct{}{}
		asking.Go(func() {
			began := time.Now()
			failures[i] = ask(url)
			took[i] = time.Since(began)
			<-places
		})
	}
	asking.Wait()
	score := Score{Workers: t.Workers}
	watch.End(&score)
	for i, err := range failures {
		if err != nil {
			score.Fail(err.Error())
			continue
		}
		score.LatencyMS = append(score.LatencyMS, Milliseconds(took[i]))
	}
	return score
}
