// Package check knows how to ask a target, one file a kind.
//
// A check is its settings, as the targets file spells them, and the question itself. It
// answers with a reading, never an error: with no error to return, no caller can stop
// early on a target that fails. It obeys its context and has noticed the end of it
// within 50 ms; the plan of a sweep counts on that.
//
// A new kind is a file with its settings, their validation and its deed, and a line in
// [Kinds].
package check

import (
	"context"

	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// Kinds are the questions that can be asked. Every list of kinds is made from this one.
var Kinds = [...]Kind{
	{Name: "http", Schemes: []string{"http", "https"}, Secure: []string{"https"}, New: func() Checker { return newHTTP() }},
	{Name: "tcp", Schemes: []string{"tcp"}, New: func() Checker { return newTCP() }},
}

// Kind is one row of the door.
type Kind struct {
	Name    string         // its block's key in the targets file
	Schemes []string       // the URL schemes it answers for
	Secure  []string       // those of them that speak TLS; its checkers are [Secured]
	New     func() Checker // its settings with the built-in defaults, to be filled and prepared
}

// Checker is a kind's settings (a pointer to a struct whose yaml tags are the keys of its
// block) and its deed.
type Checker interface {
	// Prepare validates the settings together with the target's URL and compiles them.
	// It is called once, before anything else.
	Prepare(url secret.Text) []Problem
	// Needs tells what one attempt may take, once prepared.
	Needs() Needs
	// Check asks once. It has noticed ctx's end within 50 ms.
	Check(ctx context.Context, t health.Target, d *Dialer) health.Reading
}

// Needs are what one attempt may take of the machine, and whether it may be repeated.
type Needs struct {
	Body       int64 // bytes of an answer it may hold until its turn to be judged
	Sockets    int   // open at once while dialling: 1, or 2 while racing address families
	Repeatable bool  // asking twice in a round does no harm (RFC 9110, section 9.2.1)
}

// Problem is something wrong in a target's settings.
type Problem struct {
	Path   []string // keys and list indexes from the target's mapping: "http", "expect", "status", "0"
	What   string   // what is wrong: `status 700 is not a status code`
	Remedy string   // what to write instead: `write 100..599 or 2xx`
}

// FileValue is a setting whose form in the targets file is not its form in Go. The file's
// reader hands it the value as written: nil, bool, int64, float64, [secret.Text], []any or
// map[string]any of these. The paths of its problems start at the value itself.
type FileValue interface {
	FromFile(value any) []Problem
}
