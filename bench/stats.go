package main

import (
	"cmp"
	"math"
	"slices"
)

// spread is a median and between what it lies.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spreadOf is the zero spread when there are no values.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + median) / 2
	}
	return spread{median, sorted[0], sorted[len(sorted)-1]}
}

// quantile is the smallest of sorted values that a share q of them does not exceed (the
// nearest rank); not ok when there are none.
func quantile[T cmp.Ordered](sorted []T, q float64) (at T, ok bool) {
	if len(sorted) == 0 {
		return at, false
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1], true
}
