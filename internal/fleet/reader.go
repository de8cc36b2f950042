package fleet

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"rollcall/internal/check"
	"rollcall/internal/secret"
)

// reader reads one targets file. It goes on after every problem, so that all are found.
type reader struct {
	file  string
	look  func(secret.Reference) (string, error)
	kinds []check.Kind

	text       text
	meter      meter
	problems   journal
	names      map[string]named // of targets and groups
	groups     map[string]*node // nil for one that is no mapping
	groupNames []string         // in the file's order
	known      []string         // all names, groups' first
	lists      map[*node]mentions
	zones      map[string]*time.Location
	defaults   *node
	found      map[place]secret.Reference // references, by where they stand
	secrets    map[string]string          // their values, by the reference itself
	resolved   []secret.Text              // with references, of the target that is being read
	redactor   *secret.Redactor           // of the first so many of them:
	redacts    int
	guesses    int // comparisons made for "did you mean"
}

// named is who has a name, and since where.
type named struct {
	at      place
	group   bool
	derived bool // from a URL, not written
}

func (r *reader) position(at place) Position {
	if at.line == 0 { // URLs from elsewhere have no place
		return Position{File: r.file}
	}
	return Position{r.file, at.line, at.column}
}

func (r *reader) problem(at place, what, remedy string) {
	r.problems.add(Problem{r.position(at), what, remedy})
}

// read is the whole file. Its result means nothing when there were problems.
func (r *reader) read(data []byte) *Fleet {
	t, at, f := decode(data)
	if f.found() {
		r.problem(at, f.what, f.remedy)
		return nil
	}
	r.text = t
	document, at, f := load(t)
	if f.found() {
		r.problem(at, f.what, f.remedy)
		return nil
	}
	res := resolver{r.problem, &r.meter, map[*yaml.Node]*anchored{}}
	root, _ := res.resolve(document, 1)
	if r.meter.over() || !r.isTargetsFile(root) {
		return nil
	}
	fleet := &Fleet{
		Name:    r.fleetName(root.get("fleet"), root.at),
		Metrics: r.word(root.get("metrics"), "fleet", "group", "target"),
		Results: r.word(root.get("results"), "all", "changes"),
	}
	r.names, r.found, r.secrets = map[string]named{}, map[place]secret.Reference{}, map[string]string{}
	r.readDefaults(root.get("defaults"))
	fleet.Groups = r.readGroups(root.get("groups"))
	targets := root.get("targets")
	fleet.Targets = r.readTargets(targets, root.at)
	r.countGroups(fleet)
	if fleet.Targets != nil {
		r.relate(fleet, targets.value.items)
	}
	fleet.Maintenance = r.readMaintenance(root.get("maintenance"), fleet)
	fleet.Witnesses = r.readWitnesses(root.get("witnesses"))
	fleet.References = r.references()
	for _, reference := range slices.Sorted(maps.Keys(r.secrets)) {
		known := func(secret.Reference) (string, error) { return r.secrets[reference], nil }
		text, _ := secret.Resolve(reference, known) // it was resolved before
		fleet.Secrets = append(fleet.Secrets, text)
	}
	return fleet
}

// topKeys are the keys of the file itself.
var topKeys = []string{"fleet", "defaults", "groups", "targets", "maintenance", "witnesses", "metrics", "results"}

// isTargetsFile reports whether root is one at all; only then is it worth being read.
func (r *reader) isTargetsFile(root *node) bool {
	if sops := root.get("sops"); sops.value != nil {
		r.problem(sops.keyAt, "the file is encrypted by SOPS", "decrypt it before rollcall reads it, or keep it in the clear with ${env:NAME} where a secret belongs")
		return false
	}
	if root.kind != mapping {
		remedy := "write fleet: and targets:"
		if root.kind == list {
			remedy = "write fleet: above it, and targets: with the list indented below"
		}
		if root.kind != broken {
			r.problem(root.at, "the file is "+root.kind.String()+", want a mapping", remedy)
		}
		return false
	}
	for _, e := range root.entries {
		if slices.Contains(topKeys, e.key) || strings.HasPrefix(e.key, "x-") && len(e.key) > 2 {
			continue
		}
		if policyOf(e.key) != nil || e.key == tlsKey || r.kind(e.key) != nil || slices.Contains(targetKeys, e.key) {
			r.problem(e.keyAt, "key "+quote(e.key)+" does not stand at the top of the file", "write it in a target, or under defaults")
			continue
		}
		r.unknownKey(e, append(slices.Clone(topKeys), "x-..."))
	}
	return true
}

// unknownKey reports a key that is none of known.
func (r *reader) unknownKey(e entry, known []string) {
	r.problem(e.keyAt, "unknown key "+quote(e.key), r.instead(e.key, known, "remove it"))
}

// instead is [instead], until it has cost too much: ten thousand misspelled groups of ten
// thousand are not worth a minute.
func (r *reader) instead(word string, known []string, other string) string {
	const most = 50_000 // comparisons
	if r.guesses += len(known); r.guesses > most {
		return other
	}
	return instead(word, known, other)
}

// fleetPattern is what a fleet may be called: the name stands in metrics, message ids and
// the keys of stored objects.
var fleetPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

