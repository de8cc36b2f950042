package main

import (
	"net/http"
	"strings"
	"testing"

	"rollcall/internal/awslocal"
)

// inAWS has everything in this process, and its children, find AWS on this machine.
func inAWS(t *testing.T) (*awslocal.Moto, *awslocal.Proxy) {
	t.Helper()
	moto := awslocal.StartMoto(t)
	proxy := awslocal.NewProxy(t, moto.URL())
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": proxy.URL(), "AWS_REGION": awslocal.Region,
		"AWS_ACCESS_KEY_ID": "AKIDLOCAL", "AWS_SECRET_ACCESS_KEY": "nothing-secret", "AWS_SESSION_TOKEN": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	return moto, proxy
}

const twoTargets = `fleet: shop
defaults: {attempts: 1}
targets:
  - {name: cart, url: http://127.0.0.1:1/, http: {headers: {X-Token: '${env:ROLLCALL_NOT_SET}'}}}
  - {name: checkout, url: http://127.0.0.1:1/}
`

// What a person sees of a push, and of everything that reads what was pushed.
func TestPush(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	moto, proxy := inAWS(t)
	bucket, secure := moto.Bucket(t), moto.Parameter(t, "x")
	parameter := "/targets/" + bucket
	in := func(lines ...string) string {
		for i := range lines {
			lines[i] = strings.NewReplacer("BUCKET", bucket, "PARAMETER", parameter, "SECURE", secure).Replace(lines[i])
		}
		return strings.NewReplacer(parameter, "PARAMETER", secure, "SECURE", bucket, "BUCKET").Replace(w.transcript(lines...))
	}
	w.file("%s", twoTargets)
	text := in("push -f targets.yaml s3://BUCKET/prod/targets.yaml", "push -f targets.yaml s3://BUCKET/prod/targets.yaml")
	w.file("%s", strings.ReplaceAll(twoTargets, "checkout", "pay"))
	text += in("push -f targets.yaml s3://BUCKET/prod/targets.yaml", "push -f s3://BUCKET/prod/targets.yaml ssm:PARAMETER", "push -f ssm:PARAMETER ssm:PARAMETER", "push -f targets.yaml ssm:SECURE")

	w.file("%s", strings.ReplaceAll(twoTargets, "fleet: shop", "fleet: bakery"))
	text += in("push -f targets.yaml s3://BUCKET/prod/targets.yaml", "push -f targets.yaml ssm:PARAMETER --other-fleet")
	w.file("fleet: shop\ntargets: [17, {url: https://a.example.com, evry: 1m}]\n")
	text += in("push -f targets.yaml s3://BUCKET/prod/targets.yaml")
	w.file("fleet: shop\ndefaults: {timeout: 60s, attempts: 5}\ntargets: [http://a.example/, http://b.example/]\n")
	text += in("push -f targets.yaml s3://BUCKET/prod/targets.yaml --budget 4s --memory 128", "push -f targets.yaml s3://BUCKET/prod/targets.yaml --interval 5m")
	w.file("%s", twoTargets+"#"+strings.Repeat("x", 5000)+"\n")
	text += in("push -f targets.yaml ssm:PARAMETER", "push -f targets.yaml ssm:PARAMETER --advanced --other-fleet")
	w.file("%s", twoTargets+"#"+strings.Repeat("x", 9000)+"\n")
	text += in("push -f targets.yaml ssm:PARAMETER --advanced")

	denied := proxy.Inject(awslocal.Fault{Method: http.MethodPut, Do: awslocal.Answer(403, "AccessDenied")})
	text += in("push -f targets.yaml s3://BUCKET/prod/targets.yaml")
	denied.Lift()
	denied = proxy.Inject(awslocal.Fault{Method: http.MethodGet, Do: awslocal.Answer(403, "AccessDenied")})
	text += in("validate -f s3://BUCKET/prod/targets.yaml")
	denied.Lift()
	w.golden("push.txt", text)
}

