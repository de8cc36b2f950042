package fleet

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// kind is what a value of the file is.
type kind uint8

const (
	null kind = iota
	boolean
	integer
	float // a number that is no int64
	words // text
	list
	mapping
	broken // a problem was reported in its place; readers pass over it in silence
)

// String is the kind with its article, as sentences need it.
func (k kind) String() string {
	return [...]string{"null", "true or false", "a whole number", "a number", "text", "a list", "a mapping", "broken"}[k]
}

// node is one value of the file. Aliases and merge keys are already followed, so the same
// node may stand in many places; none is ever changed.
type node struct {
	kind    kind
	text    string // a scalar as the file spells it, without its quotes
	at      place
	items   []item
	entries []entry
}

// item is one element of a list, with the place where the list names it: an alias's own.
type item struct {
	at    place
	value *node
}

// entry is one key of a mapping and its value.
type entry struct {
	key   string
	keyAt place
	value *node
}

// at is where a problem with an entry is shown: at a value that stands on the key's line,
// else at the key.
func (e entry) at() place {
	switch e.value.kind {
	case null, list, mapping:
		return e.keyAt
	default:
		return e.value.at
	}
}

// get is the entry of a key of a mapping; the entry of anything else has a nil value.
func (n *node) get(key string) entry {
	if n != nil {
		for _, e := range n.entries {
			if e.key == key {
				return e
			}
		}
	}
	return entry{}
}

func (n *node) scalar() bool { return boolean <= n.kind && n.kind <= words }

