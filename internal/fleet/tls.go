package fleet

import (
	"rollcall/internal/check"
)

// tlsKey is the block of how handshakes are made: of a target, its group and the defaults,
// whatever kinds there are that speak TLS.
const tlsKey = "tls"

// secure makes the handshakes of a check as the levels say, the most telling first: target,
// group, defaults. Any may be nil. What stands above a target is not for kinds that speak
// no TLS, which is nothing wrong; with a URL of http it holds where a redirect leads to
// https.
func (r *reader) secure(c check.Checker, levels ...*node) {
	s, ok := c.(check.Secured)
	if !ok {
		return
	}
	var said entry
	for _, level := range levels {
		said = overlay(said, level.get(tlsKey))
	}
	r.fill(s.TLS(), said)
}

// insecure reports a target's own tls block where its URL is one without TLS.
func (r *reader) insecure(e entry, scheme string) {
	var speak []string
	for _, k := range r.kinds {
		speak = append(speak, k.Secure...)
	}
	r.problem(e.keyAt, "tls is for "+either(speak)+", and this target's URL begins with "+scheme+"://", "remove it, or write a url that begins with "+either(speak)+"://")
}
