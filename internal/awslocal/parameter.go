package awslocal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// Parameter makes a SecureString of SSM that no other test knows, and returns its name. moto
// asks for no more than the request itself; the SDK's client for SSM takes a minute to compile.
func (m *Moto) Parameter(t testing.TB, value string) (name string) {
	t.Helper()
	name = fmt.Sprintf("/rollcall/test-%d", m.parameters.Add(1))
	m.SetParameter(t, name, value)
	return name
}

// SetParameter gives a parameter another value.
func (m *Moto) SetParameter(t testing.TB, name, value string) {
	t.Helper()
	asked, err := json.Marshal(map[string]any{"Name": name, "Type": "SecureString", "Value": value, "Overwrite": true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, m.url, bytes.NewReader(asked))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonSSM.PutParameter")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDLOCAL/20261122/"+Region+"/ssm/aws4_request, SignedHeaders=host, Signature=none")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("put parameter %s: status %d, want 200", name, answer.StatusCode)
	}
}
