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
	Remedy string // what to do about it, of whoever sits at this machine; may be empty
	round  string // likewise, of whoever reads what a function logs and tells; empty: the same
	use    string // what the place is used for: that of a deed, but "push" also where a push reads first
	err    error
}

func (e *AccessError) Error() string { return e.Deed + " " + e.Place + ": " + e.What }

// Unwrap is the error as it came.
func (e *AccessError) Unwrap() error { return e.err }

// elsewhere is the remedy for a bucket that is not looked for where it is.
const elsewhere = "set AWS_REGION to the region of the deployment"

// What is said in a round, which has no machine that a person could mend.
const (
	ofRole   = "it is the role of the function that asks: deploy again"
	inRegion = "it must be in the region of the function"
)

// refusal is what AWS does not do, for a person who has to mend it.
type refusal struct {
	codes  []string // of the API
	says   string   // in the SDK's own errors, which have no codes
	use    string   // that it is said of; empty: any
	what   string
	remedy string // LOCATION is the place
	round  string // in place of the remedy in a round; empty: the same
}

// refusals are what AWS says by its codes, and by what the SDK says when it did not get so
// far. The first that fits is told.
var refusals = [...]refusal{
	{codes: []string{"NoSuchBucket"}, what: "there is no such bucket",
		remedy: "name one that there is; that of the deployment is its output Bucket, in sam list stack-outputs",
		round:  "deploy with a TargetsLocation that there is"},
	{codes: []string{"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}, what: "the bucket is in another region",
		remedy: elsewhere, round: inRegion},
	{codes: []string{"AccessDenied", "AllAccessDisabled", "403"}, use: "read", what: "access denied",
		remedy: "it takes s3:GetObject, and kms:Decrypt where the bucket has a key of its own; or nothing is there yet: rollcall push -f FILE LOCATION"},
	{codes: []string{"AccessDenied", "AllAccessDisabled", "403"}, use: "push", what: "access denied",
		remedy: "it takes s3:GetObject and s3:PutObject, kms:Decrypt and kms:GenerateDataKey where the bucket has a key of its own, and s3:ListBucket on the bucket; without the last a missing object is answered so too"},
	{codes: []string{"AccessDenied", "AllAccessDisabled", "403"}, what: "access denied",
		remedy: "it takes s3:GetObject, where it is written s3:PutObject, and s3:ListBucket on the bucket; without the last a missing object is answered so too"},
	{codes: []string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"}, what: "the AWS credentials have expired",
		remedy: "sign in again, such as with aws sso login", round: ofRole},
	{codes: []string{"AccessDeniedException"}, what: "access denied",
		remedy: "it takes ssm:GetParameter, where it is written ssm:PutParameter, and kms:Decrypt where it is encrypted under a key of one's own"},
	{codes: []string{"InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException"}, what: "AWS does not know these credentials",
		remedy: "see what aws sts get-caller-identity says; AWS_PROFILE chooses others", round: ofRole},
	{codes: []string{"RequestTimeTooSkewed"}, what: "the clock of this machine is wrong",
		remedy: "set it", round: "it is Lambda's: deploy again, for another machine"},
	{codes: []string{"SlowDown", "ServiceUnavailable", "InternalError", "InternalServerError", "ThrottlingException", "TooManyUpdates", "503", "500"}, what: "AWS is not able to answer now",
		remedy: "try again in a moment", round: "the next round asks again"},
	{says: "SSO", what: "the AWS session has ended", remedy: "sign in again: aws sso login", round: ofRole},
	{says: "get credentials", what: "no AWS credentials were found", remedy: "sign in, such as with aws sso login, or set AWS_PROFILE", round: ofRole},
	{says: "Missing Region", what: "no AWS region is set", remedy: elsewhere, round: inRegion},
	{says: "Invalid region", what: "no AWS region is set, or one that is none", remedy: elsewhere, round: inRegion},
}

// unanswered is what fits where AWS says nothing at all.
var unanswered = refusal{what: "no answer from AWS",
	remedy: "check the network of this machine, and AWS_REGION",
	round:  "in a VPC, see that its subnets have a way to S3 (a gateway endpoint) or SSM (an interface endpoint), or a NAT gateway"}

// of reports whether it is what an error with this code says.
func (r refusal) of(e *AccessError, code string) bool {
	return (r.use == "" || r.use == e.use) && (slices.Contains(r.codes, code) || r.says != "" && code == "" && strings.Contains(e.err.Error(), r.says))
}

// ofStore says what an error of the store means.
func (r *Rollcall) ofStore(err error) error {
	err = accessed(&AccessError{Deed: "store", use: "store", Place: r.settings.Store, err: err})
	var e *AccessError
	if errors.Is(err, store.ErrForeign) && errors.As(err, &e) {
		e.Remedy = "it is damaged, or another version of rollcall wrote it: use that one"
	}
	return err
}

// accessed says what an error of a place means. What nobody foresaw is told as it came.
func accessed(e *AccessError) error {
	if e.err == nil || errors.Is(e.err, context.Canceled) {
		return e.err
	}
	e.What = e.err.Error()
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	code := ""
	switch {
	case errors.As(e.err, &api):
		code = api.ErrorCode()
	case errors.As(e.err, &answer):
		code = fmt.Sprint(answer.HTTPStatusCode())
	}
	inAWS := strings.HasPrefix(e.Place, "s3://") || strings.HasPrefix(e.Place, "ssm:")
	var network net.Error
	var known refusal
	if i := slices.IndexFunc(refusals[:], func(r refusal) bool { return r.of(e, code) }); i >= 0 {
		known = refusals[i]
	} else if inAWS && (errors.As(e.err, &network) || errors.Is(e.err, context.DeadlineExceeded)) {
		known = unanswered
	}
	if known.what != "" {
		e.What, e.Remedy, e.round = known.what, strings.ReplaceAll(known.remedy, "LOCATION", e.Place), known.round
	}
	if errors.As(e.err, &answer) && answer.Response != nil && known.remedy == elsewhere {
		if region := answer.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			e.Remedy = "set AWS_REGION=" + region
		}
	}
	return e
}

// inRound is the error with what to do about it, for those who read what a function logs and
// tells.
func (e *AccessError) inRound() error {
	switch {
	case e.round != "":
		return fmt.Errorf("%w; %s", e, e.round)
	case e.Remedy != "":
		return fmt.Errorf("%w; %s", e, e.Remedy)
	default:
		return e
	}
}
