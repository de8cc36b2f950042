package notify

import (
	"encoding/json"
	"slices"

	"rollcall/internal/health"
)

// Attributes are what subscriptions filter a message by.
type Attributes struct {
	Kind     string   // a health.DigestKind
	Severity string   // "critical" or "warning": the loudest incident's; of a test and the first message critical
	Groups   []string // of all incidents, sorted, each once; may be empty
}

// groupsMost bounds the groups, in bytes of JSON. They are never cut to make room for
// anything, but a message of 256 KiB holds them too: half of it is about 1,000 groups with
// the longest names there can be, and 6,000 with ordinary ones. Those of the loudest
// incidents are kept.
const groupsMost = 128 << 10

// AttributesOf tells what d can be filtered by. A test and the first message are as loud as
// the worst alert, so that they walk the whole way an alert would take.
func AttributesOf(d health.Digest) Attributes {
	a := Attributes{Kind: string(d.Kind), Severity: string(severity(d))}
	var all []*health.Incident
	for _, some := range [...][]health.Incident{d.Opened, d.Closed, d.Reminded, d.Open} {
		all = append(all, refer(some)...)
	}
	seen, size := map[string]bool{}, 0
	for _, i := range loudest(all) {
		group := clean(groupOf(i), nameMost)
		if group == "" || seen[group] {
			continue
		}
		seen[group] = true
		name, _ := json.Marshal(group) // a string always marshals
		if size += len(name) + len(","); size < groupsMost {
			a.Groups = append(a.Groups, group)
		}
	}
	slices.Sort(a.Groups)
	return a
}

// severity is that of the loudest incident of d.
func severity(d health.Digest) health.Severity {
	if d.Kind == health.Test || d.Kind == health.First {
		return health.Critical
	}
	for _, some := range [...][]health.Incident{d.Opened, d.Closed, d.Reminded, d.Open} {
		for n := range some {
			if some[n].Severity == health.Critical {
				return health.Critical
			}
		}
	}
	for _, left := range listsOf(&d.Cut) {
		for n := range *left {
			if (*left)[n].Like.Severity == health.Critical {
				return health.Critical
			}
		}
	}
	return health.Warning
}
