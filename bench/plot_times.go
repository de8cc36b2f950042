package main

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"rollcall/bench/mock"
)

// family is how contenders of a kind are drawn.
type family struct {
	names  []string
	colour color.NRGBA
}

// families are all that stand in the picture of times, each with a shape of its own.
var families = [...]family{
	{[]string{rollcallName}, blue},
	{[]string{naiveName, pool860Name, "net/http, 100 at a time", "net/http, 30 at a time", "net/http, one after another"}, color.NRGBA{0x5b, 0x67, 0x75, 0xff}},
	{[]string{bareName}, color.NRGBA{0x2f, 0x8f, 0x4e, 0xff}},
	{[]string{"vegeta", "hey", "blackbox_exporter"}, color.NRGBA{0xc7, 0x6a, 0x12, 0xff}},
	{[]string{"aiohttp, all at once", "aiohttp, 900 at a time", "requests, 100 threads", "requests, 30 threads", "requests, one after another"}, color.NRGBA{0x7a, 0x3f, 0xa8, 0xff}},
}

var shapes = [...]draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{}}

// series is the line of one contender.
type series struct {
	name   string
	points plotter.XYs
	colour color.NRGBA
	shape  draw.GlyphDrawer
	wide   vg.Length
}

// times are the lines of the picture: seconds against http endpoints on one core.
func (r results) times() []series {
	var all []series
	for _, f := range families {
		for i, name := range f.names {
			s := series{name: name, colour: f.colour, shape: shapes[i], wide: 1}
			if name == rollcallName {
				s.wide = 2.5
			}
			for _, n := range []int{100, 1000, 10_000} {
				if at := find(r.rows, name, mock.HTTP, n, wholeCore); at != nil && at.failed().Max == 0 {
					s.points = append(s.points, plotter.XY{X: float64(n), Y: at.wall().Median / 1000})
				}
			}
			if len(s.points) > 0 {
				all = append(all, s)
			}
		}
	}
	slices.Reverse(all) // rollcall is drawn last, above the others
	return all
}

// plotTimes draws time against number of endpoints.
func (r results) plotTimes(file string) error {
	p := newPlot("Time to ask http endpoints that answer after 200 ms, on one core")
	p.X.Label.Text, p.Y.Label.Text = "endpoints (without runs that called any of them down)", "seconds"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = plot.ConstantTicks{{Value: 100, Label: "100"}, {Value: 1000, Label: "1,000"}, {Value: 10_000, Label: "10,000"}}
	p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0.2, Label: "0.2"}, {Value: 0.5, Label: "0.5"}, {Value: 1, Label: "1"}, {Value: 2, Label: "2"}, {Value: 5, Label: "5"}, {Value: 10, Label: "10"}, {Value: 20, Label: "20"}}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	limit, err := plotter.NewLine(plotter.XYs{{X: 90, Y: 0.2}, {X: 10_000, Y: 0.2}})
	if err != nil {
		return err
	}
	limit.Color, limit.Width, limit.Dashes = golden, 1.5, []vg.Length{5, 3}
	p.Add(grid, limit)
	all := r.times()
	for _, s := range all {
		line, points, err := plotter.NewLinePoints(s.points)
		if err != nil {
			return err
		}
		line.Color, line.Width = s.colour, s.wide
		points.Color, points.Shape, points.Radius = s.colour, s.shape, 1.6+0.6*s.wide
		p.Add(line, points)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 90, 10_500, 0.18, 30
	return paint(file, paperWide, paperHigh, func(c draw.Canvas) {
		left := draw.Crop(c, 8, -170, 8, -8)
		p.Draw(left)
		data := p.DataCanvas(left)
		toX, toY := p.Transforms(&data)
		writeBeside(c, all, toX, toY)
		c.FillText(lettering(10, golden), vg.Point{X: toX(400), Y: toY(0.2) - 12}, "the limit: 200 ms")
	})
}

// writeBeside writes the name of each line beside its end, those that end at one place with
// enough room between them.
func writeBeside(c draw.Canvas, all []series, toX, toY func(float64) vg.Length) {
	type label struct {
		series
		at vg.Point
	}
	labels := make([]label, len(all))
	for i, s := range all {
		end := s.points[len(s.points)-1]
		labels[i] = label{s, vg.Point{X: toX(end.X) + 9, Y: toY(end.Y) - 3.5}}
	}
	slices.SortFunc(labels, func(a, b label) int { return cmp.Or(cmp.Compare(a.at.X, b.at.X), cmp.Compare(a.at.Y, b.at.Y)) })
	const room = 12
	for i, l := range labels {
		if i > 0 && labels[i-1].at.X == l.at.X {
			labels[i].at.Y = max(l.at.Y, labels[i-1].at.Y+room)
		}
	}
	for _, l := range labels {
		mark := draw.GlyphStyle{Color: l.colour, Radius: 2.2, Shape: l.shape}
		c.DrawGlyph(mark, vg.Point{X: l.at.X + 2, Y: l.at.Y + 3.5})
		style := lettering(10, l.colour)
		if l.name == rollcallName {
			style.Font = face(12)
		}
		c.FillText(style, vg.Point{X: l.at.X + 8, Y: l.at.Y}, l.name)
	}
}
