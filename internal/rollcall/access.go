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

// AccessError is a place that could not be used, in a sentence.
type AccessError struct {
	Deed   string // "store" of the rounds, or what was done with a targets file: "read", "push"
	Place  string // as the settings name it
	What   string // what came
	Remedy string // what to do about it; may be empty
	err    error
}

func (e *AccessError) Error() string { return e.Deed + " " + e.Place + ": " + e.What }

// Unwrap is the error as it came.
func (e *AccessError) Unwrap() error { return e.err }

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
		"name one that there is; that of the deployment is its output Bucket, in sam list stack-outputs"},
	{[]string{"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}, "", "the bucket is in another region", elsewhere},
	{[]string{"AccessDenied", "AllAccessDisabled", "403"}, "", "access denied",
		"it takes s3:GetObject, where it is written s3:PutObject, and s3:ListBucket on the bucket; without the last a missing object is answered so too"},
	{[]string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"}, "", "the AWS credentials have expired",
		"sign in again, such as with aws sso login"},
	{[]string{"AccessDeniedException"}, "", "access denied",
		"it takes ssm:GetParameter, where it is written ssm:PutParameter, and kms:Decrypt where it is encrypted under a key of one's own"},
	{[]string{"InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException"}, "", "AWS does not know these credentials",
		"see what aws sts get-caller-identity says; AWS_PROFILE chooses others"},
	{[]string{"RequestTimeTooSkewed"}, "", "the clock of this machine is wrong", "set it"},
	{[]string{"SlowDown", "ServiceUnavailable", "InternalError", "InternalServerError", "ThrottlingException", "TooManyUpdates", "503", "500"}, "", "AWS is not able to answer now", "try again in a moment"},
	{nil, "SSO", "the AWS session has ended", "sign in again: aws sso login"},
	{nil, "get credentials", "no AWS credentials were found", "sign in, such as with aws sso login, or set AWS_PROFILE"},
	{nil, "Missing Region", "no AWS region is set", elsewhere},
	{nil, "Invalid region", "no AWS region is set, or one that is none", elsewhere},
}

// ofStore says what an error of the store means.
func (r *Rollcall) ofStore(err error) error {
	err = accessed("store", r.settings.Store, err)
	var e *AccessError
	if errors.Is(err, store.ErrForeign) && errors.As(err, &e) {
		e.Remedy = "it is damaged, or another version of rollcall wrote it: use that one"
	}
	return err
}

// accessed says what an error of a place means. What nobody foresaw is told as it came.
func accessed(deed, place string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := &AccessError{Deed: deed, Place: place, What: err.Error(), err: err}
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
	inAWS := strings.HasPrefix(place, "s3://") || strings.HasPrefix(place, "ssm:")
	var network net.Error
	switch {
	case e.Remedy == "" && (errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)) && inAWS:
		e.What, e.Remedy = "no answer from AWS", "check the network of this machine, and AWS_REGION"
	case errors.As(err, &answer) && answer.Response != nil && strings.HasPrefix(e.Remedy, elsewhere):
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			e.Remedy = "set AWS_REGION=" + region
		}
	}
	return e
}
