package notify

import (
	"fmt"
	"time"

	"rollcall/internal/health"
)

// mixed is a round that has 40 things to tell, of every sort.
func mixed() health.Digest {
	d := news("shop", 400)
	d.Counts = health.Counts{Targets: 400, Up: 377, Degraded: 5, Down: 15, Unknown: 2, Paused: 1}
	d.Opened = append(d.Opened, checkout(), ofConfig())
	for n := range 8 {
		i := incident(fmt.Sprintf("api-%d", n), health.Availability, health.Critical, health.ClassConnect,
			fmt.Sprintf("dial api-%d.example.com:443: connection refused", n))
		i.Group, i.URL = "api", fmt.Sprintf("tcp://api-%d.example.com:443", n)
		d.Opened = append(d.Opened, i)
	}
	slow := incident("search", health.Latency, health.Warning, health.ClassLatency, "answered in 1.2s, want at most 800ms")
	slow.URL, slow.Title = "https://search.example.com/", "Größensuche"
	old := incident("www", health.Certificate, health.Warning, health.ClassCertificate, "certificate of www.example.com ends in 6 days, on 2026-11-28")
	old.URL, old.Rounds = "https://www.example.com/", 1
	fresh := incident("beta", health.Availability, health.Warning, health.ClassDNS, `get "https://beta.example.com/": no such host`)
	fresh.URL, fresh.NeverUp = "https://beta.example.com/", true
	d.Opened = append(d.Opened, slow, old, fresh)
	for n := range 14 {
		i := incident(fmt.Sprintf("img-%02d", n), health.Availability, health.Critical, health.ClassTimeout,
			fmt.Sprintf(`get "https://img-%02d.example.com/": no complete answer within 5s`, n))
		i.Group = "images"
		d.Closed = append(d.Closed, recovered(i, at(13, 20+n)))
	}
	calm := recovered(slow, at(11, 0))
	calm.Subject.Name, calm.ID, calm.Title = "basket", "id-basket-latency", ""
	gone := recovered(incident("old-api", health.Availability, health.Critical, health.ClassConnect, "dial old-api.example.com:443: connection refused"), at(9, 0))
	gone.Closing = health.Unchecked
	d.Closed = append(d.Closed, calm, gone)
	for n := range 10 {
		i := incident(fmt.Sprintf("batch-%d", n), health.Availability, health.Warning, health.ClassBody,
			fmt.Sprintf(`get "https://batch-%d.example.com/": body without "ready", want it`, n))
		d.Reminded = append(d.Reminded, reminded(i, 1, 361))
	}
	worse := old
	worse.Subject.Name, worse.ID = "mail", "id-mail-certificate"
	worse.Severity, worse.Cause = health.Critical, "certificate of mail.example.com ends in 26 hours, on 2026-11-23"
	worse.Since, worse.Rounds, worse.Reminded = at(14, 5).AddDate(0, 0, -5), 7200, at(14, 5)
	worse.Opened, worse.Told = worse.Since, worse.Since
	d.Reminded = append(d.Reminded, worse)
	return d
}

// outage is n targets down at once, in 60 groups.
func outage(n int) health.Digest {
	d := news("shop", n)
	d.Counts = health.Counts{Targets: n, Down: n}
	for k := range n {
		url := fmt.Sprintf("https://host-%04d.example.com/health", k)
		i := incident(fmt.Sprintf("host-%04d", k), health.Availability, health.Critical, health.ClassConnect,
			fmt.Sprintf(`get %q: dial host-%04d.example.com:443: connection refused`, url, k))
		if k%27 == 0 {
			i.Class, i.Cause = health.ClassTimeout, fmt.Sprintf("get %q: no complete answer within 5s", url)
		}
		i.URL, i.Group, i.Tags = url, fmt.Sprintf("group-%02d", k%60), []string{"prod"}
		if k < health.EvidenceTold {
			i = asked(i, 5000, 5000)
			i.Evidence.Phases = health.PhasesMS{DNS: 2.1}
		}
		d.Opened = append(d.Opened, i)
	}
	return d
}

// region is what others depend on and went with it: n of them, told in one line.
func region(n int) health.Digest {
	d := news("shop", n+400)
	d.Counts = health.Counts{Targets: n + 400, Up: 398, Down: n + 2}
	group := tooFew("payments")
	group.Muted = "maintenance: moving to new hosts"
	group.Since, group.Rounds = at(13, 30), 36
	gone := asked(edge(n), 5000, 5000)
	gone.Evidence.Phases = health.PhasesMS{DNS: 2.1}
	d.Opened = []health.Incident{group, gone}
	return d
}

// everything is a round of mixed with all else there is.
func everything() health.Digest {
	d := mixed()
	slow := incident("search", health.Latency, health.Warning, health.ClassLatency, "answered in 1.2s, want at most 800ms")
	d.Opened = append(d.Opened, flapping(asked(incident("cart", health.Availability, health.Critical, health.ClassStatus, "status 502, want 2xx"), 31)),
		flapping(slow), tooFew("payments"), ofSight(), asked(edge(412), 5000, 5000))
	calmUp := calm(incident("mobile", health.Availability, health.Critical, health.ClassConnect, "dial mobile.example.com:443: connection refused"), health.CalmUp)
	calmDown := calm(incident("tablet", health.Availability, health.Critical, health.ClassConnect, "dial tablet.example.com:443: connection refused"), health.CalmDown)
	d.Closed = append(d.Closed, calmUp, calmDown)
	return d
}

