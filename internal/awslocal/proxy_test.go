package awslocal_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"rollcall/internal/awslocal"
)

// upstream remembers what reached it.
type upstream struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // method, target and body
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		u.mu.Lock()
		u.seen = append(u.seen, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		u.mu.Unlock()
		w.Header().Set("X-Kept", r.Header.Get("X-Kept"))
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "heard "+string(body))
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) heard() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return strings.Join(u.seen, "; ")
}

// send asks on a connection of its own.
func send(ctx context.Context, method, url, body string) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("X-Kept", "yes")
	r.Close = true
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	read, err := io.ReadAll(got.Body)
	return got.StatusCode, got.Header.Get("X-Kept") + " " + string(read), err
}

func TestProxyHandsOn(t *testing.T) {
	u := newUpstream(t)
	p := awslocal.NewProxy(t, u.URL)
	status, text, err := send(t.Context(), "PUT", p.URL()+"/a%20b/c?x=1&y", "hello")
	if err != nil || status != 202 || text != "yes heard hello" {
		t.Errorf("answer %d %q, %v", status, text, err)
	}
	if want := "PUT /a%20b/c?x=1&y hello"; u.heard() != want {
		t.Errorf("upstream heard %q, want %q", u.heard(), want)
	}
	seen := p.Requests("PUT", "c")
	if len(seen) != 1 || seen[0].Path != "/a b/c" || seen[0].Body != "hello" || seen[0].Status != 202 || seen[0].Header.Get("X-Kept") != "yes" {
		t.Errorf("proxy saw %+v", seen)
	}
	if n := len(p.Requests("GET", "")); n != 0 {
		t.Errorf("proxy saw %d GETs, want none", n)
	}
}

func TestProxyPicksRequests(t *testing.T) {
	refused := awslocal.Answer(503, "SlowDown")
	cases := []struct {
		name  string
		fault awslocal.Fault
		want  string // of PUT /state/a, GET /state/a, PUT /told/b, PUT /state/c, each with its path as the body; x: hit
	}{
		{"all", awslocal.Fault{}, "xxxx"},
		{"by method", awslocal.Fault{Method: "PUT"}, "x.xx"},
		{"by a part of the path", awslocal.Fault{Path: "state/"}, "xx.x"},
		{"by a part of the body", awslocal.Fault{Body: "told"}, "..x."},
		{"the next two", awslocal.Fault{Method: "PUT", Times: 2}, "x.x."},
		{"the second", awslocal.Fault{Method: "PUT", After: 1, Times: 1}, "..x."},
		{"all after the first", awslocal.Fault{Path: "state", After: 1}, ".x.x"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := awslocal.NewProxy(t, newUpstream(t).URL)
			c.fault.Do = refused
			in := p.Inject(c.fault)
			var got strings.Builder
			for _, r := range []string{"PUT /state/a", "GET /state/a", "PUT /told/b", "PUT /state/c"} {
				method, path, _ := strings.Cut(r, " ")
				status, _, err := send(t.Context(), method, p.URL()+path, path)
				if err != nil {
					t.Fatal(err)
				}
				got.WriteString(map[int]string{503: "x", 202: "."}[status])
			}
			if got.String() != c.want || in.Hits() != strings.Count(c.want, "x") {
				t.Errorf("%s, hits %d, want %s", got.String(), in.Hits(), c.want)
			}
			in.Lift()
			if status, _, err := send(t.Context(), "PUT", p.URL()+"/state/told", "told"); err != nil || status != 202 {
				t.Errorf("once it is lifted: %d, %v", status, err)
			}
		})
	}
}

func TestProxyFirstFaultThatStillWants(t *testing.T) {
	p := awslocal.NewProxy(t, newUpstream(t).URL)
	p.Inject(awslocal.Fault{Times: 1, Do: awslocal.Answer(409, "ConditionalRequestConflict")})
	p.Inject(awslocal.Fault{Times: 1, Do: awslocal.Answer(500, "InternalError")})
	for _, want := range []int{409, 500, 202} {
		if status, _, err := send(t.Context(), "PUT", p.URL(), ""); err != nil || status != want {
			t.Errorf("status %d, %v, want %d", status, err, want)
		}
	}
}

func TestProxyDeeds(t *testing.T) {
	cases := []struct {
		name  string
		deed  awslocal.Deed
		heard string
		err   error
	}{
		{"answer lost", awslocal.LoseAnswer(), "PUT / x", io.EOF},
		{"reset", awslocal.Reset(), "", syscall.ECONNRESET},
		{"hang", awslocal.Hang(), "", context.DeadlineExceeded},
		{"hold", awslocal.Hold(), "", context.DeadlineExceeded},
		{"delay beyond the test", awslocal.Delay(time.Hour), "", context.DeadlineExceeded},
		{"delay", awslocal.Delay(time.Millisecond), "PUT / x", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			u := newUpstream(t)
			p := awslocal.NewProxy(t, u.URL)
			p.Inject(awslocal.Fault{Do: c.deed})
			patience := 10 * time.Second
			if errors.Is(c.err, context.DeadlineExceeded) {
				patience = 50 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if _, _, err := send(ctx, "PUT", p.URL()+"/", "x"); !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if u.heard() != c.heard {
				t.Errorf("upstream heard %q, want %q", u.heard(), c.heard)
			}
		})
	}
}

