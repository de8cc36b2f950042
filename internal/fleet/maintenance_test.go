package fleet

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
)

// TestMaintenance: whom each is about. A group is muted as a whole and with its members.
func TestMaintenance(t *testing.T) {
	f := read(t, `
fleet: shop
defaults: {tags: [prod]}
groups:
  payments: {}
  search: {tags: [lab]}
  empty: {}
targets:
  - {url: 'https://a.example.com', name: checkout, group: payments}
  - {url: 'https://b.example.com', name: refund, group: payments, tags: [eu, prod], enabled: false}
  - {url: 'https://c.example.com', name: find, group: search}
  - {url: 'https://d.example.com', name: edge, tags: []}
maintenance:
  - {why: one, targets: [edge], cron: '@daily', lasts: 1h}
  - {why: a group, targets: [payments], cron: '@daily', lasts: 1h}
  - {why: a member, targets: [refund, empty], cron: '@daily', lasts: 1h}
  - {why: by tag, tags: [eu], cron: '@daily', lasts: 1h}
  - {why: groups have tags too, tags: [lab], cron: '@daily', lasts: 1h}
  - {why: inherited, tags: [prod], cron: '@daily', lasts: 1h}
  - {why: one or the other, targets: [edge], tags: [eu], cron: '@daily', lasts: 1h}
  - {why: all, targets: '*', cron: '@daily', lasts: 1h}
  - {why: all in a list, targets: ['*', edge], tags: [eu], from: 2026-11-22T00:00:00Z, until: 2026-11-23T00:00:00Z}
`)
	want := `one: edge
a group: checkout payments refund
a member: empty refund
by tag: refund
groups have tags too: find search
inherited: checkout empty payments refund
one or the other: edge refund
all: checkout edge empty find payments refund search
all in a list: checkout edge empty find payments refund search`
	var got []string
	for _, m := range f.Maintenance {
		got = append(got, m.Why+": "+strings.Join(slices.Sorted(maps.Keys(m.Names)), " "))
	}
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("maintenance\n got %s\nwant %s", s, want)
	}
}

// TestMuchMaintenance: a window about everybody costs no more than one about somebody, and
// those that come to too much are refused.
func TestMuchMaintenance(t *testing.T) {
	spent := func(before int, selector string) (int, Problems) {
		file := append(many(100, "5m", "    group: group-7\n"), "maintenance:\n  - {why: x, "+selector+", cron: 0 2 * * sun, lasts: 1h}\n"...)
		r := &reader{file: "t.yaml", kinds: kindsForTest, meter: meter{before}}
		r.read(bytes.ReplaceAll(file, []byte("http:"), []byte("web:")))
		return r.meter.values - before, r.problems.inOrder()
	}
	all, problems := spent(0, "targets: ['*']")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if members, _ := spent(0, "targets: [group-7]"); members != all+101 {
		t.Errorf("a group of 100 comes to %d values more than everybody, want 101", members-all)
	}
	for left, want := range map[int]int{100: 1, 101: 0} {
		_, problems := spent(maxValues-all-left, "targets: [group-7]")
		if len(problems) != want || want > 0 && !strings.Contains(problems[0].What, "2,000,000 values") {
			t.Errorf("with %d values left: %v, want %d problem", left, problems, want)
		}
	}
}

// TestCertificate: mappings merge over the levels, key by key; none switches off.
func TestCertificate(t *testing.T) {
	f := read(t, `
fleet: shop
defaults:
  certificate: {warn: 21d}
groups:
  short: {certificate: {warn: 50%, critical: 12.5%}}
  never: {certificate: none}
targets:
  - {url: 'https://a.example.com', certificate: {critical: 7d}}
  - {url: 'https://b.example.com', group: short, certificate: {critical: none}}
  - {url: 'https://c.example.com', group: never}
  - {url: 'https://d.example.com', group: never, certificate: {warn: 0%, critical: 100%}}
  - {url: 'https://e.example.com', certificate: {warn: 1d12h}}
`)
	day := 24 * time.Hour
	for i, want := range []health.Lasting{
		{Warn: health.Remainder{Time: 21 * day}, Critical: health.Remainder{Time: 7 * day}},
		{Warn: health.Remainder{Share: 0.5}},
		{},
		{Critical: health.Remainder{Share: 1}},
		{Warn: health.Remainder{Time: 36 * time.Hour}, Critical: health.Remainder{Share: 0.1}},
	} {
		if got := f.Targets[i].Certificate; got != want {
			t.Errorf("%s: certificate %+v, want %+v", f.Targets[i].Name, got, want)
		}
	}
}

// TestZoneNames: every zone that is suggested exists, and each is known by its own name.
func TestZoneNames(t *testing.T) {
	names := strings.Fields(zoneNames)
	if len(names) < 400 {
		t.Fatalf("%d names of zones, want those of the world", len(names))
	}
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if near := nearZone(name); near != "" {
			t.Errorf("%s would be corrected to %s", name, near)
		}
	}
}