// Scalars are read as YAML 1.2 has them in its core schema, in decimal: yes is text, and
// so are 0x10, 017 and 1_000, which older parsers read as numbers, not all as the same.
var (
	wholeNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	anyNumber   = regexp.MustCompile(`^[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// plainKind is the kind of a scalar without quotes.
func plainKind(s string) kind {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return boolean
	}
	if wholeNumber.MatchString(s) {
		if _, err := strconv.ParseInt(s, 10, 64); err == nil {
			return integer
		}
		return float
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && anyNumber.MatchString(s) && !math.IsInf(f, 0) {
		return float
	}
	return words
}

// resolver makes nodes of the YAML library's: it follows aliases and merge keys, and
// counts what they expand to.
type resolver struct {
	problem func(at place, what, remedy string)
	meter   *meter
	anchors map[*yaml.Node]*anchored
}

// anchored is what an anchor stands for. Its node is nil while it is being resolved: an
// alias that meets it then is within itself.
type anchored struct {
	node   *node
	values int
	height int
}

// meter counts values until there are too many.
type meter struct{ values int }

func (m *meter) over() bool { return m.values > maxValues }

// spend counts values, and reports whether these were the ones too many.
func (m *meter) spend(values int) bool {
	before := m.over()
	m.values += values
	return !before && m.over()
}

const (
	tooMany       = "the file comes to more than 2,000,000 values once aliases are followed, and defaults and maintenance given to every target"
	tooManyRemedy = "use fewer aliases within aliases, smaller defaults, or maintenance with targets: '*'"
)

// resolve is the node of y and how many levels it is high, or a broken one.
func (r *resolver) resolve(y *yaml.Node, depth int) (*node, int) {
	at := place{y.Line, y.Column}
	if r.meter.over() {
		return &node{kind: broken, at: at}, 1
	}
	if depth > maxDepth {
		r.problem(at, fmt.Sprintf("this is nested more than %d deep", maxDepth), "a targets file needs no more than ten")
		return &node{kind: broken, at: at}, 1
	}
	if y.Kind == yaml.AliasNode {
		return r.follow(y, at, depth)
	}
	before := r.meter.values
	if r.meter.spend(1) {
		r.problem(at, tooMany, tooManyRemedy)
	}
	var a *anchored
	if y.Anchor != "" {
		a = &anchored{}
		r.anchors[y] = a
	}
	n, height := &node{at: at, text: y.Value}, 1
	switch {
	case y.Style&yaml.TaggedStyle != 0 && !usualTag(y):
		r.problem(at, "the tag "+quote(y.Tag)+" is not known", `remove it; if the value begins with "!", `+quotes)
		n.kind = broken
	case y.Kind == yaml.SequenceNode:
		n.kind = list
		for _, c := range y.Content {
			v, h := r.resolve(c, depth+1)
			n.items = append(n.items, item{place{c.Line, c.Column}, v})
			height = max(height, h+1)
		}
	case y.Kind == yaml.MappingNode:
		height = r.mapping(n, y, depth)
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0:
		n.kind = words
	default:
		n.kind = plainKind(y.Value)
	}
	if a != nil {
		*a = anchored{n, r.meter.values - before, height}
	}
	return n, height
}

// usualTag reports whether a tag says of a value what it is anyway.
func usualTag(y *yaml.Node) bool {
	switch y.Kind {
	case yaml.SequenceNode:
		return y.Tag == "!!seq"
	case yaml.MappingNode:
		return y.Tag == "!!map"
	default:
		return y.Tag == "!!str"
	}
}

// follow is the node that an alias stands for. It is shared, not copied; what it would
// expand to is counted all the same, because every reader walks it again.
func (r *resolver) follow(y *yaml.Node, at place, depth int) (*node, int) {
	a := r.anchors[y.Alias]
	switch {
	case a == nil: // in something that is broken, which was reported there
	case a.node == nil:
		r.problem(at, "the alias *"+y.Value+" stands within its own anchor", "write out what is meant")
	case depth+a.height-1 > maxDepth:
		r.problem(at, fmt.Sprintf("this is nested more than %d deep once its aliases are followed", maxDepth), "a targets file needs no more than ten")
	default:
		if r.meter.spend(a.values) {
			r.problem(at, tooMany, tooManyRemedy)
		}
		return a.node, a.height
	}
	return &node{kind: broken, at: at}, 1
}

// mapping fills n with the keys of y, then with those of its merge keys that it has not
// itself (the merge key of YAML 1.1: first come, first kept). It returns n's height.
func (r *resolver) mapping(n *node, y *yaml.Node, depth int) int {
	n.kind = mapping
	height := 1
	lines := make(map[string]int, len(y.Content)/2)
	var merged []*node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, keyAt := y.Content[i], place{y.Content[i].Line, y.Content[i].Column}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		} else if key.Anchor != "" {
			r.resolve(key, depth+1) // for the aliases of it
		}
		merge := key.Kind == yaml.ScalarNode && key.Tag == "!!merge"
		v, h := r.resolve(y.Content[i+1], depth+1)
		height = max(height, h+1)
		switch {
		case key.Kind != yaml.ScalarNode:
			r.problem(keyAt, "a key is "+collection(key)+", want text", "write a word, a colon and a space")
			continue
		case key.Tag == "!!null":
			r.problem(keyAt, "a key is missing before its colon", "write a word, a colon and a space")
			continue
		case lines[key.Value] != 0:
			r.problem(keyAt, fmt.Sprintf("key %s is already on line %d", quote(key.Value), lines[key.Value]), again(merge))
			continue
		}
		lines[key.Value] = keyAt.line
		if merge {
			merged = r.sources(entry{key.Value, keyAt, v})
			continue
		}
		n.entries = append(n.entries, entry{key.Value, keyAt, v})
	}
	for _, source := range merged {
		for _, e := range source.entries {
			if lines[e.key] == 0 {
				lines[e.key] = e.keyAt.line
				n.entries = append(n.entries, e)
			}
		}
	}
	return height
}

func collection(key *yaml.Node) string {
	if key.Kind == yaml.SequenceNode {
		return list.String()
	}
	return mapping.String()
}

func again(merge bool) string {
	if merge {
		return "merge several at once: <<: [*a, *b]"
	}
	return "keep one of them"
}

// sources are the mappings that a merge key names.
func (r *resolver) sources(e entry) []*node {
	var sources []*node
	switch e.value.kind {
	case mapping:
		return []*node{e.value}
	case broken:
		return nil
	case list:
		for _, i := range e.value.items {
			if i.value.kind == mapping {
				sources = append(sources, i.value)
			} else if i.value.kind != broken {
				r.problem(i.at, `"<<" merges mappings, and this is `+i.value.kind.String(), "write an alias of a mapping: <<: *name")
			}
		}
		return sources
	}
	r.problem(e.at(), `"<<" merges a mapping, and this is `+e.value.kind.String(), "write an alias of a mapping: <<: *name")
	return nil
}
