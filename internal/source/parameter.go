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
)

// How a parameter is asked for. How long one try may take is the HTTP client's to set.
const (
	kept           = 5 * time.Minute // how old a value may be that is given out
	parameterTries = 3
	parameterPause = 200 * time.Millisecond // before the second try; then twice as long
	parameterMost  = 64 << 10               // bytes of an answer: a value has at most 8 KB
)

// Parameter is a SecureString in SSM's Parameter Store. Its value is kept for five minutes,
// in this process and nowhere else: what is changed there is in force soon after, and SSM
// is not asked for every use. It is safe for concurrent use.
//
// The one call it needs is written out here, signed by the SDK's signer: the SDK's client
// for SSM has some 150 more, and costs minutes of every build.
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
		if n > 0 && !pause(ctx, parameterPause<<(n-1)) {
			break
		}
		var value string
		var again bool
		if value, again, err = p.try(ctx); err == nil {
			p.value, p.read = value, time.Now()
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
	}
	err = json.Unmarshal(body, &answer)
	_, code, found := strings.Cut(answer.Type, "#")
	if !found {
		code = answer.Type
	}
	switch {
	case status == http.StatusOK && err == nil && answer.Parameter.Value != "":
		return answer.Parameter.Value, false, nil
	case status == http.StatusOK:
		return "", true, errors.New("an answer without a value, want one")
	case code == "ParameterNotFound":
		return "", false, errors.New("no such parameter; make it, as a SecureString, with: aws ssm put-parameter")
	case code == "AccessDeniedException":
		return "", false, errors.New("access denied: it needs ssm:GetParameter on the parameter, and kms:Decrypt on a key of one's own")
	default:
		return "", status >= 500 || status == http.StatusTooManyRequests || code == "ThrottlingException",
			fmt.Errorf("status %d, %s, want 200", status, code)
	}
}

// call is GetParameter: one request of AWS's JSON protocol, signed.
func (p *Parameter) call(ctx context.Context) (status int, body []byte, err error) {
	asked, err := json.Marshal(map[string]any{"Name": p.name, "WithDecryption": true})
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint(), bytes.NewReader(asked))
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

// endpoint is where SSM answers in the region, or wherever the configuration says that AWS is.
func (p *Parameter) endpoint() string {
	if p.cloud.BaseEndpoint != nil {
		return strings.TrimSuffix(*p.cloud.BaseEndpoint, "/") + "/"
	}
	suffix := "amazonaws.com"
	switch {
	case strings.HasPrefix(p.cloud.Region, "cn-"):
		suffix = "amazonaws.com.cn"
	case strings.HasPrefix(p.cloud.Region, "eusc-"):
		suffix = "amazonaws.eu"
	}
	return "https://ssm." + p.cloud.Region + "." + suffix + "/"
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
