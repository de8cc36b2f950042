package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rollcall/internal/health"
)

// stage is what an attempt is waiting for, and so where it hung when its time is over.
type stage int

const (
	starting     stage = iota
	queueing           // for one of the look-ups that may run at once
	lookingUp          // for the resolver
	connecting         // for the connection
	shakingHands       // for TLS
	sending            // for the request to be taken
	awaiting           // for the first byte of the answer
	readingHead        // for the end of the headers
	readingBody        // for the end of the body
)

func (s stage) String() string {
	return [...]string{
		starting:     "",
		queueing:     "its look-up did not come to its turn",
		lookingUp:    "the look-up hung",
		connecting:   "the connection did not open",
		shakingHands: "the TLS handshake hung",
		sending:      "the request was not taken",
		awaiting:     "connected, but not a byte came",
		readingHead:  "the headers did not end",
		readingBody:  "the body did not end",
	}[s]
}

// protocolError is an answer that is not the protocol's, in words for people.
type protocolError struct{ words string }

func (e *protocolError) Error() string { return e.words }

func protocolErrorf(format string, args ...any) error {
	return &protocolError{fmt.Sprintf(format, args...)}
}

// handshakeError is a TLS handshake that failed.
type handshakeError struct {
	name string // the host's
	err  error
}

