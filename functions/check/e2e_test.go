package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"rollcall/internal/awslocal"
	"rollcall/internal/peer"
	"rollcall/internal/round"
)

// cloud is what the template makes, on this machine.
type cloud struct {
	t      *testing.T
	moto   *awslocal.Moto
	bucket string
	topic  string
	queue  string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{t: t, moto: awslocal.StartMoto(t)}
	c.bucket = c.moto.Bucket(t)
	topic, err := sns.NewFromConfig(c.moto.Config()).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("people-" + c.bucket)})
	must(t, err)
	queue, err := sqs.NewFromConfig(c.moto.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("people-" + c.bucket)})
	must(t, err)
	attributes, err := sqs.NewFromConfig(c.moto.Config()).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	must(t, err)
	_, err = sns.NewFromConfig(c.moto.Config()).Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(attributes.Attributes["QueueArn"]),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	must(t, err)
	c.topic, c.queue = *topic.TopicArn, *queue.QueueUrl
	return c
}

// write packs another targets file.
func write(t *testing.T, dir, targets string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, "targets.yaml"), []byte(targets), 0o600))
}

// function is the built function with a targets file packed beside it, in this cloud.
func (c *cloud) function(dir, targets string) *awslocal.Runtime {
	c.t.Helper()
	write(c.t, dir, targets)
	return awslocal.NewRuntime(c.t, awslocal.Function{Dir: dir, Env: map[string]string{
		"ROLLCALL_CONFIG":  "file:targets.yaml",
		"ROLLCALL_FLEET":   "shop",
		"ROLLCALL_BUCKET":  c.bucket,
		"ROLLCALL_TOPIC":   c.topic,
		"ROLLCALL_WORKERS": "0",
		"AWS_ENDPOINT_URL": c.moto.URL(),
	}})
}

// digests takes what has arrived in the queue.
func (c *cloud) digests() (got []map[string]any) {
	c.t.Helper()
	for {
		out, err := sqs.NewFromConfig(c.moto.Config()).ReceiveMessage(c.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &c.queue, MaxNumberOfMessages: 10})
		must(c.t, err)
		if len(out.Messages) == 0 {
			return got
		}
		for _, m := range out.Messages {
			var event map[string]any
			must(c.t, json.Unmarshal([]byte(*m.Body), &event))
			got = append(got, event)
		}
	}
}

func (c *cloud) state() (state struct {
	Round  time.Time
	Outbox []any
	Seq    int
}) {
	c.t.Helper()
	object, err := s3.NewFromConfig(c.moto.Config()).GetObject(c.t.Context(), &s3.GetObjectInput{Bucket: &c.bucket, Key: aws.String("state/shop/0-1.json")})
	must(c.t, err)
	defer object.Body.Close()
	must(c.t, json.NewDecoder(object.Body).Decode(&state))
	return state
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func roundEvent(scheduled time.Time) []byte {
	return fmt.Appendf(nil, `{"kind":"round","scheduled":%q}`, scheduled.UTC().Format(time.RFC3339))
}

// metrics are the values of every EMF document in the lines, by name; the last one counts.
func metrics(t *testing.T, lines []string) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for _, line := range lines {
		var document map[string]any
		must(t, json.Unmarshal([]byte(line), &document))
		for name, value := range document {
			if number, ok := value.(float64); ok && document["_aws"] != nil {
				found[name] = number
			}
		}
	}
	return found
}

// wantStarted holds the first line of a cold start to what runs there.
func wantStarted(t *testing.T, line string, says map[string]any) {
	t.Helper()
	var started map[string]any
	must(t, json.Unmarshal([]byte(line), &started))
	if version, _ := started["version"].(string); started["level"] != "INFO" || started["message"] != "started" || started["timestamp"] == nil || version == "" {
		t.Errorf("the first line is %s, want which version runs", line)
	}
	for key, want := range says {
		if started[key] != want {
			t.Errorf("the first line is %s, want %s %v", line, key, want)
		}
	}
}

