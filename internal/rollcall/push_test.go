package rollcall

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"rollcall/internal/awslocal"
	"rollcall/internal/fleet"
	"rollcall/internal/source"
)

// pushes pushes a text to where the list is kept.
func (l *list) pushes(text string, o PushOptions) (Pushed, error) {
	l.t.Helper()
	r := open(l.t, Settings{Config: file(l.t, text)})
	draft, err := r.Draft(l.t.Context(), time.Minute)
	l.must(err)
	return r.Push(l.t.Context(), draft, l.location, o)
}

// wantPushed is a push that goes well.
func (l *list) wantPushed(text string, o PushOptions) Pushed {
	l.t.Helper()
	done, err := l.pushes(text, o)
	l.must(err)
	if done.Size != len(text) || done.Version == "" {
		l.t.Errorf("%+v of %d bytes", done, len(text))
	}
	l.wantHeld(text)
	return done
}

// wantHeld holds the place to what is there.
func (l *list) wantHeld(text string) {
	l.t.Helper()
	r := open(l.t, Settings{Config: l.file})
	if got, err := r.read(l.t.Context()); err != nil || string(got) != text {
		l.t.Errorf("%s holds %q, %v, want %q", l.file, got, err, text)
	}
}

// writes are the requests that put something where the list is.
func (l *list) writes() (n int) {
	for _, r := range l.proxy.Requests("", "") {
		if r.Method == http.MethodPut && strings.Contains(r.Path, "/"+l.bucket+"/targets/") ||
			r.Header.Get("X-Amz-Target") == "AmazonSSM.PutParameter" && strings.Contains(r.Body, l.location.Parameter) {
			n++
		}
	}
	return n
}

// What is pushed takes the place of what is there, as a whole, and is in force with the next
// round; what is there already is left alone.
func TestPush(t *testing.T) {
	moto, proxy := behindProxy(t)
	for _, kind := range []string{"s3", "ssm"} {
		t.Run(kind, func(t *testing.T) {
			l := listIn(newCloud(t, moto, proxy), moto, kind)
			first := l.wantPushed(l.good, PushOptions{})
			if first.Before != "" || first.Unchanged || l.writes() != 1 {
				t.Errorf("where nothing was: %+v after %d writes", first, l.writes())
			}
			i := l.invocation("i")
			play(t, i.Rollcall, l.round(1), "i1")
			again := l.wantPushed(l.good, PushOptions{})
			if !again.Unchanged || again.Version != first.Version || l.writes() != 1 {
				t.Errorf("the same: %+v after %d writes", again, l.writes())
			}
			t.Setenv("ROLLCALL_PUSHED_TOKEN", "never to be seen")
			next := strings.ReplaceAll(l.good, "{name: a,", "{name: b, http: {headers: {X-Token: '${env:ROLLCALL_PUSHED_TOKEN}'}},") + "# größer\r\n"
			second := l.wantPushed(next, PushOptions{})
			if second.Before != first.Version || second.Version == first.Version || second.Covered != "" || l.writes() != 2 {
				t.Errorf("another: %+v after %d writes", second, l.writes())
			}
			for _, r := range proxy.Requests("", "") {
				if strings.Contains(r.Body, "never to be seen") {
					t.Errorf("%s %s: a resolved value", r.Method, r.Path)
				}
			}
			if report := play(t, i.Rollcall, l.round(2), "i2"); report.Results[0].Target.Name != "b" {
				t.Errorf("the next round asked %+v", report.Results)
			}
		})
	}
}

// A function refuses the file of another fleet than the one that its alarms watch; so does a
// push, also where what is there is wrong otherwise.
func TestPushOfAnotherFleet(t *testing.T) {
	moto, proxy := behindProxy(t)
	l := listIn(newCloud(t, moto, proxy), moto, "s3")
	bakery := strings.ReplaceAll(l.good, "fleet: shop", "fleet: bakery")
	for _, there := range []string{l.good, l.good + "wrong: key\n", "fleet: \"shop\"  # ours\r\ntargets: [\n", "x-a: 1\nfleet: shop"} {
		l.holds(there)
		_, err := l.pushes(bakery, PushOptions{})
		if !errors.Is(err, ErrOtherFleet) || !strings.Contains(err.Error(), `is of fleet "shop" and this one of "bakery"`) {
			t.Errorf("over %q: %v", there, err)
		}
		l.wantPushed(l.good+"# mended\n", PushOptions{})
		l.wantPushed(bakery, PushOptions{OtherFleet: true})
	}
	for _, there := range []string{"", "<html>", "fleet: [shop]\n", "  fleet: shop\n"} {
		l.holds(there)
		l.wantPushed(bakery, PushOptions{})
	}
}

