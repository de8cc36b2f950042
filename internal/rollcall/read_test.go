package rollcall

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollcall/internal/awslocal"
	"rollcall/internal/peer"
	"rollcall/internal/source"
)

// list is a targets file that AWS keeps.
type list struct {
	*cloud
	moto     *awslocal.Moto
	location source.Location
	good     string // the file of the cloud
}

// listIn has the cloud's targets file kept by AWS, where nobody has put it so far.
func listIn(c *cloud, moto *awslocal.Moto, kind string) *list {
	c.t.Helper()
	good, err := os.ReadFile(c.file)
	c.must(err)
	c.file = map[string]string{"s3": "s3://" + c.bucket + "/targets/shop.yaml", "ssm": "ssm:/targets/" + c.bucket + "/shop"}[kind]
	c.first = c.first.Add(-20 * time.Minute)
	if kind == "ssm" {
		moto.Parameter(c.t, "moto loads SSM with the first") // which may take longer than anybody waits for AWS
	}
	at, err := source.Parse(c.file)
	c.must(err)
	return &list{c, moto, at, string(good)}
}

// holds has somebody put this there.
func (l *list) holds(text string) {
	l.t.Helper()
	if l.location.Parameter != "" {
		s := source.NewSetting(l.direct, l.location.Parameter)
		was, err := s.Read(l.t.Context())
		if !errors.Is(err, source.ErrAbsent) {
			l.must(err)
		}
		_, err = s.Write(l.t.Context(), []byte(text), was)
		l.must(err)
		return
	}
	_, err := s3.NewFromConfig(l.direct).PutObject(l.t.Context(), &s3.PutObjectInput{Bucket: &l.bucket, Key: &l.location.Key, Body: strings.NewReader(text)})
	l.must(err)
}

// fault is one of requests for this list.
func (l *list) fault(f awslocal.Fault) *awslocal.Injected {
	if l.location.Parameter != "" {
		f.Service, f.Body = "ssm", l.location.Parameter // what is told of it stands in the state, and in messages
	} else {
		f.Path = "/" + l.bucket + "/" + l.location.Key
	}
	return l.proxy.Inject(f)
}

func (l *list) refuses(status int, code string) *awslocal.Injected {
	return l.fault(awslocal.Fault{Do: awslocal.Answer(status, code)})
}

// absent is what is answered where nothing is.
func (l *list) absent() *awslocal.Injected {
	if l.location.Parameter != "" {
		return l.refuses(400, "ParameterNotFound")
	}
	return l.refuses(404, "NoSuchKey")
}

// denied is what is answered to those who may not read it.
func (l *list) denied() *awslocal.Injected {
	if l.location.Parameter != "" {
		return l.refuses(400, "AccessDeniedException")
	}
	return l.refuses(403, "AccessDenied")
}

// takes is what it takes to read it. Who has not the right to list a bucket is answered that it
// is denied where nothing is, and the function has none on a bucket that is not its own.
func (l *list) takes() string {
	if l.location.Parameter != "" {
		return "ssm:GetParameter, where it is written ssm:PutParameter, and kms:Decrypt where it is encrypted under a key of one's own"
	}
	return "s3:GetObject, and kms:Decrypt where the bucket has a key of its own; or nothing is there yet: rollcall push -f FILE " + l.file
}

// A list that AWS keeps is read with every round, so what is changed there is in force with
// the next one; and whatever is wrong with it, the last good copy goes on, people hear of it
// once, and once when it is mended.
func TestListInAWS(t *testing.T) {
	moto, proxy := behindProxy(t)
	var all sync.WaitGroup // at once, because most of the time is spent waiting
	defer all.Wait()
	for _, kind := range []string{"s3", "ssm"} {
		for name, story := range map[string]func(*list){"changes": changes, "hangs": hangs} {
			all.Go(func() {
				t.Run(kind+" "+name, func(t *testing.T) { story(listIn(newCloud(t, moto, proxy), moto, kind)) })
			})
		}
	}
}

