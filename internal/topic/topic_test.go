package topic

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"rollcall/internal/health"
	"rollcall/internal/notify"
)

const arn = "arn:aws:sns:eu-central-1:123456789012:people"

// world is SNS on loopback, as far as its query protocol goes: it keeps what is published and
// answers what a test tells it to, the last answer for ever.
type world struct {
	answers []answer

	hangUp context.CancelFunc // what the client does while an answer lets it wait

	mu        sync.Mutex
	published []message
}

// sent is what was published so far.
func (w *world) sent() []message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.published)
}

type answer struct {
	status        int
	code, message string
	wait          bool // for ever
}

// message is one request as it was on the wire.
type message struct {
	form url.Values
}

func (m message) text() string      { return m.form.Get("Message") }
func (m message) has(k string) bool { return m.form.Has(k) }

// attributes are name to "type value".
func (m message) attributes() map[string]string {
	all := map[string]string{}
	for n := 1; m.form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", n)); n++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", n)
		all[m.form.Get(entry+"Name")] = m.form.Get(entry+"Value.DataType") + " " + m.form.Get(entry+"Value.StringValue")
	}
	return all
}

// size is what SNS counts.
func (m message) size() int {
	size := len(m.text())
	for name, value := range m.attributes() {
		size += len(name) + len(value) - 1
	}
	return size
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Form.Get("Action") != "Publish" || r.Form.Get("TopicArn") == "" {
		http.Error(rw, "not a Publish", http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	w.published = append(w.published, message{r.Form})
	var a answer
	if len(w.answers) > 0 {
		a = w.answers[min(len(w.published), len(w.answers))-1]
	}
	w.mu.Unlock()
	switch {
	case a.wait:
		w.hangUp()
		<-r.Context().Done()
	case a.status == 0:
		fmt.Fprint(rw, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
	default:
		var text strings.Builder
		if err := xml.EscapeText(&text, []byte(a.message)); err != nil {
			panic(err)
		}
		rw.Header().Set("Content-Type", "text/xml")
		rw.WriteHeader(a.status)
		fmt.Fprintf(rw, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, a.code, text.String())
	}
}

// open is a topic whose SNS answers with answers.
func open(t *testing.T, answers ...answer) (*world, *Topic) {
	t.Helper()
	w := &world{answers: answers}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return w, New(client(server.URL), arn)
}

func client(url string) *sns.Client {
	return sns.New(sns.Options{
		Region: "eu-central-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		Retryer: aws.NopRetryer{},
	})
}

func digest(targets int) health.Digest {
	round := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	d := health.Digest{ID: "shop/0-1/2026-11-22T14:05:00Z", Kind: health.News, Fleet: "shop", Shard: "0-1", Round: round, Counts: health.Counts{Targets: targets, Down: targets}}
	for n := range targets {
		url := fmt.Sprintf("https://host-%d.example.com/", n)
		d.Opened = append(d.Opened, health.Incident{
			ID: fmt.Sprint("id", n), Subject: health.Subject{Kind: health.OfTarget, Name: fmt.Sprintf("host-%d", n), Facet: health.Availability},
			Since: round.Add(-time.Minute), Opened: round, Severity: health.Critical, Class: health.ClassStatus, Rounds: 2,
			Cause: fmt.Sprintf("get %q: status 503, want 2xx", url), URL: url, Group: fmt.Sprintf("group-%d", n%60),
		})
	}
	return d
}

func TestAccepted(t *testing.T) {
	w, topic := open(t)
	d := digest(2)
	if delivery, err := topic.Publish(t.Context(), d); delivery != health.Accepted || err != nil {
		t.Fatalf("%s, %v", delivery, err)
	}
	if len(w.sent()) != 1 {
		t.Fatalf("published %d times, want once", len(w.sent()))
	}
	m := w.sent()[0]
	if got := m.form.Get("TopicArn"); got != arn {
		t.Errorf("topic %s", got)
	}
	if got := m.form.Get("Subject"); got != notify.Subject(d) {
		t.Errorf("subject %q, want %q", got, notify.Subject(d))
	}
	if got := m.form.Get("MessageStructure"); got != "json" {
		t.Errorf("structure %q, want json", got)
	}
	forms := formsOf(t, m)
	if forms["email"] != notify.Email(d, 1<<20) || forms["sms"] != notify.SMS(d) {
		t.Errorf("forms %q", forms)
	}
	if event, err := notify.ParseEvent([]byte(forms["default"])); err != nil || event.ID != d.ID || len(event.Opened) != 2 {
		t.Errorf("default is %q (%v), want the event", forms["default"], err)
	}
	want := map[string]string{"kind": "String news", "severity": "String critical", "group": `String.Array ["group-0","group-1"]`}
	if got := m.attributes(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("attributes %v, want %v", got, want)
	}
}

func formsOf(t *testing.T, m message) map[string]string {
	t.Helper()
	var forms map[string]string
	if err := json.Unmarshal([]byte(m.text()), &forms); err != nil {
		t.Fatalf("the message is no JSON object of strings: %v", err)
	}
	return forms
}

// TestNoGroup: SNS takes no empty array.
func TestNoGroup(t *testing.T) {
	w, topic := open(t)
	d := digest(0)
	d.Kind = health.Test
	if delivery, err := topic.Publish(t.Context(), d); delivery != health.Accepted || err != nil {
		t.Fatalf("%s, %v", delivery, err)
	}
	if got, want := fmt.Sprint(w.sent()[0].attributes()), "map[kind:String test severity:String critical]"; got != want {
		t.Errorf("attributes %s, want %s", got, want)
	}
}

// TestSize: however much there is to tell, the message and its attributes fit, and the room
// is used; and what is escaped twice, or is not ASCII, is counted as it goes.
func TestSize(t *testing.T) {
	crowd := digest(800)
	quotes := digest(800)
	foreign := digest(800)
	manyGroups := digest(1100)
	for n := range manyGroups.Opened {
		manyGroups.Opened[n].Group = fmt.Sprintf("%0128d", n)
	}
	for n := range quotes.Opened {
		quotes.Opened[n].Cause = strings.Repeat(`\"`, 300)
		foreign.Opened[n].Cause = strings.Repeat("\x01ü日🙂", 100)
	}
	for name, d := range map[string]health.Digest{"crowd": crowd, "quotes": quotes, "foreign": foreign, "groups": manyGroups} {
		w, topic := open(t)
		if delivery, err := topic.Publish(t.Context(), d); delivery != health.Accepted || err != nil {
			t.Fatalf("%s: %s, %v", name, delivery, err)
		}
		m := w.sent()[0]
		if m.size() > mostMessage || m.size() < mostMessage*85/100 {
			t.Errorf("%s: %d bytes, want at most %d and most of it used", name, m.size(), mostMessage)
		}
		forms := formsOf(t, m)
		event, err := notify.ParseEvent([]byte(forms["default"]))
		if err != nil || len(event.Opened) == 0 {
			t.Errorf("%s: an event of %d openings, %v", name, len(event.Opened), err)
		}
		if !strings.Contains(forms["email"], " more\n") {
			t.Errorf("%s: the mail does not say what it leaves out", name)
		}
		if name == "crowd" && strings.Count(m.attributes()["group"], `"group-`) != 60 {
			t.Errorf("groups were cut: %s", m.attributes()["group"])
		}
	}
}

// TestOutcomes: what SNS answers decides what becomes of a digest, and what is sent next.
func TestOutcomes(t *testing.T) {
	accepted := answer{}
	subject := answer{400, "InvalidParameter", "Invalid parameter: Subject", false}
	long := answer{400, "InvalidParameter", "Invalid parameter: Message too long", false}
	structure := answer{400, "InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse", false}
	attribute := answer{400, "ParameterValueInvalid", "The message attribute 'group' must contain non-empty message attribute value.", false}
	denied := answer{403, "AuthorizationError", "User is not authorized to perform: SNS:Publish", false}
	for _, c := range []struct {
		what    string
		answers []answer
		want    health.Delivery
		sent    string
	}{
		{"accepted", []answer{accepted}, health.Accepted, "full"},
		{"subject refused", []answer{subject, accepted}, health.Accepted, "full, no subject"},
		{"subject refused, and more", []answer{subject, long, accepted}, health.Accepted, "full, no subject, plain"},
		{"subject refused without one", []answer{subject}, health.Refused, "full, no subject, plain"},
		{"too long", []answer{long, accepted}, health.Accepted, "full, plain"},
		{"structure refused", []answer{structure, accepted}, health.Accepted, "full, plain"},
		{"value invalid", []answer{{400, "ParameterValueInvalid", "bad", false}, accepted}, health.Accepted, "full, plain"},
		{"other code for the same", []answer{{400, "InvalidParameterValue", "bad", false}, accepted}, health.Accepted, "full, plain"},
		{"validation", []answer{{400, "ValidationException", "bad", false}, accepted}, health.Accepted, "full, plain"},
		{"entity too large", []answer{{413, "", "", false}, accepted}, health.Accepted, "full, plain"},
		{"attribute refused", []answer{attribute, accepted}, health.Accepted, "full, plain without groups"},
		{"all forms refused", []answer{long}, health.Refused, "full, plain"},
		{"the plain form unanswered", []answer{long, {503, "ServiceUnavailable", "", false}}, health.Unsure, "full, plain"},
		{"denied after the subject", []answer{subject, denied}, health.Denied, "full, no subject"},
		{"no right", []answer{denied}, health.Denied, "full"},
		{"no topic", []answer{{404, "NotFound", "Topic does not exist", false}}, health.Denied, "full"},
		{"misnamed topic", []answer{{400, "InvalidParameter", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1", false}}, health.Denied, "full"},
		{"another region", []answer{{400, "InvalidParameter", "Invalid parameter: TopicArn", false}}, health.Denied, "full"},
		{"no signature", []answer{{403, "InvalidSecurity", "", false}}, health.Denied, "full"},
		{"no right to the key", []answer{{400, "KMSAccessDenied", "", false}}, health.Denied, "full"},
		{"key disabled", []answer{{400, "KMSDisabled", "", false}}, health.Denied, "full"},
		{"key busy", []answer{{400, "KMSThrottling", "", false}}, health.Unsure, "full"},
		{"common access error", []answer{{403, "AccessDenied", "", false}}, health.Denied, "full"},
		{"expired token", []answer{{403, "ExpiredToken", "", false}}, health.Denied, "full"},
		{"a code of tomorrow", []answer{{400, "MoonPhase", "", false}}, health.Denied, "full"},
		{"throttled", []answer{{400, "Throttling", "Rate exceeded", false}}, health.Unsure, "full"},
		{"throttled by another name", []answer{{429, "Throttled", "", false}}, health.Unsure, "full"},
		{"too many requests", []answer{{429, "MoonPhase", "", false}}, health.Unsure, "full"},
		{"internal", []answer{{500, "InternalError", "", false}}, health.Unsure, "full"},
		{"unavailable", []answer{{503, "MoonPhase", "", false}}, health.Unsure, "full"},
		{"no answer", []answer{{wait: true}}, health.Unsure, "full"},
	} {
		w, topic := open(t, c.answers...)
		ctx, hangUp := context.WithCancel(t.Context())
		w.hangUp = hangUp
		d := digest(3)
		delivery, err := topic.Publish(ctx, d)
		hangUp()
		if delivery != c.want || (err == nil) != (c.want == health.Accepted) {
			t.Errorf("%s: %s, %v, want %s", c.what, delivery, err, c.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "publish "+d.ID+" to "+arn+": ") {
			t.Errorf("%s: error %v", c.what, err)
		}
		var sent []string
		for _, m := range w.sent() {
			sent = append(sent, m.shape(d))
		}
		if got := strings.Join(sent, ", "); got != c.sent {
			t.Errorf("%s: sent %s, want %s", c.what, got, c.sent)
		}
	}
}

// shape names the form m has.
func (m message) shape(d health.Digest) string {
	structured, attributes := m.form.Get("MessageStructure") == "json", m.attributes()
	switch {
	case attributes["kind"] != "String news" || attributes["severity"] != "String critical":
		return "a form without its attributes"
	case !strings.Contains(m.text(), d.ID):
		return "a form without its id"
	case structured && m.has("Subject"):
		return "full"
	case structured:
		return "no subject"
	case m.has("Subject") || m.text() != notify.Plain(d):
		return "no form of ours"
	case attributes["group"] == "":
		return "plain without groups"
	default:
		return "plain"
	}
}

// TestNobodyThere: a topic that cannot be reached is owed still.
func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	if delivery, err := New(client(server.URL), arn).Publish(t.Context(), digest(1)); delivery != health.Unsure || err == nil {
		t.Errorf("%s, %v, want unsure", delivery, err)
	}
}

// BenchmarkCrowd builds the message of 5,000 targets down at once.
func BenchmarkCrowd(b *testing.B) {
	topic, d := New(nil, arn), digest(5000)
	for b.Loop() {
		topic.full(d)
	}
}
