package awslocal_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"rollcall/internal/awslocal"
)

func TestMotoIsReached(t *testing.T) {
	moto := awslocal.StartMoto(t)
	if again := awslocal.StartMoto(t); again.URL() != moto.URL() {
		t.Errorf("a second moto at %s, want the one at %s", again.URL(), moto.URL())
	}
	bucket := moto.Bucket(t)
	if other := moto.Bucket(t); other == bucket {
		t.Errorf("the bucket %q twice", bucket)
	}
	store := s3.NewFromConfig(moto.Config())
	if _, err := store.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		t.Error(err)
	}
	if _, err := sns.NewFromConfig(moto.Config()).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("people")}); err != nil {
		t.Error(err)
	}
	if _, err := sqs.NewFromConfig(moto.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("told")}); err != nil {
		t.Error(err)
	}
	moto.Reset(t)
	if _, err := store.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket}); err == nil {
		t.Error("the bucket outlived a reset")
	}
}

// motoless is a test on a machine without moto_server: it notes how it was ended.
type motoless struct {
	testing.TB
	ended string
}

func (m *motoless) Helper() {}
func (m *motoless) Fatal(args ...any) {
	m.ended = "fatal: " + fmt.Sprint(args...)
	runtime.Goexit()
}
func (m *motoless) Skip(args ...any) {
	m.ended = "skip: " + fmt.Sprint(args...)
	runtime.Goexit()
}

func TestMotoMissing(t *testing.T) {
	nowhere := t.TempDir()
	t.Setenv("PATH", nowhere)
	t.Chdir(nowhere)
	for ci, want := range map[string]string{
		"true": "fatal: moto_server is neither on PATH nor in ",
		"":     "skip: left out: moto_server is neither on PATH nor in ",
	} {
		t.Setenv("CI", ci)
		m := &motoless{TB: t}
		done := make(chan struct{})
		go func() { defer close(done); awslocal.StartMoto(m) }()
		<-done
		if !strings.HasPrefix(m.ended, want) {
			t.Errorf("CI=%s: ended by %q, want %q", ci, m.ended, want)
		}
	}
}

// TestMotoEndsWithTheBinary runs itself once more, kills that, and waits for the server
// that it had started to be gone.
func TestMotoEndsWithTheBinary(t *testing.T) {
	const victim = "ROLLCALL_TEST_VICTIM"
	moto := awslocal.StartMoto(t)
	if os.Getenv(victim) != "" {
		fmt.Printf("\nat %s\n", strings.TrimPrefix(moto.URL(), "http://"))
		select {}
	}
	child := exec.Command(os.Args[0], "-test.run=^TestMotoEndsWithTheBinary$")
	child.Env = append(os.Environ(), victim+"=yes")
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill() }()
	var address string
	for lines := bufio.NewScanner(output); address == "" && lines.Scan(); {
		address, _ = strings.CutPrefix(lines.Text(), "at ")
		if address == lines.Text() {
			address = ""
		}
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed, and says so
	limit, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		conn.Close()
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("moto_server at %s outlives the test that started it", address)
		}
	}
}
