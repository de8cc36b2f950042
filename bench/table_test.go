package main

import "testing"

func TestTable(t *testing.T) {
	t.Parallel()
	page := table{head: []string{"who", "µs"}}
	page.add("rollcall", "1")
	const want = "| who      | µs |\n| -------- | -- |\n| rollcall | 1  |\n"
	if got := page.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]spread{
		"0":                   {},
		"999":                 {999, 999.2, 998.9},
		"1,000":               {1000, 1000, 1000},
		"1,234,568 (1..2)":    {1234567.6, 1, 2},
		"12,345 (900..1,000)": {12345, 900, 1000},
	} {
		if got := s.around(); got != want {
			t.Errorf("%v is shown as %q, want %q", s, got, want)
		}
	}
}
