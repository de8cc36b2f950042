package fleet

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall/internal/check"
	"rollcall/internal/secret"
)

// targetKeys are a target's own keys.
var targetKeys = []string{"url", "name", "title", "group"}

// longestLine is how long a title may be, or any other line for people, in characters.
const longestLine = 200

// target reads one element of the list of targets.
func (r *reader) target(i item) Target {
	r.resolved, r.redactor, r.redacts = r.resolved[:0], nil, 0
	t := Target{At: r.position(i.at)}
	link := entry{"url", i.at, i.value}
	own := i.value
	switch {
	case own.kind == broken:
		return t
	case own.kind == mapping:
		link = own.get("url")
		t.Title = r.title(own.get("title"))
		t.Group = r.group(own.get("group"))
	case !own.scalar():
		r.wrongKind(entry{"target", i.at, own}, "a URL, or a mapping with a url")
		return t
	}
	a, address := r.address(link, i.at)
	t.Name = r.name(own.get("name"), a, link)
	t.URL = address.String()
	t.Host = a.host
	t.Policy = r.policy(own, r.groups[t.Group], r.defaults)
	r.ownKeys(own, a)
	if a.kind == nil {
		return t
	}
	t.Kind = a.kind.Name
	t.Check = r.prepare(a.kind, own, r.groups[t.Group], entry{"url", link.keyAt, link.value}, address, i.at)
	if t.Attempts == 0 {
		t.Attempts = attempts(t.Check)
	}
	return t
}

// attempts is how often a target is asked in a round when the file does not say.
func attempts(c check.Checker) int {
	if c.Needs().Repeatable {
		return 2
	}
	return 1
}

// ownKeys finds what does not belong into a target with this address; its kind is nil when
// it is unknown.
func (r *reader) ownKeys(own *node, a address) {
	kind := a.kind
	for _, e := range own.entries {
		block := r.kind(e.key)
		switch {
		case slices.Contains(targetKeys, e.key), policyOf(e.key) != nil:
		case slices.Contains(groupKeys, e.key):
			r.problem(e.keyAt, "key "+quote(e.key)+" is a group's own", "write it in the group")
		case e.key == tlsKey && kind == nil:
			r.fill(new(check.TLS), e)
		case e.key == tlsKey && !a.secure:
			r.insecure(e, a.scheme)
		case e.key == tlsKey: // its check is filled from it
		case block == nil:
			known := slices.Concat(targetKeys, policyNames())
			if kind == nil || a.secure {
				known = append(known, tlsKey)
			}
			for _, k := range r.kinds {
				if kind == nil || kind.Name == k.Name {
					known = append(known, k.Name)
				}
			}
			r.unknownKey(e, known)
		case kind == nil:
			r.fill(block.New(), e)
		case block != kind:
			r.problem(e.keyAt, "key "+quote(e.key)+" does not belong to a target whose URL begins with "+either(kind.Schemes)+"://",
				"remove it, or write its settings under "+kind.Name)
		}
	}
}

// address reads the URL of a target. When it is wrong the kind is nil.
func (r *reader) address(e entry, target place) (address, secret.Text) {
	const want = "a URL such as https://example.com/health"
	if e.value == nil {
		r.problem(target, "this target has no url", "write url: and a URL such as https://example.com/health")
		return address{}, secret.Text{}
	}
	if !e.value.scalar() {
		r.wrongKind(e, want)
		return address{}, secret.Text{}
	}
	raw := e.value.text
	refs, err := secret.References(raw)
	if err != nil {
		r.resolve(e.value) // to say where
		return address{}, secret.Text{}
	}
	standIn := raw
	for _, ref := range refs {
		standIn = strings.Replace(standIn, ref.String(), "1", 1) // may be part of a host, a port or a path
	}
	a, f := readAddress(standIn, r.kinds)
	if scheme, _, _ := strings.Cut(raw, "://"); strings.Contains(scheme, "${") {
		f = flaw{"has a reference for its scheme", "write the scheme itself, as in https://${env:HOST}/health"}
	}
	if f.found() {
		r.problem(e.at(), "url "+quoteURL(raw)+" "+f.what, f.remedy)
		return address{}, secret.Text{}
	}
	if path, _, _ := strings.Cut(raw, "?"); strings.Contains(path, "${") {
		a.derived = "" // it would be another everywhere
	}
	a.host = hostOf(raw, refs)
	return a, r.resolve(e.value)
}

