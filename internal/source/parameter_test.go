package source

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"rollcall/internal/awslocal"
)

// ssm answers what a test tells it to.
type ssm struct {
	answer func(w http.ResponseWriter)
	asked  atomic.Int32
}

func (s *ssm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	var asked struct {
		Name           string
		WithDecryption bool
	}
	signed := r.Header.Get("Authorization")
	if json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Name != "/rollcall/slack" || !asked.WithDecryption || r.Method != http.MethodPost ||
		r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" || !strings.HasPrefix(signed, "AWS4-HMAC-SHA256 Credential=AKIDLOCAL/") ||
		!strings.Contains(signed, "/"+awslocal.Region+"/ssm/aws4_request") {
		http.Error(w, `{"__type":"InvalidSignatureException"}`, http.StatusBadRequest)
		return
	}
	s.answer(w)
}

func value(v string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { fmt.Fprintf(w, `{"Parameter":{"Name":"/rollcall/slack","Value":%q}}`, v) }
}

func failing(status int, code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":%q,"message":"as the test wanted it"}`, code)
	}
}

// direct hands a request to its handler, without a network, so that time can be played.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func newParameter(s *ssm) *Parameter {
	cloud := awslocal.Config("https://ssm.test")
	cloud.HTTPClient = direct{s}
	return NewParameter(cloud, "/rollcall/slack")
}

// A value is kept for five minutes, and longer where there is no other.
func TestParameterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &ssm{answer: value("one")}
		p := newParameter(s)
		expect := func(what, want string, asked int32) {
			t.Helper()
			if got, err := p.Value(t.Context()); got != want || err != nil || s.asked.Load() != asked {
				t.Errorf("%s: %q, %v after %d calls, want %q after %d", what, got, err, s.asked.Load(), want, asked)
			}
		}
		expect("at first", "one", 1)
		s.answer = value("two")
		time.Sleep(kept - time.Second)
		expect("before five minutes", "one", 1)
		time.Sleep(time.Second)
		expect("after five minutes", "two", 2)
		s.answer = value("three")
		if got, err := p.Now(t.Context()); got != "three" || err != nil {
			t.Errorf("now: %q, %v", got, err)
		}
		expect("read anew", "three", 3)
		s.answer = failing(500, "InternalServerError")
		time.Sleep(kept)
		expect("while SSM is out of order", "three", 3+parameterTries)
		if _, err := p.Now(t.Context()); err == nil {
			t.Error("now, while SSM is out of order: no error")
		}
	})
}

// A function is frozen between its invocations, and only the wall clock goes on meanwhile. A
// bubble of synctest has no other one.
func TestParameterAgesWhileFrozen(t *testing.T) {
	p := newParameter(&ssm{answer: value("one")})
	if _, err := p.Value(t.Context()); err != nil || p.read != p.read.Round(0) {
		t.Errorf("%v, read at %s, want it by the wall clock alone", err, p.read)
	}
}

func TestParameterSaysWhatIsWrong(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		says   string
		tries  int32
	}{
		"ParameterNotFound":                      {400, "no such parameter; make it, as a SecureString", 1},
		"com.amazon.coral#AccessDeniedException": {400, `access denied, "as the test wanted it": it needs ssm:GetParameter`, 1},
		"ThrottlingException":                    {400, "ThrottlingException", parameterTries},
		"InternalServerError":                    {500, `status 500, InternalServerError, "as the test wanted it", want 200`, parameterTries},
		"ValidationException":                    {400, `status 400, ValidationException, "as the test wanted it", want 200`, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &ssm{answer: failing(c.status, code)}
			got, err := newParameter(s).Value(t.Context())
			if got != "" || err == nil || !strings.HasPrefix(err.Error(), "read ssm:/rollcall/slack: ") || !strings.Contains(err.Error(), c.says) || s.asked.Load() != c.tries {
				t.Errorf("%s: %q, %v after %d tries, want %q after %d", code, got, err, s.asked.Load(), c.says, c.tries)
			}
		})
	}
	proxy := &ssm{answer: func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<html>", strings.Repeat("x", 5000))
	}}
	if _, err := newParameter(proxy).Value(t.Context()); err == nil || !strings.Contains(err.Error(), `: status 403, "<html>xxx`) || len(err.Error()) > 2*saidMost {
		t.Errorf("a page of a proxy: %v", err)
	}
	s := &ssm{answer: func(w http.ResponseWriter) { fmt.Fprint(w, `{}`) }}
	if _, err := newParameter(s).Value(t.Context()); err == nil || !strings.Contains(err.Error(), "without a value") {
		t.Errorf("an empty answer: %v", err)
	}
}

func TestEndpoint(t *testing.T) {
	for region, want := range map[string]string{
		"eu-central-1": "https://ssm.eu-central-1.amazonaws.com/", "us-gov-west-1": "https://ssm.us-gov-west-1.amazonaws.com/",
		"cn-north-1": "https://ssm.cn-north-1.amazonaws.com.cn/", "eusc-de-east-1": "https://ssm.eusc-de-east-1.amazonaws.eu/",
		"us-iso-east-1": "https://ssm.us-iso-east-1.c2s.ic.gov/", "us-isob-east-1": "https://ssm.us-isob-east-1.sc2s.sgov.gov/",
		"eu-isoe-west-1": "https://ssm.eu-isoe-west-1.cloud.adc-e.uk/", "us-isof-south-1": "https://ssm.us-isof-south-1.csp.hci.ic.gov/",
	} {
		if got := NewParameter(aws.Config{Region: region}, "/x").endpoint(t.Context()); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
}

// SSM may be elsewhere than the rest of AWS, as it may for the SDK's own clients.
func TestConfiguredEndpoint(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_REGION", awslocal.Region)
	for _, c := range []struct{ all, ssm, ignore, want string }{
		{"", "", "", "https://ssm." + awslocal.Region + ".amazonaws.com/"},
		{"https://all.test", "", "", "https://all.test/"},
		{"https://all.test", "https://ssm.test/", "", "https://ssm.test/"},
		{"", "https://ssm.test", "", "https://ssm.test/"},
		{"https://all.test", "https://ssm.test", "true", "https://ssm." + awslocal.Region + ".amazonaws.com/"},
	} {
		t.Setenv("AWS_ENDPOINT_URL", c.all)
		t.Setenv("AWS_ENDPOINT_URL_SSM", c.ssm)
		t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", c.ignore)
		cloud, err := config.LoadDefaultConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := NewParameter(cloud, "/x").endpoint(t.Context()); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
