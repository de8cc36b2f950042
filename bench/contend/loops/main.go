// Command loops is what a good Go engineer writes in an afternoon: one http.Client, a fresh
// connection for each check, and as many workers as -workers says. With one it asks one
// after another; with none, all at once. -bare leaves HTTP out.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http"

	"rollcall/bench/contest"
)

func main() {
	noHTTP := flag.Bool("bare", false, "only dial, write and read")
	contest.Main(func(t contest.Task) (contest.Score, error) {
		if *noHTTP {
			return bare(t), nil
		}
		return run(t), nil
	})
}

func run(t contest.Task) contest.Score {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DisableKeepAlives = true
	transport.TLSClientConfig = &tls.Config{RootCAs: t.Roots}
	client := &http.Client{Transport: transport, Timeout: t.Timeout}
	return t.Each(func(url string) error { return check(client, url) })
}

func check(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: status %d, want 200", url, response.StatusCode)
	}
	return nil
}
