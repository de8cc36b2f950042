package e2e

import (
	"regexp"
)

// firstHour is what a new deployment does first.
func firstHour() []story {
	return []story{{
		name: "the first round says how it will reach you",
		from: 0, to: 0, once: true,
		owes: []owed{on(0, "first")},
	}, {
		name: "TestAlert, the command of the deployment's output",
		from: 1, to: 1,
		acts: map[int]func(*world){1: (*world).testAlert},
		owes: []owed{on(1, "test")},
	}}
}

var payload = regexp.MustCompile(`--payload '([^']+)'`)

// testAlert does what the output TestAlert says.
func (w *world) testAlert() {
	w.t.Helper()
	said := w.stack.Output("TestAlert")
	found := payload.FindStringSubmatch(said)
	if found == nil {
		w.t.Fatalf("TestAlert is %q, want a command with a payload", said)
	}
	if in := w.check.Invoke([]byte(found[1]), w.stack.Timeout("CheckFunction")); in.Error != "" {
		w.t.Errorf("TestAlert: %s", in.Error)
	}
}

// outages are targets that are down, in all the ways that differ. Where a story does not say
// otherwise, a target is told of in the second bad round in a row, and in its first good one.
func outages() []story {
	return []story{{
		name: "one endpoint is out for four rounds",
		from: 3, to: 7,
		troubles: []trouble{{who: "web-1", from: 3, to: 7, how: fails}},
		owes:     []owed{on(4, "opened web-1"), on(7, "recovered web-1")},
	}, {
		name: "blips: one bad round, and a bad first attempt",
		from: 6, to: 10,
		troubles: []trouble{{who: "web-2", from: 6, to: 7, how: fails}, {who: "blip", from: 9, to: 10, how: stumbles}},
	}, {
		// Of three members one may be out; the second is the group's news, and neither is its own.
		name: "a group falls short, and has enough again",
		from: 8, to: 18,
		troubles: []trouble{{who: "pay-1", from: 8, to: 18, how: fails}, {who: "pay-2", from: 10, to: 14, how: fails}},
		owes:     []owed{on(11, "opened group payments"), on(14, "recovered group payments")},
	}, {
		// What stays bad is told when it was asked twice more after the recovery that explained it.
		name: "a parent is out with its five children; one stays out",
		from: 26, to: 36,
		troubles: []trouble{{who: "edge", from: 26, to: 30, how: fails},
			{who: "shop-1", from: 26, to: 30, how: fails}, {who: "shop-2", from: 26, to: 30, how: fails},
			{who: "shop-3", from: 26, to: 30, how: fails}, {who: "shop-4", from: 26, to: 30, how: fails},
			{who: "shop-5", from: 26, to: 36, how: fails}},
		owes: []owed{on(27, "opened edge"), on(30, "recovered edge"), on(32, "opened shop-5"), on(36, "recovered shop-5")},
	}, {
		name: "a port where nobody listens",
		from: 136, to: 139,
		troubles: []trouble{{who: "database", from: 136, to: 139, how: refuses}},
		owes:     []owed{on(137, "opened database"), on(139, "recovered database")},
	}, {
		name: "a slow one is degraded, and no outage",
		from: 200, to: 206,
		troubles: []trouble{{who: "everybody", from: 200, to: 206, how: gentle}, {who: "slow", from: 201, to: 204, how: lingers}},
		owes:     []owed{on(201, "opened slow latency"), on(204, "recovered slow latency")},
	}, {
		name: "a certificate nears its end, and is renewed",
		from: 205, to: 209,
		troubles: []trouble{{who: "secure", from: 205, to: 209, how: ends}},
		owes:     []owed{on(205, "opened secure certificate"), on(209, "recovered secure certificate")},
	}, {
		// Nobody is told of 32 outages that may be none; all of them are unknown.
		name: "nothing answers any more, not even the witness",
		from: 230, to: 232,
		troubles: []trouble{{who: "everybody", from: 230, to: 232, how: vanishes}},
		owes:     []owed{on(230, "opened checker blind"), on(232, "recovered checker blind")},
	}, {
		// It is asked in rounds 230, 235 and 240; and, once it is bad, in every round.
		name: "one that is asked every five minutes",
		from: 233, to: 238,
		troubles: []trouble{{who: "hourly", from: 233, to: 238, how: fails, seen: 235}},
		owes:     []owed{on(236, "opened hourly"), on(238, "recovered hourly")},
	}}
}

// The rounds in which the window for "batch" is open, the second one not among them.
const windowFrom, windowTo = 133, 138

// speech is what is told late, seldom or again.
func speech() []story {
	return []story{{
		// An hour after it was told, then two hours after that.
		name: "a long outage, with a reminder after an hour",
		from: 4, to: 190,
		troubles: []trouble{{who: "legacy", from: 4, to: 190, how: fails}},
		owes: []owed{on(5, "opened legacy"), on(65, "reminded legacy"), on(185, "reminded legacy"),
			on(190, "recovered legacy")},
	}, {
		name: "planned work: kept back, and told when its window is over",
		from: windowFrom, to: 141,
		troubles: []trouble{{who: "batch", from: 134, to: 141, how: fails}},
		owes:     []owed{on(windowTo, "opened batch"), on(141, "recovered batch")},
	}, {
		// Its readings change sides in 143, 144 and so on; in 149 for the seventh time, in 150 for the last.
		name: "one that changes sides in every round is flapping",
		from: 143, to: 180,
		troubles: []trouble{{who: "flappy", from: 143, to: 144, how: fails}, {who: "flappy", from: 145, to: 146, how: fails},
			{who: "flappy", from: 147, to: 148, how: fails}, {who: "flappy", from: 149, to: 150, how: fails}},
		owes: []owed{on(149, "opened flappy flapping"), on(180, "calm flappy flapping")},
	}}
}
