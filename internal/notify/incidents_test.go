package notify

import (
	"fmt"
	"time"

	"rollcall/internal/health"
)

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

// asked is what a round measured of an incident all of whose attempts ended as it says.
func asked(i health.Incident, ms ...float64) health.Incident {
	i.Evidence = &health.Evidence{MS: ms, Phases: health.PhasesMS{DNS: 3.2, Connect: 24.4, TLS: 48, Wait: 121.5, Read: 1.7}}
	for range ms {
		i.Evidence.Attempts = append(i.Evidence.Attempts, health.Reading{Status: health.Down, Class: i.Class, Cause: i.Cause})
	}
	return i
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

// flapping is a facet that keeps changing sides.
func flapping(i health.Incident) health.Incident {
	i.ID, i.Subject.Kind = "id-"+i.Subject.Name+"-flapping-"+string(i.Subject.Facet), health.OfFlapping
	i.Since, i.Rounds = at(13, 22), 0
	i.Cause = "changed sides 7 times in the last hour, latest: " + i.Cause
	return i
}

// calm is a facet that no longer does.
func calm(i health.Incident, how health.Closing) health.Incident {
	i = recovered(flapping(i), at(12, 40))
	i.Closing = how
	return i
}

// tooFew is a group that counts, and has too few members left.
func tooFew(name string) health.Incident {
	return health.Incident{
		ID: "id-group-" + name, Subject: health.Subject{Kind: health.OfGroup, Name: name}, Group: name,
		Since: at(14, 4), Opened: at(14, 5), Told: at(14, 5), Severity: health.Critical, Class: health.ClassConnect, Rounds: 1,
		Cause:   "1 of 5 up, want at least 2; down: pay-1, pay-2, pay-4, pay-5",
		Runbook: "https://wiki.example.com/payments",
	}
}

func ofSight() health.Incident {
	return health.Incident{
		ID: "id-blind", Subject: health.Subject{Kind: health.OfChecker, Name: health.FaultBlind},
		Since: at(14, 5), Opened: at(14, 5), Told: at(14, 5), Severity: health.Critical, Class: health.ClassChecker, Rounds: 1,
		Cause: "no network to public addresses (none of 3 witnesses answers, 184 of 186 hosts out of reach, 190 targets unknown): check the network that this runs in",
	}
}

// edge is what n others depend on, as many of them as a digest names.
func edge(n int) health.Incident {
	i := incident("edge-eu", health.Availability, health.Critical, health.ClassTimeout, "dial edge-eu.example.com:443: no answer within 5s")
	i.URL, i.Group, i.Dependent = "tcp://edge-eu.example.com:443", "edges", n
	for k := range min(n, health.DependantsTold) {
		i.Dependants = append(i.Dependants, fmt.Sprintf("eu-%04d", k))
	}
	return i
}
