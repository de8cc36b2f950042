package main

import (
	"bytes"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The pictures.
const (
	timesFile     = "times.svg"
	latenciesFile = "latencies.svg"
)

// The paper, in points.
const (
	paperWide = 760 * vg.Length(1)
	paperHigh = 460 * vg.Length(1)
)

var (
	blue   = color.NRGBA{0x1f, 0x5f, 0xd0, 0xff}
	red    = color.NRGBA{0xd6, 0x3a, 0x3a, 0xff}
	ink    = color.NRGBA{0x22, 0x28, 0x30, 0xff}
	faint  = color.NRGBA{0xdd, 0xe1, 0xe6, 0xff}
	white  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	golden = color.NRGBA{0x8a, 0x6d, 0x00, 0xff}
)

// face is the letter of everything.
func face(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// lettering is text in that face.
func lettering(size vg.Length, colour color.Color) draw.TextStyle {
	return draw.TextStyle{Color: colour, Font: face(size), Handler: plot.DefaultTextHandler}
}

// newPlot is an empty plot in the style of all.
func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.Padding = 10
	p.BackgroundColor = white
	p.Title.TextStyle.Font = face(13)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = face(11)
		axis.Tick.Label.Font = face(10)
		axis.LineStyle.Color = ink
	}
	return p
}

// paint draws a picture and writes it.
func paint(file string, wide, high vg.Length, draws func(draw.Canvas)) error {
	sheet := vgsvg.New(wide, high)
	c := draw.New(sheet)
	c.SetColor(white)
	c.Fill(c.Rectangle.Path())
	draws(c)
	var b bytes.Buffer
	if _, err := sheet.WriteTo(&b); err != nil {
		return err
	}
	// Readers have other fonts than the one that widths were reckoned with.
	svg := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif"))
	return os.WriteFile(file, svg, 0o644)
}
