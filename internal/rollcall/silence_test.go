package rollcall

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/internal/awslocal"
	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/peer"
	"rollcall/internal/store"
)

// silenced are silences in a few words: "a until 15:04".
func silenced(all []health.Silence) string {
	var words []string
	for _, s := range all {
		words = append(words, s.Name+" until "+s.Until.Format("15:04"))
	}
	return strings.Join(words, ", ")
}

const threeTargets = `
fleet: shop
defaults: {attempts: 1}
groups: {pay: {}, empty: {}}
targets:
  - {name: cart, url: http://127.0.0.1:1/, group: pay}
  - {name: checkout, url: http://127.0.0.1:2/, group: pay}
  - {name: search, url: http://127.0.0.1:3/}
`

func TestSilence(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 5, 30, 0, time.UTC)
	r := open(t, Settings{Config: file(t, threeTargets), Store: t.TempDir()})
	quiet := func(name string, lasts time.Duration) health.Silence {
		return health.Silence{Name: name, Why: "of " + name, From: at, Until: at.Add(lasts)}
	}
	steps := []struct {
		name    string
		lasts   time.Duration
		after   time.Duration // since at
		targets int
		changed string
		now     string // silenced, the next to end first
	}{
		{name: "cart", lasts: 2 * time.Hour, now: "cart until 16:05"},
		{name: "pay", lasts: time.Hour, targets: 2, now: "pay until 15:05, cart until 16:05"},
		{name: "*", lasts: 30 * time.Minute, targets: 3, now: "* until 14:35, pay until 15:05, cart until 16:05"},
		{name: "cart", lasts: 10 * time.Minute, changed: "cart until 16:05", now: "cart until 14:15, * until 14:35, pay until 15:05"},
		{name: "cart", lasts: 20 * time.Minute, after: 10 * time.Minute, now: "cart until 14:25, * until 14:35, pay until 15:05"}, // the one before had ended
		{name: "cart", lasts: time.Minute, changed: "cart until 14:25", now: "cart until 14:06, * until 14:35, pay until 15:05"},
		{name: "search", lasts: 2 * time.Hour, after: 10 * time.Minute, now: "* until 14:35, pay until 15:05, search until 16:05"},
	}
	for _, s := range steps {
		done, err := r.Silence(t.Context(), quiet(s.name, s.lasts), at.Add(s.after))
		var changed []health.Silence
		if done.Changed != nil {
			changed = append(changed, *done.Changed)
		}
		if err != nil || done.Fleet != "shop" || !done.Unseen || done.Targets != s.targets || silenced(changed) != s.changed || silenced(done.Silences) != s.now {
			t.Errorf("%s: %+v, %v; want %+v", s.name, done, err, s)
		}
		known, err := r.Silences(t.Context(), at.Add(s.after))
		if err != nil || silenced(known.Silences) != s.now || !known.Unseen {
			t.Errorf("after %s: %+v, %v", s.name, known, err)
		}
	}
	// What has ended was forgotten with the last of these writes.
	if stored, err := r.states("shop").Silences(t.Context()); err != nil || len(stored) != 3 {
		t.Errorf("stored %+v, %v", stored, err)
	}

	done, err := r.EndSilence(t.Context(), "pay", at.Add(11*time.Minute))
	if err != nil || done.Changed == nil || done.Changed.Why != "of pay" || silenced(done.Silences) != "* until 14:35, search until 16:05" {
		t.Errorf("ended: %+v, %v", done, err)
	}
	for _, name := range []string{"pay", "nobody"} {
		if done, err := r.EndSilence(t.Context(), name, at.Add(11*time.Minute)); !errors.Is(err, ErrNotSilenced) || len(done.Silences) != 2 {
			t.Errorf("ended %s again: %+v, %v", name, done, err)
		}
	}
	if _, err := r.EndSilence(t.Context(), "*", at.Add(31*time.Minute)); !errors.Is(err, ErrNotSilenced) {
		t.Errorf("ended one that had ended by itself: %v", err)
	}
}

