package fleet

import (
	"strconv"

	"rollcall/internal/check"
)

// OfURLs is a fleet of bare URLs with the built-in policy, called "urls". A name is the
// URL's, with "-" for what names cannot hold, and a number behind it when it is not the
// first. A "${" in a URL is itself. The error is of type [Problems]; their positions are
// the URLs.
func OfURLs(urls []string) (*Fleet, error) {
	return ofURLs(urls, check.Kinds[:])
}

func ofURLs(urls []string, kinds []check.Kind) (*Fleet, error) {
	f := &Fleet{Name: "urls", Metrics: "fleet", Results: "all"}
	taken := map[string]bool{}
	var problems journal
	for _, u := range urls {
		r := &reader{file: quoteURL(u), kinds: kinds}
		a, flaw := readAddress(u, kinds)
		if flaw.found() {
			problems.add(Problem{r.position(place{}), flaw.what, flaw.remedy})
			continue
		}
		t, found := bare(u, a)
		for _, p := range found {
			problems.add(Problem{r.position(place{}), p.What, p.Remedy})
		}
		t.Name = unused(nameable(a.derived), taken)
		f.Targets = append(f.Targets, t)
	}
	if found := problems.inOrder(); len(found) > 0 {
		return nil, found
	}
	return f, nil
}

// unused is name, or the first of "name 2", "name 3" ... that is not taken, and takes it.
func unused(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = nameable(name[:min(len(name), longestName-8)]) + " " + strconv.Itoa(n)
	}
	taken[free] = true
	return free
}
