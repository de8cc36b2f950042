package e2e

import (
	"net/http"
	"time"

	"rollcall/internal/awslocal"
)

// crashes are functions that die, and events that come twice, late or never.
func crashes() []story {
	return append(kills(), deliveries()...)
}

func kills() []story {
	state := func(after int) func(w *world, k int) {
		return func(w *world, k int) {
			f := ofState(http.MethodPut, 0, awslocal.Hang())(w)
			f.After = after
			w.killedAt(k, f)
		}
	}
	return []story{{
		name: "killed in the middle of its commit: nothing has happened",
		from: 151, to: 155,
		troubles: []trouble{{who: "web-1", from: 151, to: 155, how: fails}},
		plays:    map[int]func(*world, int){152: state(0)},
		ends:     each(152, 152, cutShort),
		owes:     []owed{on(153, "opened web-1"), on(155, "recovered web-1")},
	}, {
		name: "killed before it has published: the next round tells",
		from: 157, to: 160,
		troubles: []trouble{{who: "web-2", from: 157, to: 160, how: fails}},
		plays: map[int]func(*world, int){158: func(w *world, k int) {
			w.killedAt(k, awslocal.Fault{Service: "sns", Do: awslocal.Hang()})
		}},
		ends: each(158, 158, cutShort),
		owes: []owed{late(158, 159, "opened web-2"), on(160, "recovered web-2")},
	}, {
		// Nobody can know that it was told; the copy has the same id, and Slack shows it once.
		name: "killed before it has crossed off what it told",
		from: 162, to: 165,
		troubles: []trouble{{who: "web-3", from: 162, to: 165, how: fails}},
		plays:    map[int]func(*world, int){163: state(1)},
		ends:     each(163, 163, cutShort),
		owes:     []owed{on(163, "opened web-3"), again(163, 164, "opened web-3"), on(165, "recovered web-3")},
	}, {
		name: "a variable that the function cannot read: it does not start",
		from: 173, to: 177,
		troubles: []trouble{{who: "web-5", from: 173, to: 177, how: fails}},
		plays: map[int]func(*world, int){174: func(w *world, k int) {
			w.played = append(w.played, w.beside(k, map[string]string{"ROLLCALL_WORKERS": "many"})...)
		}},
		ends: each(174, 174, cutShort),
		owes: []owed{on(175, "opened web-5"), on(177, "recovered web-5")},
	}}
}

func deliveries() []story {
	return []story{{
		name: "events that come twice, one after the other and at once",
		from: 167, to: 169,
		troubles: []trouble{{who: "web-4", from: 167, to: 169, how: fails}},
		plays: map[int]func(*world, int){
			167: func(w *world, k int) { w.send(k, awslocal.Duplicate); w.happened() },
			168: func(w *world, k int) { w.send(k, awslocal.AtOnce); w.happened() },
		},
		ends: each(167, 168, twice),
		owes: []owed{on(168, "opened web-4"), on(169, "recovered web-4")},
	}, {
		name: "an event that comes after the next one, and one that is given up",
		from: 170, to: 172,
		plays: map[int]func(*world, int){
			170: func(*world, int) {},
			171: func(w *world, k int) { w.send(k); w.send(k - 1); w.happened() },
			172: func(w *world, k int) {
				before := w.events.Dropped()
				if w.send(k, awslocal.Late(2*time.Minute)); w.events.Dropped() != before+1 {
					w.t.Errorf("round %d: the event was not given up", k)
				}
				w.happened()
			},
		},
		ends: map[int]ending{170: lost, 171: twice, 172: lost},
	}, {
		name: "a round of more than two intervals ago is refused",
		from: 178, to: 178,
		acts: map[int]func(*world){178: (*world).tooLate},
	}}
}

// tooLate has a deployment as it really is, with a round a minute, get the event of a round of
// hours ago: it asks nobody, and says so.
func (w *world) tooLate() {
	w.t.Helper()
	before := w.stage.questions()
	ins := w.beside(w.now, map[string]string{"ROLLCALL_INTERVAL": "1m"})
	if len(ins) != 1 {
		w.t.Errorf("round %d: too late, with %d invocations, want one", w.now, len(ins))
	}
	for _, in := range ins {
		fleet, last := w.documents(in)
		if in.Error != "" || len(fleet) != 0 || last["RoundsLate"] != 1 || last["RoundsCompleted"] != 0 {
			w.t.Errorf("round %d: too late, and failed with %q, with %d documents of the fleet and last %v, want RoundsLate alone", w.now, in.Error, len(fleet), last)
		}
	}
	if now := w.stage.questions(); now != before {
		w.t.Errorf("round %d: too late, and %d targets were asked", w.now, now-before)
	}
}
