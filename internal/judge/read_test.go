package judge_test

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/judge"
)

// The attempts of a target with a timeout of 5 s, two attempts and slow_after 800 ms.
var (
	up       = made(health.Reading{Status: health.Up, Latency: 200 * time.Millisecond})
	slow     = made(health.Reading{Status: health.Up, Latency: 1200500 * time.Microsecond})
	refused  = made(health.Failing(health.ClassConnect, "dial shop:443: refused"))
	status   = made(health.Failing(health.ClassStatus, "get \"https://shop\": status 503, want 2xx"))
	timedOut = made(health.Failing(health.ClassTimeout, "dial shop:443: no answer"))
	noFiles  = made(health.Unasked("dial shop:443: too many open files"))
	panicked = made(health.Reading{})
)

func made(r health.Reading) health.Attempt {
	return health.Attempt{Reading: r, Allowed: 5 * time.Second}
}

// cut is an attempt that was given less than the target's timeout.
func cut(a health.Attempt) health.Attempt {
	a.Allowed = 2 * time.Second
	return a
}

// held is an attempt that waited at our own gates.
func held(a health.Attempt, d time.Duration) health.Attempt {
	a.Waited = d
	return a
}

// read reads what a sweep brought of a target that left us time to look.
func read(t health.Target, o health.Outcome, scheduled time.Time) health.Result {
	return judge.Sweep{Scheduled: scheduled}.Read(t, o)
}

func TestReadAvailability(t *testing.T) {
	target := health.Target{Name: "shop", Policy: fail(2)}
	target.Attempts = 2
	for _, c := range []struct {
		about    string
		attempts []health.Attempt
		missing  string
		status   health.Status
		class    health.Class
		cause    string
	}{
		{"up at once", list(up), "", health.Up, "", ""},
		{"up the second time", list(refused, up), "", health.Up, "", ""},
		{"up the second time, after a doubt", list(noFiles, up), "", health.Up, "", ""},
		{"up in a shortened attempt", list(refused, cut(up)), "", health.Up, "", ""},
		{"up, though the rest was not made", list(up), "out of time", health.Up, "", ""},
		{"refused twice", list(refused, refused), "", health.Down, health.ClassConnect, refused.Cause},
		{"the last failure gives the cause", list(refused, status), "", health.Down, health.ClassStatus, status.Cause},
		{"timed out twice in full", list(timedOut, timedOut), "", health.Down, health.ClassTimeout, timedOut.Cause},
		{"a definite failure stays one when cut short", list(cut(refused), cut(status)), "", health.Down, health.ClassStatus, status.Cause},
		{"a definite failure stays one after a wait", list(refused, held(refused, 2*time.Second)), "", health.Down, health.ClassConnect, refused.Cause},
		{"a short wait at our gates", list(timedOut, held(timedOut, 500*time.Millisecond)), "", health.Down, health.ClassTimeout, timedOut.Cause},

		{"nothing was made", nil, "out of time", health.Unknown, health.ClassChecker, "out of time"},
		{"the second was not made", list(refused), "out of time", health.Unknown, health.ClassChecker, "out of time"},
		{"the second is lost", list(refused), "", health.Unknown, health.ClassChecker, "1 of 2 attempts made"},
		{"the last was cut short", list(refused, cut(timedOut)), "", health.Unknown, health.ClassChecker,
			"cut short after 2s of its timeout of 5s: dial shop:443: no answer"},
		{"the first was cut short", list(cut(timedOut), refused), "", health.Unknown, health.ClassChecker,
			"cut short after 2s of its timeout of 5s: dial shop:443: no answer"},
		{"held back for more than a tenth", list(refused, held(timedOut, 501*time.Millisecond)), "", health.Unknown, health.ClassChecker,
			"waited 501ms of its timeout of 5s for our own turn: dial shop:443: no answer"},
		{"out of sockets", list(refused, noFiles), "", health.Unknown, health.ClassChecker, noFiles.Cause},
		{"out of sockets at first", list(noFiles, refused), "", health.Unknown, health.ClassChecker, noFiles.Cause},
		{"an attempt that says nothing", list(refused, panicked), "", health.Unknown, health.ClassChecker, "an attempt without a reading"},
	} {
		r := read(target, health.Outcome{Attempts: c.attempts, Missing: c.missing}, noon)
		if r.Status != c.status || r.Class != c.class || r.Cause != c.cause {
			t.Errorf("%s: %s %s %q, want %s %s %q", c.about, r.Status, r.Class, r.Cause, c.status, c.class, c.cause)
		}
		a := r.Facets[health.Availability]
		if a.Status != c.status || a.Class != c.class || a.Cause != c.cause {
			t.Errorf("%s: availability %+v", c.about, a)
		}
		if latency := r.Facets[health.Latency].Status; (latency == health.Unknown) != (c.status != health.Up) {
			t.Errorf("%s: latency is %s", c.about, latency)
		}
	}
}

func list(a ...health.Attempt) []health.Attempt { return a }

