package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"
)

// How SSM is asked. How long one try may take is the HTTP client's to set.
const (
	parameterTries = 3
	parameterPause = 200 * time.Millisecond // before the second try; then twice as long
	parameterMost  = 64 << 10               // bytes of an answer: a value has at most 8 KB
	saidMost       = 200                    // bytes that are quoted of an answer that has no value
)

// parameters is SSM's Parameter Store, as far as it is needed: two calls, written out here and
// signed by the SDK's signer. The SDK's client for SSM has some 150, and takes a minute to
// compile.
type parameters struct{ cloud aws.Config }

// parameter is one as SSM has it.
type parameter struct {
	Type    string // String, StringList or SecureString
	Value   string
	Version int64 // from 1
}

// read reads a parameter, decrypted where it is encrypted. It asks again where that may help.
func (p parameters) read(ctx context.Context, name string) (parameter, error) {
	var answer struct{ Parameter parameter }
	err := persevere(ctx, func() (again bool, err error) {
		again, err = p.call(ctx, "GetParameter", map[string]any{"Name": name, "WithDecryption": true}, &answer)
		if err == nil && answer.Parameter.Value == "" {
			return true, errors.New("an answer without a value, want one")
		}
		return again, err
	})
	return answer.Parameter, err
}

// write gives a parameter a value, once, and tells whether it may help to write again. One
// that is not there yet becomes a String; one that is there keeps its type, and must be no
// SecureString. SSM itself sees whether the value needs an advanced parameter: one that was
// made so can never be otherwise.
func (p parameters) write(ctx context.Context, name, value string, isThere bool) (version int64, again bool, err error) {
	in := map[string]any{"Name": name, "Value": value, "Overwrite": isThere, "Tier": "Intelligent-Tiering"}
	if !isThere {
		in["Type"] = "String"
	}
	var answer struct{ Version int64 }
	again, err = p.call(ctx, "PutParameter", in, &answer)
	return answer.Version, again, err
}

// persevere does something up to three times, with pauses, as long as it may help.
func persevere(ctx context.Context, try func() (again bool, err error)) (err error) {
	for n := range parameterTries {
		if n > 0 && smithytime.SleepWithContext(ctx, parameterPause<<(n-1)) != nil {
			break
		}
		var again bool
		if again, err = try(); err == nil || !again {
			break
		}
	}
	return err
}

// call makes one call, and tells whether it may help to make it again (SSM API Reference,
// "Common errors"). An answer that is an error is a [*refusal].
func (p parameters) call(ctx context.Context, deed string, in, out any) (again bool, err error) {
	if p.cloud.Region == "" {
		return false, errors.New("get region: Missing Region") // as the clients of the SDK call it
	}
	credentials, err := p.cloud.Credentials.Retrieve(ctx)
	if err != nil {
		return false, fmt.Errorf("get credentials: %w", err)
	}
	asked, err := json.Marshal(in)
	if err != nil {
		return false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint(ctx), bytes.NewReader(asked))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonSSM."+deed)
	sum := sha256.Sum256(asked)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "ssm", p.cloud.Region, time.Now()); err != nil {
		return false, err
	}
	answer, err := p.client().Do(r)
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, parameterMost))
	if err != nil {
		return true, fmt.Errorf("the answer broke off: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		refused := newRefusal(answer.StatusCode, body)
		return refused.passes(), refused
	}
	if err := json.Unmarshal(body, out); err != nil {
		return true, fmt.Errorf("an answer that is no JSON: %w", err)
	}
	return false, nil
}

// refusal is an answer of SSM that is an error.
type refusal struct {
	status int
	code   string // empty where whoever else answers in AWS's place, a proxy maybe
	said   string
}

var _ smithy.APIError = (*refusal)(nil)

func newRefusal(status int, body []byte) *refusal {
	var answer struct {
		Type    string `json:"__type"`
		Message string // "message" in some answers
	}
	_ = json.Unmarshal(body, &answer) // what is no JSON has no code
	r := &refusal{status: status, code: answer.Type, said: answer.Message}
	if _, code, found := strings.Cut(answer.Type, "#"); found {
		r.code = code
	}
	if r.said == "" {
		r.said = string(body)
	}
	r.said = r.said[:min(len(r.said), saidMost)]
	return r
}

// Error is the sentence of one that nobody foresaw.
func (r *refusal) Error() string {
	return fmt.Sprintf("%s, %q, want 200", strings.TrimSuffix(fmt.Sprintf("status %d, %s", r.status, r.code), ", "), r.said)
}

// ErrorCode is SSM's own, or the status where there is none, as S3's are.
func (r *refusal) ErrorCode() string {
	if r.code == "" {
		return fmt.Sprint(r.status)
	}
	return r.code
}

// ErrorMessage is what was said.
func (r *refusal) ErrorMessage() string { return r.said }

// ErrorFault is whose fault it is.
func (r *refusal) ErrorFault() smithy.ErrorFault {
	if r.status >= http.StatusInternalServerError {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// passes reports whether it may be another answer in a moment.
func (r *refusal) passes() bool {
	return r.status >= http.StatusInternalServerError || r.status == http.StatusTooManyRequests ||
		slices.Contains([]string{"ThrottlingException", "TooManyUpdates"}, r.code)
}

func (p parameters) client() aws.HTTPClient {
	if p.cloud.HTTPClient != nil {
		return p.cloud.HTTPClient
	}
	return http.DefaultClient
}

// suffixes are the domains of AWS's other partitions, by how their regions begin (the SDK's
// partitions.json, which only its own clients may read).
var suffixes = [...]struct{ region, domain string }{
	{"cn-", "amazonaws.com.cn"}, {"eusc-", "amazonaws.eu"}, {"us-iso-", "c2s.ic.gov"}, {"us-isob-", "sc2s.sgov.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"}, {"us-isof-", "csp.hci.ic.gov"},
}

// endpoint is where SSM answers in the region, or wherever the configuration says that it, or
// all of AWS, is.
func (p parameters) endpoint(ctx context.Context) string {
	if base := p.configured(ctx); base != "" {
		return strings.TrimSuffix(base, "/") + "/"
	}
	suffix := "amazonaws.com"
	for _, s := range suffixes {
		if strings.HasPrefix(p.cloud.Region, s.region) {
			suffix = s.domain
		}
	}
	return "https://ssm." + p.cloud.Region + "." + suffix + "/"
}

// configured is the endpoint of AWS_ENDPOINT_URL_SSM, of a profile's services, or of all of
// AWS, in the order of the SDK's own clients (AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints"); empty: there is none.
func (p parameters) configured(ctx context.Context) string {
	for _, from := range p.cloud.ConfigSources {
		if of, is := from.(interface {
			GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
		}); is {
			if ignore, found, err := of.GetIgnoreConfiguredEndpoints(ctx); err == nil && found && ignore {
				return aws.ToString(p.cloud.BaseEndpoint)
			}
		}
	}
	for _, from := range p.cloud.ConfigSources {
		if of, is := from.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); is {
			if base, found, err := of.GetServiceBaseEndpoint(ctx, "SSM"); err == nil && found {
				return base
			}
		}
	}
	return aws.ToString(p.cloud.BaseEndpoint)
}
