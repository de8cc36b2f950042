package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"rollcall/internal/awslocal"
)

// drawer is SSM behind a proxy, and one parameter of it that nobody has made so far.
type drawer struct {
	*testing.T
	moto  *awslocal.Moto
	proxy *awslocal.Proxy
	*Setting
}

func newDrawer(t *testing.T) *drawer {
	t.Helper()
	moto := awslocal.StartMoto(t)
	moto.Parameter(t, "moto loads SSM with the first")
	proxy := awslocal.NewProxy(t, moto.URL())
	return &drawer{t, moto, proxy, NewSetting(awslocal.Config(proxy.URL()), "/targets/"+strings.ToLower(t.Name()))}
}

func (d *drawer) reads(want string) Copy {
	d.Helper()
	got, err := d.Read(d.Context())
	if err != nil || string(got.Data) != want {
		d.Errorf("read %q, %s, %v, want %q", got.Data, got.Version, err, want)
	}
	return got
}

func (d *drawer) writes(text string, over Copy, version, covered string) Copy {
	d.Helper()
	done, err := d.Write(d.Context(), []byte(text), over)
	if err != nil || done.Version != version || done.Covered != covered || string(done.Data) != text {
		d.Errorf("wrote %q: %q, %s, covering %q, %v, want %s, covering %q", text, done.Data, done.Version, done.Covered, err, version, covered)
	}
	return done
}

// puts is what was asked with the n-th PutParameter.
func (d *drawer) puts(n int) (asked map[string]any) {
	d.Helper()
	for _, r := range d.proxy.Requests(http.MethodPost, "") {
		if r.Header.Get("X-Amz-Target") != "AmazonSSM.PutParameter" {
			continue
		}
		if n--; n == 0 {
			if err := json.Unmarshal([]byte(r.Body), &asked); err != nil {
				d.Fatal(err)
			}
		}
	}
	return asked
}

// A targets file is read as it is at this moment, however often, and replaced as a whole.
func TestSetting(t *testing.T) {
	d := newDrawer(t)
	if _, err := d.Read(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("nothing there: %v", err)
	}
	one := d.writes("one: é <&>\n", Copy{}, "version 1", "")
	if made := d.puts(1); made["Type"] != "String" || made["Overwrite"] != false || made["Tier"] != "Intelligent-Tiering" {
		t.Errorf("made with %v, want a String, and nothing overwritten", made)
	}
	if read := d.reads("one: é <&>\n"); read.Version != one.Version {
		t.Errorf("wrote %s, read %s", one.Version, read.Version)
	}
	if _, err := d.Write(t.Context(), []byte("two"), Copy{}); !errors.Is(err, ErrRaced) {
		t.Errorf("where something is by now: %v", err)
	}
	two := d.writes("two", one, "version 2", "")
	if over := d.puts(3); over["Type"] != nil || over["Overwrite"] != true {
		t.Errorf("replaced with %v, want its type left alone", over)
	}
	if _, err := NewSetting(d.moto.Config(), d.name).Write(t.Context(), []byte("somebody else's"), two); err != nil {
		t.Fatal(err)
	}
	d.reads("somebody else's")
	d.writes("three", two, "version 4", "version 3")
	d.reads("three")
}

// A SecureString is read, and never replaced: without its key it would be moved to another.
func TestSettingThatIsEncrypted(t *testing.T) {
	d := newDrawer(t)
	secret := NewSetting(d.cloud, d.moto.Parameter(t, "hidden"))
	was, err := secret.Read(t.Context())
	if err != nil || string(was.Data) != "hidden" || was.Version != "version 1" {
		t.Errorf("read %q, %s, %v", was.Data, was.Version, err)
	}
	if done, err := secret.Write(t.Context(), []byte("shown"), was); !errors.Is(err, ErrEncrypted) || done.there() {
		t.Errorf("wrote %+v, %v, want %v", done, err, ErrEncrypted)
	}
	if put := d.puts(1); put != nil {
		t.Errorf("put %v, want nothing put", put)
	}
}

// A write that may have been applied is looked for before it is made again, and its own
// version is not taken for somebody else's.
func TestSettingWithItsAnswerLost(t *testing.T) {
	d := newDrawer(t)
	lost := func(times int, do awslocal.Deed) {
		d.proxy.Inject(awslocal.Fault{Body: `"Value"`, Times: times, Do: do})
	}
	lost(1, awslocal.LoseAnswer())
	one := d.writes("one", Copy{}, "version 1", "")
	lost(1, awslocal.Answer(500, "InternalServerError"))
	two := d.writes("two", one, "version 2", "")
	lost(1, awslocal.LoseAnswer())
	three := d.writes("three", two, "version 3", "")
	if n := len(d.proxy.Requests(http.MethodPost, "")); n != 7 {
		t.Errorf("%d requests, want 4 writes and 3 looks", n)
	}
	lost(1, awslocal.LoseAnswer())
	d.proxy.Inject(awslocal.Fault{Body: `"WithDecryption"`, Times: parameterTries, Do: awslocal.Answer(500, "InternalServerError")})
	four := d.writes("four", three, "version 5", "") // of both its writes, as nobody could look between them
	lost(parameterTries, awslocal.Answer(500, "InternalServerError"))
	if _, err := d.Write(t.Context(), []byte("five"), four); err == nil || !strings.Contains(err.Error(), "InternalServerError") {
		t.Errorf("out of order: %v", err)
	}
	d.reads("four")
}

// What SSM refuses is known by its code, as what S3 refuses is.
func TestSettingIsRefused(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		body   string
		asked  int32
	}{
		"AccessDeniedException": {400, `{"__type":"com.amazon.coral#AccessDeniedException","Message":"no"}`, 1},
		"ExpiredTokenException": {400, `{"__type":"ExpiredTokenException","message":"no"}`, 1},
		"ThrottlingException":   {400, `{"__type":"ThrottlingException","message":"no"}`, parameterTries},
		"TooManyUpdates":        {400, `{"__type":"TooManyUpdates","message":"no"}`, parameterTries},
		"InternalServerError":   {500, `{"__type":"InternalServerError","message":"no"}`, parameterTries},
		"403":                   {403, `<html>`, 1},
		"502":                   {502, ``, parameterTries},
		"ValidationException":   {400, `{"__type":"ValidationException"}`, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := int32(0)
			cloud := awslocal.Config("https://ssm.test")
			cloud.HTTPClient = direct{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})}
			_, err := NewSetting(cloud, "/x").Read(t.Context())
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != code || asked != c.asked || errors.Is(err, ErrAbsent) {
				t.Errorf("%s: %v after %d, want it after %d", code, err, asked, c.asked)
			}
		})
	}
}

// Without a region or credentials nothing is asked at all.
func TestSettingWithoutConfiguration(t *testing.T) {
	cloud := awslocal.Config("https://ssm.test")
	cloud.HTTPClient = direct{http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") })}
	nowhere := cloud
	nowhere.Region = ""
	if _, err := NewSetting(nowhere, "/x").Read(t.Context()); err == nil || err.Error() != "get region: Missing Region" {
		t.Errorf("without a region: %v", err)
	}
	cloud.Credentials = aws.AnonymousCredentials{}
	if _, err := NewSetting(cloud, "/x").Read(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "get credentials: ") {
		t.Errorf("without credentials: %v", err)
	}
}
