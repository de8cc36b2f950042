package rollcall

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// hostile is what a round says of each peer, and of each certificate, that is not as it
// should be: the class, and a word of the cause that no other has.
var hostile = map[string]struct {
	class health.Class
	word  string
}{
	"refuses":                           {health.ClassConnect, "refused"},
	"accepts and never answers":         {health.ClassTimeout, "not a byte came"},
	"never shakes hands":                {health.ClassTimeout, "the TLS handshake hung"},
	"closes at once":                    {"", "connection "}, // it may read as a reset, and so as one below
	"closes the handshake at once":      {health.ClassTLS, "closed the connection during the TLS handshake"},
	"resets at once":                    {health.ClassConnect, "reset"},
	"resets midway":                     {health.ClassConnect, "reset in the middle of the body"},
	"ends midway":                       {health.ClassProtocol, "10 bytes of a body of 1000"},
	"speaks no HTTP":                    {health.ClassProtocol, "not HTTP"},
	"speaks no TLS":                     {health.ClassTLS, "does not speak TLS"},
	"drips its headers":                 {health.ClassTimeout, "the headers did not end"},
	"drips its body":                    {health.ClassTimeout, "the body did not end"},
	"sends headers without end":         {health.ClassProtocol, "64 KiB"},
	"sends interim answers without end": {health.ClassProtocol, "64 KiB"},
	"sends a body without end":          {health.ClassBody, "in the first 256 KiB; raise max_body"},
	"redirects in a circle":             {health.ClassProtocol, "loop"},
	"redirects without end":             {health.ClassProtocol, "5"},
	"redirects to nowhere":              {health.ClassStatus, "status 302"},
	"redirects to another scheme":       {health.ClassProtocol, "file:///etc/passwd"},
	"is not available":                  {health.ClassStatus, "status 503"},

	"expired":                       {health.ClassCertificate, "expired on"},
	"below an expired authority":    {health.ClassCertificate, "of the authority"},
	"not valid yet":                 {health.ClassCertificate, "not valid before"},
	"for another name":              {health.ClassCertificate, "elsewhere.example.com"},
	"of an authority nobody trusts": {health.ClassCertificate, "unknown authority"},
	"signed by itself":              {health.ClassCertificate, "signed by itself"},
}

// late is how far a busy machine may be behind: that asking ends to the millisecond is
// proven where there is no machine.
const late = 500 * time.Millisecond

// One round meets all of them at once. Whatever they do, each is told for what it is, the
// round ends in the time that was proven, and who is well among them is seen to be well.
func TestHostileRound(t *testing.T) {
	authority, err := peer.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	list.WriteString("fleet: zoo\ndefaults: {attempts: 1, timeout: 1s, fail_after: 1}\ntargets:\n")
	add := func(name string, b peer.Behaviour) {
		b.Authority = authority
		fmt.Fprintf(&list, "  - {name: %s, url: %q, http: {expect: {body: {contains: ready}}}}\n", name, stand(t, b).URL)
	}
	for _, b := range peer.Hostile {
		add(b.Name, b)
	}
	well := peer.Answering(10*time.Millisecond, http.StatusOK, "ready")
	for _, c := range peer.Certificates {
		if !c.Sound {
			b := well
			b.Certificate = c.Issue
			add(c.Name, b)
		}
	}
	add("well", well)
	well.Certificate = peer.Shows(peer.Leaf{})
	add("well and secure", well)

	var told voice
	folder := t.TempDir()
	r := open(t, Settings{Config: file(t, list.String()), Store: folder, Roots: authority.Pool(), Voice: &told})
	report := play(t, r, thisMinute(), "i1")
	if report.Swept > report.WorstCase+late || report.WorstCase > 1100*time.Millisecond {
		t.Errorf("the sweep took %s, proven were %s", report.Swept, report.WorstCase)
	}
	causes := map[string]string{}
	for _, result := range report.Results {
		name := result.Target.Name
		if strings.HasPrefix(name, "well") {
			if result.Status != health.Up {
				t.Errorf("%s: %s, %s", name, result.Status, result.Cause)
			}
			continue
		}
		want, known := hostile[name]
		if !known || result.Status != health.Down || want.class != "" && result.Class != want.class || !strings.Contains(result.Cause, want.word) {
			t.Errorf("%s: %s, %s: %s\nwant down, %s, with %q", name, result.Status, result.Class, result.Cause, want.class, want.word)
		}
		causes[strings.ReplaceAll(result.Cause, result.Target.URL, "URL")] = name
	}
	if most := len(hostile) - 2; len(report.Results) != len(hostile)+2 || len(causes) < most { // two pairs are alike
		t.Errorf("%d results with %d different causes, want %d with %d", len(report.Results), len(causes), len(hostile)+2, most)
	}
	if len(told.told) != 1 || len(told.told[0].Opened) != len(hostile) {
		t.Errorf("told %d digests, want one that opens %d incidents", len(told.told), len(hostile))
	}
}
