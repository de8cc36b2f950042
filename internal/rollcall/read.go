package rollcall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/internal/source"
)

// How long a round waits for a targets file that AWS keeps: once, and once more for a try that
// hangs. Both together are less than what a round has for loading, so a place that does not
// answer takes nothing from the sweep that was proven.
const (
	readTries = 2
	readTry   = 1200 * time.Millisecond
)

// place is where AWS keeps a targets file.
type place interface {
	Read(ctx context.Context) (source.Copy, error)
	Write(ctx context.Context, data []byte, over source.Copy) (source.Copy, error)
}

// placeAt is the place that a location names. Nothing is asked yet.
func (r *Rollcall) placeAt(ctx context.Context, at source.Location) (place, error) {
	cloud, err := r.aws(ctx)
	if err != nil {
		return nil, err
	}
	if at.Parameter != "" {
		return source.NewSetting(cloud, at.Parameter), nil
	}
	return source.NewObject(ofS3(cloud), at.Bucket, at.Key), nil
}

// read is the targets file as it is now.
func (r *Rollcall) read(ctx context.Context) ([]byte, error) {
	if !r.config.Remote() {
		return source.Read(ctx, r.config)
	}
	if r.list == nil {
		list, err := r.placeAt(ctx, r.config)
		if err != nil {
			return nil, err
		}
		r.list = list
	}
	now, err := r.list.Read(ctx)
	return now.Data, ofList(&AccessError{Deed: "read", use: "read", err: err}, r.config)
}

// readInTime is read, for a round. Nobody stands by to be told of a remedy apart, so an error
// has it in itself.
func (r *Rollcall) readInTime(ctx context.Context) (file []byte, err error) {
	if !r.config.Remote() {
		return r.read(ctx)
	}
	for range readTries {
		var hung bool
		if file, hung, err = r.tryRead(ctx); !hung {
			break
		}
	}
	var refused *AccessError
	if errors.As(err, &refused) {
		err = refused.inRound()
	}
	return file, err
}

func (r *Rollcall) tryRead(ctx context.Context) (file []byte, hung bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.readTry)
	defer cancel()
	file, err = r.read(ctx)
	return file, err != nil && ctx.Err() != nil, err
}

// ofList says what an error of a place that holds a targets file means.
func ofList(e *AccessError, at source.Location) error {
	e.Place = at.String()
	if errors.Is(e.err, source.ErrAbsent) {
		e.What, e.Remedy = "nothing is there", fmt.Sprintf("rollcall push -f FILE %s puts a targets file there", at)
		return e
	}
	return accessed(e)
}
