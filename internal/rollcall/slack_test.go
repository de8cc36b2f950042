package rollcall

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// A message comes again no sooner than it is to, and never at once.
func TestLaterIsInWholeSeconds(t *testing.T) {
	var asked struct{ VisibilityTimeout int }
	queue := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.VisibilityTimeout = -1
		if json.NewDecoder(r.Body).Decode(&asked) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer queue.Close()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": queue.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDLOCAL",
		"AWS_SECRET_ACCESS_KEY": "local", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} {
		t.Setenv(name, value)
	}
	slack, err := OpenSlack(t.Context(), SlackSettings{Bucket: "b", Queue: queue.URL + "/q", Webhook: "/w"})
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[time.Duration]int{200 * time.Millisecond: 1, time.Second: 1, 1001 * time.Millisecond: 2, time.Hour: 3600} {
		if err := slack.Later(t.Context(), "receipt", d); err != nil || asked.VisibilityTimeout != want {
			t.Errorf("%s: %d, %v, want %d", d, asked.VisibilityTimeout, err, want)
		}
	}
}

// The same event twice at a time, under one id, is two deeds.
func TestInvocation(t *testing.T) {
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "id-1"})
	one, two := Invocation(ctx), Invocation(ctx)
	if one == two || !strings.HasPrefix(one, "id-1/") || len(one) != len("id-1/")+8 || !strings.HasPrefix(Invocation(t.Context()), "request/") {
		t.Errorf("%q, %q, %q", one, two, Invocation(t.Context()))
	}
}