func TestReadSeverity(t *testing.T) {
	for want, set := range map[health.Severity]health.Severity{health.Critical: "", health.Warning: health.Warning} {
		target := health.Target{Policy: health.Policy{Attempts: 1, Severity: set}}
		if got := read(target, attempts(refused.Reading), noon).Facets[health.Availability].Severity; got != want {
			t.Errorf("severity %q in the file gives %q, want %q", set, got, want)
		}
	}
}

func TestReadLatency(t *testing.T) {
	for _, c := range []struct {
		slowAfter time.Duration
		outcome   health.Outcome
		status    health.Status
		cause     string
		latency   time.Duration
	}{
		{800 * time.Millisecond, attempts(up.Reading), health.Up, "", 200 * time.Millisecond},
		{200 * time.Millisecond, attempts(up.Reading), health.Up, "", 200 * time.Millisecond},
		{199 * time.Millisecond, attempts(up.Reading), health.Degraded, "answered in 200ms, want at most 199ms", 200 * time.Millisecond},
		{800 * time.Millisecond, attempts(refused.Reading, slow.Reading), health.Degraded, "answered in 1.21s, want at most 800ms", slow.Latency},
		{1200 * time.Millisecond, attempts(slow.Reading), health.Degraded, "answered in 1.21s, want at most 1.2s", slow.Latency},
		{0, attempts(slow.Reading), health.Up, "", slow.Latency},
	} {
		r := read(health.Target{Policy: health.Policy{Attempts: 1, SlowAfter: c.slowAfter}}, c.outcome, noon)
		if r.Status != c.status || r.Cause != c.cause || r.Latency != c.latency {
			t.Errorf("slow after %v: %s, %q, %v; want %s, %q, %v", c.slowAfter, r.Status, r.Cause, r.Latency, c.status, c.cause, c.latency)
		}
		if f := r.Facets[health.Latency]; f.Status == health.Degraded && (f.Severity != health.Warning || f.Class != health.ClassLatency) {
			t.Errorf("slow after %v: %+v, want a warning of class latency", c.slowAfter, f)
		}
	}
}

// Of how quick its targets are, a sweep that was itself short of processor tells nothing: of
// a slow one, of a quick one, and of one of which nobody wants to know it. All else is as ever.
func TestReadStarved(t *testing.T) {
	ill, ending := refused.Reading, up.Reading
	ending.Certificate = &health.Cert{Subject: "CN=shop", NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Minute)}
	for _, c := range []struct {
		about      string
		saturation float64
		slowAfter  time.Duration
		reading    health.Reading
		status     health.Status
		latency    health.Status
	}{
		{"slow, and a quarter of it ours", judge.MostSaturation, time.Second, slow.Reading, health.Degraded, health.Degraded},
		{"slow, and more than a quarter ours", judge.MostSaturation + 0.1, time.Second, slow.Reading, health.Up, health.Unknown},
		{"quick, and a quarter of it ours", judge.MostSaturation, time.Second, up.Reading, health.Up, health.Up},
		{"quick, and more than a quarter ours", 100, time.Second, up.Reading, health.Up, health.Unknown},
		{"nobody asked how quick", 100, 0, slow.Reading, health.Up, health.Unknown},
		{"down", 100, time.Second, ill, health.Down, health.Unknown},
		{"its certificate ends", 100, time.Second, ending, health.Degraded, health.Unknown},
	} {
		target := health.Target{Policy: health.Policy{Attempts: 1, SlowAfter: c.slowAfter, Certificate: thirds}}
		r := judge.Sweep{Scheduled: noon, Saturation: c.saturation}.Read(target, attempts(c.reading))
		f := r.Facets[health.Latency]
		if r.Status != c.status || f.Status != c.latency || r.Latency != c.reading.Latency {
			t.Errorf("%s: %s, latency %+v of %s; want %s, latency %s", c.about, r.Status, f, r.Latency, c.status, c.latency)
		}
		if ours := c.latency == health.Unknown && c.status != health.Down; ours != (f.Class == health.ClassChecker) || ours != strings.Contains(f.Cause, "short of processor") {
			t.Errorf("%s: latency %s: %q, want it to name us when it is us", c.about, f.Class, f.Cause)
		}
	}
}

