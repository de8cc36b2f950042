package check

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReadNumber(t *testing.T) {
	for _, s := range []string{"", "-", "+", ".", "1.", ".5", "1e", "1e+", "e5", "0x10", "1_000", "1,5", "inf", "NaN", "--1", "+-1", "1e--5", "1e5.5", "1 2", " 1", "１"} {
		if n, ok := readNumber(s); ok {
			t.Errorf("%q reads as %+v, want no number", s, n)
		}
	}
	for _, same := range [][]string{
		{"0", "-0", "+0", "0.000", "0e99", "-0.0e-5", "000"},
		{"1", "1.0", "+1", "0001", "10e-1", "0.1e1", "0.001E+3", "1e0"},
		{"-12.5", "-1.25e1", "-012.50", "-125e-1"},
		{"12345678901234567890123", "1.2345678901234567890123e22"},
	} {
		for _, a := range same {
			for _, b := range same {
				x, okX := readNumber(a)
				y, okY := readNumber(b)
				if !okX || !okY || x.compare(y) != 0 {
					t.Errorf("%s and %s compare as %d", a, b, x.compare(y))
				}
			}
		}
	}
}

func TestNumbersAreOrdered(t *testing.T) {
	ascending := strings.Fields("-1e999999999999999999999 -1e999999999 -9007199254740993 -9007199254740992 -1.5 -1 -0.5 -1e-999999999 " +
		"0 1e-999999999 0.09 0.1 0.5 0.50000000000000000001 1 1.5 2 10 11 99 100 9007199254740992 9007199254740993 1e999999999 1e999999999999999999999")
	for i, a := range ascending {
		for j, b := range ascending {
			x, okX := readNumber(a)
			y, okY := readNumber(b)
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if !okX || !okY || x.compare(y) != want {
				t.Errorf("%s and %s compare as %d, want %d", a, b, x.compare(y), want)
			}
		}
	}
}

// math/big is the judge; it is not what we use because 1e999999999 would cost it the memory
// of the function.
func TestNumbersCompareAsRationals(t *testing.T) {
	written := rapid.StringMatching(`[+-]?[0-9]{1,6}(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := written.Draw(t, "a"), written.Draw(t, "b")
		x, okX := readNumber(a)
		y, okY := readNumber(b)
		p, _ := new(big.Rat).SetString(a)
		q, _ := new(big.Rat).SetString(b)
		if !okX || !okY || x.compare(y) != p.Cmp(q) {
			t.Fatalf("%s and %s compare as %d, want %d", a, b, x.compare(y), p.Cmp(q))
		}
	})
}
