package fleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rollcall/internal/check"
	"rollcall/internal/health"
	"rollcall/internal/secret"
)

// kindsForTest is a table of kinds with every form that settings may take.
var kindsForTest = []check.Kind{
	{Name: "web", Schemes: []string{"http", "https"}, Secure: []string{"https"}, New: func() check.Checker { return &web{Method: "GET", Redirects: 3} }},
	{Name: "wire", Schemes: []string{"wire"}, New: func() check.Checker { return &wire{} }},
}

// never is the deed of kinds that are never asked.
type never struct{}

func (never) Check(context.Context, health.Target, *check.Dialer) health.Reading {
	return health.Unasked("never")
}

type reach struct {
	Inward bool `yaml:"inward"`
}

type web struct {
	never
	reach     `yaml:",inline"`
	Method    string                 `yaml:"method"`
	Redirects int                    `yaml:"redirects"`
	Pause     time.Duration          `yaml:"pause"`
	Headers   map[string]secret.Text `yaml:"headers"`
	Body      secret.Text            `yaml:"body"`
	Accept    []string               `yaml:"accept"`
	Expect    expect                 `yaml:"expect"`

	tls      check.TLS
	url      secret.Text
	prepared int
}

func (w *web) TLS() *check.TLS { return &w.tls }

type expect struct {
	Status anything            `yaml:"status"`
	Body   *anything           `yaml:"body"`
	JSON   map[string]anything `yaml:"json"`
	Deeper *struct {
		Still []map[string]int `yaml:"still"`
	} `yaml:"deeper"`
}

// anything keeps what the file's reader hands it, and refuses the text "wrong" wherever it
// stands.
type anything struct{ value any }

func (a *anything) FromFile(value any) []check.Problem {
	a.value = value
	return refuse(value)
}

func refuse(value any) []check.Problem {
	var problems []check.Problem
	deeper := func(step string, value any) {
		for _, p := range refuse(value) {
			p.Path = append([]string{step}, p.Path...)
			problems = append(problems, p)
		}
	}
	switch v := value.(type) {
	case secret.Text:
		if v.Reveal() == "wrong" {
			return []check.Problem{{What: "wrong is refused", Remedy: "write right"}}
		}
	case []any:
		for i := range v {
			deeper(fmt.Sprint(i), v[i])
		}
	case map[string]any:
		for k := range v {
			deeper(k, v[k])
		}
	}
	return problems
}

// Prepare refuses some settings, and quotes secrets and paths on purpose.
func (w *web) Prepare(url secret.Text) []check.Problem {
	w.prepared++
	w.url = url
	var problems []check.Problem
	if w.Redirects > 10 {
		problems = append(problems, check.Problem{Path: []string{"web", "redirects"}, What: fmt.Sprintf("redirects %d is more than 10", w.Redirects), Remedy: "write less"})
	}
	if w.Method == "" {
		problems = append(problems, check.Problem{Path: []string{"web", "method"}, What: "method is empty", Remedy: "write GET"})
	}
	for name, h := range w.Headers {
		if strings.Contains(h.Reveal(), "refused") {
			problems = append(problems, check.Problem{Path: []string{"web", "headers", name}, What: "header " + h.Reveal() + " is refused", Remedy: "write another"})
		}
	}
	if strings.Contains(url.Reveal(), "refused") {
		problems = append(problems, check.Problem{Path: []string{"url"}, What: "url is refused", Remedy: "write another"})
	}
	if w.Expect.Deeper != nil && w.Expect.Deeper.Still == nil {
		problems = append(problems, check.Problem{Path: []string{"web", "expect", "deeper", "still", "0"}, What: "nothing is expected", Remedy: "expect something"})
	}
	return problems
}

func (w *web) Needs() check.Needs { return check.Needs{Repeatable: w.Method == "GET"} }

type wire struct {
	never
	reach
}

func (w *wire) Prepare(url secret.Text) []check.Problem {
	if !strings.Contains(strings.TrimPrefix(url.Reveal(), "wire://"), ":") {
		return []check.Problem{{Path: []string{"url"}, What: "url has no port", Remedy: "write one"}}
	}
	return nil
}

func (w *wire) Needs() check.Needs { return check.Needs{Repeatable: true} }