func TestReadCertificate(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		about    string
		lifetime time.Duration
		left     time.Duration
		severity health.Severity // empty: up
		cause    string
	}{
		{"a third left", 100 * day, 33 * day, "", ""},
		{"just under a third", 100 * day, 33*day - time.Second, health.Warning, "certificate of CN=shop ends in 32 days, on 2026-12-25, want 33% of 100d left"},
		{"a tenth left", 100 * day, 10 * day, health.Warning, "certificate of CN=shop ends in 10 days, on 2026-12-02, want 33% of 100d left"},
		{"just under a tenth", 100 * day, 10*day - time.Second, health.Critical, "certificate of CN=shop ends in 9 days, on 2026-12-02, want 10% of 100d left"},
		{"six days' certificate, two days left", 6 * day, 2 * day, "", ""},
		{"six days' certificate, thirty hours left", 6 * day, 30 * time.Hour, health.Warning, "certificate of CN=shop ends in 30 hours, on 2026-11-23, want 33% of 6d left"},
		{"an hour and a half", 6 * day, 90 * time.Minute, health.Critical, "certificate of CN=shop ends in 1 hour, on 2026-11-22, want 10% of 6d left"},
		{"minutes", 6 * day, 5 * time.Minute, health.Critical, "certificate of CN=shop ends within the hour, on 2026-11-22, want 10% of 6d left"},
		{"ended since the handshake", 6 * day, -time.Minute, health.Critical, "certificate of CN=shop has ended, on 2026-11-22, want 10% of 6d left"},
	} {
		end := noon.Add(c.left)
		with := up.Reading
		with.Certificate = &health.Cert{Subject: "CN=shop", NotBefore: end.Add(-c.lifetime), NotAfter: end}
		r := read(health.Target{Policy: health.Policy{Attempts: 1, Certificate: thirds}}, attempts(with), noon)
		f := r.Facets[health.Certificate]
		if f.Severity != c.severity || f.Cause != c.cause || !f.Expires.Equal(end) {
			t.Errorf("%s: %+v, want %q %q ending %v", c.about, f, c.severity, c.cause, end)
		}
		if (r.Status == health.Degraded) != (c.severity != "") || r.Cause != c.cause {
			t.Errorf("%s: status %s, cause %q", c.about, r.Status, r.Cause)
		}
	}
}

// The limits of a target are its own: times, shares, one of them, or none.
func TestReadCertificateLimits(t *testing.T) {
	const day = 24 * time.Hour
	days := health.Lasting{Warn: health.Remainder{Time: 21 * day}, Critical: health.Remainder{Time: 36 * time.Hour}}
	for _, c := range []struct {
		limits   health.Lasting
		left     time.Duration
		severity health.Severity // empty: up
		want     string
	}{
		{days, 21 * day, "", ""},
		{days, 21*day - 1, health.Warning, "want 21d left"},
		{days, 36 * time.Hour, health.Warning, "want 21d left"},
		{days, 36*time.Hour - 1, health.Critical, "want 36h left"},
		{health.Lasting{Warn: health.Remainder{Share: 0.125}}, 12 * day, health.Warning, "want 12.5% of 100d left"},
		{health.Lasting{Warn: health.Remainder{Share: 0.125}}, -day, health.Warning, "want 12.5% of 100d left"},
		{health.Lasting{Critical: health.Remainder{Time: day}}, 2 * day, "", ""},
		{health.Lasting{Critical: health.Remainder{Time: day}}, -day, health.Critical, "want 1d left"},
		{health.Lasting{}, 1, "", ""},
		{health.Lasting{}, -day, "", ""},
	} {
		end := noon.Add(c.left)
		with := up.Reading
		with.Certificate = &health.Cert{Subject: "CN=shop", NotBefore: end.Add(-100 * day), NotAfter: end}
		r := read(health.Target{Policy: health.Policy{Attempts: 1, Certificate: c.limits}}, attempts(with), noon)
		if f := r.Facets[health.Certificate]; f.Severity != c.severity || !strings.HasSuffix(f.Cause, c.want) {
			t.Errorf("limits %+v, %v left: %q %q, want %q %q", c.limits, c.left, f.Severity, f.Cause, c.severity, c.want)
		}
	}
}

// Any verified handshake shows the certificate, whatever became of the attempt after it.
func TestReadCertificateOfFailedAttempts(t *testing.T) {
	late, later := status.Reading, status.Reading
	late.Certificate, later.Certificate = ending(noon, 20), ending(noon, 5)
	target := health.Target{Policy: health.Policy{Attempts: 2, Certificate: thirds}}

	r := read(target, attempts(late, later), noon)
	if f := r.Facets[health.Certificate]; r.Status != health.Down || r.Class != health.ClassStatus || f.Severity != health.Critical {
		t.Errorf("down with a certificate near its end: %s %s, certificate %+v", r.Status, r.Class, f)
	}
	r = read(target, attempts(later, refused.Reading), noon)
	if f := r.Facets[health.Certificate]; f.Status != health.Degraded {
		t.Errorf("a handshake before a refusal: certificate %+v", f)
	}
	r = read(target, attempts(refused.Reading, refused.Reading), noon)
	if f := r.Facets[health.Certificate]; f.Status != health.Unknown || !f.Expires.IsZero() {
		t.Errorf("no handshake: certificate %+v", f)
	}
}

// The numbers shown are those of the attempt that was up, else of the last.
func TestReadShowsTheRightAttempt(t *testing.T) {
	first, second := refused.Reading, up.Reading
	first.Latency, first.Phases.Connect = 3*time.Millisecond, 1
	second.Phases.Connect = 2
	target := health.Target{Policy: health.Policy{Attempts: 2}}
	if r := read(target, attempts(first, second), noon); r.Latency != second.Latency || r.Phases != second.Phases {
		t.Errorf("up the second time: shows %v %v", r.Latency, r.Phases)
	}
	if r := read(target, attempts(refused.Reading, first), noon); r.Latency != first.Latency || r.Phases != first.Phases {
		t.Errorf("down: shows %v %v", r.Latency, r.Phases)
	}
}
