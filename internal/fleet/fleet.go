// Package fleet reads the targets file: what it says, and exactly where it is wrong.
//
// The file is read strictly, and every problem in it is reported at once, each as
// "file:line:col: what is wrong; what to write instead". Values keep their place through
// aliases, merge keys and defaults, so that a mistake is reported where it was written,
// and only once however many targets inherit it.
//
// References such as ${env:NAME} may stand in the url of a target, behind its scheme, and
// in the text values of the kinds' blocks; in any other value a "${" is a problem, never
// a literal. What is shown is the file's own text: no problem holds a resolved value, nor
// a user name or password that stands in a URL.
//
// Where text is wanted, a plain number or true is taken as it is spelled: name: 123 is
// the name "123". A number in quotes is text. Nothing else is converted.
package fleet

import (
	"cmp"
	"fmt"
	"slices"

	"rollcall/internal/check"
	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// Fleet is everything one targets file names.
type Fleet struct {
	Name        string               // [a-z][a-z0-9-]{0,31}
	Targets     []Target             // in the file's order, paused ones too
	Groups      []health.Group       // in the file's order, those without targets too; their Attempts are 0 where the file does not say
	Maintenance []health.Maintenance // in the file's order, past ones too
	Witnesses   []Witness            // in the file's order
	Metrics     string               // what metrics are written of: "fleet", "group" or "target"
	Results     string               // which results are logged: "all" or "changes"
	References  []Reference          // every ${...} that is resolved, in the file's order
	Secrets     []secret.Text        // what the references were resolved to, each once; to be redacted
}

// Target is one thing to ask, and how it is asked.
type Target struct {
	health.Target
	Check check.Checker // prepared
	At    Position      // where the file names it
}

// Reference is one ${scheme:name} of the file.
type Reference struct {
	secret.Reference // its Offset counts from the start of the value it stands in
	At               Position
}

// Position is a place in a file. Without a line it is the file as a whole.
type Position struct {
	File         string
	Line, Column int // from 1; columns count characters
}

// String is the position as editors read it, file:line:col.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Parse reads a targets file. The error is of type [Problems] and holds all of them.
//
// look gives the value of a reference; its error is one sentence without any value, such
// as "environment variable TOKEN is not set". With a nil look references are listed but
// not resolved: their text stands for itself.
func Parse(file string, data []byte, look func(secret.Reference) (string, error)) (*Fleet, error) {
	return parse(file, data, look, check.Kinds[:])
}

func parse(file string, data []byte, look func(secret.Reference) (string, error), kinds []check.Kind) (*Fleet, error) {
	r := &reader{file: file, look: look, kinds: kinds}
	f := r.read(data)
	if problems := r.problems.inOrder(); len(problems) > 0 {
		return nil, problems
	}
	return f, nil
}

// Asked are the targets that are asked: those not paused, in the file's order.
func (f *Fleet) Asked() []health.Target {
	asked := make([]health.Target, 0, len(f.Targets))
	for _, t := range f.Targets {
		if t.Enabled {
			asked = append(asked, t.Target)
		}
	}
	return asked
}

// Select finds the targets that are named, each by its own name or by its group's, and
// returns them in the file's order. The error is of type [Problems], one for each name
// that means nothing.
func (f *Fleet) Select(names []string) ([]Target, error) {
	var known []string
	for _, g := range f.Groups {
		known = append(known, g.Name)
	}
	groups := known
	wanted := make(map[string]bool, len(names)) // false: no target answered to it yet
	for _, n := range names {
		wanted[n] = false
	}
	var chosen []Target
	for _, t := range f.Targets {
		known = append(known, t.Name)
		_, named := wanted[t.Name]
		_, grouped := wanted[t.Group]
		grouped = grouped && t.Group != ""
		if named {
			wanted[t.Name] = true
		}
		if grouped {
			wanted[t.Group] = true
		}
		if named || grouped {
			chosen = append(chosen, t)
		}
	}
	var problems Problems
	for _, n := range names {
		switch {
		case wanted[n]:
		case slices.Contains(groups, n):
			problems = append(problems, Problem{What: "group " + quote(n) + " has no targets", Remedy: "name another"})
		default:
			problems = append(problems, Problem{
				What:   "no target or group is named " + quote(n),
				Remedy: instead(n, known, "see the targets file for its names"),
			})
		}
		wanted[n] = true // named twice, told once
	}
	if problems != nil {
		return nil, problems
	}
	return chosen, nil
}
