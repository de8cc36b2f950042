package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
	"rollcall/internal/peer"
)

const (
	fleetName = "shop"
	stateKey  = "state/shop/0-1.json"
	listKey   = "lists/shop.yaml" // of the targets file, in a bucket that is not the deployment's
	interval  = time.Minute
	// age is the ROLLCALL_INTERVAL of the deployment: rounds of yesterday are played, which it
	// would else be too late for.
	age = 48 * time.Hour
)

// world is a deployment, the fleet it watches, and the people who hear of it.
type world struct {
	t     *testing.T
	moto  *awslocal.Moto
	cloud aws.Config      // past the proxy
	proxy *awslocal.Proxy // before everything that the functions and the command ask
	stack *awslocal.Stack
	stage *stage

	built        string // the folder of the function that checks
	check, slack *awslocal.Runtime
	others       []*awslocal.Runtime // of functions beside the deployed one
	events       *awslocal.Events
	source       *awslocal.EventSource
	channel      *peer.Slack
	webhook      string // name of its parameter
	webhooks     []string

	lists             string       // the bucket of the targets file
	people, operators string       // URLs of queues that keep what the topics tell
	command           func() error // waits until the command is built
	folder            string       // of whatever is written here

	start   time.Time // of round 0
	rounds  int
	windows [][2]time.Time
	now     int // the round being played
	played  []invocation
	heard   []message
	alarms  []string // what the operators got
	said    strings.Builder
	faults  map[string]int // injected otherwise than by the proxy, by story
	current *cast
}

// invocation is one run of the function that checks.
type invocation struct {
	awslocal.Invocation
	round int
}

func newWorld(t *testing.T, rounds int) *world {
	t.Helper()
	watches(t)
	w := &world{t: t, rounds: rounds, moto: awslocal.StartMoto(t), folder: t.TempDir(), faults: map[string]int{}}
	w.cloud = w.moto.Config()
	w.command = sync.OnceValue(w.builds)
	var building sync.WaitGroup
	building.Go(func() { _ = w.command() }) // whoever needs it is told what went wrong
	t.Cleanup(building.Wait)
	w.proxy = awslocal.NewProxy(t, w.moto.URL())
	w.stage = newStage(t)
	// On the hour, so that who is asked every five minutes is asked in the rounds that a story says.
	w.start = time.Now().UTC().Add(-time.Duration(rounds+10) * interval).Truncate(time.Hour)
	for base := 0; base < rounds; base += cycle {
		w.windows = append(w.windows, [2]time.Time{w.at(base + windowFrom), w.at(base + windowTo)})
	}
	w.lists = w.moto.Bucket(t)
	w.upload(w.stage.file(w.windows))
	w.deploy()
	return w
}

// watches looks at every file that is built here. None of them is imported, so without this
// `go test` would give out a cached result after they have changed.
func watches(t *testing.T) {
	t.Helper()
	for _, part := range []string{"cmd", "functions", "internal", "go.mod", "go.sum"} {
		must(t, filepath.WalkDir(filepath.Join("..", "..", part), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			_, err = os.Stat(path)
			return err
		}))
	}
}

// at is the scheduled time of a round.
func (w *world) at(round int) time.Time { return w.start.Add(time.Duration(round) * interval) }

// deploy makes what the template makes, and starts both functions.
func (w *world) deploy() {
	t := w.t
	t.Helper()
	var err error
	w.channel, err = peer.StartSlack(w.stage.authority)
	must(t, err)
	t.Cleanup(func() { _ = w.channel.Close() })
	w.webhook = w.moto.Parameter(t, w.channel.Webhook())
	w.webhooks = []string{w.channel.Webhook()}
	w.stack = awslocal.NewStack(t, w.moto, map[string]string{
		"FleetName": fleetName, "SlackWebhook": w.webhook, "TargetsLocation": "s3://" + w.lists + "/" + listKey,
	})
	w.people = w.listens("people", w.stack.Ref("AlertTopic"))
	w.operators = w.listens("operators", w.stack.Ref("OperatorTopic"))
	w.built = awslocal.Build(t, "CheckFunction")
	w.check = awslocal.NewRuntime(t, w.function("CheckFunction", w.built, map[string]string{"ROLLCALL_INTERVAL": age.String()}))
	w.slack = awslocal.NewRuntime(t, w.function("SlackFunction", awslocal.Build(t, "SlackFunction"), nil))
	w.events = w.check.Async(w.stack.Async("CheckFunction"))
	w.source = w.stack.EventSource("SlackFunction", w.slack)
	w.source.Watch(w.proxy)
}

