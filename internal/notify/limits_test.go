package notify

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"rollcall/internal/health"
)

// TestCut: the longest list is cut and says by how much, short ones and attributes are not.
func TestCut(t *testing.T) {
	d := outage(5000)
	d.Closed = []health.Incident{recovered(checkout(), at(13, 0))}
	quiet := incident("aaa-quiet", health.Latency, health.Warning, health.ClassLatency, "answered in 1.2s, want at most 800ms")
	d.Opened = append([]health.Incident{quiet}, d.Opened...)
	if got := AttributesOf(d); len(got.Groups) != 61 || got.Severity != "critical" {
		t.Errorf("attributes %v, want all 61 groups and critical", got)
	}
	for _, limit := range []int{Least, 16 << 10, 100 << 10} {
		mail := Email(d, limit)
		if len(mail) > limit || len(mail) < limit*3/4 {
			t.Errorf("a mail of %d bytes, want at most %d and not much less", len(mail), limit)
		}
		told := strings.Count(mail, " is down\n")
		if more := fmt.Sprintf("\nand %s more\n", number(5000-told)); !strings.Contains(mail, more) {
			t.Errorf("a mail that tells %d of 5,000 does not say %q", told, more)
		}
		if !strings.Contains(mail, "checkout recovered after") {
			t.Errorf("the short list is cut out of %d bytes", limit)
		}

		event := Event(d, limit)
		if len(event) > limit || len(event) < limit*3/4 {
			t.Errorf("an event of %d bytes, want at most %d and not much less", len(event), limit)
		}
		var e struct {
			Opened, Closed []struct{ Severity string }
			OpenedMore     int  `json:"opened_more"`
			ClosedMore     *int `json:"closed_more"`
			Groups         []string
		}
		if err := json.Unmarshal(event, &e); err != nil {
			t.Fatal(err)
		}
		if len(e.Opened)+e.OpenedMore != 5001 || len(e.Opened) == 0 {
			t.Errorf("an event with %d openings and %d more, want 5001 together", len(e.Opened), e.OpenedMore)
		}
		if len(e.Closed) != 1 || e.ClosedMore != nil || len(e.Groups) != 61 {
			t.Errorf("an event with %d closings and %d groups, want 1 and 61, uncut", len(e.Closed), len(e.Groups))
		}
		for _, i := range e.Opened {
			if i.Severity != "critical" {
				t.Errorf("a warning took the place of something critical")
			}
		}
	}
}

// TestGroupsAreBounded: more groups than a message can hold leave room for the message.
func TestGroupsAreBounded(t *testing.T) {
	d := news("shop", 2000)
	for n := range 2000 {
		i := incident(fmt.Sprint(n), health.Availability, health.Warning, health.ClassDNS, "")
		if i.Group = fmt.Sprintf("%0128d", n); n == 1999 {
			i.Severity = health.Critical
		}
		d.Opened = append(d.Opened, i)
	}
	a := AttributesOf(d)
	encoded, err := json.Marshal(a.Groups)
	if err != nil || len(encoded) > groupsMost || len(a.Groups) < 900 {
		t.Errorf("%d groups in %d bytes (%v), want as many as fit into %d", len(a.Groups), len(encoded), err, groupsMost)
	}
	if !slices.Contains(a.Groups, fmt.Sprintf("%0128d", 1999)) {
		t.Error("the group of the critical incident was left out")
	}
	if event := Event(d, Least); len(event) > Least || !strings.Contains(string(event), `"groups_more":`) {
		t.Errorf("an event of %d bytes, want at most %d and its groups counted", len(event), Least)
	}
}

