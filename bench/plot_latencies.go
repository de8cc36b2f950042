package main

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"rollcall/bench/mock"
)

// memories are the sizes of the picture of latencies, in MB.
var memories = [...]int{128, 512, 1769}

// sides are the two beside each other.
var sides = [...]struct {
	name   string
	label  string
	colour color.NRGBA
}{
	{naiveName, "net/http, all at once", red},
	{rollcallName, "rollcall", blue},
}

const barWide = 34 * vg.Length(1)

// plotLatencies draws the reported p50 against the truth by memory size, for 100 and for
// 1,000 https endpoints.
func (r results) plotLatencies(file string) error {
	var panels []*plot.Plot
	for _, n := range []int{100, 1000} {
		p, err := r.panel(n)
		if err != nil {
			return err
		}
		panels = append(panels, p)
	}
	return paint(file, paperWide, paperHigh*3/4, func(c draw.Canvas) {
		half := paperWide / 2
		panels[0].Draw(draw.Crop(c, 8, -half, 8, -8))
		panels[1].Draw(draw.Crop(c, half+8, -8, 8, -8))
	})
}

// Each size has a place for each side and one left free.
const places = len(sides) + 1

// panel are the bars of n endpoints.
func (r results) panel(n int) (*plot.Plot, error) {
	p := newPlot(fmt.Sprintf("%s https endpoints that take 200 ms", thousands(n)))
	p.Y.Label.Text = "reported p50, ms"
	var ticks plot.ConstantTicks
	for i, m := range memories {
		middle := float64(places*i) + float64(len(sides)-1)/2
		ticks = append(ticks, plot.Tick{Value: middle, Label: fmt.Sprintf("%s MB\n%s of a core", thousands(m), heat{memory: m}.percent())})
	}
	p.X.Tick.Marker, p.X.Tick.Length = ticks, 0
	var notes plotter.XYLabels
	highest := 200.0
	for i, side := range sides {
		values := make(plotter.Values, places*len(memories))
		for j, m := range memories {
			at := find(r.rows, side.name, mock.HTTPS, n, m)
			if at == nil {
				continue
			}
			place := places*j + i
			values[place] = at.latency(0.5).Median
			highest = max(highest, values[place])
			notes.XYs = append(notes.XYs, plotter.XY{X: float64(place), Y: max(values[place], mock.HTTPS.Truth().Seconds()*1000)})
			notes.Labels = append(notes.Labels, note(at))
		}
		bars, err := plotter.NewBarChart(values, barWide)
		if err != nil {
			return nil, err
		}
		bars.Color, bars.LineStyle.Width = side.colour, 0
		p.Add(bars)
		p.Legend.Add(side.label, bars)
	}
	p.Y.Tick.Marker = plot.TickerFunc(wholeTicks)
	if err := finish(p, notes); err != nil {
		return nil, err
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = firstEdge, lastEdge, 0, highest*1.4
	return p, nil
}

// Where the axis begins and ends.
const (
	firstEdge = -0.7
	lastEdge  = float64(places*len(memories)) - 1.3
)

// wholeTicks are those of the library with commas.
func wholeTicks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if !t.IsMinor() {
			ticks[i].Label = thousands(int(t.Value))
		}
	}
	return ticks
}

// finish writes what stands above the bars and draws the truth across them.
func finish(p *plot.Plot, notes plotter.XYLabels) error {
	truth, err := plotter.NewLine(plotter.XYs{{X: firstEdge, Y: 200}, {X: lastEdge, Y: 200}})
	if err != nil {
		return err
	}
	truth.Color, truth.Width, truth.Dashes = golden, 1.5, []vg.Length{5, 3}
	p.Add(truth)
	p.Legend.Add("the truth: 200 ms", truth)
	p.Legend.Top, p.Legend.TextStyle.Font, p.Legend.Padding = true, face(10), 3
	if len(notes.Labels) == 0 {
		return nil
	}
	labels, err := plotter.NewLabels(notes)
	if err != nil {
		return err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i] = lettering(9, ink)
		labels.TextStyle[i].XAlign = draw.XCenter
	}
	labels.Offset.Y = 3
	p.Add(labels)
	return nil
}

// note is what stands above a bar.
func note(r *row) string {
	failed := r.failed().Median
	if r.latency(0.5).Max == 0 {
		return "all\nfailed"
	}
	if failed > 0 {
		return fmt.Sprintf("%s\n%s failed", thousands(int(r.latency(0.5).Median+0.5)), thousands(int(failed)))
	}
	return thousands(int(r.latency(0.5).Median + 0.5))
}
