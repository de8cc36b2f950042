package notify

import (
	"cmp"
	"slices"
	"strings"

	"rollcall/internal/health"
)

// leftOut is what the incidents that an event had no room for have in common, as far as it
// decides how they are counted, and how many they are.
type leftOut struct {
	kind
	N int `json:"n"`
}

type kind struct {
	Of       string `json:"of"`
	Name     string `json:"name,omitempty"` // of rollcall's own trouble only
	Facet    string `json:"facet,omitempty"`
	Severity string `json:"severity,omitempty"`
	Class    string `json:"class,omitempty"`
	Closing  string `json:"closing,omitempty"`
	Worse    bool   `json:"worse,omitempty"`
	Group    string `json:"group,omitempty"`
}

// cutJSON is an event's "left_out".
type cutJSON struct {
	Opened   []leftOut `json:"opened,omitempty"`
	Closed   []leftOut `json:"closed,omitempty"`
	Reminded []leftOut `json:"reminded,omitempty"`
	Open     []leftOut `json:"open,omitempty"`
	Groups   int       `json:"groups,omitempty"`
	Both     int       `json:"both,omitempty"`
}

func (c *cutJSON) lists() [4]*[]leftOut {
	return [...]*[]leftOut{&c.Opened, &c.Closed, &c.Reminded, &c.Open}
}

func listsOf(c *health.Cut) [4]*[]health.LeftOut {
	return [...]*[]health.LeftOut{&c.Opened, &c.Closed, &c.Reminded, &c.Open}
}

// countMost bounds a count that an event states, so that no sum of them runs over.
const countMost = 1_000_000_000

// unknown reports whether nobody knows more of l than how many there are.
func unknown(l health.LeftOut) bool { return l.Like.Subject.Kind == "" }

func sum(left []health.LeftOut) (n int) {
	for _, l := range left {
		n += l.N
	}
	return n
}

// total is how many incidents of a list there are, in the digest and left out of its event.
func total(some []health.Incident, left []health.LeftOut) int { return len(some) + sum(left) }

// cutter counts what an event loses.
type cutter struct {
	d      health.Digest
	groups []string // the most frequent of the opened ones, which are told by name
	more   int      // groups of theirs besides
	both   int      // how many of the open ones are among the opened
}

func newCutter(d health.Digest) cutter {
	c := cutter{d: d, both: d.Cut.Both}
	if d.Cut.Opened == nil && d.Cut.Open == nil {
		opened := openedIn(d)
		for n := range d.Open {
			if opened[d.Open[n].ID] {
				c.both++
			}
		}
	}
	ranks, others := rankGroups(d)
	for _, r := range ranks {
		c.groups = append(c.groups, r.key)
	}
	c.more = others
	return c
}

// openedIn are the ids of what d opens.
func openedIn(d health.Digest) map[string]bool {
	ids := make(map[string]bool, len(d.Opened))
	for n := range d.Opened {
		ids[d.Opened[n].ID] = true
	}
	return ids
}

// kindOf is how an incident of one of the lists is counted; n is the list's number.
func (c cutter) kindOf(n int, i *health.Incident) kind {
	k := kind{
		Of: short(string(i.Subject.Kind), 32), Facet: short(string(i.Subject.Facet), 32), Severity: short(string(i.Severity), 32),
		Class: short(string(i.Class), 32), Closing: short(string(i.Closing), 64), Worse: worsened(c.d, i),
	}
	if ofChecker(i) {
		k.Name = short(i.Subject.Name, nameMost)
	}
	if group := clean(groupOf(i), groupMost); n == 0 && slices.Contains(c.groups, group) {
		k.Group = group
	}
	return k
}

// cut is what an event of which so many incidents of each list are kept loses, the most
// frequent first; and what the digest itself was read without.
func (c cutter) cut(lists [4][]*health.Incident, kept [4]int) (cut cutJSON, more [4]int) {
	before := listsOf(&c.d.Cut)
	for n, to := range cut.lists() {
		counts := map[kind]int{}
		for _, i := range lists[n][kept[n]:] {
			counts[c.kindOf(n, i)]++
		}
		more[n] = len(lists[n]) - kept[n] + sum(*before[n])
		for _, l := range *before[n] {
			if !unknown(l) {
				counts[c.kindOf(n, &l.Like)] += l.N
			}
		}
		for k, n := range counts {
			if k.Of != "" {
				*to = append(*to, leftOut{k, n})
			}
		}
		slices.SortFunc(*to, func(a, b leftOut) int {
			return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(string(marshal(a.kind)), string(marshal(b.kind))))
		})
	}
	if more[0] > 0 {
		cut.Groups = len(c.groups) + c.more
	}
	if more[0]+more[3] > 0 {
		cut.Both = c.both
	}
	return cut, more
}

// within is c with the least frequent left out, for as long as it is longer than room; then
// nobody knows more of those than their number.
func (c cutJSON) within(room int) []byte {
	for {
		text := marshal(c)
		if len(text) <= room {
			return text
		}
		longest := &c.Opened
		for _, l := range c.lists() {
			if len(*l) > len(*longest) {
				longest = l
			}
		}
		if len(*longest) == 0 {
			return nil
		}
		*longest = (*longest)[:len(*longest)*3/4]
	}
}

// cut is what an event says that it lost; more is how many of each list.
func (c cutJSON) cut(d health.Digest, more [4]int) (cut health.Cut) {
	to := listsOf(&cut)
	for n, list := range c.lists() {
		left := min(max(more[n], 0), countMost)
		for _, l := range *list {
			if l.N < 1 || l.Of == "" || l.N > left {
				continue // of an event that contradicts itself, the larger number counts
			}
			left -= l.N
			i := health.Incident{
				Subject:  health.Subject{Kind: health.SubjectKind(l.Of), Name: l.Name, Facet: health.Facet(l.Facet)},
				Severity: health.Severity(l.Severity), Class: health.Class(l.Class), Closing: health.Closing(l.Closing), Group: l.Group, Reminders: 1,
			}
			if l.Worse {
				i.Reminders, i.Reminded = 0, d.Round
			}
			*to[n] = append(*to[n], health.LeftOut{Like: i, N: l.N})
		}
		if left > 0 {
			*to[n] = append(*to[n], health.LeftOut{N: left})
		}
	}
	if cut.Opened != nil {
		cut.Groups = min(max(c.Groups, 0), countMost)
	}
	if cut.Opened != nil || cut.Open != nil {
		cut.Both = min(max(c.Both, 0), countMost)
	}
	return cut
}