func changes(l *list) {
	i := l.invocation("i")
	i.readTry = 10 * time.Second // however busy this machine is
	n := 0
	round := func(targets int) {
		l.t.Helper()
		n++
		if report := play(l.t, i.Rollcall, l.round(n), fmt.Sprint("i", n)); len(report.Results) != targets {
			l.t.Errorf("round %d asked %d targets, want %d", n, len(report.Results), targets)
		}
	}
	told := func(want, says string) {
		l.t.Helper()
		if want == "" {
			l.wantTold()
			return
		}
		if digests := l.wantTold(want); len(digests) == 1 && len(digests[0].Opened) == 1 && !strings.Contains(digests[0].Opened[0].Cause, says) {
			l.t.Errorf("told %q, want %q in it", digests[0].Opened[0].Cause, says)
		}
	}
	if _, err := i.Round(l.t.Context(), l.round(0), "i0"); err == nil || !strings.Contains(err.Error(), "nothing is there; rollcall push -f FILE "+l.file) {
		l.t.Errorf("without any list: %v", err)
	}
	l.holds(l.good)
	round(1)
	told("first", "")
	const goesOn = ". The last good copy is used until it is mended"
	for _, wrong := range []struct {
		fault func() *awslocal.Injected
		says  string
	}{
		{func() *awslocal.Injected { return l.refuses(500, "InternalServerError") }, "read " + l.file + ": AWS is not able to answer now; the next round asks again" + goesOn},
		{l.denied, "read " + l.file + ": access denied; it takes " + l.takes() + goesOn},
		{l.absent, "read " + l.file + ": nothing is there; rollcall push -f FILE " + l.file + " puts a targets file there" + goesOn},
	} {
		fault := wrong.fault()
		round(1)
		told("news +config", wrong.says)
		fault.Lift()
		round(1)
		told("news -config", "")
	}
	l.holds("fleet: shop\ntargets:\n  - {name: a, url: https://a.example.com, evry: 1m}\n")
	round(1)
	told("news +config", l.file+`:3:43: unknown key "evry"; did you mean "every"?`)
	l.holds(strings.ReplaceAll(l.good, "fleet: shop", "fleet: bakery"))
	round(1)
	told("", "")
	l.holds(l.good + "x-more: {}\n")
	round(1)
	told("news -config", "")
	l.holds(strings.ReplaceAll(l.good, "targets: [", "targets: [{name: b, url: 'http://127.0.0.1:1/', enabled: false}, "))
	round(1)
	round(1)
	told("", "")
	if l.location.Bucket != "" { // what has not changed is not sent again
		unsent := 0
		for _, r := range l.proxy.Requests(http.MethodGet, l.location.Key) {
			if strings.Contains(r.Path, l.bucket) && r.Status == http.StatusNotModified {
				unsent++
			}
		}
		if unsent != 4 { // thrice after a fault, and in the last round
			l.t.Errorf("%d readings were answered 304, want 4", unsent)
		}
	}
}

// A place that does not answer is given up, and asked once more, within what a round has for
// loading; the sweep has all its time.
func hangs(l *list) {
	l.holds(l.good)
	i := l.invocation("i")
	i.readTry = 10 * time.Second // however busy this machine is
	play(l.t, i.Rollcall, l.round(1), "i1")
	i.readTry = readTry
	hung := l.fault(awslocal.Fault{Times: 1, Do: awslocal.Hang()})
	play(l.t, i.Rollcall, l.round(2), "i2") // the second try
	l.wantTold("first")
	hung.Lift()
	hung = l.fault(awslocal.Fault{Do: awslocal.Hang()})
	play(l.t, i.Rollcall, l.round(3), "i3")
	if told := l.wantTold("news +config"); len(told) == 1 && !strings.Contains(told[0].Opened[0].Cause, "read "+l.file+": no answer from AWS; in a VPC, see that its subnets have a way to S3 (a gateway endpoint) or SSM (an interface endpoint), or a NAT gateway") {
		l.t.Errorf("told %q", told[0].Opened[0].Cause)
	}
	if hung.Hits() != readTries {
		l.t.Errorf("asked %d times, want %d", hung.Hits(), readTries)
	}
	if most := readTries * readTry; most > 2500*time.Millisecond { // what a round has for loading is 3 s
		l.t.Errorf("reading may take %s", most)
	}
}

