package round

import (
	"context"
	"errors"
	"fmt"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/store"
)

// open reads the targets file, or falls back to the last copy that worked and notes why.
// Without either there is no round.
func (r *run) open(ctx context.Context) error {
	file, f, wrong := r.current(ctx)
	if wrong != nil {
		if r.Fleet == "" {
			return wrong // nobody knows whose last good copy to look for
		}
		var err error
		if f, err = r.lastGood(ctx); err != nil {
			return errors.Join(wrong, err)
		}
		r.fault(health.FaultConfig, "%v. The last good copy is used until it is mended", brief(wrong))
	}
	r.fleet, r.file = f, file
	r.report.Fleet = f.Name
	r.meter, r.memory = r.Meter(f), r.Memory(f.Name)
	r.targets = make([]health.Target, len(f.Targets))
	for i, t := range f.Targets {
		r.targets[i] = t.Target
	}
	r.witnesses = make([]health.Witness, len(f.Witnesses))
	for i, w := range f.Witnesses {
		r.witnesses[i] = w.Words()
	}
	return nil
}

// current is the targets file as it is now.
func (r *run) current(ctx context.Context) ([]byte, *fleet.Fleet, error) {
	file, err := r.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	f, err := r.Parse(file)
	if err != nil {
		return nil, nil, err
	}
	if r.Fleet != "" && f.Name != r.Fleet {
		return nil, nil, fmt.Errorf("the targets file is of fleet %q, want %q, the one this function and its alarms watch", f.Name, r.Fleet)
	}
	return file, f, nil
}

// lastGood is the last copy that worked, of the fleet that this round must be of.
func (r *run) lastGood(ctx context.Context) (*fleet.Fleet, error) {
	ctx, cancel := context.WithTimeout(ctx, loadShare)
	defer cancel()
	file, err := r.Archive(r.Fleet).LastGood(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("and there is no last good copy of fleet %s", r.Fleet)
	}
	if err != nil {
		return nil, fmt.Errorf("read the last good copy of fleet %s: %w", r.Fleet, err)
	}
	f, err := r.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("the last good copy of fleet %s is of no use to this version: %w", r.Fleet, err)
	}
	return f, nil
}

// keep stores the targets file as the last good copy. It comes after the commit: a copy
// without a state beside it would read as a state that was lost.
func (r *run) keep(ctx context.Context) error {
	if r.file == nil {
		return nil
	}
	ctx, cancel := r.within(ctx, leftByKeep)
	defer cancel()
	if err := r.Archive(r.fleet.Name).KeepGood(ctx, r.file); err != nil {
		return fmt.Errorf("keep the last good copy of fleet %s: %w", r.fleet.Name, err)
	}
	return nil
}

// brief is the first of many problems, and how many more there are: a message is no place
// for all of them.
func brief(err error) error {
	var problems fleet.Problems
	if !errors.As(err, &problems) || len(problems) < 2 {
		return err
	}
	return fmt.Errorf("%w (and %d more)", problems[0], len(problems)-1)
}
