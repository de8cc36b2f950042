package fleet

import (
	"testing"
	"time"

	"rollcall/internal/check"
	"rollcall/internal/health"
)

// TestWitnesses: asked as targets are, with the built-in policy whatever the defaults say,
// and with the scope of their address.
func TestWitnesses(t *testing.T) {
	f, err := Parse("t.yaml", []byte(`
fleet: shop
defaults: {timeout: 1s, attempts: 5, enabled: false, http: {redirects: 0}}
targets: [https://example.com/health]
witnesses:
  - tcp://1.1.1.1:443
  - tcp://10.0.0.2:53
  - tcp://127.0.0.1:9
  - HTTPS://Example.com/?q
  - tcp://[2606:4700:4700::1111]:443
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		health.Witness
		kind string
	}{
		{health.Witness{Name: "tcp://1.1.1.1:443", Host: "1.1.1.1", Scope: health.Public}, "tcp"},
		{health.Witness{Name: "tcp://10.0.0.2:53", Host: "10.0.0.2", Scope: health.Private}, "tcp"},
		{health.Witness{Name: "tcp://127.0.0.1:9", Host: "127.0.0.1", Scope: health.Local}, "tcp"},
		{health.Witness{Name: "HTTPS://Example.com/?q", Host: "example.com"}, "http"},
		{health.Witness{Name: "tcp://[2606:4700:4700::1111]:443", Host: "2606:4700:4700::1111", Scope: health.Public}, "tcp"},
	} {
		w := f.Witnesses[i]
		want.Timeout = 5 * time.Second
		if got := w.Words(); got != want.Witness {
			t.Errorf("got %+v, want %+v", got, want.Witness)
		}
		if w.Kind != want.kind || w.URL != w.Name || w.At.Line != 6+i || !w.Enabled || w.Timeout != 5*time.Second || w.Attempts != 2 {
			t.Errorf("%s is not asked as it should be: %+v", w.Name, w)
		}
	}
	if h, ok := f.Witnesses[3].Check.(*check.HTTP); !ok || h.Redirects != 5 {
		t.Errorf("%s takes its settings from the defaults: %+v", f.Witnesses[3].Name, h)
	}
	for _, none := range []string{"", "witnesses: none\n", "witnesses: []\n"} {
		if f := read(t, least+none); len(f.Witnesses) != 0 {
			t.Errorf("%q gives %d witnesses, want none", none, len(f.Witnesses))
		}
	}
}

// TestHost: what a URL names, as the file has it: in lower case, but for references.
func TestHost(t *testing.T) {
	const urls = `
  - https://Shop.Example.COM:8443/Health?Q#F
  - https://shop.example.com
  - {url: 'wire://[2001:DB8::1]:7000', name: six}
  - https://192.0.2.7/
  - {url: 'https://BÜCHER.example/', name: idn}
  - {url: 'https://${env:HOST}/x', name: r1}
  - {url: 'https://Api.${env:HOST}.Example.com:${env:PORT}/${env:PATH}', name: r2}
  - {url: 'https://a.example.com/${env:HOST}', name: r3}
`
	f, err := parse("t.yaml", []byte("fleet: shop\ntargets:"+urls), nil, kindsForTest)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"shop.example.com", "shop.example.com", "2001:db8::1", "192.0.2.7", "bücher.example",
		"${env:HOST}", "api.${env:HOST}.example.com", "a.example.com",
	} {
		if got := f.Targets[i].Host; got != want {
			t.Errorf("%s: host %q, want %q", f.Targets[i].URL, got, want)
		}
	}
	f, err = ofURLs([]string{"https://Shop.Example.com:8443/a"}, kindsForTest)
	if err != nil || f.Targets[0].Host != "shop.example.com" {
		t.Errorf("of a bare URL: %+v, %v", f, err)
	}
}