// Names are those of what runs: of the last good copy, where there is one.
func TestSilenceKnowsWhatRuns(t *testing.T) {
	s := Settings{Config: file(t, threeTargets), Store: t.TempDir()}
	now := thisMinute()
	play(t, open(t, s), now, "i1")
	write(t, s.Config, strings.Replace(threeTargets, "name: search", "name: wishes", 1))
	r := open(t, s)
	silence := func(name string) (Silenced, error) {
		return r.Silence(t.Context(), health.Silence{Name: name, Why: "w", From: now, Until: now.Add(time.Hour)}, now)
	}
	if done, err := silence("search"); err != nil || done.Unseen {
		t.Errorf("what runs: %+v, %v", done, err)
	}
	for name, want := range map[string]string{
		"wishes":  `"wishes" is in the targets file, but not in the last good copy of it, which is what the rounds ask; deploy or push the file first`,
		"chekout": `no target or group is named "chekout"; did you mean "checkout"?`,
		"empty":   `group "empty" has no targets; name another`,
		"":        `no target or group is named ""`,
	} {
		_, err := silence(name)
		var problems fleet.Problems
		if !errors.As(err, &problems) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
	// A copy that this version cannot read is no help; then the file must do.
	if err := r.states("shop").KeepGood(t.Context(), []byte("fleet: shop\nfrom: the future\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := silence("wishes"); err != nil {
		t.Errorf("beside a copy of the future: %v", err)
	}
	// So is a state that it cannot read: people may still have to be left in peace.
	if _, err := r.objects.Put(t.Context(), "state/shop/0-1.json", []byte(`{"schema":"rollcall.state/2"}`), store.Any); err != nil {
		t.Fatal(err)
	}
	if done, err := silence("wishes"); err != nil || done.Unseen {
		t.Errorf("beside a state of the future: %+v, %v", done, err)
	}
}

// While it is silenced a target is asked, and what is bad is told when that ends.
func TestRoundsUnderASilence(t *testing.T) {
	down := stand(t, peer.Answering(0, http.StatusServiceUnavailable, ""))
	var told voice
	s := Settings{Config: file(t, fmt.Sprintf("fleet: shop\ndefaults: {attempts: 1, fail_after: 1}\ntargets: [{name: a, url: %q}]\n", down.URL)),
		Store: t.TempDir(), Voice: &told, Interval: time.Hour}
	first := thisMinute().Add(-10 * time.Minute)
	at := func(n int) time.Time { return first.Add(time.Duration(n) * time.Minute) }
	r := open(t, s)
	if _, err := r.Silence(t.Context(), health.Silence{Name: "a", Why: "a new disk", From: at(0), Until: at(3)}, at(0)); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		report := play(t, open(t, s), at(n), fmt.Sprint("i", n))
		want := "silenced until " + clock(at(3), at(n)) + ": a new disk"
		if n == 3 {
			want = "told, open since "
		}
		if got := result(t, report, "a"); got.Status != health.Down || !strings.HasPrefix(got.Reason, want) {
			t.Errorf("round %d: %s, %q, want down, %q", n, got.Status, got.Reason, want)
		}
	}
	if len(told.told) != 2 || told.told[0].Kind != health.First || len(told.told[1].Opened) != 1 || !strings.Contains(told.told[1].Opened[0].Muted, "a new disk") {
		t.Errorf("told %+v", told.told)
	}
}

// What AWS refuses is told in a sentence, with what to do about it; and what it takes is
// there for the function.
func TestSilenceInABucket(t *testing.T) {
	moto, proxy := behindProxy(t)
	c := newCloud(t, moto, proxy)
	now := thisMinute()
	silence := func(place string) (Silenced, error) {
		r := open(t, Settings{Config: c.file, Store: place})
		return r.Silence(t.Context(), health.Silence{Name: "a", Why: "w", From: now, Until: now.Add(time.Hour)}, now)
	}
	if done, err := silence("s3://" + c.bucket); err != nil || !done.Unseen {
		t.Errorf("%+v, %v", done, err)
	}
	for _, refused := range []struct {
		status       int
		code         string
		what, remedy string
	}{
		{403, "AccessDenied", "access denied", "s3:PutObject"},
		{400, "ExpiredToken", "the AWS credentials have expired", "aws sso login"},
		{403, "InvalidAccessKeyId", "AWS does not know these credentials", "AWS_PROFILE"},
		{301, "PermanentRedirect", "the bucket is in another region", "set AWS_REGION"},
		{503, "SlowDown", "AWS is not able to answer now", "try again"},
		{418, "Teapot", "get ", ""},
	} {
		fault := proxy.Inject(awslocal.Fault{Path: "/" + c.bucket + "/", Do: awslocal.Answer(refused.status, refused.code)})
		_, err := silence("s3://" + c.bucket)
		fault.Lift()
		var e *AccessError
		if !errors.As(err, &e) || e.Error() != "store s3://"+c.bucket+": "+e.What || !strings.HasPrefix(e.What, refused.what) || !strings.Contains(e.Remedy, refused.remedy) {
			t.Errorf("%s: %v, want %q and %q", refused.code, err, refused.what, refused.remedy)
		}
	}
	var e *AccessError
	if _, err := silence("s3://no-such-bucket-of-ours"); !errors.As(err, &e) || e.What != "there is no such bucket" || !strings.Contains(e.Remedy, "output Bucket") {
		t.Errorf("a wrong bucket: %v", err)
	}
}
