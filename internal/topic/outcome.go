package topic

import (
	"errors"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"rollcall/internal/health"
)

// complaint is what in a message a refusal is about.
type complaint int

const (
	aboutContent complaint = iota
	aboutSubject
	aboutAttributes
)

// verdicts are what the error codes of Publish mean for a message that was not accepted
// (SNS API reference, Publish and "common errors"; the types of the SDK). Codes that are not
// here are judged by their HTTP status.
var verdicts = map[string]health.Delivery{
	// What we said was wrong.
	"InvalidParameter":               health.Refused,
	"InvalidParameterException":      health.Refused,
	"InvalidParameterValue":          health.Refused,
	"ParameterValueInvalid":          health.Refused,
	"InvalidParameterValueException": health.Refused,
	"ValidationException":            health.Refused,
	"ValidationError":                health.Refused,
	"MalformedQueryString":           health.Refused,
	"RequestEntityTooLarge":          health.Refused,

	// SNS was not able to, this time.
	"InternalError":            health.Unsure,
	"InternalFailure":          health.Unsure,
	"ServiceUnavailable":       health.Unsure,
	"Throttled":                health.Unsure,
	"Throttling":               health.Unsure,
	"ThrottlingException":      health.Unsure,
	"TooManyRequestsException": health.Unsure,
	"RequestLimitExceeded":     health.Unsure,
	"KMSThrottling":            health.Unsure,
	"RequestTimeout":           health.Unsure,

	// We may not, or there is no such topic: only the deployment can mend that.
	"AuthorizationError": health.Denied,
	"NotFound":           health.Denied,
	"InvalidSecurity":    health.Denied,
	"KMSAccessDenied":    health.Denied,
	"KMSDisabled":        health.Denied,
	"KMSInvalidState":    health.Denied,
	"KMSNotFound":        health.Denied,
	"KMSOptInRequired":   health.Denied,
}

// outcome tells what an answer means for the message, and what a refusal is about.
func outcome(err error) (health.Delivery, complaint) {
	if err == nil {
		return health.Accepted, aboutContent
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return health.Unsure, aboutContent // no answer, or none that could be read
	}
	delivery, known := verdicts[answer.ErrorCode()]
	if !known {
		delivery = byStatus(err)
	}
	if delivery != health.Refused {
		return delivery, aboutContent
	}
	switch message := strings.ToLower(answer.ErrorMessage()); {
	case strings.Contains(message, "topicarn"), strings.Contains(message, "targetarn"):
		return health.Denied, aboutContent // the topic is misnamed, or stands in another region
	case strings.Contains(message, "subject"):
		return health.Refused, aboutSubject
	case strings.Contains(message, "attribute"):
		return health.Refused, aboutAttributes
	default:
		return health.Refused, aboutContent
	}
}

// byStatus judges an answer whose code says nothing to us.
func byStatus(err error) health.Delivery {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return health.Unsure
	}
	switch status := response.HTTPStatusCode(); {
	case status == http.StatusRequestEntityTooLarge:
		return health.Refused
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return health.Unsure
	default:
		return health.Denied
	}
}
