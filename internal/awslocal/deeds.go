package awslocal

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"time"
)

// Deed is what becomes of a request that a [Fault] hits.
type Deed func(*exchange)

// Answer answers in place of the upstream, with an error as S3, SNS (query) or SQS (JSON)
// would put it, whichever the request speaks: 409 "ConditionalRequestConflict",
// 412 "PreconditionFailed", 403 "AccessDenied", 500 "InternalError", 503 "SlowDown".
func Answer(status int, code string) Deed {
	return func(x *exchange) {
		x.reply(refusal(x.r, status, code))
	}
}

// Delay hands the request on d later, whether or not the client still waits.
func Delay(d time.Duration) Deed {
	return func(x *exchange) {
		late := time.NewTimer(d)
		defer late.Stop()
		select {
		case <-late.C:
			x.reply(x.forward())
		case <-x.p.closing:
			x.drop(false)
		}
	}
}

// LoseAnswer hands the request on, and ends the connection in place of the answer.
func LoseAnswer() Deed {
	return func(x *exchange) {
		x.forward()
		x.drop(false)
	}
}

// Reset resets the connection; the upstream hears of nothing.
func Reset() Deed {
	return func(x *exchange) {
		x.drop(true)
	}
}

// Hang says nothing until the client gives up; the upstream hears of nothing.
func Hang() Deed {
	return func(x *exchange) {
		select {
		case <-x.r.Context().Done():
		case <-x.p.closing:
		}
		x.drop(false)
	}
}

// Hold keeps the request back until [Injected.Release], and hands it on then, whether or
// not the client still waits: a write that arrives after the read that came later.
func Hold() Deed {
	return func(x *exchange) {
		select {
		case <-x.fault.released:
			x.reply(x.forward())
		case <-x.p.closing:
			x.drop(false)
		}
	}
}

// refusal is an error answer in the protocol that the request speaks.
func refusal(r *http.Request, status int, code string) answer {
	const message = "as the test wanted it"
	var kind string
	var text []byte // neither marshaller can fail on these
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		kind = "application/x-amz-json-1.0"
		text, _ = json.Marshal(map[string]string{"__type": code, "message": message})
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		kind = "text/xml"
		text, _ = xml.Marshal(queryError{Type: side(status), Code: code, Message: message})
	default:
		kind = "application/xml"
		text, _ = xml.Marshal(s3Error{Code: code, Message: message})
	}
	return answer{status: status, header: http.Header{"Content-Type": {kind}}, body: text}
}

type s3Error struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

type queryError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Type    string   `xml:"Error>Type"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
}

// side is whose fault it is, in the words of the query protocol.
func side(status int) string {
	if status < http.StatusInternalServerError {
		return "Sender"
	}
	return "Receiver"
}
