package main

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"rollcall/bench/contest"
)

// bare asks over connections that know no HTTP: it dials, writes a request and reads what
// comes first. Nothing that checks with Go's net package can do less.
func bare(t contest.Task) contest.Score {
	dialer := net.Dialer{KeepAlive: -1, Timeout: t.Timeout}
	return t.Each(func(address string) error { return exchange(&dialer, address, t.Timeout) })
}

func exchange(dialer *net.Dialer, address string, timeout time.Duration) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if u.Scheme != "http" {
		return fmt.Errorf("get %s: only http can be asked over a bare connection", address)
	}
	conn, err := dialer.Dial("tcp", u.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nConnection: close\r\n\r\n")); err != nil {
		return err
	}
	var answer [1024]byte
	n, err := conn.Read(answer[:])
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 200 ") {
		return fmt.Errorf("get %s: not HTTP/1.1 200", address)
	}
	return nil
}
