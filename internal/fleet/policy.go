package fleet

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"rollcall/internal/health"
)

// policyKey is one key of the policy, which defaults, groups and targets share.
type policyKey struct {
	name string
	read func(r *reader, e entry, p *health.Policy)
}

// policyKeys are all of them, in the order in which problems list them.
var policyKeys = [...]policyKey{
	{"enabled", func(r *reader, e entry, p *health.Policy) { r.readBool(e, &p.Enabled) }},
	{"every", func(r *reader, e entry, p *health.Policy) {
		r.duration(e, &p.Every, bounds{least: time.Minute, most: 24 * time.Hour, step: time.Minute})
	}},
	{"timeout", func(r *reader, e entry, p *health.Policy) {
		r.duration(e, &p.Timeout, bounds{least: 100 * time.Millisecond, most: time.Minute})
	}},
	{"attempts", func(r *reader, e entry, p *health.Policy) { r.count(e, &p.Attempts, 5) }},
	{"fail_after", func(r *reader, e entry, p *health.Policy) { r.count(e, &p.FailAfter, 100) }},
	{"recover_after", func(r *reader, e entry, p *health.Policy) { r.count(e, &p.RecoverAfter, 100) }},
	{"remind", func(r *reader, e entry, p *health.Policy) {
		r.duration(e, &p.Remind, bounds{least: time.Minute, most: 24 * time.Hour, none: true})
	}},
	{"severity", func(r *reader, e entry, p *health.Policy) {
		p.Severity = health.Severity(r.word(e, string(health.Critical), string(health.Warning)))
	}},
	{"slow_after", func(r *reader, e entry, p *health.Policy) {
		r.duration(e, &p.SlowAfter, bounds{least: time.Millisecond, most: time.Minute, none: true})
	}},
	{"certificate", func(r *reader, e entry, p *health.Policy) { r.certificate(e, &p.Certificate) }},
	{"depends_on", func(r *reader, e entry, p *health.Policy) { p.DependsOn = r.dependsOn(e).names }},
	{"tags", func(r *reader, e entry, p *health.Policy) { p.Tags = r.tags(e) }},
	{"runbook", func(r *reader, e entry, p *health.Policy) { p.Runbook = r.runbook(e) }},
}

// policyOf is the row of a key, or nil.
func policyOf(key string) *policyKey {
	for i := range policyKeys {
		if policyKeys[i].name == key {
			return &policyKeys[i]
		}
	}
	return nil
}

func policyNames() []string {
	names := make([]string, len(policyKeys))
	for i, k := range policyKeys {
		names[i] = k.name
	}
	return names
}

// builtin is the policy where the file says nothing. Attempts stay 0: they depend on
// whether the target may be asked twice.
func builtin() health.Policy {
	return health.Policy{
		Enabled: true, Every: time.Minute, Timeout: 5 * time.Second,
		FailAfter: 2, RecoverAfter: 1, Remind: 6 * time.Hour, Severity: health.Critical,
		Certificate: health.Lasting{Warn: health.Remainder{Share: 0.33}, Critical: health.Remainder{Share: 0.10}},
	}
}

// policy is what the levels say, the most telling first: target, group, defaults. Any may
// be nil.
func (r *reader) policy(levels ...*node) health.Policy {
	p := builtin()
	for _, key := range policyKeys {
		var said entry
		for _, level := range levels {
			said = overlay(said, level.get(key.name))
		}
		if said.value != nil {
			key.read(r, said, &p)
		}
	}
	if p.SlowAfter >= p.Timeout {
		r.neverSlow(p, levels)
	}
	return p
}

// neverSlow reports a slow_after that no answer within the timeout can reach, at the most
// telling level that has a say in it.
func (r *reader) neverSlow(p health.Policy, levels []*node) {
	for _, level := range levels {
		slow, timeout := level.get("slow_after"), level.get("timeout")
		switch {
		case slow.value != nil:
			r.problem(slow.at(), fmt.Sprintf("slow_after %s is never reached within the timeout of %s", spell(p.SlowAfter), spell(p.Timeout)),
				"write a shorter slow_after, or none, or a longer timeout")
			return
		case timeout.value != nil:
			r.problem(timeout.at(), fmt.Sprintf("timeout %s ends before slow_after, %s, is ever reached", spell(p.Timeout), spell(p.SlowAfter)),
				"write a longer timeout, or slow_after: none beside it")
			return
		}
	}
}

// readBool reads true or false. YAML 1.2 has no yes and no.
func (r *reader) readBool(e entry, to *bool) {
	if e.value.kind == boolean {
		*to = e.value.text[0] == 't' || e.value.text[0] == 'T'
		return
	}
	want := "true or false"
	if e.value.kind == words {
		switch e.value.text {
		case "yes", "Yes", "YES", "on", "On", "ON", "y", "Y", "true":
			want = "true"
		case "no", "No", "NO", "off", "Off", "OFF", "n", "N", "false":
			want = "false"
		}
	}
	r.wrongKind(e, want)
}

// count reads a whole number from 1 to most.
func (r *reader) count(e entry, to *int, most int) {
	want := fmt.Sprintf("a whole number from 1 to %d", most)
	n, ok := r.whole(e, want)
	if !ok {
		return
	}
	if n < 1 || n > int64(most) {
		r.problem(e.at(), fmt.Sprintf("%s %d is out of bounds", e.key, n), "write "+want)
		return
	}
	*to = int(n)
}

// whole reads a whole number, where want is wanted.
func (r *reader) whole(e entry, want string) (int64, bool) {
	if e.value.kind != integer {
		if e.value.kind == words && wholeNumber.MatchString(e.value.text) {
			want = e.value.text + " without quotes"
		}
		return 0, r.wrongKind(e, want)
	}
	n, err := strconv.ParseInt(e.value.text, 10, 64)
	return n, err == nil
}

// tagPattern is what a tag may be: one word, which can stand in a list on a line.
var tagPattern = regexp.MustCompile(`^[A-Za-z0-9_./:@-]{1,64}$`)

func (r *reader) tags(e entry) []string {
	const want = "a list of words, such as [prod, eu]"
	if e.value.kind != list {
		if e.value.scalar() && tagPattern.MatchString(e.value.text) {
			r.problem(e.at(), "tags "+spelled(e.value)+" is no list", "write ["+e.value.text+"]")
			return nil
		}
		r.wrongKind(e, want)
		return nil
	}
	var tags []string
	for _, i := range e.value.items {
		one := entry{"tag", i.at, i.value}
		tag, ok := r.textOf(one, "a word such as prod")
		if ok && !tagPattern.MatchString(tag) {
			r.problem(one.at(), "tag "+quote(tag)+" is not one word", "write 1 to 64 of A-Z a-z 0-9 _ . / : @ -")
		}
		if ok && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// runbook reads an https URL.
func (r *reader) runbook(e entry) string {
	const want = "an https URL, such as https://wiki.example.com/payments"
	link, ok := r.textOf(e, want)
	if !ok {
		return ""
	}
	u, err := url.Parse(link)
	switch {
	case hasUserinfo(link):
		r.problem(e.at(), "runbook holds a user name or password", "remove them: the link is told to everybody")
	case err != nil || u.Scheme != "https" || u.Hostname() == "":
		r.problem(e.at(), "runbook "+quote(link)+" is not an https URL", "write "+want)
	}
	return link
}
