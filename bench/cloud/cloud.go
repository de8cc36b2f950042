// Package cloud is the AWS that one function of the bench sees, on loopback: Lambda's Runtime
// API, a bucket and a topic.
//
// It is no AWS for tests, as internal/awslocal is. It shares the machine with whoever is
// measured, so it takes as little processor as can be; it answers after a time that is known
// and always the same; and it leaves the process to [rollcall/bench/quota], which keeps an
// account of each that is measured. The bucket knows what internal/store asks of one, the
// topic accepts whatever it is told.
package cloud

import (
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"time"

	"rollcall/internal/peer"
)

// Wait is how long the bucket and the topic take for an answer. AWS says that the median of
// small requests to S3 is often tens of milliseconds (whitepaper "Best Practices Design
// Patterns: Optimizing Amazon S3 Performance", timeouts and retries).
const Wait = 30 * time.Millisecond

// What the function is told; nothing of it is anybody's.
const (
	region     = "us-east-1"
	bucketName = "bench"
	topicARN   = "arn:aws:sns:" + region + ":123456789012:people"
)

// Cloud is one of them, for one function.
type Cloud struct {
	Roots []byte // PEM, who issued the certificate of the bucket and the topic
	*Runtime
	*Bucket

	services *httptest.Server
}

// Start opens a cloud with an empty bucket. The caller closes it.
func Start() (*Cloud, error) {
	authority, err := peer.NewAuthority()
	if err != nil {
		return nil, err
	}
	certificate, err := authority.Issue(peer.Leaf{})
	if err != nil {
		return nil, err
	}
	c := &Cloud{Roots: authority.PEM(), Runtime: newRuntime(), Bucket: &Bucket{objects: map[string][]byte{}}}
	c.services = httptest.NewUnstartedServer(c.Bucket)
	c.services.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	c.services.StartTLS()
	return c, nil
}

// Environment is what Lambda and the template tell a function of so many MB that watches a
// fleet; as in the template, but that AWS is elsewhere.
func (c *Cloud) Environment(fleet string, memory int) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + c.address(),
		"AWS_LAMBDA_FUNCTION_NAME=check",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		fmt.Sprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", memory),
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_LOG_LEVEL=INFO",
		"AWS_REGION=" + region,
		"AWS_ACCESS_KEY_ID=AKIDLOCAL",
		"AWS_SECRET_ACCESS_KEY=nothing-secret",
		"AWS_SESSION_TOKEN=local",
		"AWS_ENDPOINT_URL=" + c.services.URL,
		"ROLLCALL_FLEET=" + fleet,
		"ROLLCALL_BUCKET=" + bucketName,
		"ROLLCALL_TOPIC=" + topicARN,
	}
}

// Forget ends the connections to the bucket and the topic: those of a function that was
// frozen since its last event are dead.
func (c *Cloud) Forget() { c.services.CloseClientConnections() }

// Close ends it.
func (c *Cloud) Close() {
	c.End()
	c.services.Close()
	c.Runtime.close()
}