// TestHostileText: what a target sends stays on the line where it is quoted.
func TestHostileText(t *testing.T) {
	d := news("shop", 1)
	i := checkout()
	i.Cause = "get: \"x\r\n\r\nOPENED, CRITICAL: 99\n\nbank is down\n\x1b[2J\u202e\u2028end"
	i.URL, i.Title, i.Tags = "https://x/\nNow: all is well", "a\nb", []string{"t\nu"}
	d.Opened = []health.Incident{i}
	mail := Email(d, emailMost)
	want := []string{
		"a b (checkout) is down",
		`get: "x OPENED, CRITICAL: 99 bank is down [2J end`,
		"Since 2026-11-22 14:04 UTC, 1 minute ago, confirmed by 2 rounds in a row.",
		"Critical. Group payments. Tags t u.",
		"Runbook: https://wiki.example.com/payments",
		"URL: https://x/ Now: all is well",
		"",
	}
	if got := strings.Split(mail, "\n"); !slices.Equal(got[:len(want)], want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestQueueSafe: an event holds no character for which SQS would drop it.
func TestQueueSafe(t *testing.T) {
	d := news("shop", 1)
	i := checkout()
	i.Cause, i.Title = "a\uFFFEb\uFFFFc", "\x00\x1b\xff"
	d.Opened = []health.Incident{i}
	for _, r := range string(Event(d, eventMost)) {
		if r < ' ' || r == 0xFFFE || r == 0xFFFF {
			t.Errorf("an event with %q", r)
		}
	}
}

func TestEventRoundTrip(t *testing.T) {
	for name, d := range stories() {
		if len(d.Opened) > 100 {
			d.Opened = d.Opened[:100]
		}
		event := Event(d, 10<<20)
		got, err := ParseEvent(event)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, d) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, d)
		}
	}
}

// TestEventHasEveryField fails when a digest or an incident learns a field that its event
// does not carry.
func TestEventHasEveryField(t *testing.T) {
	var d health.Digest
	fill(t, reflect.ValueOf(&d).Elem())
	got, err := ParseEvent(Event(d, eventMost))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, d) {
		t.Errorf("\n got %+v\nwant %+v", got, d)
	}
}

