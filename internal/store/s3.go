package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// s3API is what S3 asks of the SDK's client. How often a call is tried and how long one
// try may take are the client's settings.
type s3API interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// S3 keeps objects in a bucket; an object's version is its ETag. It needs s3:GetObject
// and s3:PutObject on the objects and s3:ListBucket on the bucket: without the last a
// missing object reads as denied, and nobody could tell a first round from a broken one.
type S3 struct {
	client s3API
	bucket string
}

// NewS3 is the bucket as client reaches it.
func NewS3(client s3API, bucket string) *S3 { return &S3{client: client, bucket: bucket} }

// Get is the object under key and its version, or [ErrNotFound].
func (s *S3) Get(ctx context.Context, key string) ([]byte, Version, error) {
	data, etag, err := s.get(ctx, key)
	if err != nil {
		return nil, Absent, fmt.Errorf("get %q, bucket %q: %w", key, s.bucket, err)
	}
	return data, etag, nil
}

func (s *S3) get(ctx context.Context, key string) ([]byte, Version, error) {
	if err := checkKey(key); err != nil {
		return nil, Absent, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return nil, Absent, readError(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, Absent, fmt.Errorf("the answer broke off: %w", err)
	}
	etag, err := etagOf(out.ETag)
	return data, etag, err
}

// Put stores data under key if the stored version is v, else it is [ErrRaced]: also when
// the client sent it twice, because the first answer was lost, and the second met the
// first. After any other error too the write may have happened, or may happen yet.
func (s *S3) Put(ctx context.Context, key string, data []byte, v Version) (Version, error) {
	etag, err := s.put(ctx, key, data, v)
	if err != nil {
		return Absent, fmt.Errorf("put %q, bucket %q: %w", key, s.bucket, err)
	}
	return etag, nil
}

func (s *S3) put(ctx context.Context, key string, data []byte, v Version) (Version, error) {
	if err := checkKey(key); err != nil {
		return Absent, err
	}
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(data)}
	switch v {
	case Any:
	case Absent:
		in.IfNoneMatch = aws.String("*")
	default:
		in.IfMatch = aws.String(string(v))
	}
	out, err := s.client.PutObject(ctx, in)
	if err != nil {
		return Absent, writeError(err, v)
	}
	return etagOf(out.ETag)
}

// etagOf keeps an answer without an ETag from becoming the version Absent.
func etagOf(etag *string) (Version, error) {
	if aws.ToString(etag) == "" {
		return Absent, errors.New("an answer without ETag, want one")
	}
	return Version(*etag), nil
}

// readError says what a refused GET means. Only NoSuchKey is an absence: a bucket that is
// not there is a mistake in the deployment, never an empty state.
func readError(err error) error {
	switch _, code := refusal(err); code {
	case "NoSuchKey":
		return ErrNotFound
	case "AccessDenied":
		return fmt.Errorf("access denied: it needs s3:GetObject on the object and s3:ListBucket on the bucket"+
			" (without s3:ListBucket a missing object is answered so too): %w", err)
	default:
		return err
	}
}

// writeError says what a refused PUT means. A condition is answered with 412 when it does
// not hold, 404 when the object it names is gone, and 409 when another write was under way
// (Amazon S3 User Guide, "Conditional requests").
func writeError(err error, v Version) error {
	status, code := refusal(err)
	switch {
	case code == "AccessDenied":
		return fmt.Errorf("access denied: it needs s3:PutObject on the object, and s3:GetObject to compare versions: %w", err)
	case code == "NoSuchBucket" || v == Any:
		return err
	case status == http.StatusPreconditionFailed, status == http.StatusConflict, status == http.StatusNotFound:
		return fmt.Errorf("%w: %s", ErrRaced, code)
	default:
		return err
	}
}

// refusal is the HTTP status and the S3 error code of an answer, or zeros when there was none.
func refusal(err error) (status int, code string) {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	return status, code
}
