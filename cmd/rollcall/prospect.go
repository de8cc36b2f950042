package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fatih/color"

	"rollcall/internal/cost"
	"rollcall/internal/judge"
	"rollcall/internal/rollcall"
)

// prospect prints how rounds would run and what they cost, for a person: what matters first,
// in ten lines, and below what it is made of.
type prospect struct {
	screen
	rollcall.Forecast
}

// print writes all of it.
func (p prospect) print(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, p.headline())
	for _, block := range []struct {
		label string
		lines []string
	}{
		{"fits", p.fits()},
		{"cut short", p.short()},
		{"usually", p.usually()},
		{"latency", p.latency()},
		{"costs", p.costs()},
		{"choices", p.cheapest()},
		{"others", p.others()},
	} {
		for i, line := range block.lines {
			label := ""
			if i == 0 {
				label = block.label
			}
			fmt.Fprintf(out, "%s%s\n", p.paint(fmt.Sprintf("%-*s", labelWide, label), color.Faint), p.beside(line, labelWide, labelWide))
		}
	}
	for _, rows := range [][]string{p.rounds(), p.month(), p.choices(), p.elsewhere()} {
		fmt.Fprintln(out)
		fmt.Fprintln(out, p.paint(rows[0], color.Bold))
		for _, row := range rows[1:] {
			fmt.Fprintln(out, strings.TrimRight(row, " "))
		}
	}
	fmt.Fprintln(out)
	for _, line := range p.assumed() {
		fmt.Fprintln(out, p.beside(line, 0, 0))
	}
	return out.Flush()
}

func (p prospect) headline() string {
	return fmt.Sprintf("fleet %s: %s, a round every %s, in a function of %s MB",
		p.Fleet, plural(p.Targets, "target"), minutes(time.Duration(p.IntervalS)*time.Second), thousands(p.MemoryMB))
}

// fits says whether every round asks all that are due.
func (p prospect) fits() []string {
	l, c := p.Largest, p.CatchUp
	if !p.Fits {
		return []string{p.paint("no", color.FgRed) + ": " + p.Proof.Largest.Err().Error()}
	}
	yes := "yes"
	if len(l.Cut) > 0 {
		yes = p.paint("with timeouts cut", color.FgYellow)
	}
	line := fmt.Sprintf("%s: the largest round takes %s at worst, of the %s it has", yes, inSeconds(l.WorstCaseMS), inSeconds(p.BudgetMS))
	switch {
	case len(c.Beyond) > 0:
		return []string{line, fmt.Sprintf("all at once, as after a pause, does not fit: %d would be asked a round late", len(c.Beyond))}
	case c.WorstCaseMS != l.WorstCaseMS:
		return []string{line, fmt.Sprintf("all at once, as after a pause, takes %s", inSeconds(c.WorstCaseMS))}
	default:
		return []string{line}
	}
}

// short names who would not get what the file says.
func (p prospect) short() []string {
	var lines []string
	for _, r := range []struct {
		when string
		rollcall.ForecastRound
	}{{"", p.Largest}, {"all at once: ", p.CatchUp}} {
		if r.when != "" && r.CapMS == p.Largest.CapMS && slices.Equal(r.Cut, p.Largest.Cut) && slices.Equal(r.Beyond, p.Largest.Beyond) && slices.Equal(r.LeftOut, p.Largest.LeftOut) {
			continue
		}
		if len(r.Cut) > 0 {
			lines = append(lines, fmt.Sprintf("%stimeouts are cut to %s, and what needs longer is unknown: %s", r.when, inSeconds(r.CapMS), some(r.Cut)))
		}
		if len(r.Beyond) > 0 {
			lines = append(lines, fmt.Sprintf("%snot asked in this round: %s", r.when, some(r.Beyond)))
		}
		if len(r.LeftOut) > 0 {
			lines = append(lines, fmt.Sprintf("%sno time if they are called to explain others: %s", r.when, some(r.LeftOut)))
		}
	}
	if lines == nil {
		return []string{"nobody: every timeout and every attempt has its full time"}
	}
	return lines
}

