package source

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// kept is how old a value may be that is given out.
const kept = 5 * time.Minute

// Parameter is a SecureString in SSM's Parameter Store. Its value is kept for five minutes,
// in this process and nowhere else: what is changed there is in force soon after, and SSM
// is not asked for every use. It is safe for concurrent use.
type Parameter struct {
	parameters
	name string

	mu    sync.Mutex // held while it is read: one reading serves all who ask
	value string
	read  time.Time // when; zero: never
}

// NewParameter is the parameter of this name, in the region of cloud.
func NewParameter(cloud aws.Config, name string) *Parameter {
	return &Parameter{parameters: parameters{cloud}, name: name}
}

// Value is the parameter, as it was at most five minutes ago. While SSM cannot be asked, the
// last value stays in use.
func (p *Parameter) Value(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read.IsZero() && time.Since(p.read) < kept {
		return p.value, nil
	}
	err := p.ask(ctx)
	if err != nil && !p.read.IsZero() {
		slog.WarnContext(ctx, "the last value stays in use", "parameter", p.name, "error", err.Error())
		return p.value, nil
	}
	return p.value, err
}

// Now is the parameter as it is at this moment.
func (p *Parameter) Now(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.ask(ctx)
	return p.value, err
}

// ask reads the value. The caller holds the lock.
func (p *Parameter) ask(ctx context.Context) error {
	found, err := p.parameters.read(ctx, p.name)
	if err != nil {
		return fmt.Errorf("read ssm:%s: %w", p.name, explained(err))
	}
	p.value, p.read = found.Value, time.Now().Round(0) // by the wall clock: the other one stands still while the function is frozen
	return nil
}

// explained says what to do about a secret that cannot be read (SSM API Reference,
// GetParameter).
func explained(err error) error {
	var r *refusal
	switch {
	case !errors.As(err, &r):
		return err
	case r.code == "ParameterNotFound":
		return errors.New("no such parameter; make it, as a SecureString, with: aws ssm put-parameter")
	case r.code == "AccessDeniedException":
		return fmt.Errorf("access denied, %q: it needs ssm:GetParameter on the parameter, and kms:Decrypt on a key of one's own", r.said)
	default:
		return err
	}
}
