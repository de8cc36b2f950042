package fleet

import (
	"slices"

	"rollcall/internal/health"
)

// maintenanceKeys are the keys of one maintenance.
var maintenanceKeys = []string{"why", "targets", "tags", "cron", "lasts", "zone", "from", "until"}

// readMaintenance reads the list of planned work. Without targets, which was reported, it
// is not sought whom it names.
func (r *reader) readMaintenance(e entry, f *Fleet) []health.Maintenance {
	const want = "a list of mappings, each with why, targets or tags, and cron and lasts or from and until"
	if e.value == nil {
		return nil
	}
	if e.value.kind != list {
		r.wrongKind(e, want)
		return nil
	}
	all := crowdOf(f)
	var planned []health.Maintenance
	for _, i := range e.value.items {
		one := entry{"maintenance", i.at, i.value}
		if !r.isMapping(one, "why, targets or tags, and cron and lasts or from and until") {
			continue
		}
		for _, k := range i.value.entries {
			if !slices.Contains(maintenanceKeys, k.key) {
				r.unknownKey(k, maintenanceKeys)
			}
		}
		if r.meter.over() {
			return nil
		}
		planned = append(planned, health.Maintenance{
			Why:    r.why(i.value.get("why"), i.at),
			Names:  r.selected(i.value, i.at, all),
			Window: r.window(i.value, i.at),
		})
	}
	return planned
}

// why reads what is being done. It is told in messages.
func (r *reader) why(e entry, at place) string {
	if e.value == nil {
		r.problem(at, "this maintenance has no why", "write why: and what is being done")
		return ""
	}
	return r.line(e, "what is being done, such as weekly patching", "write what is being done")
}
