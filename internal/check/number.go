package check

import (
	"cmp"
	"strconv"
	"strings"
)

// number is a decimal of any size, exact, so that the ids and counters of a JSON answer
// are not rounded before they are compared. Its zero value is 0.
//
// A peer writes these. Nothing here does arithmetic with the digits, so 1e999999999
// costs no more than its eleven characters.
type number struct {
	negative bool
	digits   string // without zeros at either end; empty is 0
	scale    int64  // the value is 0.digits * 10^scale
}

// farthest is where exponents stop: beyond anything the targets file can hold.
const farthest = 1 << 40

// readNumber reads a decimal with an optional fraction and exponent: the numbers of JSON
// (RFC 8259, section 6), and beside them a leading "+" and leading zeros, which headers have.
func readNumber(s string) (number, bool) {
	var n number
	if rest, signed := strings.CutPrefix(s, "-"); signed {
		n.negative, s = true, rest
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
		unsigned := strings.TrimLeft(exponent, "+-")
		if !allDigits(unsigned) || len(exponent)-len(unsigned) > 1 {
			return number{}, false
		}
	}
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	if !allDigits(whole) || dotted && !allDigits(fraction) {
		return number{}, false
	}
	whole = strings.TrimLeft(whole, "0")
	n.digits = whole + fraction
	n.scale = int64(len(whole)) + readExponent(exponent)
	significant := strings.TrimLeft(n.digits, "0")
	n.scale -= int64(len(n.digits) - len(significant))
	n.digits = strings.TrimRight(significant, "0")
	if n.digits == "" {
		return number{}, true
	}
	return n, true
}

// readExponent reads what follows the "e", already known to be well formed; what is too
// large stays at the farthest.
func readExponent(s string) int64 {
	if s == "" {
		return 0
	}
	e, _ := strconv.ParseInt(s, 10, 64) // out of range: the nearest that is in range
	return max(-farthest, min(farthest, e))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// compare is -1, 0 or +1, as n is less than, equal to or more than m.
func (n number) compare(m number) int {
	if c := cmp.Compare(n.sign(), m.sign()); c != 0 || n.digits == "" {
		return c
	}
	c := cmp.Compare(n.scale, m.scale)
	if c == 0 {
		c = strings.Compare(n.digits, m.digits)
	}
	return c * n.sign()
}

func (n number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	default:
		return 1
	}
}