func (e *handshakeError) Error() string { return "TLS handshake with " + e.name + ": " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// fail is the reading of an attempt that err ended. The sentence begins with what was
// being done: `get "https://shop.example.com"`.
func (d *Dialer) fail(ctx context.Context, doing string, err error) health.Reading {
	class, words := d.cause(ctx, err)
	r := health.Failing(class, "%s: %s", doing, words)
	if class == health.ClassChecker {
		r = health.Unasked("%s: %s", doing, words)
	}
	r.Gap = d.gap(ctx, err)
	return r
}

// cause is the one place that turns Go's errors into a class and words for people. With
// [health.ClassChecker] it was not the target that failed: a refusal of ours says nothing
// about it. Where a redirect led to is the target's own doing.
func (d *Dialer) cause(ctx context.Context, err error) (health.Class, string) {
	var (
		refused   *refusal
		lookup    *lookupError
		noRoute   *noRouteError
		handshake *handshakeError
		protocol  *protocolError
	)
	switch {
	case errors.As(err, &refused) && refused.redirect:
		return health.ClassProtocol, refused.Error()
	case errors.As(err, &refused):
		return health.ClassChecker, refused.Error()
	case errors.Is(ctx.Err(), context.Canceled):
		return health.ClassChecker, "stopped before an answer came"
	case ctx.Err() != nil:
		return d.timedOut()
	case shortOf(err) != "":
		return health.ClassChecker, shortOf(err)
	case errors.As(err, &lookup):
		return lookup.cause()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return d.timedOut() // the socket's clock ran ahead of the context's
	case errors.As(err, &noRoute):
		return health.ClassChecker, noRoute.words()
	case errors.As(err, &handshake):
		return handshake.cause()
	case errors.As(err, &protocol):
		return health.ClassProtocol, protocol.words
	default:
		return transportCause(err, d.stage)
	}
}

// timedOut is the cause of an attempt whose time is over.
func (d *Dialer) timedOut() (health.Class, string) {
	if d.stage == queueing {
		return health.ClassChecker, fmt.Sprintf("%s within %s: %d run at once", d.stage, d.allowed(), lookupsAtOnce)
	}
	words := "no answer within " + d.allowed()
	if d.stage > starting {
		words += ": " + d.stage.String()
	}
	if d.got > 0 {
		words += ", " + Size(d.got).String() + " came"
	}
	return health.ClassTimeout, words
}

// allowed is the time that the attempt had, as the targets file would spell it. The start of
// an attempt is a little later than the start its caller counts from.
func (d *Dialer) allowed() string {
	const close = 20 * time.Millisecond
	had := d.until.Sub(d.start)
	if d.timeout > 0 && had > d.timeout-close {
		had = d.timeout
	}
	if had >= time.Second {
		had = had.Round(10 * time.Millisecond)
	} else {
		had = had.Round(time.Millisecond)
	}
	if had%time.Minute == 0 && had > 0 {
		return strconv.Itoa(int(had/time.Minute)) + "m"
	}
	return had.String()
}

// shortOf says what this machine ran out of, or may not do, if that is what err comes from.
// The resolver hands some of these on as text.
func shortOf(err error) string {
	for _, s := range [...]struct {
		errno syscall.Errno
		words string
	}{
		{syscall.EMFILE, "too many open files in this process"},
		{syscall.ENFILE, "too many open files on this machine"},
		{syscall.EADDRNOTAVAIL, "no address or port is free to call from on this machine"},
		{syscall.ENOBUFS, "no memory for another socket on this machine"},
		{syscall.ENOMEM, "no memory for another socket on this machine"},
		{syscall.EPERM, "this machine may not connect there"},
		{syscall.EACCES, "this machine may not connect there"},
	} {
		if errors.Is(err, s.errno) {
			return s.words
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && strings.Contains(dns.Err, syscall.EMFILE.Error()) {
		return "too many open files in this process"
	}
	var roots x509.SystemRootsError
	if errors.As(err, &roots) {
		return "this machine has no root certificates to trust"
	}
	return ""
}

// cause tells a name that a resolver knows nothing good of from a resolver that nobody
// reaches: the first is the target's failure, the second our network's.
func (e *lookupError) cause() (health.Class, string) {
	var dns *net.DNSError
	if errors.As(e.err, &dns) && !dns.IsNotFound {
		if why := unreachable(dns); why != "" {
			return health.ClassChecker, strings.TrimSuffix("the resolver "+dns.Server, " ") + " cannot be reached: " + why
		}
	}
	return health.ClassDNS, e.words()
}

func (e *lookupError) words() string {
	var dns *net.DNSError
	switch {
	case !errors.As(e.err, &dns):
		return "look-up of " + e.host + ": " + e.err.Error()
	case dns.IsNotFound && e.family == AnyFamily:
		return "no such host: " + e.host
	case dns.IsNotFound:
		return "no such host: " + e.host + ", or none with an IPv" + e.family.String() + " address"
	case dns.IsTimeout:
		return "look-up of " + e.host + ": no answer from the resolver"
	case misbehaving(dns):
		return "look-up of " + e.host + ": the resolver failed (SERVFAIL)"
	default:
		return "look-up of " + e.host + ": " + dns.Err
	}
}

func (e *handshakeError) cause() (health.Class, string) {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
	)
	switch {
	case errors.As(e.err, &verification):
		return health.ClassCertificate, certificateWords(verification, e.name, time.Now())
	case errors.As(e.err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return health.ClassTLS, "the server speaks plain HTTP there, not TLS"
	case errors.As(e.err, &record):
		return health.ClassTLS, "the server does not speak TLS there"
	case alertWords(e.err) != "":
		return health.ClassTLS, "the server refused the TLS handshake: " + alertWords(e.err)
	case errors.Is(e.err, io.EOF), errors.Is(e.err, io.ErrUnexpectedEOF),
		errors.Is(e.err, syscall.ECONNRESET), errors.Is(e.err, syscall.EPIPE): // which of them is a race
		return health.ClassTLS, "the server closed the connection during the TLS handshake"
	default:
		return health.ClassTLS, "TLS handshake: " + strings.TrimPrefix(innermost(e.err).Error(), "tls: ")
	}
}

// alertWords are those of an alert that the other side sent.
func alertWords(err error) string {
	var op *net.OpError
	var alert tls.AlertError
	if !errors.As(err, &op) || op.Op != "remote error" || !errors.As(err, &alert) {
		return ""
	}
	const noApplicationProtocol = 120
	words := strings.TrimPrefix(alert.Error(), "tls: ")
	if alert == noApplicationProtocol {
		words += "; it takes no HTTP/1.1, which is what is asked here"
	}
	return words
}

// transportCause is the cause of a connection that could not be opened, or broke.
func transportCause(err error, at stage) (health.Class, string) {
	during := ""
	if at > connecting {
		during = map[stage]string{
			sending: " while the request was sent", awaiting: " before an answer came",
			readingHead: " in the middle of the headers", readingBody: " in the middle of the body",
		}[at]
	}
	for _, c := range [...]struct {
		errno syscall.Errno
		words string
	}{
		{syscall.ECONNREFUSED, "connection refused"},
		{syscall.ECONNRESET, "connection reset"},
		{syscall.ECONNABORTED, "connection reset"},
		{syscall.EPIPE, "connection closed"},
		{syscall.EHOSTUNREACH, "host unreachable"},
		{syscall.ENETUNREACH, "network unreachable"},
		{syscall.ETIMEDOUT, "connection timed out"},
	} {
		if errors.Is(err, c.errno) {
			return health.ClassConnect, c.words + during
		}
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return health.ClassProtocol, "connection closed" + during
	case alertWords(err) != "":
		return health.ClassTLS, "the server ended TLS: " + alertWords(err)
	case at <= connecting:
		return health.ClassConnect, innermost(err).Error()
	default:
		return health.ClassProtocol, innermost(err).Error()
	}
}

// innermost is the error below all wrappings, which repeat what a sentence says already.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
