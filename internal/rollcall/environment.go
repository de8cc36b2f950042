package rollcall

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/caarlos0/env/v11"
)

// FromEnvironment reads the environment of a function into the fields of a T that have an env
// tag, or names everything that is missing at once.
func FromEnvironment[T any]() (T, error) {
	e, err := env.ParseAs[T]()
	var all env.AggregateError
	if !errors.As(err, &all) {
		return e, err
	}
	said := make([]string, len(all.Errors))
	for i, one := range all.Errors {
		said[i] = strings.TrimPrefix(one.Error(), "env: ")
	}
	return e, fmt.Errorf("environment of the function: %s; the template sets them", strings.Join(said, "; "))
}

// Invocation names one deed of one invocation of a function, so that it knows its own writes
// again. The request's id is not enough: Lambda may deliver one event twice at a time, under
// one id, and one invocation may do several.
func Invocation(ctx context.Context) string {
	request := "request"
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		request = lc.AwsRequestID
	}
	return request + "/" + rand.Text()[:8]
}
