// Command blackbox drives the prober of Prometheus' blackbox_exporter as a contender: one
// probe a target, each with a registry of its own, as the exporter does for each scrape.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"

	"github.com/prometheus/blackbox_exporter/config"
	"github.com/prometheus/blackbox_exporter/prober"
	"github.com/prometheus/client_golang/prometheus"

	"rollcall/bench/contest"
)

func main() { contest.Main(run) }

func run(t contest.Task) (contest.Score, error) {
	module := config.DefaultModule
	module.Prober = "http"
	module.HTTP.IPProtocol = "ip4"
	// The prober reads the authorities from the file itself.
	module.HTTP.HTTPClientConfig.TLSConfig.CAFile = flag.Lookup("roots").Value.String()
	silent := slog.New(slog.DiscardHandler)
	return t.Each(func(url string) error {
		ctx, cancel := context.WithTimeout(context.Background(), t.Timeout)
		defer cancel()
		if !prober.ProbeHTTP(ctx, url, module, prometheus.NewRegistry(), silent) {
			return errors.New("get " + url + ": the probe did not succeed")
		}
		return nil
	}), nil
}
