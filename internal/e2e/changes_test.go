package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"rollcall/internal/awslocal"
)

// changes are what operators do to a deployment, well and badly.
func changes() []story {
	return append(listChanges(), upgrades()...)
}

// wrong is a targets file with a mistake.
const wrong = "fleet: shop\ntargets:\n  - {name: shop, ulr: \"https://shop.example.com\"}\n"

func listChanges() []story {
	return []story{{
		// Until it is mended, the rounds ask what the last good copy names.
		name: "a wrong targets file is uploaded past push, and mended",
		from: 54, to: 57,
		troubles: []trouble{{who: "web-7", from: 54, to: 57, how: fails}},
		acts: map[int]func(*world){
			54: func(w *world) {
				if out, err := w.tries("push", "-f", w.writes(wrong), "s3://"+w.lists+"/"+listKey); err == nil || !strings.Contains(out, `targets.yaml:3:18: unknown key "ulr"`) {
					w.t.Errorf("push of a wrong file: %v, printed %s, want it refused, and where it is wrong", err, out)
				}
				w.upload(wrong)
				w.happened()
			},
			57: func(w *world) { w.upload(w.stage.file(w.windows)) },
		},
		owes: []owed{on(54, "opened checker config"), on(55, "opened web-7"), on(57, "recovered checker config"), on(57, "recovered web-7")},
	}, {
		name: "a target is taken out by push while it is down, and put back",
		from: 58, to: 63,
		troubles: []trouble{{who: "old", from: 58, to: 61, how: fails}, {who: "old", from: 61, to: 63, how: absent}},
		acts: map[int]func(*world){
			61: func(w *world) { w.pushes(w.stage.file(w.windows, "old")) },
			63: func(w *world) { w.pushes(w.stage.file(w.windows)) },
		},
		owes: []owed{on(59, "opened old"), on(61, "unchecked old")},
	}, {
		name: "a round reads its targets from SSM",
		from: 178, to: 180,
		troubles: []trouble{{who: "web-7", from: 178, to: 180, how: fails}},
		plays: map[int]func(*world, int){179: func(w *world, k int) {
			place := fmt.Sprintf("ssm:/shop/targets-%d", k)
			w.runs("push", "--advanced", "-f", w.writes(w.stage.file(w.windows)), place)
			w.played = append(w.played, w.beside(k, map[string]string{"ROLLCALL_CONFIG": place, "ROLLCALL_INTERVAL": age.String()})...)
		}},
		owes: []owed{on(179, "opened web-7"), on(180, "recovered web-7")},
	}}
}

// upgrades change the code. The state must outlive that.
func upgrades() []story {
	var before string // the version that targets heard
	var newer []byte  // a state that this code does not know
	return []story{{
		name: "an upgrade in an outage, and the way back",
		from: 217, to: 221,
		troubles: []trouble{{who: "web-2", from: 217, to: 221, how: fails}},
		acts: map[int]func(*world){
			218: func(w *world) {
				before = w.stage.heard()
				w.check.Replace(w.anotherVersion())
				w.happened()
			},
			220: func(w *world) {
				if now := w.stage.heard(); now == before && os.Getenv("CI") == "true" {
					w.t.Errorf("both builds call themselves %s: nothing was upgraded", now)
				} else if now == before {
					w.t.Logf("both builds call themselves %s: there is no repository that tells them apart", now)
				} else {
					w.t.Logf("upgraded from %s to %s, and back", before, now)
				}
				w.document(stateKey, func(d map[string]any) { d["moods"] = map[string]any{"edge": "calm"} }) // what a newer one keeps beside it
				w.check.Replace(w.built)
			},
		},
		owes: []owed{on(218, "opened web-2"), on(221, "recovered web-2")},
	}, {
		// It is neither judged by nor written over, and with the newer code all goes on.
		name: "older code meets the state of a newer schema",
		from: 223, to: 227,
		troubles: []trouble{{who: "web-3", from: 223, to: 227, how: fails}},
		acts: map[int]func(*world){
			223: func(w *world) {
				w.document(stateKey, func(d map[string]any) { d["schema"] = "rollcall.state/2" })
				newer = w.object(w.bucket(), stateKey)
				w.happened()
			},
			225: func(w *world) {
				if now := w.object(w.bucket(), stateKey); !bytes.Equal(now, newer) {
					w.t.Errorf("the state of a newer schema was written over:\n%s\nwas\n%s", now, newer)
				}
				w.document(stateKey, func(d map[string]any) { d["schema"] = "rollcall.state/1" })
			},
		},
		ends: each(223, 224, ending{lines: 1, error: `schema "rollcall.state/2", want "rollcall.state/1"`}),
		owes: []owed{on(226, "opened web-3"), on(227, "recovered web-3")},
	}}
}

// anotherVersion is the same code, built so that it gives itself another version: without that
// of its commit, or with it, where this machine builds without.
func (w *world) anotherVersion() (dir string) {
	w.t.Helper()
	stamp := "false"
	if strings.Contains(w.stage.heard(), "/devel") {
		stamp = "auto"
	}
	w.t.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -buildvcs="+stamp))
	return awslocal.Build(w.t, "CheckFunction")
}
