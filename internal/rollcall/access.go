package rollcall

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"rollcall/internal/store"
)

// StoreError is a store that could not be used, in a sentence.
type StoreError struct {
	Store  string // as the settings name it
	What   string // what came
	Remedy string // what to do about it; may be empty
	err    error
}

func (e *StoreError) Error() string { return "store " + e.Store + ": " + e.What }

// Unwrap is the error as it came.
func (e *StoreError) Unwrap() error { return e.err }

// elsewhere is the remedy for a bucket that is not looked for where it is.
const elsewhere = "set AWS_REGION to the region of the deployment"

// refusals are what AWS says by its codes, and by what the SDK says when it did not get so
// far, for a person who has to mend it.
var refusals = [...]struct {
	codes  []string // of the API
	says   string   // in the SDK's own errors, which have no codes
	what   string
	remedy string
}{
	{[]string{"NoSuchBucket"}, "", "there is no such bucket",
		"name the bucket of the deployment: its output Bucket, in sam list stack-outputs"},
	{[]string{"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}, "", "the bucket is in another region", elsewhere},
	{[]string{"AccessDenied", "AllAccessDisabled", "403"}, "", "access denied",
		"use credentials that may s3:GetObject and s3:PutObject in the bucket and s3:ListBucket on it; without the last a missing object is answered so too"},
	{[]string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"}, "", "the AWS credentials have expired",
		"sign in again, such as with aws sso login"},
	{[]string{"InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidClientTokenId"}, "", "AWS does not know these credentials",
		"see what aws sts get-caller-identity says; AWS_PROFILE chooses others"},
	{[]string{"RequestTimeTooSkewed"}, "", "the clock of this machine is wrong", "set it"},
	{[]string{"SlowDown", "ServiceUnavailable", "InternalError", "503", "500"}, "", "AWS is not able to answer now", "try again in a moment"},
	{nil, "SSO", "the AWS session has ended", "sign in again: aws sso login"},
	{nil, "get credentials", "no AWS credentials were found", "sign in, such as with aws sso login, or set AWS_PROFILE"},
	{nil, "Missing Region", "no AWS region is set", elsewhere},
}

// ofStore says what an error of the store means. What nobody foresaw is told as it came.
func (r *Rollcall) ofStore(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := &StoreError{Store: r.settings.Store, What: err.Error(), err: err}
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	code := ""
	switch {
	case errors.As(err, &api):
		code = api.ErrorCode()
	case errors.As(err, &answer):
		code = fmt.Sprint(answer.HTTPStatusCode())
	}
	for _, known := range refusals {
		if slices.Contains(known.codes, code) || known.says != "" && code == "" && strings.Contains(err.Error(), known.says) {
			e.What, e.Remedy = known.what, known.remedy
			break
		}
	}
	var network net.Error
	switch {
	case errors.Is(err, store.ErrForeign):
		e.Remedy = "it is damaged, or another version of rollcall wrote it: use that one"
	case e.Remedy == "" && (errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)) && strings.HasPrefix(e.Store, "s3://"):
		e.What, e.Remedy = "no answer from AWS", "check the network of this machine, and AWS_REGION"
	case errors.As(err, &answer) && answer.Response != nil && strings.HasPrefix(e.Remedy, elsewhere):
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			e.Remedy = "set AWS_REGION=" + region
		}
	}
	return e
}
