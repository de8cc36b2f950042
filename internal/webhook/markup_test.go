package webhook

import (
	"regexp"
	"strings"
	"testing"
)

func TestLiteral(t *testing.T) {
	for in, want := range map[string]string{
		"status 503, want 2xx":                 "status 503, want 2xx",
		"<!channel> & <@U1>":                   "&lt;!channel&gt; &amp; &lt;@U1&gt;",
		"&lt;!channel&gt;":                     "&amp;lt;!channel&amp;gt;",
		"@here (@channel) @Everyone":           "＠here (＠channel) ＠Everyone",
		"a@here.example @heresy @timestamp":    "a@here.example @heresy @timestamp",
		"*bold* ~gone~ `code`":                 "∗bold∗ ∼gone∼ ˋcodeˋ",
		"_slanted_ api_v2_health __init__":     "ˍslantedˍ api_v2_health ˍˍinitˍˍ",
		":fire::+1: :100:":                     "∶fire∶∶+1∶ ∶100∶",
		"(:a:) :a:b: b:a: :b:":                 "(∶a∶) :a:b: b:a: ∶b∶",
		"14:05:00 targets.yaml:4:12: [::1]:80": "14:05:00 targets.yaml:4:12: [::1]:80",
		"*/5 * * * * and __init__":             "∗/5 ∗ ∗ ∗ ∗ and ˍˍinitˍˍ",
		"*a\nb* ~x\ny~":                        "*a\nb* ~x\ny~",
		"*a b*c ~a~b":                          "*a b*c ~a~b",
		"> quoted\n> twice > not":              "› quoted\n› twice &gt; not",
		"a\x1b[31m\u202eb\u2028c\xff":          "a [31m b c ",
	} {
		if got := literal(in, 3000); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A cut leaves whole characters and whole escapes, and says that it was one.
func TestCut(t *testing.T) {
	for in, want := range map[string]string{
		"abcdef": "abcdef", "abcdefg": "abcde…", "a<bcd": "a&lt;…", "abc<": "abc…", "🔥🔥🔥": "🔥🔥🔥", "🔥🔥🔥🔥": "🔥🔥…", "&": "&amp;", "&a&": "&amp;…",
		" :ab:0x": " ∶ab∶…", "*bcd*ef": "∗bcd∗…",
	} {
		if got := literal(in, 6); got != want || length(got) > 6 {
			t.Errorf("%q: %q of length %d, want %q", in, got, length(got), want)
		}
	}
}

func TestLink(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/x?a=1&b=_c_": "<https://a.example/x?a=1&amp;b=_c_>",
		"tcp://a.example:443":           "tcp://a.example:443",
		"javascript:alert(1)":           "javascript:alert(1)",
		"https://a.example/|sign in":    "https://a.example/|sign in",
		"https://a.example/><!here>":    "https://a.example/&gt;&lt;!here&gt;",
		"https://a.example/cut…":        "https://a.example/cut…",
		"https://" + "%zz":              "https://%zz",
	} {
		if got := link(in, 500); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What people copy is what was said: addresses, ARNs, names and patterns stand as they are.
func TestWhatIsCopiedIsWhatWasSaid(t *testing.T) {
	for _, said := range []string{
		"dial [2001:db8::1]:443: connection refused", "dial [fe80::ab:cd%eth0]:443", "::ffff:a00:1", "2001:db8:a:b:c:d:e:f",
		"arn:aws:sns:eu-central-1:123456789012:people", "arn:aws:lambda:eu-central-1:123456789012:function:check:live",
		"svc:api:prod is down", "_dmarc.example.com", "*.example.com", `body does not match "(?i)ready.*ok"`, "a.*b.*c", "/health~v2", "~/x", "a * b", "2*3*4",
	} {
		if got := literal(said, 300); got != said {
			t.Errorf("%s: %s", said, got)
		}
		if got := bold(said, 300); strings.Count(got, "*") != 2 {
			t.Errorf("%s: %s, want it bold as a whole", said, got)
		}
	}
}

// What Slack would act on: a mark that is paired in its line, and an emoji on its own.
var (
	paired  = regexp.MustCompile(`(?m)(?:^|[^\pL\pN])(?:\*.*\*|_.*_|~.*~)(?:[^\pL\pN]|$)`)
	picture = regexp.MustCompile(`(?:^|[^\pL\pN:]):(?:[a-z_+'-]+|100):(?:[^\pL\pN:]|$)`)
)

func FuzzLiteral(f *testing.F) {
	f.Add(hostile, 50)
	f.Add("@here:a:b:_x_", 7)
	f.Add(" :fire: *_~a~_* :fire::x: *.* _._ ~a ~b", 900)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 1 + (most&0xfff)%3000
		got := literal(s, most)
		if length(got) > most || strings.ContainsAny(got, "<>`") || paired.MatchString(got) || picture.MatchString(got) {
			t.Errorf("%q: %q, want no markup in at most %d", s, got, most)
		}
		if again := strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(got); strings.Contains(again, "&") {
			t.Errorf("%q: %q, a & that escapes nothing", s, got)
		}
	})
}