// The built function against Lambda's Runtime API and AWS's services, all on loopback: a
// failing and a hanging target are one digest, once.
func TestEndToEnd(t *testing.T) {
	c := newCloud(t)
	failing, err := peer.Start(peer.Answering(0, http.StatusServiceUnavailable, ""))
	must(t, err)
	defer failing.Close()
	well, err := peer.Start(peer.Answering(10*time.Millisecond, http.StatusOK, "ready"))
	must(t, err)
	defer well.Close()
	hanging, err := peer.Start(peer.Behaviour{Name: "hangs", Answer: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }})
	must(t, err)
	defer hanging.Close()
	dir := awslocal.Build(t, "CheckFunction")
	f := c.function(dir, fmt.Sprintf("fleet: shop\ndefaults: {fail_after: 1, timeout: 1s}\ntargets:\n"+
		"  - {name: well, url: %q}\n  - {name: failing, url: %q}\n  - {name: hanging, url: %q}\n", well.URL, failing.URL, hanging.URL))

	scheduled := time.Now().Truncate(time.Minute)
	const timeout = 20 * time.Second
	in := f.Invoke(roundEvent(scheduled), timeout)
	if in.Error != "" {
		t.Fatalf("the round failed: %s\n%s\n%s", in.Error, strings.Join(in.Stdout, "\n"), in.Stderr)
	}
	t.Logf("the round took %s of %s", in.Took, timeout)
	got := c.digests()
	if len(got) != 1 {
		t.Fatalf("%d messages arrived, want one: %v", len(got), got)
	}
	text, _ := json.Marshal(got[0])
	for _, want := range []string{`"rollcall.digest/1"`, `"failing"`, `"hanging"`, "status 503", "shop/0-1/" + scheduled.UTC().Format(time.RFC3339)} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the digest lacks %s: %s", want, text)
		}
	}
	m := metrics(t, in.Stdout)
	for name, want := range map[string]float64{"Targets": 3, "Up": 1, "Down": 2, "Unknown": 0, "RoundsCompleted": 1, "OutboxDepth": 0} {
		if got, ok := m[name]; !ok || got != want {
			t.Errorf("metric %s is %v, want %v; lines:\n%s", name, got, want, strings.Join(in.Stdout, "\n"))
		}
	}
	if last := in.Stdout[len(in.Stdout)-1]; !strings.Contains(last, "RoundsCompleted") {
		t.Errorf("the last line is %s, want RoundsCompleted", last)
	}
	wantStarted(t, in.Stdout[0], map[string]any{"interval": "1m0s", "targets": "file:targets.yaml"})
	state := c.state()
	if !state.Round.Equal(scheduled) || len(state.Outbox) != 0 {
		t.Errorf("state %+v, want this round and nothing owed", state)
	}

	// The same event again asks nobody and tells nobody.
	asked := failing.Connections() + well.Connections() + hanging.Connections()
	again := f.Invoke(roundEvent(scheduled), timeout)
	if again.Error != "" || again.Cold || strings.Contains(strings.Join(again.Stdout, "\n"), `"started"`) {
		t.Errorf("the round again: %q, cold %v, printed\n%s", again.Error, again.Cold, strings.Join(again.Stdout, "\n"))
	}
	if now := failing.Connections() + well.Connections() + hanging.Connections(); now != asked {
		t.Errorf("the round again opened %d connections", now-asked)
	}
	if got := c.digests(); len(got) != 0 {
		t.Errorf("the round again told %v", got)
	}
	if metrics(t, again.Stdout)["RoundsRepeated"] != 1 || c.state().Seq != state.Seq {
		t.Errorf("the round again printed\n%s\nwant RoundsRepeated, and the state as it was", strings.Join(again.Stdout, "\n"))
	}

	// A person asks now, and sends the test message; neither touches the state.
	now := f.Invoke([]byte(`{"kind":"check","targets":["well"]}`), timeout)
	if now.Error != "" || !bytes.Contains(now.Payload, []byte(`"up":1`)) {
		t.Errorf("check: %q, %s", now.Error, now.Payload)
	}
	test := f.Invoke([]byte(`{"kind":"test"}`), timeout)
	if got := c.digests(); test.Error != "" || len(got) != 1 || got[0]["kind"] != "test" {
		t.Errorf("test: %q, arrived %v, want one digest marked test", test.Error, got)
	}
	if c.state().Seq != state.Seq {
		t.Error("check or test wrote the state")
	}

	// However long a target may hang, the reserve is not its own: the round is stored, and
	// ends well before it would be killed.
	write(t, dir, fmt.Sprintf("fleet: shop\ntargets:\n  - {name: endless, url: %q, timeout: 60s, attempts: 1}\n", hanging.URL))
	const short = 8 * time.Second
	late := f.Invoke(roundEvent(scheduled.Add(time.Minute)), short)
	m = metrics(t, late.Stdout)
	if late.Error != "" || late.Killed || m["RoundsCompleted"] != 1 || m["Unknown"] != 1 {
		t.Errorf("a round cut by its end: %q, killed %v, metrics %v, want it completed with one unknown", late.Error, late.Killed, m)
	}
	// What goes wrong with us is a line that a search for errors finds.
	wrong := f.Invoke([]byte(`{"kind":"rounds"}`), timeout)
	if printed := strings.Join(wrong.Stdout, "\n"); wrong.Error == "" || !strings.Contains(printed, `"level":"ERROR"`) || !strings.Contains(printed, "want round, check or test") {
		t.Errorf("an event that means nothing: %q, printed %s, want a line of level ERROR", wrong.Error, printed)
	}
	if left := short - late.Took; left < round.Reserve(short)/2 {
		t.Errorf("%s of %s were left at the end, want most of the reserve of %s", left, short, round.Reserve(short))
	}
}

// A function without its environment says everything that is missing, and serves nothing.
func TestEndToEndWithoutEnvironment(t *testing.T) {
	f := awslocal.NewRuntime(t, awslocal.Function{Dir: awslocal.Build(t, "CheckFunction")})
	in := f.Invoke(roundEvent(time.Now()), 10*time.Second)
	printed := strings.Join(in.Stdout, "\n")
	if in.Error == "" || !strings.Contains(printed, "ROLLCALL_BUCKET") || !strings.Contains(printed, "ROLLCALL_TOPIC") {
		t.Errorf("error %q, printed %s, want every missing name", in.Error, printed)
	}
}
