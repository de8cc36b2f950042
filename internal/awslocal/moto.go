// Package awslocal stands in for AWS on loopback: for tests only.
//
// [StartMoto] is an AWS with S3, SNS, SQS and SSM, as moto_server plays it; a [Proxy] in
// front of it does what networks and busy services do, at the moment a test names;
// [Build] and [Transform] make of the template what SAM would, and a [Runtime] is Lambda
// around what was built. A [Stack] is what a deployment of the template makes of moto;
// [Events] and an [EventSource] bring a function its events, as a schedule and a queue do.
// What Lambda and SQS would wait is counted there, and not waited.
//
// moto is kinder than AWS. It never answers 409, it checks no signatures and no rights,
// and it compares a version and writes the object in two steps between which another
// request may slip. Where that matters, ask it through a Proxy, which hands it one PUT
// at a time.
package awslocal

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Region is where everything stands, and Account whose it is.
const (
	Region  = "eu-central-1"
	Account = "123456789012"
)

// startLimit is how long moto may take until it answers: about 2 s on an idle machine.
const startLimit = time.Minute

// Moto is a moto_server, one for all tests of a test binary. It ends with the binary,
// however that ends.
type Moto struct {
	url     string
	server  *server
	buckets atomic.Int64
	stacks  atomic.Int64

	parameters atomic.Int64
}

// shared is the one server of this test binary: it takes seconds to start.
var shared = sync.OnceValues(launch)

// StartMoto is this test binary's moto, started for the first test that asks. A machine
// without moto_server leaves the test out; see [LeftOut].
func StartMoto(t testing.TB) *Moto {
	t.Helper()
	if _, err := findMoto(); err != nil {
		LeftOut(t, err.Error())
	}
	m, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last that moto_server printed:\n%s", m.server.printed.String())
		}
	})
	return m
}

// LeftOut ends a test that needs a tool this machine does not have: where CI=true it is a
// failure, because there no tool may be missing unseen; elsewhere the test is skipped. What only
// the kernel may allow, as limits of processor and memory, is skipped there too.
func LeftOut(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip("left out: " + why)
}

// URL is where moto answers, without a slash at its end.
func (m *Moto) URL() string { return m.url }

// Config is what an SDK client needs to reach moto. How often it tries and how long it
// waits are left as the SDK has them.
func (m *Moto) Config() aws.Config { return Config(m.url) }

// Config is what an SDK client needs to reach moto at url, which may be a [Proxy]'s. S3's
// clients see that the host is an address and name the bucket in the path.
func Config(url string) aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDLOCAL", "nothing-secret", ""),
	}
}

// Bucket makes a bucket that no other test knows.
func (m *Moto) Bucket(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", m.buckets.Add(1))
	_, err := s3.NewFromConfig(m.Config()).CreateBucket(context.Background(), &s3.CreateBucketInput{
		Bucket:                    &name,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: Region},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Reset empties moto, for every test of this test binary: never from one that runs beside
// others. Names of one's own, as from [Moto.Bucket], are the better way.
func (m *Moto) Reset(t testing.TB) {
	t.Helper()
	answer, err := http.Post(m.url+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("reset moto: status %d, want 200", answer.StatusCode)
	}
}

// findMoto is the path of moto_server: on PATH, else in the .venv beside go.mod.
func findMoto() (string, error) {
	const name = "moto_server"
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for root := here; ; root = filepath.Dir(root) {
		if path, err := exec.LookPath(filepath.Join(root, ".venv", "bin", name)); err == nil {
			return path, nil
		}
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil || root == filepath.Dir(root) {
			return "", fmt.Errorf("%s is neither on PATH nor in %s; install it with: pip install 'moto[server]'",
				name, filepath.Join(root, ".venv", "bin"))
		}
	}
}

// launch runs moto_server and waits until it has answered a request.
func launch() (*Moto, error) {
	path, err := findMoto()
	if err != nil {
		return nil, err
	}
	s, err := serve(path, "-H", "127.0.0.1", "-p", "0")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	url, err := s.address()
	if err == nil {
		err = answers(url)
	}
	if err != nil {
		s.input.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return &Moto{url: url, server: s}, nil
}

// answers makes one request, for which moto loads most of itself.
func answers(url string) error {
	client := http.Client{Timeout: startLimit}
	answer, err := client.Get(url + "/moto-api/")
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
