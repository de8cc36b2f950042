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
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	smithytime "github.com/aws/smithy-go/time"
)

// How a parameter is asked for. How long one try may take is the HTTP client's to set.
const (
	kept           = 5 * time.Minute // how old a value may be that is given out
	parameterTries = 3
	parameterPause = 200 * time.Millisecond // before the second try; then twice as long
	parameterMost  = 64 << 10               // bytes of an answer: a value has at most 8 KB
	saidMost       = 200                    // bytes that are quoted of an answer that has no value
)

// Parameter is a SecureString in SSM's Parameter Store. Its value is kept for five minutes,
// in this process and nowhere else: what is changed there is in force soon after, and SSM
// is not asked for every use. It is safe for concurrent use.
//
// The one call it needs is written out here, signed by the SDK's signer: the SDK's client
// for SSM has some 150 more, and takes a minute to compile.
type Parameter struct {
	cloud aws.Config
	name  string

	mu    sync.Mutex // held while it is read: one reading serves all who ask
	value string
	read  time.Time // when; zero: never
}

// NewParameter is the parameter of this name, in the region of cloud.
func NewParameter(cloud aws.Config, name string) *Parameter {
	return &Parameter{cloud: cloud, name: name}
}

// Value is the parameter, as it was at most five minutes ago. While SSM cannot be asked, the
// last value stays in use.
func (p *Parameter) Value(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read.IsZero() && time.Since(p.read) < kept {
		return p.value, nil
	}
	err := p.ask(ctx)
	if err != nil && !p.read.IsZero() {
		slog.WarnContext(ctx, "the last value stays in use", "parameter", p.name, "error", err.Error())
		return p.value, nil
	}
	return p.value, err
}

// Now is the parameter as it is at this moment.
func (p *Parameter) Now(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.ask(ctx)
	return p.value, err
}

// ask reads the value. The caller holds the lock.
func (p *Parameter) ask(ctx context.Context) error {
	var err error
	for n := range parameterTries {
		if n > 0 && smithytime.SleepWithContext(ctx, parameterPause<<(n-1)) != nil {
			break
		}
		var value string
		var again bool
		if value, again, err = p.try(ctx); err == nil {
			p.value, p.read = value, time.Now().Round(0) // by the wall clock: the other one stands still while the function is frozen
			return nil
		}
		if !again {
			break
		}
	}
	return fmt.Errorf("read ssm:%s: %w", p.name, err)
}

// try asks once, and tells whether it may help to ask again (SSM API reference, GetParameter
// and "Common errors").
func (p *Parameter) try(ctx context.Context) (value string, again bool, err error) {
	status, body, err := p.call(ctx)
	if err != nil {
		return "", true, err
	}
	var answer struct {
		Parameter struct{ Value string }
		Type      string `json:"__type"`
		Message   string // "message" in some answers
	}
	err = json.Unmarshal(body, &answer)
	_, code, found := strings.Cut(answer.Type, "#")
	if !found {
		code = answer.Type
	}
	said := answer.Message
	if said == "" { // whoever else answers in AWS's place, a proxy maybe
		said = string(body)
	}
	said = said[:min(len(said), saidMost)]
	switch {
	case status == http.StatusOK && err == nil && answer.Parameter.Value != "":
		return answer.Parameter.Value, false, nil
	case status == http.StatusOK:
		return "", true, errors.New("an answer without a value, want one")
	case code == "ParameterNotFound":
		return "", false, errors.New("no such parameter; make it, as a SecureString, with: aws ssm put-parameter")
	case code == "AccessDeniedException":
		return "", false, fmt.Errorf("access denied, %q: it needs ssm:GetParameter on the parameter, and kms:Decrypt on a key of one's own", said)
	default:
		return "", status >= 500 || status == http.StatusTooManyRequests || code == "ThrottlingException",
			fmt.Errorf("%s, %q, want 200", strings.TrimSuffix(fmt.Sprintf("status %d, %s", status, code), ", "), said)
	}
}

// call is GetParameter: one request of AWS's JSON protocol, signed.
func (p *Parameter) call(ctx context.Context) (status int, body []byte, err error) {
	asked, err := json.Marshal(map[string]any{"Name": p.name, "WithDecryption": true})
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint(ctx), bytes.NewReader(asked))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonSSM.GetParameter")
	credentials, err := p.cloud.Credentials.Retrieve(ctx)
	if err != nil {
		return 0, nil, err
	}
	sum := sha256.Sum256(asked)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "ssm", p.cloud.Region, time.Now()); err != nil {
		return 0, nil, err
	}
	answer, err := p.client().Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, parameterMost))
	return answer.StatusCode, body, err
}

func (p *Parameter) client() aws.HTTPClient {
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
func (p *Parameter) endpoint(ctx context.Context) string {
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
func (p *Parameter) configured(ctx context.Context) string {
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