// usually is how long a round mostly takes.
func (p prospect) usually() []string {
	e := p.Expected
	asked := plural(int(e.Asked), "target")
	if e.Asked != math.Trunc(e.Asked) {
		asked = number(e.Asked) + " targets"
	}
	return []string{fmt.Sprintf("about %s for a round of %s, each answering in %s ms", inSeconds(e.BilledMS), asked, number(e.LatencyMS))}
}

// latency is how honest the latencies would be.
func (p prospect) latency() []string {
	e := p.Expected
	if e.EnoughMB != p.MemoryMB {
		enough := "no function has enough"
		if e.EnoughMB > 0 {
			enough = thousands(e.EnoughMB) + " MB would do"
		}
		return []string{p.paint("not judged in the largest round", color.FgYellow) +
			fmt.Sprintf(": %s MB are too little processor for the time that is left; %s", thousands(p.MemoryMB), enough)}
	}
	return []string{fmt.Sprintf("%s %% of it is rollcall's own, with %.0f %% of a processor (limit %d %%)", number(e.Saturation), 100*e.Processors, judge.MostSaturation)}
}

// costs is the sum, and what is most of it.
func (p prospect) costs() []string {
	m := p.Month
	lines := slices.Clone(m.Lines)
	slices.SortStableFunc(lines, func(a, b cost.Line) int { return cmp.Compare(b.List, a.List) })
	var most []string
	for _, l := range lines[:3] {
		most = append(most, fmt.Sprintf("%s %s", l.Name, dollars(l.List)))
	}
	return []string{
		fmt.Sprintf("%s a month by the list, %s with what AWS gives free", p.paint(dollars(m.Total.List), color.Bold), dollars(m.Total.WithFree)),
		"mostly " + strings.Join(most, ", "),
	}
}

// cheapest is what the file could say to pay the least, and what the most telling would cost.
func (p prospect) cheapest() []string {
	all := slices.Clone(p.Month.Choices)
	slices.SortStableFunc(all, func(a, b rollcall.ForecastChoice) int { return cmp.Compare(a.List, b.List) })
	said := func(c rollcall.ForecastChoice) string {
		return fmt.Sprintf("metrics %s, results %s %s", c.Metrics, c.Results, dollars(c.List))
	}
	return []string{said(all[0]) + "; " + said(all[len(all)-1])}
}

// others is what others ask for the same.
func (p prospect) others() []string {
	var parts []string
	for _, o := range p.Month.Others {
		parts = append(parts, fmt.Sprintf("%s %s", o.Name, dollars(o.List)))
	}
	return []string{strings.Join(parts, "; ")}
}

// rounds are the largest round and the one after a pause, at their worst.
func (p prospect) rounds() []string {
	const columns = "%-19s  %5s  %6s  %7s  %8s  %8s  %5s  %6s"
	rows := []string{fmt.Sprintf(columns, "Rounds", "asked", "called", "workers", "at worst", "left", "files", "MB")}
	for _, r := range []struct {
		name string
		rollcall.ForecastRound
	}{{"largest of a cycle", p.Largest}, {"all at once", p.CatchUp}} {
		rows = append(rows, fmt.Sprintf(columns, r.name, thousands(int64(r.Due)), thousands(int64(r.Called)), thousands(int64(r.Workers)),
			inSeconds(r.WorstCaseMS), inSeconds(r.SlackMS), thousands(int64(r.Files)), number(r.MemoryMB)))
	}
	rows = append(rows, fmt.Sprintf(columns, "of", "", "", "", inSeconds(p.BudgetMS), "", thousands(int64(p.Largest.FilesMost)), thousands(p.MemoryMB)))
	if n := p.CatchUp.Needed; n > 0 {
		rows = append(rows, fmt.Sprintf("%s would do; as many are used as files and memory allow.", plural(n, "worker")))
	}
	return rows
}

