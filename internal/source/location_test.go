package source

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		location, name string
		want           Location
	}{
		{"-", "stdin", Location{Stdin: true}},
		{"a.yaml", "a.yaml", Location{Path: "a.yaml"}},
		{"file:a.yaml", "a.yaml", Location{Path: "a.yaml"}},
		{"file:s3://x/y", "s3://x/y", Location{Path: "s3://x/y"}},
		{"file", "file", Location{Path: "file"}},
		{"s3", "s3", Location{Path: "s3"}},
		{`C:\targets.yaml`, `C:\targets.yaml`, Location{Path: `C:\targets.yaml`}},
		{"s3://shop-config/prod/targets.yaml", "s3://shop-config/prod/targets.yaml", Location{Bucket: "shop-config", Key: "prod/targets.yaml"}},
		{"ssm:/rollcall/targets", "ssm:/rollcall/targets", Location{Parameter: "/rollcall/targets"}},
	} {
		got, err := Parse(c.location)
		if got.Remote() {
			c.want.text = c.location
		}
		if err != nil || got != c.want || got.String() != c.name || Name(c.location) != c.name {
			t.Errorf("%s: %+v, %v, called %q, want %+v, called %q", c.location, got, err, got, c.want, c.name)
		}
	}
	if got := Name("s3://"); got != "s3://" {
		t.Errorf("what is no location is called %q", got)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ location, problem string }{
		{"https://example.com/targets.yaml", "want a path, file:PATH, s3://BUCKET/KEY, ssm:/NAME, or - for standard input"},
		{"S3://bucket/key", "want a path"},
		{"s3:bucket/key", "want s3://BUCKET/KEY"},
		{"s3://", "want s3://BUCKET/KEY"},
		{"s3:///key", "want s3://BUCKET/KEY"},
		{"s3://bucket", "no key, want s3://BUCKET/KEY"},
		{"s3://bucket/", "no key, want s3://BUCKET/KEY"},
		{"s3://bucket/folder/", `key "folder/" ends in a slash`},
		{"s3://bucket//key", `key "/key", want up to 1024 of`},
		{"s3://bucket/a/../key", "single slashes between names"},
		{"s3://bucket/./key", "single slashes between names"},
		{"s3://bucket/*", `key "*"`},
		{"s3://bucket/${aws:username}", `key "${aws:username}"`},
		{"s3://bucket/a b", `key "a b"`},
		{"s3://bucket/a\nb", `key "a\nb"`},
		{"s3://bucket/" + strings.Repeat("k", keyMost+1), "want up to 1024 of"},
		{"s3://Bucket/key", `bucket "Bucket", want 3 to 63 of a-z 0-9 . -`},
		{"s3://bu/key", `bucket "bu"`},
		{"s3://arn:aws:s3:::b/key", `bucket "arn:aws:s3:::b"`},
		{"ssm:", "want ssm:/NAME"},
		{"ssm:name", "want ssm:/NAME"},
		{"ssm://name", `parameter "//name", want up to 15 names`},
		{"ssm:/", `parameter "/"`},
		{"ssm:/a/", `parameter "/a/"`},
		{"ssm:/a b", `parameter "/a b"`},
		{"ssm:/a:3", `parameter "/a:3"`},
		{"ssm:" + strings.Repeat("/a", 16), "want up to 15 names"},
		{"ssm:/" + strings.Repeat("a", parameterRoom), "characters in all"},
		{"ssm:/aws/service/x", "AWS's own"},
		{"ssm:/SSMx", "AWS's own"},
	} {
		if got, err := Parse(c.location); err == nil || !strings.HasPrefix(err.Error(), "location ") || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %+v, %v, want %q", c.location, got, err, c.problem)
		}
	}
}

// Whatever is written for a location is one place, or a problem in one line; and what names a
// place in AWS means nothing else in an address, a policy or a terminal.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"-", "a.yaml", "file:a", "s3://shop-config/prod/targets.yaml", "ssm:/rollcall/targets", "s3://a/b/../c", "ssm:/a\n", "https://x", "s3:", ":", "s3://abc/\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		l, err := Parse(location)
		if err != nil {
			if l != (Location{}) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("%q: %+v, %q", location, l, err)
			}
			return
		}
		kinds := 0
		for _, is := range []bool{l.Stdin, l.Bucket != "" || l.Key != "", l.Parameter != "", !l.Stdin && !l.Remote()} {
			if is {
				kinds++
			}
		}
		if kinds != 1 || (l.Bucket == "") != (l.Key == "") || Name(location) != l.String() {
			t.Errorf("%q: %+v", location, l)
		}
		if !l.Remote() {
			return
		}
		written := "s3://" + l.Bucket + "/" + l.Key
		if l.Parameter != "" {
			written = "ssm:" + l.Parameter
		}
		if l.String() != location || written != location || strings.ContainsAny(location, "*?$%#\\ \"'") || strings.Contains(location+"/", "/../") {
			t.Errorf("%q: %+v", location, l)
		}
		for _, c := range location {
			if c <= ' ' || c > '~' {
				t.Errorf("%q holds %q", location, c)
			}
		}
	})
}
