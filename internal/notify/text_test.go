package notify

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour:                    "0 seconds",
		time.Second:                   "1 second",
		59*time.Second + 999:          "59 seconds",
		time.Minute:                   "1 minute",
		12*time.Minute + 59e9:         "12 minutes",
		time.Hour:                     "1 hour",
		time.Hour + time.Minute:       "1 hour 1 minute",
		23*time.Hour + 59*time.Minute: "23 hours 59 minutes",
		24 * time.Hour:                "1 day",
		75 * time.Hour:                "3 days 3 hours",
		30000 * time.Hour:             "1,250 days",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -100: "-100", -1000: "-1,000"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"line ends", "a\r\nb\nc\vd\fe\u2028f\u2029g\u0085h", "a b c d e f g h"},
		{"terminal escapes", "\x1b[31mred\x1b[0m\x07", "[31mred [0m"},
		{"the direction of writing", "\u202egnp.exe\u202c and \u2066\u200f", "gnp.exe and"},
		{"invisible characters", "a\u200bb\ufeffc\u00ad", "a b c"},
		{"no UTF-8", "a\xff\xfeb", "a b"},
		{"NUL", "a\x00b", "a b"},
		{"many spaces", "  a \t  b  ", "a b"},
		{"what people write", "Größe: 日本 ✓ 🙂", "Größe: 日本 ✓ 🙂"},
	} {
		if got := clean(c.in, 100); got != c.want {
			t.Errorf("%s: clean(%q) = %q, want %q", c.what, c.in, got, c.want)
		}
	}
	if got := clean(strings.Repeat("é", 1_000_000), 5); got != "éééé…" {
		t.Errorf("a long text is cut to %q", got)
	}
	if got := ascii("„é“ – it’s…", 100); got != "'?' - it's..." {
		t.Errorf("ascii gives %q", got)
	}
}