// month is the bill.
func (p prospect) month() []string {
	const columns = "%-21s %9s  %-25s %9s  %9s"
	m := p.Month
	rows := []string{fmt.Sprintf(columns, "A month", "quantity", "price", "list", "with free")}
	var small []string
	for _, l := range m.Lines {
		if l.List < 0.005 {
			small = append(small, l.Name)
			continue
		}
		rows = append(rows, fmt.Sprintf(columns, l.Name, amount(l.Quantity), priceOf(l), dollars(l.List), dollars(l.WithFree)))
	}
	if len(small) > 0 {
		rows = append(rows, strings.Split(p.beside("less than a cent each: "+strings.Join(small, "; "), 0, 0), "\n")...)
	}
	return append(rows,
		fmt.Sprintf(columns, "together", "", "", dollars(m.Total.List), dollars(m.Total.WithFree)),
		fmt.Sprintf(columns, "posting to Slack adds", "", "", dollars(m.Slack.List), dollars(m.Slack.WithFree)))
}

// choices are the months with other metrics and result lines, side by side.
func (p prospect) choices() []string {
	const columns = "%-17s  %23s  %23s"
	rows := []string{fmt.Sprintf(columns, "If the file said", "results: all", "results: changes")}
	of := map[string]string{}
	var order []string
	for _, c := range p.Month.Choices {
		mark := " "
		if c.Chosen {
			mark = "*"
		}
		if !slices.Contains(order, c.Metrics) {
			order = append(order, c.Metrics)
		}
		of[c.Metrics+c.Results] = fmt.Sprintf("%s (%s)%s", dollars(c.List), dollars(c.WithFree), mark)
	}
	for _, metrics := range order {
		rows = append(rows, fmt.Sprintf(columns, "metrics: "+metrics, of[metrics+"all"], of[metrics+"changes"]))
	}
	return append(rows, "By the list, in brackets with what is free; * is what it says.")
}

// elsewhere is the same, asked by others.
func (p prospect) elsewhere() []string {
	const columns = "%-21s %11s  %-25s %12s"
	rows := []string{fmt.Sprintf(columns, "The same by others", "quantity", "price", "list")}
	for _, o := range p.Month.Others {
		for _, l := range o.Lines {
			rows = append(rows, fmt.Sprintf(columns, l.Name, amount(l.Quantity), priceOf(l), dollars(l.List)))
		}
	}
	return rows
}

// assumed is what nobody can read from a targets file.
func (p prospect) assumed() []string {
	m := p.Month
	return []string{
		fmt.Sprintf("Assumed: list prices of %s read on %s, without taxes; other regions differ. A month has 730 hours, %s rounds, %s askings, all of them up, each in %s ms (--latency), and %s messages.",
			m.Region, m.PricesRead, amount(m.Rounds), amount(m.Asks), number(p.Expected.LatencyMS), number(m.Messages)),
		"Not in it: keys of KMS and their use, NAT gateways and endpoints of a VPC, and an advanced parameter (" + cost.AdvancedParameter + ") if it holds the targets file.",
		fmt.Sprintf("Lambda alone is %s instead if every round of the month were at its worst.", dollars(m.Worst.List)),
	}
}

// inSeconds is a number of milliseconds as people compare them.
func inSeconds(ms float64) string { return seconds(time.Duration(ms * float64(time.Millisecond))) }

// number is a number without digits that say nothing.
func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// dollars is an amount of money, to the cent.
func dollars(n float64) string {
	cents := int64(math.Round(100 * n))
	return fmt.Sprintf("$%s.%02d", thousands(cents/100), cents%100)
}

// amount is a quantity: whole where it is large, with three digits that count where it is not.
func amount(n float64) string {
	if n >= 100 || n == math.Trunc(n) {
		return thousands(int64(math.Round(n)))
	}
	return strconv.FormatFloat(n, 'g', 3, 64)
}

// priceOf is the price of a line, for as many units as AWS states it for.
func priceOf(l cost.Line) string {
	price := number(l.Price)
	if _, digits, _ := strings.Cut(price, "."); len(digits) < 2 {
		price = strconv.FormatFloat(l.Price, 'f', 2, 64)
	}
	switch l.Step {
	case 1:
		return "$" + price + "/" + l.Unit
	case 1e6:
		return "$" + price + "/million " + l.Unit + "s"
	default:
		return "$" + price + "/" + thousands(int64(l.Step)) + " " + l.Unit + "s"
	}
}