// fill sets every field to something that is not its zero value.
func fill(t *testing.T, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(at(14, 5).Add(123456789)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for n := range v.NumField() {
			fill(t, v.Field(n))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for n := range v.Len() {
			fill(t, v.Index(n))
		}
	case reflect.String:
		v.SetString("some <text> & \"more\"\n")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("no example of a %s", v.Type())
	}
}

func TestParseEventRefuses(t *testing.T) {
	for event, want := range map[string]string{
		``:                               "read event: unexpected end of JSON input",
		`[]`:                             "read event: json: cannot unmarshal array",
		`{"schema":"rollcall.digest/2"}`: `read event: schema "rollcall.digest/2", want "rollcall.digest/1"`,
		`{"AlarmName":"stopped"}`:        `read event: schema "", want "rollcall.digest/1"`,
		`{"schema":"rollcall.digest/1","round":"noon"}`:                                         `read event: round "noon" is not a time of RFC 3339`,
		`{"schema":"rollcall.digest/1","opened":[{"since":"2026-11-22T14:05:00Z"},{"told":7}]}`: "read event: json: cannot unmarshal number",
		`{"schema":"rollcall.digest/1","open":[{},{"told":"0000-01-01T00:00:00+01:00"}]}`:       `read event: open[1]: told "0000-01-01T00:00:00+01:00" is not a time of RFC 3339`,
	} {
		if _, err := ParseEvent([]byte(event)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", event, err, want)
		}
	}
}

// FuzzTexts: whatever an incident says, every channel keeps its limit and its alphabet.
func FuzzTexts(f *testing.F) {
	f.Add("shop", "checkout", "post \"https://x/\": status 503", "https://x/", "payments", uint8(3), uint16(0))
	f.Add("\x00\u202e", strings.Repeat("\n", 500), "a\r\nb\x1b[31m", strings.Repeat("ü", 3000), "\xff", uint8(200), uint16(5000))
	f.Add("", "", "", "", "", uint8(0), uint16(1))
	f.Add(strings.Repeat("\x00", 400), strings.Repeat("🙂", 900), strings.Repeat("\\\"", 4000), "\uFFFE\uFFFF", strings.Repeat("g", 300), uint8(7), uint16(9000))
	f.Add(strings.Repeat("f", 100), strings.Repeat("n ", 100), strings.Repeat("c", 5000), strings.Repeat("u", 600), "latency", uint8(0), uint16(0))
	f.Fuzz(func(t *testing.T, fleet, name, cause, url, group string, n uint8, room uint16) {
		i := health.Incident{
			ID: name, Subject: health.Subject{Kind: health.OfTarget, Name: name, Facet: health.Facet(group)}, Since: at(14, 0), Cause: cause,
			URL: url, Group: group, Title: cause, Runbook: url, Tags: []string{group, name}, Class: health.Class(group), Severity: health.Severity(name),
		}
		own := i
		own.Subject.Kind = health.OfChecker
		for _, kind := range []health.DigestKind{health.News, health.First, health.Test, health.CatchUp} {
			d := health.Digest{ID: fleet + name, Kind: kind, Fleet: fleet, Shard: fleet, Round: at(14, 5)}
			for range n {
				d.Opened, d.Closed = append(d.Opened, i), append(d.Closed, own)
			}
			d.Open, d.Reminded = []health.Incident{own, i}, []health.Incident{i}
			checkTexts(t, d, int(room))
		}
	})
}

func checkTexts(t *testing.T, d health.Digest, limit int) {
	t.Helper()
	most := max(limit, Least)
	printable := func(what, text string, least, most int, extra string) {
		t.Helper()
		if len(text) < least || len(text) > most {
			t.Errorf("%s of %d bytes, want %d to %d: %q", what, len(text), least, most, text)
		}
		for _, r := range text {
			if (r < ' ' || r > '~') && !strings.ContainsRune(extra, r) {
				t.Fatalf("%s with %q: %q", what, r, text)
			}
		}
	}
	subject := Subject(d)
	printable("subject", subject, 1, 99, "")
	if subject[0] == ' ' {
		t.Errorf("subject %q begins with a space", subject)
	}
	printable("sms", SMS(d), 1, 140, "")
	printable("plain form", Plain(d), 1, plainMost, "\n")

	mail := Email(d, limit)
	if len(mail) > most || !utf8.ValidString(mail) || !strings.HasSuffix(mail, emailFoot(d)) {
		t.Errorf("a mail of %d bytes, want at most %d, UTF-8 and its foot: %q", len(mail), most, mail)
	}
	for _, r := range mail {
		if r != '\n' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			t.Fatalf("a mail with %q", r)
		}
	}
	event := Event(d, limit)
	if len(event) > most || !json.Valid(event) || !utf8.Valid(event) || strings.ContainsAny(string(event), "\uFFFE\uFFFF\n") {
		t.Errorf("an event of %d bytes, want at most %d and JSON on one line: %q", len(event), most, event)
	}
	if _, err := ParseEvent(event); err != nil {
		t.Errorf("our own event: %v", err)
	}
}

// FuzzParseEvent never panics, and what it reads is written and read again as the same.
func FuzzParseEvent(f *testing.F) {
	for _, d := range stories() {
		f.Add(Event(d, Least))
	}
	f.Add([]byte(`{"schema":"rollcall.digest/1","round":"9999-12-31T23:59:59-12:00","open":[{"closed":"0001-01-01T00:00:00Z","tags":[]}]}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		d, err := ParseEvent(event)
		if err != nil {
			return
		}
		once := Event(d, 16*len(event))
		again, err := ParseEvent(once)
		if err != nil {
			t.Fatalf("our own event: %v\n%s", err, once)
		}
		if twice := Event(again, 16*len(event)); string(twice) != string(once) {
			t.Errorf("read and written again:\n got %s\nwant %s", twice, once)
		}
	})
}

// BenchmarkCrowd renders 5,000 incidents as one message of 256 KiB.
func BenchmarkCrowd(b *testing.B) {
	d := outage(5000)
	for _, c := range Channels {
		b.Run(c.Key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Render(d, c.Most)
			}
		})
	}
	b.Run("attributes", func(b *testing.B) {
		for b.Loop() {
			AttributesOf(d)
		}
	})
}
