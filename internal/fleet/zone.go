package fleet

import (
	_ "embed"
	"strings"
	"time"
	_ "time/tzdata" // 390 kB of zones, for functions: their machine need not have any
)

// zoneNames are the names of the IANA time zones, one a line, for suggestions. A name that
// is missing here but known to the system is good too.
//
//go:embed zones.txt
var zoneNames string

// zone reads the name of a time zone.
func (r *reader) zone(e entry) *time.Location {
	name, ok := r.textOf(e, "the name of a time zone, such as Europe/Berlin")
	if !ok {
		return time.UTC
	}
	if known, ok := r.zones[name]; ok {
		return known
	}
	zone, err := time.LoadLocation(name)
	if near := nearZone(name); near != "" || err != nil || name == "" || name == "Local" {
		remedy := "write one such as Europe/Berlin, or UTC"
		switch {
		case near != "":
			remedy = "write " + near
		case !strings.ContainsAny(name, "+0123456789"): // an offset is no near miss of a name
			remedy = r.instead(name, strings.Fields(zoneNames), remedy)
		}
		r.problem(e.at(), "zone "+quote(name)+" is not the name of a time zone", remedy)
		return time.UTC
	}
	if r.zones == nil {
		r.zones = map[string]*time.Location{}
	}
	r.zones[name] = zone
	return zone
}

// nearZone is the zone whose name is the same but for its case, which only some systems
// would forgive, or whose city has the name, unless that is a zone by itself.
func nearZone(name string) string {
	city := ""
	for _, known := range strings.Fields(zoneNames) {
		if known == name {
			return ""
		}
		if strings.EqualFold(known, name) {
			return known
		}
		if i := strings.LastIndexByte(known, '/'); strings.EqualFold(known[i+1:], strings.ReplaceAll(name, " ", "_")) {
			city = known
		}
	}
	if _, err := time.LoadLocation(name); err == nil {
		return ""
	}
	return city
}