// missed is what a backlog came to, of every kind.
func missed() health.Digest {
	d := news("shop", 101)
	d.Kind, d.Counts = health.CatchUp, health.Counts{Targets: 101, Up: 97, Down: 4}
	began := reminded(checkout(), 0, 90)
	began.Reminded, began.Muted = time.Time{}, "depends on edge, which is down since 12:30"
	d.Opened = []health.Incident{began, tooFew("payments"), flapping(incident("cart", health.Availability, health.Critical, health.ClassStatus, "status 502, want 2xx"))}
	edge := reminded(incident("edge", health.Availability, health.Critical, health.ClassConnect, "dial edge.example.com:443: no route to host"), 2, 1300)
	edge.URL = "tcp://edge.example.com:443"
	edge.Reminded = at(10, 25)
	untold := incident("batch", health.Availability, health.Critical, health.ClassTimeout, `get "https://batch.example.com/": no complete answer within 5s`)
	untold.Told, untold.Muted = time.Time{}, "silenced until 18:00: moving house"
	d.Closed = []health.Incident{
		recovered(incident("search", health.Availability, health.Critical, health.ClassTimeout, `get "https://search.example.com/": no complete answer within 5s`), at(12, 40)),
		calm(incident("mobile", health.Availability, health.Critical, health.ClassConnect, "dial mobile.example.com:443: connection refused"), health.CalmUp),
		recovered(ofSight(), at(13, 1)),
	}
	d.Open = append(d.Opened[:3:3], edge, untold)
	return d
}

func stories() map[string]health.Digest {
	all := map[string]health.Digest{
		"mixed": everything(), "catch-up": missed(), "region": region(412), "region-5000": region(5000), "down-5000": outage(5000),
	}
	tell := func(name string, counts health.Counts, change func(d *health.Digest)) {
		d := news("shop", 101)
		d.Counts = counts
		change(&d)
		all[name] = d
	}
	one := func(i health.Incident) []health.Incident { return []health.Incident{i} }
	allUp := health.Counts{Targets: 101, Up: 101}
	oneDown := health.Counts{Targets: 101, Up: 100, Down: 1}
	oneSlow := health.Counts{Targets: 101, Up: 100, Degraded: 1}

	tell("one-down", health.Counts{Targets: 101, Up: 97, Degraded: 1, Down: 2, Unknown: 1}, func(d *health.Digest) {
		d.Opened = one(asked(checkout(), 211.6, 198.2))
	})
	tell("two-causes", oneDown, func(d *health.Digest) {
		i := asked(checkout(), 5000, 31.4)
		i.Evidence.Attempts[0] = health.Reading{Status: health.Down, Class: health.ClassTimeout, Cause: `post "https://checkout.example.com/health": no complete answer within 5s`}
		i.Evidence.Phases = health.PhasesMS{Connect: 24.4, Wait: 7}
		i.NeverUp = true
		d.Opened = one(i)
	})
	tell("kept-back", oneDown, func(d *health.Digest) {
		i := checkout()
		i.Since, i.Rounds, i.Muted = at(3, 0), 666, "maintenance: weekly patching"
		d.Opened = one(i)
	})
	tell("one-recovered", allUp, func(d *health.Digest) { d.Closed = one(recovered(checkout(), at(13, 53))) })
	tell("late", oneDown, func(d *health.Digest) {
		d.Sent = at(14, 17)
		d.Opened = one(asked(checkout(), 211.6, 198.2))
	})
	tell("slow", oneSlow, func(d *health.Digest) {
		i := incident("search", health.Latency, health.Warning, health.ClassLatency, "answered in 1.2s, want at most 800ms")
		i.URL = "https://search.example.com/"
		i = asked(i, 1214)
		i.Evidence.Attempts[0] = health.Reading{Status: health.Up}
		d.Opened = one(i)
	})
	tell("flapping", oneDown, func(d *health.Digest) { d.Opened = one(flapping(asked(checkout(), 211.6, 198.2))) })
	tell("calm", allUp, func(d *health.Digest) { d.Closed = one(calm(checkout(), health.CalmUp)) })
	tell("calm-down", oneDown, func(d *health.Digest) { d.Closed = one(calm(checkout(), health.CalmDown)) })
	tell("group", health.Counts{Targets: 101, Up: 97, Down: 4}, func(d *health.Digest) { d.Opened = one(tooFew("payments")) })
	tell("blind", health.Counts{Targets: 200, Up: 8, Down: 2, Unknown: 190}, func(d *health.Digest) { d.Opened = one(ofSight()) })
	tell("sighted", health.Counts{Targets: 200, Up: 198, Down: 2}, func(d *health.Digest) { d.Closed = one(recovered(ofSight(), at(13, 48))) })
	tell("checker", allUp, func(d *health.Digest) { d.Opened = one(ofConfig()) })
	tell("reminder", oneDown, func(d *health.Digest) { d.Reminded = one(reminded(checkout(), 2, 1081)) })
	tell("worse", oneSlow, func(d *health.Digest) { d.Reminded = one(worsening()) })
	tell("unchecked", health.Counts{Targets: 100, Up: 100}, func(d *health.Digest) {
		d.Closed = one(recovered(checkout(), at(9, 0)))
		d.Closed[0].Closing = health.Unchecked
	})
	tell("first", health.Counts{Targets: 100, Up: 96, Down: 3, Pending: 1}, func(d *health.Digest) { d.Kind = health.First })
	tell("test", health.Counts{}, func(d *health.Digest) { d.ID, d.Kind = d.ID+"/test", health.Test }) // nobody counts targets for a test
	return all
}
