package mock

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"
)

// Through the far door both the handshake and the answer come later, by a round trip each.
func TestFar(t *testing.T) {
	t.Parallel()
	m, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var greeted, shook, heard time.Time
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		TLSHandshakeStart:    func() { greeted = time.Now() },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { shook = time.Now() },
		GotFirstResponseByte: func() { heard = time.Now() },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, urls(FarHTTPS, m.Ports[FarHTTPS], 1)[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client(t, m.Roots).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if took := shook.Sub(greeted); took < Away {
		t.Errorf("the handshake took %s, want no less than %s", took, Away)
	}
	if took := heard.Sub(shook); took < Wait+Away { // the request is written in between
		t.Errorf("the answer took %s, want no less than %s", took, Wait+Away)
	}
}
