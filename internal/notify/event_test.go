package notify

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
)

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
			if v.Type().Field(n).Tag.Get("json") != "-" { // else it is for this process only
				fill(t, v.Field(n))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for n := range v.Len() {
			fill(t, v.Index(n))
		}
	case reflect.String:
		v.SetString("some <text> & \"more\"\n")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7.5)
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
		`{"schema":"rollcall.digest/1","sent":"1"}`:                                             `read event: sent "1" is not a time of RFC 3339`,
		`{"schema":"rollcall.digest/1","opened":[{"since":"2026-11-22T14:05:00Z"},{"told":7}]}`: "read event: json: cannot unmarshal number",
		`{"schema":"rollcall.digest/1","open":[{},{"told":"0000-01-01T00:00:00+01:00"}]}`:       `read event: open[1]: told "0000-01-01T00:00:00+01:00" is not a time of RFC 3339`,
	} {
		if _, err := ParseEvent([]byte(event)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", event, err, want)
		}
	}
}

// FuzzParseEvent never panics, and what it reads is written and read again as the same.
func FuzzParseEvent(f *testing.F) {
	for _, d := range stories() {
		f.Add(Event(d, Least))
	}
	f.Add([]byte(`{"schema":"rollcall.digest/1","sent":"2026-11-22T14:17:00Z","opened":[{"evidence":{"attempts":[{},{},{},{},{},{"ms":1e300}],"phases_ms":{"dns":-0.0}},"dependants":[""],"dependent":-1}]}`))
	f.Add([]byte(`{"schema":"rollcall.digest/1","opened_more":9,"open_more":2,"left_out":{"opened":[{"of":"checker","name":"blind","worse":true,"n":3},{"of":"target","group":"a b","n":3}],"open":[{"of":"x","n":2}],"groups":2,"both":7}}`))
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