// Of two people who push at a time, the slower one is told, and replaces nothing.
func TestPushIsRaced(t *testing.T) {
	moto, proxy := behindProxy(t)
	l := listIn(newCloud(t, moto, proxy), moto, "s3")
	theirs := l.good + "# theirs\n"
	for _, before := range []string{"", l.good} {
		if before != "" {
			l.holds(before)
		}
		held := proxy.Inject(awslocal.Fault{Method: http.MethodPut, Path: "/" + l.bucket + "/targets/", Times: 1, Do: awslocal.Hold()})
		var slow sync.WaitGroup
		slow.Go(func() {
			_, err := l.pushes(l.good+"# ours\n", PushOptions{})
			var e *AccessError
			if !errors.As(err, &e) || e.Error() != "push "+l.file+": somebody else has just pushed another file, which stays" || !strings.Contains(e.Remedy, "rollcall validate -f "+l.file) {
				t.Errorf("%v, want to hear of it", err)
			}
		})
		held.Await(1)
		l.holds(theirs)
		held.Release()
		slow.Wait()
		l.wantHeld(theirs)
	}
	// SSM knows no such condition, and push says what it did.
	s := listIn(newCloud(t, moto, proxy), moto, "ssm")
	s.holds(s.good)
	held := proxy.Inject(awslocal.Fault{Body: "# ours", Times: 1, Do: awslocal.Hold()})
	var slow sync.WaitGroup
	slow.Go(func() {
		if done, err := s.pushes(s.good+"# ours\n", PushOptions{}); err != nil || done.Before != "version 1" || done.Version != "version 3" || done.Covered != "version 2" {
			t.Errorf("%+v, %v, want it to cover version 2", done, err)
		}
	})
	held.Await(1)
	s.holds(theirs)
	held.Release()
	slow.Wait()
	s.wantHeld(s.good + "# ours\n")
}

// What a parameter cannot hold is not uploaded, and the bucket, which can, is named.
func TestPushToSSM(t *testing.T) {
	moto, proxy := behindProxy(t)
	l := listIn(newCloud(t, moto, proxy), moto, "ssm")
	sized := func(n int) string { return l.good + "#" + strings.Repeat("x", n-len(l.good)-2) + "\n" }
	for _, c := range []struct {
		text     string
		advanced bool
		problem  string
		is       error
	}{
		{text: sized(source.StandardMost)},
		{sized(source.StandardMost + 1), false, "4097 bytes, and a standard parameter holds at most 4096; push it to s3://BUCKET/KEY", ErrAdvanced},
		{text: sized(source.StandardMost + 1), advanced: true},
		{text: sized(source.AdvancedMost), advanced: true},
		{sized(source.AdvancedMost + 1), true, "8193 bytes, and a parameter holds at most 8192; push it to s3://BUCKET/KEY", nil},
		{l.good + "x-a: '{{ssm:/other}}'\n", true, "SSM takes no value with {{ and }} in it; push it to s3://BUCKET/KEY", nil},
		{text: l.good + "x-a: '{{'\n"},
	} {
		before := l.writes()
		if c.problem == "" {
			l.wantPushed(c.text, PushOptions{Advanced: c.advanced})
			continue
		}
		_, err := l.pushes(c.text, PushOptions{Advanced: c.advanced})
		if err == nil || !strings.Contains(err.Error(), c.problem) || c.is != nil && !errors.Is(err, c.is) || l.writes() != before {
			t.Errorf("%d bytes: %v after %d writes, want %q and none", len(c.text), err, l.writes()-before, c.problem)
		}
	}
	s := listIn(newCloud(t, moto, proxy), moto, "s3")
	s.wantPushed(s.good+"x-a: '{{ssm:/other}}'\n#"+strings.Repeat("x", source.AdvancedMost)+"\n", PushOptions{})
}