// What AWS refuses is told in a sentence that names the place, with what to do about it: on
// this machine, or in a function.
func TestListIsRefused(t *testing.T) {
	moto, proxy := behindProxy(t)
	inS3, inSSM := listIn(newCloud(t, moto, proxy), moto, "s3"), listIn(newCloud(t, moto, proxy), moto, "ssm")
	inS3.holds(inS3.good)
	inSSM.holds(inSSM.good)
	read := func(l *list, what, remedy, round string, absent bool) {
		t.Helper()
		r := open(t, Settings{Config: l.file})
		_, err := r.Validate(t.Context(), time.Minute)
		var e *AccessError
		if !errors.As(err, &e) || e.Error() != "read "+l.file+": "+e.What || e.What != what || !strings.Contains(e.Remedy, remedy) || errors.Is(err, source.ErrAbsent) != absent {
			t.Errorf("%s: %v, want %q and %q", l.file, err, what, remedy)
		}
		r.readTry = 10 * time.Second // however busy this machine is
		if _, err := r.readInTime(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "read "+l.file+": "+what+"; ") || !strings.Contains(err.Error(), "; "+round) {
			t.Errorf("%s in a round: %v, want %q and %q", l.file, err, what, round)
		}
	}
	for _, refused := range []struct {
		l                   *list
		status              int
		code                string
		what, remedy, round string
		absent              bool
	}{
		{inS3, 404, "NoSuchKey", "nothing is there", "rollcall push -f FILE s3://", "rollcall push -f FILE s3://", true},
		{inS3, 404, "NoSuchBucket", "there is no such bucket", "name one that there is", "deploy with a TargetsLocation that there is", false},
		{inS3, 403, "AccessDenied", "access denied", inS3.takes(), "it takes " + inS3.takes(), false},
		{inS3, 301, "PermanentRedirect", "the bucket is in another region", "set AWS_REGION", inRegion, false},
		{inS3, 400, "ExpiredToken", "the AWS credentials have expired", "aws sso login", ofRole, false},
		{inS3, 503, "SlowDown", "AWS is not able to answer now", "try again", "the next round asks again", false},
		{inSSM, 400, "ParameterNotFound", "nothing is there", "rollcall push -f FILE ssm:/", "rollcall push -f FILE ssm:/", true},
		{inSSM, 400, "AccessDeniedException", "access denied", inSSM.takes(), "it takes " + inSSM.takes(), false},
		{inSSM, 400, "ExpiredTokenException", "the AWS credentials have expired", "aws sso login", ofRole, false},
		{inSSM, 400, "InvalidSignatureException", "AWS does not know these credentials", "AWS_PROFILE", ofRole, false},
		{inSSM, 400, "ThrottlingException", "AWS is not able to answer now", "try again", "the next round asks again", false},
	} {
		fault := refused.l.refuses(refused.status, refused.code)
		read(refused.l, refused.what, refused.remedy, refused.round, refused.absent)
		fault.Lift()
	}
	for l, unset := range map[*list]string{inS3: "no AWS region is set, or one that is none", inSSM: "no AWS region is set"} {
		t.Setenv("AWS_REGION", "")
		t.Setenv("AWS_DEFAULT_REGION", "")
		read(l, unset, "set AWS_REGION", inRegion, false)
		t.Setenv("AWS_REGION", awslocal.Region)
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
		read(l, "no AWS credentials were found", "AWS_PROFILE", ofRole, false)
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIDLOCAL")
	}
}

// What is told in a round ends in logs and mails, far from any machine that could be mended.
func TestRemediesInARound(t *testing.T) {
	for _, r := range append(refusals[:], unanswered) {
		err := (&AccessError{Deed: "read", Place: "s3://b/k", What: r.what, Remedy: r.remedy, round: r.round}).inRound().Error()
		for _, here := range []string{"this machine", "sign in", "aws s", "AWS_", "set it", "try again", "sam list"} {
			if _, remedy, told := strings.Cut(err, "; "); !told || strings.Contains(remedy, here) {
				t.Errorf("%s: %q is nothing that can be done about a function", err, here)
			}
		}
	}
}

// Of a bucket elsewhere S3 says where; but a function cannot be told to look there.
func TestListInAnotherRegion(t *testing.T) {
	elsewhere := stand(t, peer.Behaviour{Answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "us-west-2")
		w.WriteHeader(http.StatusMovedPermanently)
		fmt.Fprint(w, "<Error><Code>PermanentRedirect</Code></Error>")
	}})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": elsewhere.URL, "AWS_REGION": awslocal.Region, "AWS_ACCESS_KEY_ID": "AKIDLOCAL", "AWS_SECRET_ACCESS_KEY": "nothing-secret",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	r := open(t, Settings{Config: "s3://bucket/targets.yaml"})
	var e *AccessError
	if _, err := r.read(t.Context()); !errors.As(err, &e) || e.Remedy != "set AWS_REGION=us-west-2" {
		t.Errorf("%v, %+v", err, e)
	}
	if _, err := r.readInTime(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "the bucket is in another region; it must be in the region of the function") {
		t.Errorf("in a round: %v", err)
	}
}
