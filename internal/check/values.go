package check

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"rollcall/internal/secret"
)

// Size is a number of bytes, spelled 256KiB in the targets file.
type Size int64

// The units of sizes.
const (
	Byte Size = 1
	KiB       = 1024 * Byte
	MiB       = 1024 * KiB
)

// FromFile reads a size: a whole number with B, KiB or MiB, more than 0.
func (s *Size) FromFile(value any) []Problem {
	const remedy = "write a whole number with a unit: 256KiB or 1MiB"
	text, ok := value.(secret.Text)
	if !ok {
		return []Problem{{What: shown(value) + " is not a size", Remedy: remedy}}
	}
	digits := strings.TrimRight(text.String(), "BKMi")
	n, err := strconv.ParseInt(digits, 10, 40) // a terabyte is no body, and no unit makes it overflow
	unit, known := map[string]Size{"B": Byte, "KiB": KiB, "MiB": MiB}[strings.TrimPrefix(text.String(), digits)]
	if !allDigits(digits) || err != nil || !known || n == 0 {
		return []Problem{{What: shown(value) + " is not a size", Remedy: remedy}}
	}
	*s = Size(n) * unit
	return nil
}

// String is the size as people read it: "256 KiB".
func (s Size) String() string {
	switch {
	case s >= MiB && s%MiB == 0:
		return strconv.FormatInt(int64(s/MiB), 10) + " MiB"
	case s >= KiB && s%KiB == 0:
		return strconv.FormatInt(int64(s/KiB), 10) + " KiB"
	case s == Byte:
		return "1 byte"
	default:
		return strconv.FormatInt(int64(s), 10) + " bytes"
	}
}

// Family is the family of addresses a target is asked at.
type Family int

// The families. What is usual is IPv4, because a Lambda function outside a VPC has no IPv6,
// and whatever the host is if it is an address.
const (
	usualFamily Family = iota // nothing is written
	IPv4                      // only
	IPv6                      // only
	AnyFamily                 // both, racing
)

func (f Family) orUsual() Family {
	if f == usualFamily {
		return IPv4
	}
	return f
}

// misplaced is the problem with a family that the address in a URL is not of.
func (f Family) misplaced(e endpoint) []Problem {
	addr, err := netip.ParseAddr(e.host)
	if err != nil || f == usualFamily || f == AnyFamily {
		return nil
	}
	is := IPv6
	if addr.Unmap().Is4() {
		is = IPv4
	}
	if f == is {
		return nil
	}
	return []Problem{{Path: []string{"ip"}, What: "ip " + f.String() + " is not what the url's host is, an IPv" + is.String() + " address",
		Remedy: "leave it out, or write ip: " + is.String()}}
}

// FromFile reads 4, 6 or any.
func (f *Family) FromFile(value any) []Problem {
	switch v := value.(type) {
	case int64:
		if v == 4 || v == 6 {
			*f = map[int64]Family{4: IPv4, 6: IPv6}[v]
			return nil
		}
	case secret.Text:
		if v.String() == "any" {
			*f = AnyFamily
			return nil
		}
	}
	return []Problem{{What: "ip " + shown(value) + " is not a family of addresses", Remedy: "write 4, 6 or any"}}
}

// String is the family as the targets file spells it.
func (f Family) String() string {
	return [...]string{IPv4: "4", IPv6: "6", AnyFamily: "any"}[f.orUsual()]
}

// Statuses are the status codes that are wanted, single ones and whole classes.
type Statuses []codes

// codes is a run of status codes, first and last included.
type codes struct{ first, last int }

// FromFile reads a code from 100 to 599, a class such as 2xx, or a list of them.
func (s *Statuses) FromFile(value any) []Problem {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	if len(list) == 0 {
		return []Problem{{What: "status is an empty list, which nothing meets", Remedy: statusRemedy}}
	}
	var problems []Problem
	read := make(Statuses, 0, len(list))
	for i, v := range list {
		c, ok := readCodes(v)
		if !ok {
			p := Problem{What: "status " + shown(v) + " is not a status code", Remedy: statusRemedy}
			if many {
				p.Path = []string{strconv.Itoa(i)}
			}
			problems = append(problems, p)
		}
		read = append(read, c)
	}
	if problems == nil {
		*s = read
	}
	return problems
}

const statusRemedy = "write 100..599 or a class such as 2xx"

func readCodes(value any) (codes, bool) {
	var code int64
	switch v := value.(type) {
	case int64:
		code = v
	case secret.Text:
		s := v.String()
		if len(s) == 3 && s[0] >= '1' && s[0] <= '5' && s[1:] == "xx" {
			first := int(s[0]-'0') * 100
			return codes{first, first + 99}, true
		}
		if !allDigits(s) || len(s) != 3 {
			return codes{}, false
		}
		code, _ = strconv.ParseInt(s, 10, 64)
	}
	return codes{int(code), int(code)}, code >= 100 && code <= 599
}

// Hold reports whether code is wanted. No statuses at all want 2xx.
func (s Statuses) Hold(code int) bool {
	for _, c := range s.orDefault() {
		if c.first <= code && code <= c.last {
			return true
		}
	}
	return false
}

// String says what is wanted: "200, 204 or 3xx".
func (s Statuses) String() string {
	var words []string
	for _, c := range s.orDefault() {
		if c.first == c.last {
			words = append(words, strconv.Itoa(c.first))
		} else {
			words = append(words, fmt.Sprintf("%dxx", c.first/100))
		}
	}
	return either(words)
}

func (s Statuses) orDefault() Statuses {
	if len(s) == 0 {
		return Statuses{{200, 299}}
	}
	return s
}