// A SecureString is left as it is, under its own key, whatever a push is told to do; what it
// holds already is no reason for an error.
func TestPushOntoASecureString(t *testing.T) {
	moto, proxy := behindProxy(t)
	l := listIn(newCloud(t, moto, proxy), moto, "ssm")
	moto.SetParameter(t, l.location.Parameter, l.good)
	_, err := l.pushes(l.good+"# more\n", PushOptions{OtherFleet: true, Advanced: true})
	if want := "push " + l.file + ": a SecureString is there, and a push would move it to the default key of the account"; !errors.Is(err, source.ErrEncrypted) || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	if same, err := l.pushes(l.good, PushOptions{}); err != nil || !same.Unchanged {
		t.Errorf("the same: %+v, %v", same, err)
	}
	if l.wantHeld(l.good); l.writes() != 0 {
		t.Errorf("%d writes, want none", l.writes())
	}
}

// What cannot be read is not replaced, and what cannot be written is told.
func TestPushIsRefused(t *testing.T) {
	moto, proxy := behindProxy(t)
	l := listIn(newCloud(t, moto, proxy), moto, "s3")
	l.holds(l.good)
	for method, says := range map[string]string{http.MethodGet: "read ", http.MethodPut: "push "} {
		denied := proxy.Inject(awslocal.Fault{Method: method, Path: "/" + l.bucket + "/targets/", Do: awslocal.Answer(403, "AccessDenied")})
		_, err := l.pushes(l.good+"# more\n", PushOptions{})
		denied.Lift()
		var e *AccessError
		if !errors.As(err, &e) || e.Error() != says+l.file+": access denied" || !strings.Contains(e.Remedy, "kms:GenerateDataKey") ||
			!strings.Contains(e.Remedy, "s3:ListBucket") || strings.Contains(e.Remedy, "rollcall push") {
			t.Errorf("%s: %v, %+v", method, err, e)
		}
		l.wantHeld(l.good)
	}
	nowhere, err := source.Parse("s3://no-such-bucket-of-ours/targets.yaml")
	l.must(err)
	l.location = nowhere
	var e *AccessError
	if _, err := l.pushes(l.good, PushOptions{}); !errors.As(err, &e) || e.What != "there is no such bucket" {
		t.Errorf("no such bucket: %v", err)
	}
}

// A draft is the text that was read, once, and nothing that is wrong becomes one.
func TestDraft(t *testing.T) {
	path := file(t, "fleet: shop\ntargets: [https://a.example.com]\n")
	r := open(t, Settings{Config: path})
	draft, err := r.Draft(t.Context(), time.Minute)
	if err != nil || string(draft.text) != "fleet: shop\ntargets: [https://a.example.com]\n" || draft.Largest == nil || draft.Fleet.Name != "shop" {
		t.Errorf("%+v, %v", draft, err)
	}
	write(t, path, "fleet: shop\ntargets: [17, {url: https://a.example.com, evry: 1m}]\n")
	var problems fleet.Problems
	if _, err := r.Draft(t.Context(), time.Minute); !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("%v, want both problems", err)
	}
	if _, err := open(t, Settings{Config: "nowhere.yaml"}).Draft(t.Context(), time.Minute); err == nil {
		t.Error("of no file: no error")
	}
}

// A bucket that keeps versions keeps those that were replaced, and one of them can be pushed
// again: that is how a change is taken back.
func TestPushIsTakenBack(t *testing.T) {
	moto, proxy := behindProxy(t)
	l := listIn(newCloud(t, moto, proxy), moto, "s3")
	client := s3.NewFromConfig(l.direct)
	_, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &l.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	l.must(err)
	first := l.wantPushed(l.good, PushOptions{})
	l.wantPushed(l.good+"# a mistake\n", PushOptions{})
	id := strings.TrimPrefix(first.Version, "version ")
	old, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &l.bucket, Key: &l.location.Key, VersionId: &id})
	l.must(err)
	defer old.Body.Close()
	text, err := io.ReadAll(old.Body)
	l.must(err)
	if done := l.wantPushed(string(text), PushOptions{}); done.Version == first.Version || done.Unchanged {
		t.Errorf("%+v, want a version of its own", done)
	}
	l.wantHeld(l.good)
}
