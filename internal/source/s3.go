package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// objectAPI is what an [Object] asks of the SDK's client. How often a call is tried and how
// long one try may take are the client's settings.
type objectAPI interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Object is a targets file in a bucket. To read it takes s3:GetObject on the object, and
// kms:Decrypt where the bucket has a key of its own. That it is missing is [ErrAbsent] only to
// those who have s3:ListBucket on the bucket: all others S3 answers 403 AccessDenied then (S3
// API Reference, GetObject). Its errors are the SDK's own, [ErrAbsent] and [ErrRaced]. One at
// a time may use it.
type Object struct {
	client      objectAPI
	bucket, key string
	last        Copy // as it was read last
}

// NewObject is the object as client reaches it.
func NewObject(client objectAPI, bucket, key string) *Object {
	return &Object{client: client, bucket: bucket, key: key}
}

// Read is the object as it is now. While S3 has what was read last, by its ETag, the bytes
// are not sent again. One of more than [MaxSize] bytes is not read at all.
func (o *Object) Read(ctx context.Context) (Copy, error) {
	in := &s3.GetObjectInput{Bucket: &o.bucket, Key: &o.key}
	if o.last.etag != "" {
		in.IfNoneMatch = &o.last.etag
	}
	out, err := o.client.GetObject(ctx, in)
	switch status, code := answered(err); {
	case status == http.StatusNotModified && o.last.etag != "": // which the SDK takes for an error
		return o.last, nil
	case code == "NoSuchKey":
		return Copy{}, fmt.Errorf("%w: %w", ErrAbsent, err)
	case err != nil:
		return Copy{}, err
	}
	defer out.Body.Close()
	if aws.ToInt64(out.ContentLength) > MaxSize {
		return Copy{}, errHuge
	}
	var data bytes.Buffer
	if _, err := data.ReadFrom(io.LimitReader(out.Body, MaxSize+1)); err != nil {
		return Copy{}, fmt.Errorf("the answer broke off: %w", err)
	}
	if data.Len() > MaxSize {
		return Copy{}, errHuge
	}
	read, err := copyOf(data.Bytes(), out.ETag, out.VersionId)
	if err == nil {
		o.last = read
	}
	return read, err
}

// Write puts data in the place of what was read, or where nothing was. [ErrRaced] means that
// somebody else was faster, and is not covered.
//
// A write whose answer was lost is sent again by the SDK, and meets itself: then what is there
// says whose it is.
func (o *Object) Write(ctx context.Context, data []byte, over Copy) (Copy, error) {
	in := &s3.PutObjectInput{Bucket: &o.bucket, Key: &o.key, Body: bytes.NewReader(data), ContentType: aws.String("application/yaml")}
	if over.there() {
		in.IfMatch = &over.etag
	} else {
		in.IfNoneMatch = aws.String("*")
	}
	out, err := o.client.PutObject(ctx, in)
	if err == nil {
		return copyOf(data, out.ETag, out.VersionId)
	}
	if now, unread := o.Read(ctx); unread == nil && bytes.Equal(now.Data, data) {
		return now, nil
	}
	// A condition is answered with 412 when it does not hold, 404 when the object it names is
	// gone, and 409 when another write was under way (S3 User Guide, "Conditional requests").
	switch status, code := answered(err); {
	case code == "NoSuchBucket":
		return Copy{}, err
	case status == http.StatusPreconditionFailed, status == http.StatusConflict, status == http.StatusNotFound:
		return Copy{}, ErrRaced
	default:
		return Copy{}, err
	}
}

// copyOf keeps an answer without an ETag from becoming a place that holds nothing.
func copyOf(data []byte, etag, version *string) (Copy, error) {
	c := Copy{Data: data, etag: aws.ToString(etag)}
	switch v := aws.ToString(version); {
	case c.etag == "":
		return Copy{}, errors.New("an answer without ETag, want one")
	case v == "" || v == "null": // the bucket keeps no versions, or none at present
		c.Version = "ETag " + strings.Trim(c.etag, `"`)
	default:
		c.Version = "version " + v
	}
	return c, nil
}

// answered is the HTTP status and the error code of an answer, or zeros when there was none.
func answered(err error) (status int, code string) {
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
