package store_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollcall/internal/awslocal"
	"rollcall/internal/store"
)

// cloud is a bucket behind a proxy that can fail.
type cloud struct {
	proxy  *awslocal.Proxy
	direct *store.S3 // past the proxy
	bucket string
}

func newCloud(t *testing.T) *cloud {
	moto := awslocal.StartMoto(t)
	c := &cloud{proxy: awslocal.NewProxy(t, moto.URL()), bucket: moto.Bucket(t)}
	c.direct = store.NewS3(s3.NewFromConfig(moto.Config()), c.bucket)
	return c
}

// through is the bucket behind the proxy: each call is tried so often, at most so long a try.
func (c *cloud) through(tries int, patience time.Duration) *store.S3 {
	config := awslocal.Config(c.proxy.URL())
	config.HTTPClient = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = tries, time.Millisecond
		})
	}
	return store.NewS3(s3.NewFromConfig(config), c.bucket)
}

const (
	patient   = 10 * time.Second // for one try, where none is meant to run out of time
	impatient = 100 * time.Millisecond
)

// errOther stands for an error that is none of the store's own.
var errOther = errors.New("an error that is not the store's own")

func wantKind(t *testing.T, err, want error) {
	t.Helper()
	if want != errOther {
		wantError(t, err, want)
		return
	}
	if err == nil {
		t.Fatal("no error")
	}
	wantError(t, err, err)
}

func TestS3WriteFaults(t *testing.T) {
	answer := awslocal.Answer
	cases := []struct {
		name     string
		fault    awslocal.Fault
		tries    int
		want     error  // nil: success
		says     string // in the error
		stored   string // afterwards
		puts     int    // that the client sent
		patience time.Duration
	}{
		{"a conflict is a race, and is not tried again", awslocal.Fault{Do: answer(409, "ConditionalRequestConflict")}, 3, store.ErrRaced, "ConditionalRequestConflict", "old", 1, 0},
		{"a condition that does not hold is a race", awslocal.Fault{Do: answer(412, "PreconditionFailed")}, 3, store.ErrRaced, "PreconditionFailed", "old", 1, 0},
		{"an object that is gone is a race", awslocal.Fault{Do: answer(404, "NoSuchKey")}, 3, store.ErrRaced, "NoSuchKey", "old", 1, 0},
		{"a bucket that is gone is none", awslocal.Fault{Do: answer(404, "NoSuchBucket")}, 3, errOther, "NoSuchBucket", "old", 1, 0},
		{"denied", awslocal.Fault{Do: answer(403, "AccessDenied")}, 3, errOther, "access denied: it needs s3:PutObject", "old", 1, 0},
		{"an internal error once", awslocal.Fault{Times: 1, Do: answer(500, "InternalError")}, 3, nil, "", "new", 2, 0},
		{"an internal error for good", awslocal.Fault{Do: answer(500, "InternalError")}, 3, errOther, "InternalError", "old", 3, 0},
		{"slow down, twice", awslocal.Fault{Times: 2, Do: answer(503, "SlowDown")}, 3, nil, "", "new", 3, 0},
		{"a reset once", awslocal.Fault{Times: 1, Do: awslocal.Reset()}, 3, nil, "", "new", 2, 0},
		{"a reset for good", awslocal.Fault{Do: awslocal.Reset()}, 3, errOther, "connection reset", "old", 3, 0},
		{"no answer, once", awslocal.Fault{Times: 1, Do: awslocal.Hang()}, 3, nil, "", "new", 2, 2 * time.Second},
		{"no answer, for good", awslocal.Fault{Do: awslocal.Hang()}, 2, errOther, "Client.Timeout", "old", 2, impatient},
		{"an answer lost, and asked once", awslocal.Fault{Do: awslocal.LoseAnswer()}, 1, errOther, "EOF", "new", 1, 0},
		{"an answer lost, and its own write met", awslocal.Fault{Times: 1, Do: awslocal.LoseAnswer()}, 3, store.ErrRaced, "PreconditionFailed", "new", 2, 0},
		{"every answer lost", awslocal.Fault{Do: awslocal.LoseAnswer()}, 3, errOther, "EOF", "new", 3, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t)
			v := put(t, cloud.direct, key, "old", store.Absent)
			c.fault.Method, c.fault.Path = "PUT", key
			cloud.proxy.Inject(c.fault)
			got, err := cloud.through(c.tries, cmp.Or(c.patience, patient)).Put(t.Context(), key, []byte("new"), v)
			if c.want != nil {
				wantKind(t, err, c.want)
				if !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), `put "`+key+`", bucket "`) || got != store.Absent {
					t.Errorf("version %q, error %v; want none, and %q", got, err, c.says)
				}
			} else if err != nil {
				t.Error(err)
			}
			wantStored(t, cloud.direct, key, c.stored, got)
			if n := len(cloud.proxy.Requests("PUT", key)); n != c.puts {
				t.Errorf("%d PUTs sent, want %d", n, c.puts)
			}
		})
	}
}

