package check

import (
	"context"
	"strings"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// TCP asks whether a connection can be opened.
type TCP struct {
	Inward bool   `yaml:"inward"` // the name may lead to an address of this machine
	IP     Family `yaml:"ip"`

	way way
}

func newTCP() *TCP { return &TCP{} }

// Prepare wants a URL of a host and a port, and nothing after them.
func (c *TCP) Prepare(url secret.Text) []Problem {
	a, problems := prepareURL(url, map[string]uint16{"tcp": 0})
	if problems != nil {
		return problems
	}
	if strings.Trim(a.Path, "/") != "" || a.RawQuery != "" || a.ForceQuery {
		return []Problem{{Path: []string{"url"}, What: "url has a path or a query, which a tcp check does not send",
			Remedy: "write it as tcp://host:port"}}
	}
	c.way = way{endpoint: a.endpoint, family: c.IP.orUsual(), permitted: permission(a.endpoint, c.Inward)}
	return within(c.IP.misplaced(a.endpoint), "tcp")
}

// Needs is a socket, or two while address families race.
func (c *TCP) Needs() Needs { return Needs{Sockets: sockets(c.IP), Repeatable: true} }

// sockets are how many a dial has open at once.
func sockets(f Family) int {
	if f == AnyFamily {
		return 2
	}
	return 1
}

// Check opens a connection and closes it again.
func (c *TCP) Check(ctx context.Context, t health.Target, d *Dialer) health.Reading {
	if _, err := d.dial(ctx, c.way); err != nil {
		if d.stage == connecting {
			d.stage = starting // "dial" says it already
		}
		return d.fail(ctx, "dial "+strings.TrimRight(strings.TrimPrefix(t.URL, "tcp://"), "/"), err)
	}
	d.ended = time.Now()
	return health.Reading{Status: health.Up}
}
