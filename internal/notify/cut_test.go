package notify

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"rollcall/internal/health"
)

// crowded is a round with more of everything than an event holds, of every sort.
func crowded() health.Digest {
	d := everything()
	for n := range 3000 {
		i := incident(fmt.Sprintf("host-%04d", n), health.Availability, health.Critical, health.ClassConnect, strings.Repeat("refused ", 20))
		i.Group = fmt.Sprintf("group-%02d", n%70)
		j := i
		if n%3 == 0 {
			j = incident(i.Subject.Name, health.Latency, health.Warning, health.ClassLatency, i.Cause)
			j.ID, j.Group = i.ID, "slow"
		}
		d.Opened = append(d.Opened, j)
		i.ID = "closed-" + i.ID
		i = recovered(i, at(13, 0))
		switch n % 5 {
		case 0:
			i.Closing = health.Unchecked
		case 1:
			i = calm(i, health.CalmDown)
		}
		d.Closed = append(d.Closed, i)
		if i = reminded(worsening(), 0, 200); n%2 == 0 {
			i = reminded(worsening(), 3, 200)
		}
		i.ID = fmt.Sprint("again-", n)
		d.Reminded = append(d.Reminded, i)
	}
	return d
}

// TestCutIsCounted: whoever reads an event that was cut counts as many as whoever gets the
// mail, of every sort and in every place.
func TestCutIsCounted(t *testing.T) {
	all := stories()
	all["crowded"] = crowded()
	missed := crowded()
	missed.Kind = health.CatchUp
	missed.Open = append(all["down-5000"].Opened, missed.Opened...)
	all["crowded catch-up"] = missed
	for name, d := range all {
		for _, limit := range []int{16 << 10, 190 << 10} {
			read, err := ParseEvent(Event(d, limit))
			if err != nil {
				t.Fatal(err)
			}
			got, want := PageOf(read), PageOf(d)
			if got.Headline != want.Headline || got.Severity != want.Severity || !reflect.DeepEqual(got.Lead, want.Lead) || !reflect.DeepEqual(got.Foot, want.Foot) {
				t.Errorf("%s, %d bytes: %q %s %q %q\nwant %q %s %q %q", name, limit, got.Headline, got.Severity, got.Lead, got.Foot, want.Headline, want.Severity, want.Lead, want.Foot)
			}
			if Subject(read) != Subject(d) || SMS(read) != SMS(d) {
				t.Errorf("%s, %d bytes: %q, %q\nwant %q, %q", name, limit, Subject(read), SMS(read), Subject(d), SMS(d))
			}
			if len(got.Sections) != len(want.Sections) {
				t.Fatalf("%s, %d bytes: %d sections, want %d", name, limit, len(got.Sections), len(want.Sections))
			}
			for n, s := range got.Sections {
				if w := want.Sections[n]; s.Title != w.Title || len(s.Items)+s.More != len(w.Items)+w.More {
					t.Errorf("%s, %d bytes: %q with %d and %d more, want %q with %d and %d more", name, limit, s.Title, len(s.Items), s.More, w.Title, len(w.Items), w.More)
				}
			}
		}
	}
}

// TestCutWithoutACount: an event that says how many it lost, but not of what, as those of
// earlier versions and of other writers do, is not read as if it were whole.
func TestCutWithoutACount(t *testing.T) {
	event := string(Event(outage(5000), 190<<10))
	before, after, _ := strings.Cut(event, `,"left_out":`)
	if after == "" {
		t.Fatal("the event does not count what it lost")
	}
	d, err := ParseEvent([]byte(before + "}"))
	if err != nil {
		t.Fatal(err)
	}
	told := len(d.Opened)
	want := fmt.Sprintf("%s down, %s more", number(told), number(5000-told))
	if p := PageOf(d); p.Headline != want || len(p.Lead) > 0 || !strings.Contains(strings.Join(p.Foot, "\n"), number(5000-told)+" more did not fit into the message.") {
		t.Errorf("%q, %q, %q, want %q, no counted causes, and the rest counted in the foot", p.Headline, p.Lead, p.Foot, want)
	}
	if subject := Subject(d); !strings.Contains(subject, "down (host-0000") || len(subject) > subjectMost {
		t.Errorf("subject %q", subject)
	}
	for _, odd := range []string{
		`"opened_more":-5`, `"opened_more":7,"left_out":{"opened":[{"of":"target","n":-7},{"of":"target","n":99},{"of":"","n":1}],"groups":-1}`,
		`"closed_more":99999999999,"left_out":{"closed":[{"of":"checker","n":88888888888}]}`, `"opened_more":1`,
	} {
		d, err := ParseEvent([]byte(`{"schema":"rollcall.digest/1","kind":"news",` + odd + `}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range append(d.Cut.Opened, d.Cut.Closed...) {
			if l.N < 1 || l.N > countMost || !unknown(l) {
				t.Errorf("%s: %+v, want a count of what nobody knows", odd, l)
			}
		}
		checkTexts(t, d, Least)
	}
}
