package rollcall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/source"
)

// Draft is a targets file that is to be pushed: its own text, references as they are, and
// what is proven of it.
type Draft struct {
	Proof
	text []byte
}

// Draft reads the targets file once and proves it as [Rollcall.Validate] does: what is pushed
// is what was proven.
func (r *Rollcall) Draft(ctx context.Context, budget time.Duration) (Draft, error) {
	text, err := r.read(ctx)
	if err != nil {
		return Draft{}, err
	}
	f, err := r.parse(text, nil)
	if err != nil {
		return Draft{}, err
	}
	return Draft{r.prove(f, budget), text}, nil
}

// PushOptions are what a push does only when it is told to.
type PushOptions struct {
	OtherFleet bool // take the place of the file of another fleet
	Advanced   bool // have SSM make the parameter an advanced one where the file needs that
}

// What a push does not do without being told to.
var (
	ErrOtherFleet = errors.New("the file of another fleet is there")
	ErrAdvanced   = errors.New("it takes an advanced parameter")
)

// untold is a push that was not told to do so, or cannot be, in a sentence.
type untold struct {
	what string
	kind error
}

func (u untold) Error() string { return u.what }
func (u untold) Unwrap() error { return u.kind }

// Pushed is what a push did.
type Pushed struct {
	Size      int    // bytes
	Version   string // what is there now
	Before    string // what was there; empty: nothing
	Unchanged bool   // it was there already, and nothing was uploaded
	Covered   string // what somebody else put there in the same moment, and is covered now; empty: nothing that is known
}

// Push puts a draft in the place of what is there, which only changes as a whole, and where
// it is the same leaves it alone. It does not replace what somebody else has put there since
// it looked; only SSM, which knows no such condition, may, and then it says so.
//
// That the place is not for this file is an error, of [ErrOtherFleet] or [ErrAdvanced] where
// a push can be told to go on, of [source.ErrEncrypted] where it is a SecureString of SSM, which
// stays; that AWS cannot be used, an [*AccessError].
func (r *Rollcall) Push(ctx context.Context, d Draft, to source.Location, o PushOptions) (Pushed, error) {
	if err := fits(d.text, to, o.Advanced); err != nil {
		return Pushed{}, err
	}
	p, err := r.placeAt(ctx, to)
	if err != nil {
		return Pushed{}, err
	}
	was, err := p.Read(ctx)
	done := Pushed{Size: len(d.text), Version: was.Version, Before: was.Version}
	switch {
	case errors.Is(err, source.ErrAbsent):
	case err != nil:
		return Pushed{}, ofList(&AccessError{Deed: "read", use: "push", err: err}, to)
	case bytes.Equal(was.Data, d.text):
		done.Unchanged = true
		return done, nil
	default:
		if there := fleetOf(was.Data); there != "" && there != d.Fleet.Name && !o.OtherFleet {
			return Pushed{}, untold{fmt.Sprintf("push %s: the file there is of fleet %q and this one of %q, which a function that watches %q refuses", to, there, d.Fleet.Name, there), ErrOtherFleet}
		}
	}
	now, err := p.Write(ctx, d.text, was)
	switch {
	case errors.Is(err, source.ErrRaced):
		return Pushed{}, &AccessError{Deed: "push", Place: to.String(), What: "somebody else has just pushed another file, which stays",
			Remedy: fmt.Sprintf("see what it says, such as with rollcall validate -f %s, and push again", to), err: err}
	case errors.Is(err, source.ErrEncrypted):
		return Pushed{}, untold{fmt.Sprintf("push %s: a SecureString is there, and a push would move it to the default key of the account", to), err}
	case err != nil:
		return Pushed{}, ofList(&AccessError{Deed: "push", use: "push", err: err}, to)
	}
	done.Version, done.Covered = now.Version, now.Covered
	return done, nil
}

// nested is what SSM takes for a reference to another parameter, and refuses (SSM API
// Reference, PutParameter).
var nested = regexp.MustCompile(`(?s)\{\{.*\}\}`)

// fits says why a place cannot hold a file, before anything is uploaded.
func fits(text []byte, to source.Location, advanced bool) error {
	const bucket = "push it to s3://BUCKET/KEY"
	switch {
	case to.Parameter == "":
		return nil
	case len(text) > source.AdvancedMost:
		return fmt.Errorf("push %s: the file has %d bytes, and a parameter holds at most %d; %s", to, len(text), source.AdvancedMost, bucket)
	case nested.Match(text):
		return fmt.Errorf("push %s: SSM takes no value with {{ and }} in it; %s", to, bucket)
	case len(text) > source.StandardMost && !advanced:
		return untold{fmt.Sprintf("push %s: the file has %d bytes, and a standard parameter holds at most %d; %s", to, len(text), source.StandardMost, bucket), ErrAdvanced}
	default:
		return nil
	}
}

// fleetLine finds the name of a fleet in a file that is wrong elsewhere.
var fleetLine = regexp.MustCompile(`(?m)^fleet:[ \t]*["']?([a-z][a-z0-9-]{0,31})["']?[ \t]*(?:#.*)?\r?$`)

// fleetOf is the fleet that a file is of; empty where nobody can tell.
func fleetOf(text []byte) string {
	if f, err := fleet.Parse("", text, nil); err == nil {
		return f.Name
	}
	if found := fleetLine.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}
