package cloud

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"time"
)

// Bucket keeps objects, each with an ETag that is its content's, and takes a PUT on a
// condition. A POST is a message for the topic.
type Bucket struct {
	mu      sync.Mutex
	objects map[string][]byte // by path; what is in one never changes
	told    int
}

// Content is what was in a bucket at some moment.
type Content struct{ objects map[string][]byte }

// Content is what is in the bucket now.
func (b *Bucket) Content() Content {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Content{maps.Clone(b.objects)}
}

// Restore has in the bucket what was in it, and nothing else.
func (b *Bucket) Restore(c Content) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects = map[string][]byte{}
	maps.Copy(b.objects, c.objects)
}

// Told is how many messages the topic has accepted.
func (b *Bucket) Told() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.told
}

// ServeHTTP answers a request of the SDK, [Wait] after it was read.
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := content(r)
	if err != nil {
		return // whoever asked is gone
	}
	time.Sleep(Wait)
	b.mu.Lock()
	defer b.mu.Unlock()
	stored, found := b.objects[r.URL.Path]
	switch r.Method {
	case http.MethodGet:
		if !found {
			refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", etag(stored))
		_, _ = w.Write(stored)
	case http.MethodPut:
		match := r.Header.Get("If-Match")
		switch {
		case match != "" && !found:
			refuse(w, http.StatusNotFound, "NoSuchKey")
		case match != "" && match != etag(stored), r.Header.Get("If-None-Match") == "*" && found:
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		default:
			b.objects[r.URL.Path] = body
			w.Header().Set("ETag", etag(body))
		}
	case http.MethodPost:
		b.told++
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>%d</MessageId></PublishResult></PublishResponse>`, b.told)
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

// content is the body of a request. Where the SDK adds a checksum behind it, it comes in
// chunks of its own, framed as HTTP's (Amazon S3 API Reference, "Signature calculations for
// trailing headers").
func content(r *http.Request) ([]byte, error) {
	if strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		return io.ReadAll(httputil.NewChunkedReader(r.Body))
	}
	return io.ReadAll(r.Body)
}

// etag is the version of an object.
func etag(object []byte) string {
	sum := sha256.Sum256(object)
	return fmt.Sprintf(`"%x"`, sum[:16])
}

// refuse answers with an error as S3 words it.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}{Code: code})
}
