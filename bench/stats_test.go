package main

import (
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{7}, spread{7, 7, 7}},
		{[]float64{9, 1, 5}, spread{5, 1, 9}},
		{[]float64{4, 1, 3, 2}, spread{2.5, 1, 4}},
	} {
		before := slices.Clone(c.values)
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("the spread of %v is %v, want %v", c.values, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("the runs %v are in another order afterwards", before)
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, c := range []struct {
		q    float64
		want int
	}{{0, 1}, {0.01, 1}, {0.5, 50}, {0.501, 51}, {0.99, 99}, {0.995, 100}, {1, 100}} {
		if got, ok := quantile(hundred, c.q); !ok || got != c.want {
			t.Errorf("quantile %g of 1..100 is %d, %t, want %d", c.q, got, ok, c.want)
		}
	}
	if _, ok := quantile[int](nil, 0.5); ok {
		t.Error("nothing has a median")
	}
}
