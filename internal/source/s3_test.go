package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"rollcall/internal/awslocal"
)

// shelf is a bucket behind a proxy, and one object of it.
type shelf struct {
	*testing.T
	proxy  *awslocal.Proxy
	direct *s3.Client // past the proxy
	bucket string
	*Object
}

const shelfKey = "prod/targets.yaml"

func newShelf(t *testing.T) *shelf {
	t.Helper()
	moto := awslocal.StartMoto(t)
	s := &shelf{T: t, proxy: awslocal.NewProxy(t, moto.URL()), direct: s3.NewFromConfig(moto.Config()), bucket: moto.Bucket(t)}
	s.Object = s.object()
	return s
}

// object is the object as another process reaches it.
func (s *shelf) object() *Object {
	return NewObject(s3.NewFromConfig(awslocal.Config(s.proxy.URL()), func(o *s3.Options) {
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}), s.bucket, shelfKey)
}

// holds has somebody else put this there.
func (s *shelf) holds(text string) {
	s.Helper()
	if _, err := s.direct.PutObject(s.Context(), &s3.PutObjectInput{Bucket: &s.bucket, Key: aws.String(shelfKey), Body: strings.NewReader(text)}); err != nil {
		s.Fatal(err)
	}
}

func (s *shelf) gone() {
	s.Helper()
	if _, err := s.direct.DeleteObject(s.Context(), &s3.DeleteObjectInput{Bucket: &s.bucket, Key: aws.String(shelfKey)}); err != nil {
		s.Fatal(err)
	}
}

// reads holds a reading to what it gives.
func (s *shelf) reads(want string) Copy {
	s.Helper()
	got, err := s.Read(s.Context())
	if err != nil || string(got.Data) != want || !got.there() {
		s.Errorf("read %q, %s, %v, want %q", got.Data, got.Version, err, want)
	}
	return got
}

// statuses are the answers that went back to requests of a method so far.
func (s *shelf) statuses(method string) string {
	var all []int
	for _, r := range s.proxy.Requests(method, shelfKey) {
		all = append(all, r.Status)
	}
	return fmt.Sprint(all)
}

// What has not changed is not sent again; what has is read at once.
func TestObjectIsReadByItsETag(t *testing.T) {
	s := newShelf(t)
	if _, err := s.Read(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("nothing there: %v", err)
	}
	s.holds("one")
	first := s.reads("one")
	again := s.reads("one")
	if &first.Data[0] != &again.Data[0] || first.Version != again.Version || !strings.HasPrefix(first.Version, "ETag ") || strings.Contains(first.Version, `"`) {
		t.Errorf("read %s, then %s, want the same bytes", first.Version, again.Version)
	}
	if got := s.statuses(http.MethodGet); got != "[404 200 304]" {
		t.Errorf("answered %s, want the second reading answered 304, without a body", got)
	}
	s.holds("two")
	s.reads("two")
	s.gone()
	if _, err := s.Read(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("deleted: %v", err)
	}
	s.holds("two")
	s.reads("two")
}

func TestObjectWithVersions(t *testing.T) {
	s := newShelf(t)
	_, err := s.direct.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &s.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Write(t.Context(), []byte("one"), Copy{})
	if err != nil || !strings.HasPrefix(done.Version, "version ") {
		t.Errorf("%s, %v, want a version", done.Version, err)
	}
	if read := s.reads("one"); read.Version != done.Version {
		t.Errorf("read %s, want %s", read.Version, done.Version)
	}
}