// function is a function as the template has it, here: held to its memory and its share of a
// processor where the machine allows that, reached through the proxy, trusting the stage's
// authority, and with what an operator has added to its environment.
func (w *world) function(id, dir string, env map[string]string) awslocal.Function {
	f := w.stack.Function(id, dir)
	f.Share, f.HoldMemory = float64(f.Memory)/1769, true // MB that buy a processor (AWS Lambda, "Configure Lambda function memory")
	f.Env = maps.Clone(f.Env)
	maps.Copy(f.Env, w.environment())
	if id == "CheckFunction" {
		maps.Copy(f.Env, vault)
	}
	maps.Copy(f.Env, env)
	return f
}

// environment is where AWS is, here, and whom to trust.
func (w *world) environment() map[string]string {
	bundle := filepath.Join(w.folder, "authority.pem")
	must(w.t, os.WriteFile(bundle, w.stage.authority.PEM(), 0o600))
	return map[string]string{
		"AWS_ENDPOINT_URL": w.proxy.URL(), "AWS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle,
		"AWS_SECRET_ACCESS_KEY": credential, "AWS_SESSION_TOKEN": session,
	}
}

// beside sends the event of a round to a function that checks, beside the deployed one and
// unlike it in its environment.
func (w *world) beside(round int, env map[string]string) []invocation {
	r := awslocal.NewRuntime(w.t, w.function("CheckFunction", w.built, env))
	defer r.Stop()
	w.others = append(w.others, r)
	w.happened()
	return of(round, r.Async(w.stack.Async("CheckFunction")).Send(w.stack.Schedule("CheckFunction").Event(w.at(round)))...)
}

// listens makes a queue that keeps whatever a topic tells, and returns its URL.
func (w *world) listens(name, topic string) string {
	t, queues := w.t, sqs.NewFromConfig(w.cloud)
	t.Helper()
	made, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name + "-" + w.lists),
		Attributes: map[string]string{"VisibilityTimeout": "43200"}}) // what was received does not come again
	must(t, err)
	of, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: made.QueueUrl,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	must(t, err)
	_, err = sns.NewFromConfig(w.cloud).Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"),
		Endpoint: aws.String(of.Attributes["QueueArn"]), Attributes: map[string]string{"RawMessageDelivery": "true"}})
	must(t, err)
	return *made.QueueUrl
}

// bodies takes what has arrived in a queue.
func (w *world) bodies(queue string) (all []string) {
	w.t.Helper()
	for {
		got, err := sqs.NewFromConfig(w.cloud).ReceiveMessage(w.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10})
		must(w.t, err)
		if len(got.Messages) == 0 {
			return all
		}
		for _, m := range got.Messages {
			all = append(all, *m.Body)
		}
	}
}

// object is an object of a bucket as it is, or nil.
func (w *world) object(bucket, key string) []byte {
	w.t.Helper()
	got, err := s3.NewFromConfig(w.cloud).GetObject(w.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil && strings.Contains(err.Error(), "NoSuchKey") {
		return nil
	}
	must(w.t, err)
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	must(w.t, err)
	return data
}

func (w *world) bucket() string { return w.stack.Ref("Bucket") }

// put is somebody who writes an object past all conditions.
func (w *world) put(bucket, key string, data []byte) {
	w.t.Helper()
	_, err := s3.NewFromConfig(w.cloud).PutObject(w.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)})
	must(w.t, err)
}

// upload is somebody who puts a targets file in place, right or wrong.
func (w *world) upload(file string) { w.put(w.lists, listKey, []byte(file)) }

// document changes an object that is JSON.
func (w *world) document(key string, change func(map[string]any)) {
	w.t.Helper()
	data := w.object(w.bucket(), key)
	if data == nil {
		return
	}
	numbers := json.NewDecoder(bytes.NewReader(data))
	numbers.UseNumber()
	var d map[string]any
	must(w.t, numbers.Decode(&d))
	change(d)
	changed, err := json.Marshal(d)
	must(w.t, err)
	if !bytes.Equal(changed, bytes.TrimSpace(data)) {
		w.put(w.bucket(), key, changed)
	}
}

// sooner takes d from the time under a key of a document, as if so much time had passed.
func sooner(d map[string]any, key string, by time.Duration) {
	written, _ := d[key].(string)
	if was, err := time.Parse(time.RFC3339Nano, written); err == nil {
		d[key] = was.Add(-by).Format(time.RFC3339Nano)
	}
}

// passes lets a minute pass between two rounds. Rounds here follow each other at once, so it is
// taken from the clocks that are no scheduled times: who may tell what another owes, and when
// Slack's queue tries again.
func (w *world) passes() {
	w.t.Helper()
	if data := w.object(w.bucket(), stateKey); bytes.Contains(data, []byte(`"outbox"`)) {
		w.document(stateKey, func(d map[string]any) {
			entries, _ := d["outbox"].([]any)
			for _, e := range entries {
				sooner(e.(map[string]any), "until", interval)
			}
		})
	}
	w.source.Passes(interval)
	w.source.Poll()
}

// id is the id of a round's message.
func (w *world) id(round int) string { return health.DigestID(fleetName, "0-1", w.at(round)) }