// A first write too may meet itself.
func TestS3MeetsItsOwnFirstWrite(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.proxy.Inject(awslocal.Fault{Method: "PUT", Times: 1, Do: awslocal.LoseAnswer()})
	_, err := c.through(3, patient).Put(t.Context(), key, []byte("mine"), store.Absent)
	wantError(t, err, store.ErrRaced)
	wantStored(t, c.direct, key, "mine", "")
}

// An unconditional write cannot lose a race, whatever it is answered with.
func TestS3UnconditionalWritesDoNotRace(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, code := range []string{"OperationAborted", "PreconditionFailed", "NoSuchKey"} {
		status := map[string]int{"OperationAborted": 409, "PreconditionFailed": 412, "NoSuchKey": 404}[code]
		in := c.proxy.Inject(awslocal.Fault{Method: "PUT", Do: awslocal.Answer(status, code)})
		_, err := c.through(1, patient).Put(t.Context(), key, []byte("x"), store.Any)
		wantKind(t, err, errOther)
		in.Lift()
	}
}

// A write that the client gave up may arrive after the read that came later.
func TestS3WriteArrivesAfterTheNextRead(t *testing.T) {
	cases := []struct {
		name    string
		between string // written by another before it arrives; empty: nothing
		after   string // stored once it has arrived
	}{
		{"and is applied", "", "late"},
		{"and is refused when another was first", "other", "other"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t)
			v := put(t, cloud.direct, key, "old", store.Absent)
			held := cloud.proxy.Inject(awslocal.Fault{Method: "PUT", Do: awslocal.Hold()})

			ctx, giveUp := context.WithCancel(t.Context())
			gaveUp := make(chan error)
			s := cloud.through(3, patient)
			go func() { _, err := s.Put(ctx, key, []byte("late"), v); gaveUp <- err }()
			held.Await(1)
			giveUp()
			wantError(t, <-gaveUp, context.Canceled)
			wantStored(t, s, key, "old", v)
			if c.between != "" {
				put(t, cloud.direct, key, c.between, v)
			}
			held.Release()
			wantStored(t, s, key, c.after, "")
			_, err := s.Put(t.Context(), key, []byte("next"), v)
			wantError(t, err, store.ErrRaced)
		})
	}
}