// A write takes the place of what was read and of nothing else, whatever becomes of its answer.
func TestObjectIsReplaced(t *testing.T) {
	s := newShelf(t)
	write := func(what, text string, over Copy, want error) Copy {
		t.Helper()
		done, err := s.object().Write(t.Context(), []byte(text), over)
		if !errors.Is(err, want) || err == nil && (!done.there() || string(done.Data) != text) {
			t.Errorf("%s: %+v, %v, want %v", what, done, err, want)
		}
		return done
	}
	one := write("where nothing is", "one", Copy{}, nil)
	s.reads("one")
	write("where something is by now", "two", Copy{}, ErrRaced)
	two := write("over what was read", "two", one, nil)
	if read := s.reads("two"); read.Version != two.Version {
		t.Errorf("wrote %s, read %s", two.Version, read.Version)
	}
	write("over what somebody else has replaced", "three", one, ErrRaced)
	s.reads("two")
	write("over what somebody else has replaced, by the same", "two", one, nil)

	s.proxy.Inject(awslocal.Fault{Method: http.MethodPut, Path: s.bucket, Times: 1, Do: awslocal.LoseAnswer()})
	three := write("with its answer lost", "three", two, nil)
	s.reads("three")
	s.proxy.Inject(awslocal.Fault{Method: http.MethodPut, Path: s.bucket, Times: 1, Do: awslocal.Answer(409, "ConditionalRequestConflict")})
	write("while another write is under way", "four", three, ErrRaced)
	s.gone()
	write("over what is gone", "four", three, ErrRaced)

	denied := s.proxy.Inject(awslocal.Fault{Method: http.MethodPut, Path: s.bucket, Do: awslocal.Answer(403, "AccessDenied")})
	if _, err := s.Write(t.Context(), []byte("four"), Copy{}); err == nil || errors.Is(err, ErrRaced) || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("denied: %v", err)
	}
	denied.Lift()
	nowhere := NewObject(s3.NewFromConfig(awslocal.Config(s.proxy.URL())), "no-such-bucket-of-ours", "k")
	if _, err := nowhere.Write(t.Context(), []byte("four"), Copy{}); err == nil || errors.Is(err, ErrRaced) {
		t.Errorf("no such bucket: %v", err)
	}
	if put := s.proxy.Requests(http.MethodPut, shelfKey)[0]; put.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("put as %s", put.Header.Get("Content-Type"))
	}
}

// answering is an S3 that answers every request so.
func answering(answer http.HandlerFunc) *Object { return answeredBy(direct{answer}) }

// flood is an S3 that sends an object of so many bytes, without saying how many.
type flood struct{ size, read int }

func (f *flood) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Header: http.Header{"Etag": {`"x"`}}, Body: io.NopCloser(f)}, nil
}

func (f *flood) Read(p []byte) (int, error) {
	n := min(len(p), f.size-f.read)
	f.read += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func answeredBy(client aws.HTTPClient) *Object {
	cloud := awslocal.Config("https://s3.test")
	cloud.HTTPClient = client
	cloud.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return NewObject(s3.NewFromConfig(cloud), "bucket", shelfKey)
}

// Somebody may name an object that is no targets file by far. It is not taken into memory.
func TestObjectIsBounded(t *testing.T) {
	huge := answering(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Content-Length", "1000000000000")
	})
	if got, err := huge.Read(t.Context()); !errors.Is(err, errHuge) || got.there() {
		t.Errorf("that says how much: %v, want %v", err, errHuge)
	}
	endless := &flood{size: 2 * MaxSize}
	if got, err := answeredBy(endless).Read(t.Context()); !errors.Is(err, errHuge) || got.there() || endless.read > MaxSize+1 {
		t.Errorf("that says nothing: %v after %d bytes, want %v after %d", err, endless.read, errHuge, MaxSize+1)
	}
	if got, err := answeredBy(&flood{size: MaxSize}).Read(t.Context()); err != nil || len(got.Data) != MaxSize {
		t.Errorf("as much as is read: %d bytes, %v", len(got.Data), err)
	}
}

// What is not an answer to what was asked is no file.
func TestObjectAnsweredOddly(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no ETag":                       func(http.ResponseWriter, *http.Request) {},
		"unchanged, since nobody knows": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	} {
		if got, err := answering(answer).Read(t.Context()); err == nil || got.there() {
			t.Errorf("%s: %d bytes, %v", name, len(got.Data), err)
		}
	}
}

// S3 that does not answer holds nobody up for longer than they wait.
func TestObjectObeysItsContext(t *testing.T) {
	s := newShelf(t)
	hung := s.proxy.Inject(awslocal.Fault{Path: s.bucket, Do: awslocal.Hang()})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Read(ctx)
		done <- err
	}()
	hung.Await(1)
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it to give up", err)
	}
}