func (r *reader) fleetName(e entry, top place) string {
	const remedy = "write 1 to 32 of a-z, 0-9 and -, a letter first"
	if e.value == nil {
		r.problem(top, `the file has no key "fleet"`, "write fleet: and a name of your choice")
		return ""
	}
	name, ok := r.textOf(e, "a name such as shop")
	if ok && !fleetPattern.MatchString(name) {
		r.problem(e.at(), "fleet "+quote(name)+" is not a name for a fleet", remedy)
	}
	return name
}

// readDefaults finds what is wrong with the defaults by themselves. What a target makes of
// them is seen when it inherits them.
func (r *reader) readDefaults(e entry) {
	if e.value == nil || !r.isMapping(e, "policy keys and the blocks of kinds") {
		return
	}
	r.defaults = e.value
	known := append(policyNames(), tlsKey)
	for _, k := range r.kinds {
		known = append(known, k.Name)
	}
	for _, d := range e.value.entries {
		switch kind := r.kind(d.key); {
		case policyOf(d.key) != nil:
		case d.key == tlsKey:
			r.fill(new(check.TLS), d)
		case kind != nil:
			r.fill(kind.New(), d)
		case slices.Contains(targetKeys, d.key):
			r.problem(d.keyAt, "key "+quote(d.key)+" is a target's own", "write it in the target")
		case slices.Contains(groupKeys, d.key):
			r.problem(d.keyAt, "key "+quote(d.key)+" is a group's own", "write it in the group")
		default:
			r.unknownKey(d, known)
		}
	}
	r.policy(e.value)
}

// readTargets reads the list of targets.
func (r *reader) readTargets(e entry, top place) []Target {
	const want = "write a list of URLs"
	switch {
	case e.value == nil:
		r.problem(top, `the file has no key "targets"`, "write targets: and below it a list of URLs")
		return nil
	case e.value.kind == broken:
		return nil
	case e.value.kind == mapping:
		r.problem(e.at(), "targets is a mapping, want a list", "begin every target with \"- \", and write its name as name:")
		return nil
	case e.value.kind != list:
		r.problem(e.at(), "targets is "+e.value.kind.String()+", want a list", want)
		return nil
	case len(e.value.items) == 0:
		r.problem(e.at(), "targets is an empty list", "write at least one URL")
		return nil
	}
	targets := make([]Target, 0, len(e.value.items))
	for _, i := range e.value.items {
		if r.meter.over() {
			return nil
		}
		targets = append(targets, r.target(i))
	}
	return targets
}

// kind is the row of the door with this name, or nil.
func (r *reader) kind(name string) *check.Kind {
	for i := range r.kinds {
		if r.kinds[i].Name == name {
			return &r.kinds[i]
		}
	}
	return nil
}

// word is a value that is one of a few words; absent, the first of them.
func (r *reader) word(e entry, words ...string) string {
	if e.value == nil {
		return words[0]
	}
	got, ok := r.textOf(e, either(words))
	if ok && !slices.Contains(words, got) {
		r.problem(e.at(), e.key+" "+quote(got)+" is none of "+strings.Join(words, ", "), "write "+either(words))
	}
	return got
}

// isMapping reports whether e is a mapping, of what want says; if not, that is a problem.
func (r *reader) isMapping(e entry, want string) bool {
	return e.value.kind == mapping || r.wrongKind(e, "a mapping of "+want)
}

// textOf is the text of e as the file spells it, where want is wanted.
func (r *reader) textOf(e entry, want string) (string, bool) {
	if !e.value.scalar() {
		return "", r.wrongKind(e, want)
	}
	if strings.Contains(e.value.text, "${") {
		r.problem(e.at(), e.key+" holds a \"${\", and references are resolved in url and in the kinds' blocks only", "write the text itself")
		return "", false
	}
	return e.value.text, true
}

// wrongKind reports that e is not what is wanted. It returns false, for its callers' sake.
func (r *reader) wrongKind(e entry, want string) bool {
	switch e.value.kind {
	case broken:
	case null:
		r.problem(e.at(), label(e.key)+" is null, which says nothing", "remove it, or write "+want)
	case list, mapping:
		r.problem(e.at(), label(e.key)+" is "+e.value.kind.String(), "write "+want)
	case boolean:
		r.problem(e.at(), label(e.key)+" is "+e.value.text, "write "+want)
	default:
		r.problem(e.at(), label(e.key)+" "+spelled(e.value)+" is "+e.value.kind.String(), "write "+want)
	}
	return false
}

// label is a key as the subject of a sentence: keys that are no words of ours are quoted.
func label(key string) string {
	if ours.MatchString(key) {
		return key
	}
	return quote(key)
}

var ours = regexp.MustCompile(`^(item [0-9]+ of )?[a-z_]{1,16}$`)

// spelled is a scalar as a sentence shows it: text in quotes, all else as it stands.
func spelled(n *node) string {
	if n.kind == words {
		return quote(n.text)
	}
	return n.text
}

// references are all that were found, in the file's order.
func (r *reader) references() []Reference {
	refs := make([]Reference, 0, len(r.found))
	for at, ref := range r.found {
		refs = append(refs, Reference{ref, r.position(at)})
	}
	slices.SortFunc(refs, func(a, b Reference) int { return a.At.compare(b.At) })
	return refs
}
