package notify

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// at is a minute of the day all stories of these tests happen on.
func at(hour, minute int) time.Time { return time.Date(2026, 11, 22, hour, minute, 0, 0, time.UTC) }

// news is an empty digest of 14:05.
func news(fleet string, targets int) health.Digest {
	return health.Digest{
		ID: fleet + "/0-1/2026-11-22T14:05:00Z", Kind: health.News, Fleet: fleet, Shard: "0-1", Round: at(14, 5),
		Counts: health.Counts{Targets: targets, Up: targets},
	}
}

func incident(name string, facet health.Facet, severity health.Severity, class health.Class, cause string) health.Incident {
	return health.Incident{
		ID: "id-" + name + "-" + string(facet), Subject: health.Subject{Kind: health.OfTarget, Name: name, Facet: facet},
		Since: at(14, 4), Opened: at(14, 5), Told: at(14, 5), Severity: severity, Class: class, Cause: cause, Rounds: 2,
	}
}

// checkout is a target that answers 503, with everything there is to know of it.
func checkout() health.Incident {
	const url = "https://checkout.example.com/health"
	i := incident("checkout", health.Availability, health.Critical, health.ClassStatus,
		`post "`+url+`": status 503, want 200, 204 or 3xx`)
	i.URL, i.Group, i.Runbook, i.Tags = url, "payments", "https://wiki.example.com/payments", []string{"prod", "eu"}
	return i
}

func recovered(i health.Incident, since time.Time) health.Incident {
	i.Since, i.Opened, i.Told = since, since.Add(time.Minute), since.Add(time.Minute)
	i.Closed, i.Closing = at(14, 5), health.Recovered
	return i
}

func reminded(i health.Incident, n, rounds int) health.Incident {
	i.Since = at(14, 5).Add(-time.Duration(rounds-1) * time.Minute)
	i.Opened, i.Told = i.Since.Add(time.Minute), i.Since.Add(time.Minute)
	i.Reminded, i.Reminders, i.Rounds = at(14, 5), n, rounds
	return i
}

// worsening is a certificate that became critical in this round, 20 days after it was told.
func worsening() health.Incident {
	i := incident("www", health.Certificate, health.Critical, health.ClassCertificate, "certificate of www.example.com ends in 9 days, on 2026-12-01")
	i.URL, i.Since, i.Rounds = "https://www.example.com/", at(14, 5).AddDate(0, 0, -20), 28800
	i.Opened, i.Told, i.Reminded = i.Since, i.Since, at(14, 5)
	return i
}

func ofConfig() health.Incident {
	return health.Incident{
		ID: "id-config", Subject: health.Subject{Kind: health.OfChecker, Name: health.FaultConfig},
		Since: at(14, 5), Opened: at(14, 5), Told: at(14, 5), Severity: health.Critical, Class: health.ClassChecker, Rounds: 1,
		Cause: `targets.yaml:9:5: unknown key "staus"; did you mean "status"? (want one of status, header, body, json)`,
	}
}

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
		d.Opened = append(d.Opened, i)
	}
	return d
}

func stories() map[string]health.Digest {
	oneDown := news("shop", 101)
	oneDown.Counts = health.Counts{Targets: 101, Up: 97, Degraded: 1, Down: 2, Unknown: 1}
	oneDown.Opened = []health.Incident{checkout()}

	oneRecovered := news("shop", 101)
	oneRecovered.Closed = []health.Incident{recovered(checkout(), at(13, 53))}

	first := news("shop", 100)
	first.Kind = health.First
	first.Counts = health.Counts{Targets: 100, Up: 96, Down: 3, Pending: 1}

	test := news("shop", 0) // nobody counts targets for a test
	test.ID, test.Kind = test.ID+"/test", health.Test

	catchUp := news("shop", 101)
	catchUp.Kind, catchUp.Counts = health.CatchUp, health.Counts{Targets: 101, Up: 98, Down: 3}
	began := reminded(checkout(), 0, 90)
	began.Reminded = time.Time{}
	catchUp.Opened = []health.Incident{began}
	edge := reminded(incident("edge", health.Availability, health.Critical, health.ClassConnect, "dial edge.example.com:443: no route to host"), 2, 1300)
	edge.URL = "tcp://edge.example.com:443"
	catchUp.Closed = []health.Incident{recovered(incident("search", health.Availability, health.Critical, health.ClassTimeout, `get "https://search.example.com/": no complete answer within 5s`), at(12, 40))}
	catchUp.Open = []health.Incident{catchUp.Opened[0], edge}

	checker := news("shop", 101)
	checker.Opened = []health.Incident{ofConfig()}

	reminder := news("shop", 101)
	reminder.Counts = health.Counts{Targets: 101, Up: 100, Down: 1}
	reminder.Reminded = []health.Incident{reminded(checkout(), 1, 362)}

	// A certificate told as a warning with 29 days left, and reminded of since then.
	worse := news("shop", 101)
	worse.Counts = health.Counts{Targets: 101, Up: 100, Degraded: 1}
	worse.Reminded = []health.Incident{worsening()}

	return map[string]health.Digest{
		"one-down": oneDown, "one-recovered": oneRecovered, "mixed-40": mixed(), "down-5000": outage(5000),
		"first": first, "test": test, "catch-up": catchUp, "checker": checker, "reminder": reminder,
		"worse": worse,
	}
}

// TestTexts holds every word of every channel, as people and programs get it.
func TestTexts(t *testing.T) {
	for name, d := range stories() {
		t.Run(name, func(t *testing.T) {
			limit := 16 << 10 // keeps the golden texts of crowds readable
			attributes, err := json.Marshal(AttributesOf(d))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join([]string{
				"--- subject\n" + Subject(d),
				"--- sms\n" + SMS(d),
				"--- attributes\n" + string(attributes),
				"--- email\n" + Email(d, limit),
				"--- plain\n" + Plain(d),
				"--- event\n" + strings.ReplaceAll(string(Event(d, limit)), `,{"id"`, ",\n{\"id\""),
			}, "\n") + "\n"
			golden(t, filepath.Join("testdata", name+".txt"), got)
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at what changed with go test -update and git diff.\ngot:\n%s", path, got)
	}
}
