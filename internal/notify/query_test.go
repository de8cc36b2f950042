package notify

import (
	"fmt"
	"strings"
	"testing"

	"rollcall/internal/health"
)

// TestQuery: what is pasted into CloudWatch Logs Insights finds what the digest tells, and
// asks for nothing that a name could have brought in.
func TestQuery(t *testing.T) {
	const (
		fields = `fields round, target, status, class, cause, ms, reason | filter msg = "result" and `
		latest = ` | sort @timestamp desc | limit 200`
		whole  = ` | sort status | limit 10000`
		round  = `round in ["2026-11-22T14:05:00Z", "2026-11-22T14:04:00Z"]`
	)
	of := func(names ...string) (all []health.Incident) {
		for _, name := range names {
			all = append(all, incident(name, health.Availability, health.Critical, health.ClassDNS, ""))
		}
		return all
	}
	var many []string
	for n := range mostNamed + 1 {
		many = append(many, fmt.Sprint("t", n))
	}
	slow := of("shop")[0]
	slow.Subject.Facet = health.Latency
	long := strings.Repeat("n", 65)
	for _, c := range []struct {
		what   string
		opened []health.Incident
		closed []health.Incident
		want   string
	}{
		{"one target", of("shop.example.com/a b:8080@eu-1"), nil, `target = "shop.example.com/a b:8080@eu-1"` + latest},
		{"two facets of one", append(of("shop"), slow, flapping(slow)), nil, `target = "shop"` + latest},
		{"opened and closed", of("a"), of("b"), `target in ["a", "b"]` + latest},
		{"a group", []health.Incident{tooFew("payments")}, nil, `group = "payments"` + latest},
		{"a group and targets", append(of("a"), tooFew("payments")), of("b"), `(target in ["a", "b"] or group = "payments")` + latest},
		{"a crowd", of(many...), nil, round + whole},
		{"as many as are named", of(many[1:]...), nil, `target in ["t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"]` + latest},
		{"trouble of our own", []health.Incident{ofConfig()}, nil, `round = "2026-11-22T14:05:00Z"` + whole},
		{"a name that would end its quotation", of(`a" or 1 = 1 | unmask #`), nil, round + whole},
		{"a name that would escape", of(`a\`), nil, round + whole},
		{"a name in other letters", of("größe"), nil, round + whole},
		{"a name with a line end", of("a\nb"), nil, round + whole},
		{"a long name", of(long), nil, round + whole},
		{"no name", of(""), nil, round + whole},
	} {
		d := news("shop", 3)
		d.Opened, d.Closed = c.opened, c.closed
		if got, want := PageOf(d).Query, fields+c.want; got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, want)
		}
	}

	d := outage(3)
	for n := range d.Opened {
		d.Opened[n].Since = at(12, n)
	}
	d.Kind = health.CatchUp
	if got, want := query(d), fields+`round in ["2026-11-22T14:05:00Z", "2026-11-22T12:00:00Z", "2026-11-22T12:01:00Z", "2026-11-22T12:02:00Z"]`+whole; got != want {
		t.Errorf("of a catch-up:\n got %s\nwant %s", got, want)
	}
	if got := query(stories()["test"]); got != "" {
		t.Errorf("a test, which no round made, has the query %s", got)
	}
}