// TestSentences holds what is said of one incident, in the subject, where it is shortest.
func TestSentences(t *testing.T) {
	down := checkout()
	slow := incident("checkout", health.Latency, health.Warning, health.ClassLatency, "answered in 1.2s, want at most 800ms")
	calm := recovered(slow, at(13, 5))
	gone := recovered(down, at(13, 5))
	gone.Closing = health.Unchecked
	never := down
	never.NeverUp = true
	quiet := down
	quiet.Severity = health.Warning
	grave := slow
	grave.Severity = health.Critical
	graver := grave
	graver.Reminded = at(14, 5)
	titled := down
	titled.Title = "Kasse"
	flap, slowFlap, certFlap := flapping(down), flapping(slow), flapping(worsening())
	calmed := func(i health.Incident, how health.Closing) []health.Incident {
		i = recovered(i, at(13, 5))
		i.Closing = how
		return []health.Incident{i}
	}
	flapUnchecked := calmed(flap, health.Unchecked)
	parent := down
	parent.Dependent = 412
	longCause := down
	longCause.Cause = strings.Repeat("x", 300)

	type told struct{ opened, closed, reminded []health.Incident }
	one := func(i ...health.Incident) []health.Incident { return i }
	for _, c := range []struct {
		what string
		told told
		want string
	}{
		{"down", told{opened: one(down)}, "checkout is down: status 503, want 200, 204 or 3xx [shop]"},
		{"down, but only a warning", told{opened: one(quiet)}, "checkout is down (warning): status 503, want 200, 204 or 3xx [shop]"},
		{"slow", told{opened: one(slow)}, "checkout is degraded: answered in 1.2s, want at most 800ms [shop]"},
		{"degraded, and critical", told{opened: one(grave)}, "checkout is degraded (critical): answered in 1.2s, want at most 800ms [shop]"},
		{"became critical", told{reminded: one(graver)}, "checkout is degraded, now critical: answered in 1.2s, want at most 800ms [shop]"},
		{"never up", told{opened: one(never)}, "checkout has never been up since it was added: status 503, want 200, 204 or 3xx [shop]"},
		{"a title is for mails", told{opened: one(titled)}, "checkout is down: status 503, want 200, 204 or 3xx [shop]"},
		{"recovered", told{closed: one(recovered(down, at(13, 5)))}, "checkout recovered after 1 hour [shop]"},
		{"fast again", told{closed: one(calm)}, "checkout: latency recovered after 1 hour [shop]"},
		{"removed", told{closed: one(gone)}, "checkout is no longer checked [shop]"},
		{"reminder", told{reminded: one(reminded(down, 1, 61))}, "checkout is still down after 1 hour: status 503, want 200, 204 or 3xx [shop]"},
		{"reminder of a warning", told{reminded: one(reminded(quiet, 1, 61))}, "checkout is still down after 1 hour (warning): status 503, want 200, 204 or 3xx [shop]"},
		{"still slow, and critical", told{reminded: one(reminded(grave, 1, 61))}, "checkout is still degraded after 1 hour (critical): answered in 1.2s, want at most 800ms [shop]"},
		{"became critical among reminders", told{reminded: one(reminded(down, 1, 61), graver)}, "1 now critical (checkout), 1 still open [shop]"},
		{"became critical when others recovered", told{closed: one(calm), reminded: one(graver)}, "1 now critical (checkout), 1 recovered [shop]"},
		{"still slow", told{reminded: one(reminded(slow, 1, 61))}, "checkout is still degraded after 1 hour: answered in 1.2s, want at most 800ms [shop]"},
		{"still not up", told{reminded: one(reminded(never, 1, 61))}, "checkout has still never been up after 1 hour: status 503, want 200, 204 or 3xx [shop]"},
		{"trouble of our own", told{opened: one(ofConfig())}, "rollcall: the targets file cannot be used [shop]"},
		{"trouble of our own goes on", told{reminded: one(reminded(ofConfig(), 1, 361))}, "rollcall: the targets file cannot be used, still so after 6 hours [shop]"},
		{"trouble of our own is over", told{closed: one(recovered(ofConfig(), at(13, 5)))}, "rollcall: the targets file is good again [shop]"},
		{"a group that counts", told{opened: one(tooFew("payments"))}, "group payments is down: 1 of 5 up, want at least 2; down: pay-1, pay-2, pay-4, pay-5 [shop]"},
		{"a group goes on", told{reminded: one(reminded(tooFew("pay"), 1, 61))}, "group pay is still down after 1 hour: 1 of 5 up, want at least 2; down: pay-1, pay-2, pay... [shop]"},
		{"a group recovered", told{closed: one(recovered(tooFew("payments"), at(13, 5)))}, "group payments recovered after 1 hour [shop]"},
		{"flapping", told{opened: one(flap)}, "checkout is flapping: changed sides 7 times in the last hour, latest: status 503, want 20... [shop]"},
		{"flapping goes on", told{reminded: one(reminded(flap, 1, 61))}, "checkout is still flapping after 1 hour: changed sides 7 times in the last hour, latest:... [shop]"},
		{"flapping between fast and slow", told{opened: one(slowFlap)}, "checkout: latency is flapping: changed sides 7 times in the last hour, latest: answered i... [shop]"},
		{"flapping of two certificates", told{opened: one(certFlap)}, "www: certificate is flapping (critical): changed sides 7 times in the last hour, latest:... [shop]"},
		{"calm, up", told{closed: calmed(flap, health.CalmUp)}, "checkout is calm, up after flapping for 1 hour [shop]"},
		{"calm, down", told{closed: calmed(flap, health.CalmDown)}, "checkout is down, no longer flapping after 1 hour [shop]"},
		{"calm, fast", told{closed: calmed(slowFlap, health.CalmUp)}, "checkout: latency is calm, fast after flapping for 1 hour [shop]"},
		{"calm, slow", told{closed: calmed(slowFlap, health.CalmDown)}, "checkout: latency is slow, no longer flapping after 1 hour [shop]"},
		{"calm, good", told{closed: calmed(certFlap, health.CalmUp)}, "www: certificate is calm, good after flapping for 1 hour [shop]"},
		{"calm, bad", told{closed: calmed(certFlap, health.CalmDown)}, "www: certificate is bad, no longer flapping after 1 hour [shop]"},
		{"removed while flapping", told{closed: flapUnchecked}, "checkout is no longer checked [shop]"},
		{"calm and flapping", told{opened: one(slowFlap), closed: append(calmed(flap, health.CalmUp), calmed(certFlap, health.CalmDown)...)}, "1 flapping (checkout), 1 calm but bad, 1 calm again [shop]"},
		{"blind", told{opened: one(ofSight())}, "rollcall cannot see: no network to public addresses (none of 3 witnesses answers, 184 of... [shop]"},
		{"blind, and something is known to be down", told{opened: one(down, ofSight(), ofConfig())}, "1 down (checkout), rollcall cannot see, 1 fault of rollcall [shop]"},
		{"sight is back", told{closed: one(recovered(ofSight(), at(13, 5)))}, "rollcall can see again [shop]"},
		{"sight is back, and something is down", told{opened: one(down), closed: one(recovered(ofSight(), at(13, 5)), calm)}, "1 down (checkout), rollcall can see again, 1 recovered [shop]"},
		{"others depend on it", told{opened: one(parent)}, "checkout is down, 412 depend on it: status 503, want 200, 204 or 3xx [shop]"},
		{"others depend on one of them", told{opened: one(incident("a", health.Availability, health.Critical, "", ""), parent, tooFew("payments"))}, "3 down (checkout, group payments and a), 412 depend on checkout [shop]"},
		{"two down", told{opened: one(down, incident("www", health.Availability, health.Critical, "", ""))}, "2 down (checkout and www) [shop]"},
		{"down and recovered", told{opened: one(down), closed: one(calm)}, "1 down (checkout), 1 recovered [shop]"},
		{"a long cause is cut", told{opened: one(longCause)}, "checkout is down: " + strings.Repeat("x", 71) + "... [shop]"},
		{"nothing", told{}, "nothing to tell [shop]"},
	} {
		d := news("shop", 3)
		d.Opened, d.Closed, d.Reminded = c.told.opened, c.told.closed, c.told.reminded
		if got := Subject(d); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, c.want)
		}
	}
	late := news("shop", 3)
	late.Opened, late.Sent = one(down), at(15, 35)
	if got, want := Subject(late), "checkout is down: status 503, want 200, 204 or 3xx [shop, 1 hour 30 minutes late]"; got != want {
		t.Errorf("late: got %q, want %q", got, want)
	}
	for _, c := range []struct {
		what   string
		opened []health.Incident
		want   string
	}{
		{"trouble of our own", one(ofConfig()), "rollcall shop: the targets file cannot be used"},
		{"blind, and more trouble", one(ofSight(), ofConfig()), "rollcall shop: cannot see, 1 fault of rollcall"},
		{"a target of our name", one(incident("rollcall-web", health.Availability, health.Critical, "", "")), "rollcall shop: rollcall-web is down"},
		{"and of our very name", one(incident("rollcall", health.Availability, health.Critical, "", "")), "rollcall shop: rollcall is down"},
	} {
		d := news("shop", 3)
		if d.Opened = c.opened; SMS(d) != c.want {
			t.Errorf("%s on a phone:\n got %q\nwant %q", c.what, SMS(d), c.want)
		}
	}
	d := news("shop", 3)
	d.Opened = one(longCause)
	if got, want := SMS(d), "rollcall shop: checkout is down: "+strings.Repeat("x", 104)+"..."; got != want {
		t.Errorf("a long cause on a phone:\n got %q\nwant %q", got, want)
	}
}