// Every command that takes -f reads what AWS keeps, and calls it by its location.
func TestFilesInAWS(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	moto, proxy := inAWS(t)
	bucket := moto.Bucket(t)
	parameter := moto.Parameter(t, "fleet: shop\ntargets: [17]\n")
	w.file("%s", strings.ReplaceAll(twoTargets, ", http: {headers: {X-Token: '${env:ROLLCALL_NOT_SET}'}}", ""))
	w.run("push", "-f", "targets.yaml", "s3://"+bucket+"/targets.yaml").want(t, exitOK, "pushed fleet shop, 2 targets", "nothing was there before")
	at := "s3://" + bucket + "/targets.yaml"
	for _, c := range []struct {
		line      string
		status    int
		out, errs string
	}{
		{"validate -f " + at, exitOK, at + ": fleet shop, 2 targets;", ""},
		{"plan -f " + at, exitOK, "shop", ""},
		{"check -f " + at + " cart", exitDown, "down      cart", ""},
		{"silence -f " + at + " --store s3://" + bucket, exitOK, "Nothing is silenced in fleet shop.", "holds no state of fleet shop"},
		{"why cart -f " + at + " --store s3://" + bucket, exitUnknown, "", "no state of fleet shop"},
		{"validate -f ssm:" + parameter, exitUsage, "", "ssm:" + parameter + ":2:11: "},
		{"validate -f s3://" + bucket + "/nothing.yaml", exitUsage, "", "rollcall: read s3://" + bucket + "/nothing.yaml: nothing is there\nrollcall: rollcall push -f FILE s3://" + bucket + "/nothing.yaml puts a targets file there\n"},
		{"check -f ssm:/nothing", exitUsage, "", "rollcall: read ssm:/nothing: nothing is there\nrollcall: rollcall push -f FILE ssm:/nothing puts a targets file there\n"},
		{"validate -f s3://no-such-bucket-of-ours/x", exitUnknown, "", "there is no such bucket\nrollcall: name one that there is"},
		{"check -f s3://" + bucket, exitUsage, "", `rollcall: location "s3://` + bucket + `": no key, want s3://BUCKET/KEY` + "\n"},
		{"check -f ssm:nothing", exitUsage, "", `rollcall: location "ssm:nothing": want ssm:/NAME` + "\n"},
	} {
		w.run(strings.Fields(c.line)...).want(t, c.status, c.out, c.errs)
	}
	before := len(proxy.Requests("", ""))
	w.run("__complete", "check", "-f", at, "c").want(t, exitOK, ":4\n", "NoFileComp")
	w.run("check", "http://127.0.0.1:1/", "-f", at).want(t, exitDown, "down      127.0.0.1:1/", "")
	if len(proxy.Requests("", "")) != before {
		t.Error("AWS was asked though nobody needed it")
	}
}

func TestPushMistakes(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	w.file("%s", twoTargets)
	text := w.transcript("push", "push s3://bucket/a s3://bucket/b", "push targets.yaml", "push - -f targets.yaml", "push https://example.com/targets.yaml",
		"push s3://bucket", "push s3://bucket/folder/", "push s3://Bucket/key", "push ssm:name", "push ssm:/aws/x", "push s3://bucket/key -f nowhere.yaml",
		"push s3://bucket/key --interval 3m", "push s3://bucket/key --advancde", "validate -f s3:bucket/key")
	w.golden("push-mistakes.txt", text)
}

// As people run it: by itself, with a file that comes through a pipe, and with nothing but its
// environment to know AWS by.
func TestPushAsAProcess(t *testing.T) {
	moto, proxy := inAWS(t)
	to := "s3://" + moto.Bucket(t) + "/targets.yaml"
	for _, c := range []struct {
		without   string
		status    int
		out, errs string
	}{
		{"", exitOK, to + ": pushed fleet shop, 2 targets, ", "stdin:4:71: note: ${env:ROLLCALL_NOT_SET} is not set here"},
		{"", exitOK, to + ": unchanged, ", "stdin:4:71: note: "},
		{"AWS_REGION", exitUnknown, "stdin: fleet shop", "rollcall: read " + to + ": no AWS region is set, or one that is none\nrollcall: set AWS_REGION"},
		{"AWS_ACCESS_KEY_ID", exitUnknown, "stdin: fleet shop", "rollcall: read " + to + ": no AWS credentials were found\nrollcall: sign in"},
	} {
		cmd, out, errs := program(t, "push", "-f", "-", to)
		cmd.Stdin = strings.NewReader(twoTargets)
		var env []string
		for _, e := range cmd.Env {
			if c.without == "" || !strings.HasPrefix(e, c.without+"=") && !strings.HasPrefix(e, "AWS_DEFAULT_REGION=") {
				env = append(env, e)
			}
		}
		cmd.Env = env
		_ = cmd.Run()
		ran{cmd.ProcessState.ExitCode(), out.String(), errs.String()}.want(t, c.status, c.out, c.errs)
	}
	if puts := proxy.Requests(http.MethodPut, "/targets.yaml"); len(puts) != 1 || puts[0].Body != twoTargets {
		t.Errorf("put %+v, want the file's own text, once", puts)
	}
}