// quoteURL is [quote] for what was meant as a URL.
func quoteURL(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 && !strings.Contains(s, "//") && hasUserinfo(s) {
		s = "..." + s[i:]
	}
	return quote(s)
}

// name reads the name of a target, or derives it from the URL, and claims it.
func (r *reader) name(e entry, a address, link entry) string {
	if e.value == nil {
		if a.kind == nil {
			return ""
		}
		if a.derived == "" {
			r.problem(link.at(), "this URL gives no name, because a reference stands before its query", "give the target a name")
			return ""
		}
		if f := nameFlaw(a.derived); f.found() {
			r.problem(link.at(), "the name this URL gives, "+quote(a.derived)+", "+f.what, "give the target a name, such as name: "+nameable(a.derived))
			return a.derived
		}
		r.claim(a.derived, named{at: link.at(), derived: true})
		return a.derived
	}
	name, ok := r.textOf(e, "a name")
	if !ok {
		return ""
	}
	if f := nameFlaw(name); f.found() {
		r.problem(e.at(), "name "+quote(name)+" "+f.what, f.remedy)
		return name
	}
	r.claim(name, named{at: e.at()})
	return name
}

// title reads what people read instead of the name.
func (r *reader) title(e entry) string {
	if e.value == nil {
		return ""
	}
	return r.line(e, "the words that people read instead of the name", "write one, or remove the key")
}

// line reads a line for people: want says of what, and remedy what to do when it is none.
func (r *reader) line(e entry, want, remedy string) string {
	line, ok := r.textOf(e, want)
	switch {
	case !ok:
	case strings.TrimSpace(line) == "" || strings.ContainsFunc(line, unicode.IsControl):
		r.problem(e.at(), e.key+" "+quote(line)+" is not one line of text", remedy)
	case utf8.RuneCountInString(line) > longestLine:
		r.problem(e.at(), e.key+" "+quote(line)+" is longer than 200 characters", "write less")
	case strings.Contains(line, "//") && hasUserinfo(line):
		r.problem(e.at(), e.key+" holds a user name or password", "write one without them: it is shown everywhere")
	}
	return line
}

// group reads the group of a target.
func (r *reader) group(e entry) string {
	if e.value == nil {
		return ""
	}
	name, ok := r.textOf(e, "the name of a group")
	if !ok {
		return ""
	}
	if _, known := r.groups[name]; known {
		return name
	}
	r.problem(e.at(), "group "+quote(name)+" is unknown", r.instead(name, r.groupNames, "write it under groups, or remove the key"))
	return ""
}

// prepare makes the check of a target from its kind's block, over that of the defaults.
func (r *reader) prepare(kind *check.Kind, own, group *node, link entry, address secret.Text, target place) check.Checker {
	block := overlay(own.get(kind.Name), r.defaults.get(kind.Name))
	c := kind.New()
	failed := r.fill(c, block)
	r.secure(c, own, group, r.defaults)
	whole := &node{kind: mapping, entries: []entry{link}}
	if block.value != nil {
		whole.entries = append(whole.entries, block)
	}
	for _, p := range c.Prepare(address) {
		if !slices.ContainsFunc(failed, func(path []string) bool { return within(path, p.Path) || within(p.Path, path) }) {
			r.located(whole, target, p)
		}
	}
	return c
}

// within reports whether path leads to what stands at or in outer.
func within(path, outer []string) bool {
	return len(path) >= len(outer) && slices.Equal(path[:len(outer)], outer)
}

// overlay is the upper value over the lower one: mappings merge, all else replaces. Either
// may be nothing.
func overlay(upper, lower entry) entry {
	switch {
	case upper.value == nil:
		return lower
	case lower.value == nil || upper.value.kind != mapping || lower.value.kind != mapping:
		return upper
	}
	merged := *upper.value
	merged.entries = make([]entry, 0, len(upper.value.entries)+len(lower.value.entries))
	above := make(map[string]bool, len(upper.value.entries))
	below := make(map[string]entry, len(lower.value.entries))
	for _, e := range lower.value.entries {
		below[e.key] = e
	}
	for _, e := range upper.value.entries {
		above[e.key] = true
		merged.entries = append(merged.entries, overlay(e, below[e.key]))
	}
	for _, e := range lower.value.entries {
		if !above[e.key] {
			merged.entries = append(merged.entries, e)
		}
	}
	return entry{upper.key, upper.keyAt, &merged}
}