// TestNowCritical: whatever else a round has to tell, every channel says what became
// critical in it, and none says so of what merely goes on.
func TestNowCritical(t *testing.T) {
	for what, others := range map[string][]health.Incident{
		"alone":     nil,
		"reminders": {reminded(checkout(), 2, 900), reminded(ofConfig(), 1, 361)},
	} {
		d := news("shop", 3)
		d.Reminded = append(others, worsening())
		for channel, text := range map[string]string{
			"subject": Subject(d), "sms": SMS(d), "mail": strings.ToLower(Email(d, emailMost)), "plain form": Plain(d),
		} {
			if !strings.Contains(text, "now critical") {
				t.Errorf("%s: the %s does not say what is critical now: %s", what, channel, text)
			}
		}
		if got := strings.Count(string(Event(d, eventMost)), `"worse":true`); got != 1 {
			t.Errorf("%s: %d incidents of the event are worse, want 1", what, got)
		}
		d.Reminded = append(others, reminded(worsening(), 1, 1441))
		if texts := Subject(d) + Email(d, emailMost) + string(Event(d, eventMost)); strings.Contains(texts, "now critical") || strings.Contains(texts, "worse") {
			t.Errorf("%s: a reminder is told as worse: %s", what, texts)
		}
	}
}

// TestFaultsTellTheTruth: a clock's fault forgets nothing, and a delivery's may also end
// because the refused message was dropped.
func TestFaultsTellTheTruth(t *testing.T) {
	for name, want := range map[string]fault{
		health.FaultClock:    {so: "What it remembers is kept. Only times that are yet to come are not believed: they count as now."},
		health.FaultDelivery: {closed: "rollcall: no refused message is waiting any more"},
	} {
		got := faults[name]
		if want.so != "" && got.so != want.so || want.closed != "" && got.closed != want.closed {
			t.Errorf("fault %q: %+v, want %+v", name, got, want)
		}
	}
}

// TestFaultsHaveWords: none of the checker's own incidents falls back on its bare name.
func TestFaultsHaveWords(t *testing.T) {
	for _, name := range []string{health.FaultConfig, health.FaultClock, health.FaultHistory, health.FaultDelivery, health.FaultBudget, health.FaultBlind} {
		f, known := faults[name]
		if !known || f.name == "" || f.open == "" || f.so == "" || f.closed == "" {
			t.Errorf("fault %q: words %+v, want all of them", name, f)
		}
	}
	unknown := ofConfig()
	unknown.Subject.Name = "moon\nphase"
	if got, want := opening(&unknown, ""), "rollcall: trouble with its own moon phase"; got != want {
		t.Errorf("an unknown fault: %q, want %q", got, want)
	}
}
