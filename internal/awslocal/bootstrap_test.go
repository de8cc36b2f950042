package awslocal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// bootstrap makes this test binary a function, with Amazon's own Go runtime: in a process
// of a Runtime, [TestBootstrap] serves events and never returns.
func bootstrap(t *testing.T) Function {
	t.Helper()
	return Function{Dir: bootstrapOf(t, "1"), Env: map[string]string{"START": "well", "MARK": filepath.Join(t.TempDir(), "mark")}}
}

// bootstrapOf is the folder of such a function; VERSION is in its environment.
func bootstrapOf(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nVERSION=%s exec %q -test.run='^TestBootstrap$'\n", version, os.Args[0])
	if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// order is the event of the function under test, or a batch of a queue.
type order struct {
	Do, With string
	Records  []record
}

// report is its answer.
type report struct {
	Handled     int // events so far in this process
	Left        time.Duration
	Request     lambdacontext.LambdaContext
	Descriptors uint64
	Folder      string
	Environment []string
	Address     string // where it listens
	Groups      string // its control groups

	BatchItemFailures []map[string]string `json:"batchItemFailures"`
}

func TestBootstrap(*testing.T) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		return // not in a process of a Runtime
	}
	begin(os.Getenv("START"))
	handled := 0
	lambda.Start(func(ctx context.Context, o order) (report, error) {
		handled++
		fmt.Println("event", handled)
		r := report{Handled: handled, Environment: os.Environ()}
		if err := r.obey(ctx, o); err != nil {
			return report{}, err
		}
		deadline, _ := ctx.Deadline()
		r.Left = time.Until(deadline)
		r.Folder, _ = os.Getwd()
		lc, _ := lambdacontext.FromContext(ctx)
		r.Request = *lc
		var limit syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
		r.Descriptors = limit.Max
		groups, _ := os.ReadFile("/proc/self/cgroup")
		r.Groups = string(groups)
		return r, nil
	})
}

// begin is the start of the function, before it asks for an event.
func begin(how string) {
	if again, is := strings.CutSuffix(how, ", once"); is {
		if _, err := os.Stat(os.Getenv("MARK")); err == nil {
			return
		}
		_ = os.WriteFile(os.Getenv("MARK"), nil, 0o600)
		how = again
	}
	switch how {
	case "badly":
		fmt.Fprintln(os.Stderr, "no such thing")
		os.Exit(7)
	case "saying why":
		_, _ = http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json",
			strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"there is no bucket"}`))
		os.Exit(7)
	case "never":
		time.Sleep(time.Hour)
	case "slowly":
		time.Sleep(slowStart)
	case "well":
		fmt.Println("started")
	}
}

const slowStart = 300 * time.Millisecond

// obey does what the event wants done.
func (r *report) obey(ctx context.Context, o order) error {
	switch o.Do {
	case "fail":
		return errors.New("it does not work")
	case "fail first":
		if r.Handled == 1 {
			return errors.New("it does not work yet")
		}
	case "panic":
		panic("it broke")
	case "exit":
		os.Exit(3)
	case "obey":
		<-ctx.Done() // too late: that instant it is killed
	case "hang":
		signal.Ignore(os.Interrupt, syscall.SIGTERM) // Lambda does not ask
		fmt.Print("half a line")
		select {}
	case "meet":
		answer, err := http.Get(o.With)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	case "listen":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		r.Address = listener.Addr().String()
	case "scribble":
		return scribble(o.With)
	case "see more": // than there is now
		for before := size(o.With); size(o.With) == before; {
			time.Sleep(time.Millisecond)
		}
	case "gorge":
		much := make([]byte, 600<<20)
		for i := 0; i < len(much); i += 4096 {
			much[i] = 1
		}
	}
	for _, m := range o.Records {
		if err := r.batch(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// batch does what a message wants done.
func (r *report) batch(ctx context.Context, m record) error {
	fmt.Println("message", m.Body, m.EventSourceARN, m.MessageAttributes["why"].StringValue)
	switch received := m.Attributes["ApproximateReceiveCount"]; {
	case m.Body == "fail":
		return errors.New("it does not work")
	case strings.HasPrefix(m.Body, "later ") && received == "1":
		seconds, _ := strconv.Atoi(strings.TrimPrefix(m.Body, "later "))
		_, err := sqs.NewFromConfig(Config(os.Getenv("AWS_ENDPOINT_URL"))).ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(os.Getenv("QUEUE")), ReceiptHandle: &m.ReceiptHandle, VisibilityTimeout: int32(seconds)})
		if err != nil {
			return err
		}
		r.BatchItemFailures = []map[string]string{{"itemIdentifier": m.MessageID}}
	case m.Body == "again":
		r.BatchItemFailures = []map[string]string{{"itemIdentifier": m.MessageID}}
	}
	return nil
}

// scribble writes to a file for as long as the process runs, events or not.
func scribble(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	go func() {
		for range time.Tick(time.Millisecond) {
			_, _ = io.WriteString(file, ".")
		}
	}()
	return nil
}

func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

const plenty = 30 * time.Second

func do(t *testing.T, r *Runtime, what string, timeout time.Duration) Invocation {
	t.Helper()
	return r.Invoke(event(t, order{Do: what}), timeout)
}

func event(t *testing.T, o order) []byte {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func answered(t *testing.T, in Invocation) report {
	t.Helper()
	var r report
	if err := json.Unmarshal(in.Payload, &r); err != nil || in.Failed() || in.Killed {
		t.Fatalf("%+v: want an answer", in)
	}
	return r
}
