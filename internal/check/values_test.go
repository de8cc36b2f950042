package check

import (
	"reflect"
	"strings"
	"testing"

	"rollcall/internal/secret"
)

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		file any
		want Size
		says string
	}{
		{secret.Plain("1B"), 1, "1 byte"},
		{secret.Plain("1000B"), 1000, "1000 bytes"},
		{secret.Plain("1024B"), KiB, "1 KiB"},
		{secret.Plain("256KiB"), 256 * KiB, "256 KiB"},
		{secret.Plain("1536KiB"), 1536 * KiB, "1536 KiB"},
		{secret.Plain("1024KiB"), MiB, "1 MiB"},
		{secret.Plain("8MiB"), 8 * MiB, "8 MiB"},
	} {
		var got Size
		if problems := got.FromFile(c.file); problems != nil || got != c.want || got.String() != c.says {
			t.Errorf("%v: %d %q %v, want %d %q", c.file, got, got, problems, c.want, c.says)
		}
	}
	for _, file := range []any{nil, true, int64(1024), 1.5, []any{}, map[string]any{}, secret.Plain(""), secret.Plain("256"), secret.Plain("KiB"),
		secret.Plain("1.5KiB"), secret.Plain("-1KiB"), secret.Plain("0B"), secret.Plain("256 KiB"), secret.Plain("256KB"), secret.Plain("256kib"),
		secret.Plain("1BB"), secret.Plain("1KiBB"), secret.Plain("99999999999999999999B"), secret.Plain("9999999999999MiB"), secret.Plain("+1KiB")} {
		got := 7 * Byte
		problems := got.FromFile(file)
		if len(problems) != 1 || len(problems[0].Path) != 0 || !strings.HasSuffix(problems[0].What, " is not a size") || got != 7 {
			t.Errorf("%v: %d, problems %v", file, got, problems)
		}
	}
}

func TestFamilies(t *testing.T) {
	for _, c := range []struct {
		file any
		want Family
		says string
	}{{int64(4), IPv4, "4"}, {int64(6), IPv6, "6"}, {secret.Plain("any"), AnyFamily, "any"}} {
		got := Family(-1)
		if problems := got.FromFile(c.file); problems != nil || got != c.want || got.String() != c.says {
			t.Errorf("%v: %v %v, want %v", c.file, got, problems, c.want)
		}
	}
	for _, file := range []any{nil, int64(5), 4.0, true, secret.Plain("4"), secret.Plain("both"), []any{int64(4)}} {
		var got Family
		if problems := got.FromFile(file); len(problems) != 1 || problems[0].Remedy != "write 4, 6 or any" {
			t.Errorf("%v: %v, problems %v", file, got, problems)
		}
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		file       any
		says       string
		hold, miss []int
	}{
		{nil, "2xx", []int{200, 204, 299}, []int{100, 199, 300, 503}},
		{int64(204), "204", []int{204}, []int{200, 205}},
		{secret.Plain("204"), "204", []int{204}, []int{200}},
		{secret.Plain("3xx"), "3xx", []int{300, 399}, []int{299, 400}},
		{[]any{int64(200), int64(204), secret.Plain("3xx")}, "200, 204 or 3xx", []int{200, 204, 301}, []int{201, 400}},
		{[]any{int64(100), int64(599)}, "100 or 599", []int{100, 599}, []int{200}},
		{[]any{int64(201), int64(202), int64(203), int64(204), int64(205), int64(206), int64(207)},
			"201, 202, 203, 204, 205 or 2 more", []int{207}, []int{200}},
	} {
		var got Statuses
		if c.file != nil {
			if problems := got.FromFile(c.file); problems != nil {
				t.Errorf("%v: %v", c.file, problems)
			}
		}
		if got.String() != c.says {
			t.Errorf("%v: says %q, want %q", c.file, got, c.says)
		}
		for _, code := range c.hold {
			if !got.Hold(code) {
				t.Errorf("%v: %d does not hold", c.file, code)
			}
		}
		for _, code := range c.miss {
			if got.Hold(code) {
				t.Errorf("%v: %d holds", c.file, code)
			}
		}
	}
}

func TestStatusProblems(t *testing.T) {
	for _, c := range []struct {
		file  any
		paths [][]string
		what  string // of the first
	}{
		{nil, [][]string{nil}, "status null is not a status code"},
		{int64(99), [][]string{nil}, "status 99 is not a status code"},
		{int64(600), [][]string{nil}, "status 600 is not a status code"},
		{int64(1 << 40), [][]string{nil}, "status 1099511627776 is not a status code"},
		{200.5, [][]string{nil}, "status 200.5 is not a status code"},
		{secret.Plain("6xx"), [][]string{nil}, `status "6xx" is not a status code`},
		{secret.Plain("2XX"), [][]string{nil}, `status "2XX" is not a status code`},
		{secret.Plain("200-299"), [][]string{nil}, `status "200-299" is not a status code`},
		{secret.Plain("+20"), [][]string{nil}, `status "+20" is not a status code`},
		{[]any{}, [][]string{nil}, "status is an empty list, which nothing meets"},
		{[]any{int64(200), int64(700), secret.Plain("ok"), []any{}}, [][]string{{"1"}, {"2"}, {"3"}}, "status 700 is not a status code"},
	} {
		got := Statuses{{200, 200}}
		problems := got.FromFile(c.file)
		var paths [][]string
		for _, p := range problems {
			paths = append(paths, p.Path)
			if p.Remedy != "write 100..599 or a class such as 2xx" {
				t.Errorf("%v: remedy %q", c.file, p.Remedy)
			}
		}
		if !reflect.DeepEqual(paths, c.paths) || problems[0].What != c.what || len(got) != 1 {
			t.Errorf("%v: problems %v, want %q at %v", c.file, problems, c.what, c.paths)
		}
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"status", "headers", "body", "json"}
	for word, want := range map[string]string{
		"staus": "status", "Status": "status", "STATUS": "status", "header": "headers", "bdoy": "body", "josn": "json", "bod": "body",
		"": "", "x": "", "contains": "", "timeout": "", "statussss": "status", strings.Repeat("status", 1000): "",
	} {
		if got := Suggest(word, known); got != want {
			t.Errorf("%.20q: suggests %q, want %q", word, got, want)
		}
	}
	if got := Suggest("mix", []string{"max", "min"}); got != "max" {
		t.Errorf("of two as near, %q; want the first", got)
	}
	if got, want := instead("staus", known), `did you mean "status"? (want one of status, headers, body, json)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := instead("cookies", known), `want one of status, headers, body, json`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
