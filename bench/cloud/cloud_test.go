package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"rollcall/internal/health"
	"rollcall/internal/store"
	"rollcall/internal/topic"
)

func start(t *testing.T) *Cloud {
	t.Helper()
	c, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// config is how the SDK reaches c, over TLS as it reaches AWS.
func (c *Cloud) config() aws.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.Roots)
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(c.services.URL),
		Credentials:      credentials.NewStaticCredentialsProvider("AKIDLOCAL", "nothing-secret", ""),
		HTTPClient:       &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
		RetryMaxAttempts: 1,

		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, // as with the SDK's own settings
	}
}

// The bucket keeps what the function's own store asks of one, and can be put back to what it
// held before.
func TestBucket(t *testing.T) {
	t.Parallel()
	c := start(t)
	ctx := context.Background()
	objects := store.NewS3(s3.NewFromConfig(c.config()), bucketName)
	if _, _, err := objects.Get(ctx, "a/b"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("an object that is not there: %v, want %v", err, store.ErrNotFound)
	}
	put := func(text string, v store.Version, want error) store.Version {
		t.Helper()
		v, err := objects.Put(ctx, "a/b", []byte(text), v)
		if !errors.Is(err, want) {
			t.Fatalf("put %q: %v, want %v", text, err, want)
		}
		return v
	}
	first := put("one", store.Absent, nil)
	before := c.Content()
	put("two", store.Absent, store.ErrRaced)
	second := put("two", first, nil)
	put("three", first, store.ErrRaced)
	put("three", second, nil)
	c.Restore(before)
	if data, v, err := objects.Get(ctx, "a/b"); err != nil || string(data) != "one" || v != first {
		t.Errorf("after it was put back there is %q of version %q, %v; want one of %q", data, v, err, first)
	}
	c.Restore(Content{})
	put("two", first, store.ErrRaced)
}

// The topic accepts what the function tells.
func TestTopic(t *testing.T) {
	t.Parallel()
	c := start(t)
	told, err := topic.New(sns.NewFromConfig(c.config()), topicARN).
		Publish(context.Background(), health.Digest{ID: "a", Kind: health.Test, Fleet: "bench", Round: time.Now()})
	if err != nil || told != health.Accepted || c.Told() != 1 {
		t.Errorf("it is %s, %v, and %d were told; want it accepted, and one", told, err, c.Told())
	}
}

// A connection from before it was forgotten serves no more; a new one does.
func TestForget(t *testing.T) {
	t.Parallel()
	c := start(t)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(c.services.URL, "https://"), c.config().HTTPClient.(*http.Client).Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const request = "GET /bench/a HTTP/1.1\r\nHost: aws\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1<<10)
	if _, err := conn.Read(buffer); err != nil {
		t.Fatal(err)
	}
	c.Forget()
	for range 2 { // what was still under way may come first
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err = conn.Read(buffer); err != nil {
			break
		}
	}
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection is still there: %v", err)
	}
}

// Lambda's own client is given events one at a time, until there are no more; then it ends.
func TestRuntime(t *testing.T) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(func(ctx context.Context, word string) (string, error) {
			if _, limited := ctx.Deadline(); !limited || word == "fail" {
				return "", errors.New("alas")
			}
			return word + "!", nil
		})
	}
	c := start(t)
	function := exec.Command(os.Args[0], "-test.run=TestRuntime$")
	function.Env = append(os.Environ(), c.Environment("bench", 512)...)
	if err := function.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{"ho": `"ho!"`, "hey": `"hey!"`} {
		answer, billed, err := c.Invoke(ctx, word, []byte(`"`+word+`"`), time.Minute)
		if err != nil || string(answer) != want {
			t.Errorf("it answers %s with %s, %v; want %s", word, answer, err, want)
		}
		if billed < time.Millisecond || billed%time.Millisecond != 0 {
			t.Errorf("it is billed for %s, want whole milliseconds", billed)
		}
	}
	if _, _, err := c.Invoke(ctx, "x", []byte(`"fail"`), time.Minute); err == nil || !strings.Contains(err.Error(), "alas") {
		t.Errorf("a failure is %v, want its reason", err)
	}
	c.End()
	if err := function.Wait(); err == nil || function.ProcessState.ExitCode() != 1 {
		t.Errorf("without events it ends with %v, want status 1", err)
	}
}

// Nobody waits for a function that is gone.
func TestGone(t *testing.T) {
	t.Parallel()
	c := start(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	gone := errors.New("gone")
	cancel(gone)
	if err := c.Ready(ctx); !errors.Is(err, gone) {
		t.Errorf("waiting for its first question ends with %v, want %v", err, gone)
	}
	if _, _, err := c.Invoke(ctx, "x", nil, time.Minute); !errors.Is(err, gone) {
		t.Errorf("an event ends with %v, want %v", err, gone)
	}
}