func TestS3ReadFaults(t *testing.T) {
	cases := []struct {
		name  string
		fault awslocal.Fault
		want  error // nil: success
		says  string
	}{
		{"denied is not absent, and may be a missing right to list", awslocal.Fault{Do: awslocal.Answer(403, "AccessDenied")}, errOther, "s3:ListBucket on the bucket"},
		{"a key that is wrong is not a right that is missing", awslocal.Fault{Do: awslocal.Answer(403, "InvalidAccessKeyId")}, errOther, "InvalidAccessKeyId"},
		{"a bucket that is gone is not an absence", awslocal.Fault{Do: awslocal.Answer(404, "NoSuchBucket")}, errOther, "NoSuchBucket"},
		{"an absence", awslocal.Fault{Do: awslocal.Answer(404, "NoSuchKey")}, store.ErrNotFound, "no such object"},
		{"an internal error twice", awslocal.Fault{Times: 2, Do: awslocal.Answer(500, "InternalError")}, nil, ""},
		{"an internal error for good", awslocal.Fault{Do: awslocal.Answer(500, "InternalError")}, errOther, "InternalError"},
		{"a reset once", awslocal.Fault{Times: 1, Do: awslocal.Reset()}, nil, ""},
		{"a reset for good", awslocal.Fault{Do: awslocal.Reset()}, errOther, "connection reset"},
		{"an answer lost once", awslocal.Fault{Times: 1, Do: awslocal.LoseAnswer()}, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t)
			v := put(t, cloud.direct, key, "old", store.Absent)
			c.fault.Method, c.fault.Path = "GET", key
			cloud.proxy.Inject(c.fault)
			data, got, err := cloud.through(3, patient).Get(t.Context(), key)
			if c.want == nil {
				if err != nil || string(data) != "old" || got != v {
					t.Errorf("%q, version %q, %v", data, got, err)
				}
				return
			}
			wantKind(t, err, c.want)
			if !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), `get "`+key+`", bucket "`) || data != nil || got != store.Absent {
				t.Errorf("%q, version %q, error %v; want nothing, and %q", data, got, err, c.says)
			}
			if c.says != "s3:ListBucket on the bucket" && strings.Contains(err.Error(), "ListBucket") {
				t.Errorf("error %v speaks of a right that has nothing to do with it", err)
			}
		})
	}
}

// Time that runs out is an error of the context's, and nothing else.
func TestS3ObeysItsContext(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	v := put(t, c.direct, key, "old", store.Absent)
	c.proxy.Inject(awslocal.Fault{Do: awslocal.Hang()})
	ctx, cancel := context.WithTimeout(t.Context(), impatient)
	defer cancel()
	s := c.through(3, patient)
	_, err := s.Put(ctx, key, []byte("new"), v)
	wantError(t, err, context.DeadlineExceeded)
	_, _, err = s.Get(ctx, key)
	wantError(t, err, context.DeadlineExceeded)
	wantStored(t, c.direct, key, "old", v)
}

// Whatever the network does, a commit that reports success is stored, and one that
// reports a lost race or a failure leaves one of two states: the old or the new.
func TestStatesNeverClaimAWriteThatDidNotHappen(t *testing.T) {
	deeds := map[string]awslocal.Deed{
		"409": awslocal.Answer(409, "ConditionalRequestConflict"), "412": awslocal.Answer(412, "PreconditionFailed"),
		"403": awslocal.Answer(403, "AccessDenied"), "500": awslocal.Answer(500, "InternalError"), "200": awslocal.Answer(200, "InternalError"),
		"reset": awslocal.Reset(), "lost": awslocal.LoseAnswer(), "hang": awslocal.Hang(),
		"late": awslocal.Delay(3 * impatient), "none": nil,
	}
	for name, deed := range deeds {
		for _, tries := range []int{1, 3} {
			t.Run(name+"/"+map[int]string{1: "once", 3: "thrice"}[tries], func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				first := full()
				v, err := store.NewStates(c.direct, "shop", "0-1").Commit(t.Context(), first, store.Absent)
				if err != nil {
					t.Fatal(err)
				}
				if deed != nil {
					c.proxy.Inject(awslocal.Fault{Method: "PUT", Times: 1, Do: deed})
				}
				next := full()
				next.Seq++
				patience := patient
				if name == "hang" || name == "late" {
					patience = impatient
				}
				v, failed := store.NewStates(c.through(tries, patience), "shop", "0-1").Commit(t.Context(), next, v)

				got, stored, err := store.NewStates(c.direct, "shop", "0-1").Load(t.Context())
				if err != nil || got.Seq != first.Seq && got.Seq != next.Seq {
					t.Fatalf("stored seq %d, %v", got.Seq, err)
				}
				if failed == nil && (got.Seq != next.Seq || v != stored) {
					t.Errorf("claimed version %q, stored is seq %d, version %q", v, got.Seq, stored)
				}
				if failed != nil && v != store.Absent {
					t.Errorf("version %q beside the error %v", v, failed)
				}
				if (name == "none" || name == "500" && tries == 3) && failed != nil {
					t.Error(failed)
				}
			})
		}
	}
}
