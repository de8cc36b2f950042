package fleet

import (
	"slices"
	"testing"

	"rollcall/internal/check"
)

// The nearest wins, key by key; what stands above a target is for those that speak TLS.
func TestTLS(t *testing.T) {
	const targets = `
targets:
  - {name: bare, url: https://example.com/1}
  - {name: own, url: https://example.com/2, tls: {post_quantum: true, resume: false}}
  - {name: grouped, url: https://example.com/3, group: g}
  - {name: both, url: https://example.com/4, group: g, tls: {resume: true}}
  - {name: plain, url: http://example.com/5, group: g}
  - {name: wire, url: wire://example.com:6, group: g}
`
	for _, c := range []struct {
		above string
		want  [5]check.TLS
	}{
		{"groups: {g: {}}", [5]check.TLS{
			{}, {PostQuantum: true}, {}, {Resume: true}, {},
		}},
		{"groups: {g: {tls: {post_quantum: true}}}", [5]check.TLS{
			{}, {PostQuantum: true}, {PostQuantum: true}, {PostQuantum: true, Resume: true}, {PostQuantum: true},
		}},
		{"defaults: {tls: {resume: true, post_quantum: true}}\ngroups: {g: {tls: {resume: false}}}", [5]check.TLS{
			{PostQuantum: true, Resume: true}, {PostQuantum: true}, {PostQuantum: true}, {PostQuantum: true, Resume: true}, {PostQuantum: true},
		}},
	} {
		f := read(t, "fleet: shop\n"+c.above+targets)
		for i, want := range c.want {
			if got := f.Targets[i].Check.(*web).tls; got != want {
				t.Errorf("%s: %s has %+v, want %+v", c.above, f.Targets[i].Name, got, want)
			}
		}
	}
}

// What the file says is what a check that is shipped shakes hands by.
func TestTLSOfAShippedKind(t *testing.T) {
	f, err := Parse("t.yaml", []byte("fleet: shop\ndefaults: {tls: {resume: true}}\ntargets: [{url: https://example.com/, tls: {post_quantum: true}}]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *f.Targets[0].Check.(check.Secured).TLS(), (check.TLS{PostQuantum: true, Resume: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A kind that speaks TLS has a place for its block, and answers for the schemes it says.
func TestSecureKinds(t *testing.T) {
	for _, k := range check.Kinds {
		if _, ok := k.New().(check.Secured); ok != (len(k.Secure) > 0) {
			t.Errorf("%s speaks TLS by %v, and has a place for tls: %t", k.Name, k.Secure, ok)
		}
		for _, scheme := range k.Secure {
			if !slices.Contains(k.Schemes, scheme) {
				t.Errorf("%s speaks TLS by %s, for which it does not answer", k.Name, scheme)
			}
		}
	}
}