func TestProxyReleasesWhatItHolds(t *testing.T) {
	u := newUpstream(t)
	p := awslocal.NewProxy(t, u.URL)
	in := p.Inject(awslocal.Fault{Method: "PUT", Times: 2, Do: awslocal.Hold()})

	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { _, _, err := send(ctx, "PUT", p.URL()+"/1", ""); gone <- err }()
	in.Await(1)
	giveUp()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := send(t.Context(), "GET", p.URL()+"/2", ""); err != nil {
		t.Error(err)
	}
	in.Release()
	if want := "GET /2 ; PUT /1 "; u.heard() != want {
		t.Errorf("upstream heard %q, want %q", u.heard(), want)
	}
	if status, _, err := send(t.Context(), "PUT", p.URL()+"/3", ""); err != nil || status != 202 {
		t.Errorf("after the release: %d, %v", status, err)
	}
}

func TestProxyHandsOnOnePutAtATime(t *testing.T) {
	arrived, leave := make(chan struct{}, 2), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	}))
	defer slow.Close()
	p := awslocal.NewProxy(t, slow.URL)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, _, err := send(t.Context(), "PUT", p.URL(), ""); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	select {
	case <-arrived:
		t.Error("the upstream has two PUTs at once, want one")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	both.Wait()
}

// An injected error must be one that the SDK understands as AWS's own.
func TestProxyAnswersInTheProtocolAsked(t *testing.T) {
	p := awslocal.NewProxy(t, newUpstream(t).URL)
	config := awslocal.Config(p.URL())
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	p.Inject(awslocal.Fault{Do: awslocal.Answer(403, "AuthorizationError")})

	cases := []struct {
		name string
		call func() error
	}{
		{"s3", func() error {
			_, err := s3.NewFromConfig(config).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
			return err
		}},
		{"sns", func() error {
			_, err := sns.NewFromConfig(config).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:eu-central-1:1:topic"), Message: aws.String("m")})
			return err
		}},
		{"sqs", func() error {
			_, err := sqs.NewFromConfig(config).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(p.URL() + "/1/queue"), MessageBody: aws.String("m")})
			return err
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var refused smithy.APIError
			if err := c.call(); !errors.As(err, &refused) || refused.ErrorCode() != "AuthorizationError" || refused.ErrorMessage() != "as the test wanted it" {
				t.Errorf("error %v, want the code AuthorizationError and its message", err)
			}
		})
	}
}

// A fault can be that of one service, and a report can say how often each has hit, whether or
// not it was lifted since.
func TestProxyKnowsServicesAndCounts(t *testing.T) {
	p := awslocal.NewProxy(t, newUpstream(t).URL)
	config := awslocal.Config(p.URL())
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	refused := awslocal.Answer(400, "ThrottlingException")
	topics := p.Inject(awslocal.Fault{Name: "topics are busy", Service: "sns", Do: refused})
	p.Inject(awslocal.Fault{Name: "objects are busy", Service: "s3", Times: 1, Do: refused})
	p.Inject(awslocal.Fault{Name: "never met", Service: "ssm", Do: refused})
	p.Inject(awslocal.Fault{Service: "sqs", Times: 1, Do: refused}) // without a name it does not count

	for range 2 {
		_, _ = s3.NewFromConfig(config).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
		_, _ = sns.NewFromConfig(config).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:eu-central-1:1:topic"), Message: aws.String("m")})
		_, _ = sqs.NewFromConfig(config).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(p.URL() + "/1/queue"), MessageBody: aws.String("m")})
	}
	topics.Lift()
	if _, _, err := send(t.Context(), "POST", p.URL(), ""); err != nil {
		t.Error(err)
	}
	if got, want := p.Hits(), map[string]int{"topics are busy": 2, "objects are busy": 1, "never met": 0}; !maps.Equal(got, want) {
		t.Errorf("hits %v, want %v", got, want)
	}
	var services []string
	for _, r := range p.Requests("", "") {
		services = append(services, r.Service)
	}
	if want := []string{"s3", "sns", "sqs", "s3", "sns", "sqs", ""}; !slices.Equal(services, want) {
		t.Errorf("services %q, want %q", services, want)
	}
	if p.Forget(); len(p.Requests("", "")) != 0 || p.Hits()["topics are busy"] != 2 {
		t.Error("requests are remembered, or hits are not")
	}
}
