package main

import (
	"path/filepath"
	"strconv"
)

// contender is somebody who asks.
type contender struct {
	name  string
	is    string   // for the reader of results
	words []string // the program, a file of bin/ or story/, and its arguments
	ours  bool     // its function's memory is told to it, and it is held to Lambda's descriptors
	waves int      // how many it asks at a time; 0: all at once

	// What a check roughly costs in microseconds of processor, and a start in milliseconds.
	// Only how long everything will take is reckoned from it.
	http, https, start float64
}

// The contenders that are known by name elsewhere.
const (
	rollcallName = "rollcall"
	commandName  = "rollcall check"
	naiveName    = "net/http, all at once"
	pool860Name  = "net/http, 860 at a time"
	bareName     = "net.Dial, 860 at a time"
	plannerName  = "rollcall's plan"
)

// contenders are all of them.
var contenders = [...]contender{
	{name: rollcallName, is: "the product as the function has it: a targets file, verdicts, phases", words: []string{"rollcall"}, ours: true, waves: 860, http: 160, https: 800, start: 20},
	{name: commandName, is: "the command as a process, from exec to exit", words: []string{"rollcall-command"}, ours: true, waves: 860, http: 160, https: 800, start: 20},
	{name: plannerName, is: "rollcall's plan of so many targets, nobody asked", words: []string{"rollcall", "-plan", "100000"}, ours: true, start: 300},

	{name: "net/http, one after another", is: "a plain Go loop", words: []string{"loops", "-workers", "1"}, waves: 1, http: 200, https: 1100, start: 5},
	{name: "net/http, 30 at a time", is: "a plain Go loop with 30 workers", words: []string{"loops", "-workers", "30"}, waves: 30, http: 200, https: 1100, start: 5},
	{name: "net/http, 100 at a time", is: "with 100", words: []string{"loops", "-workers", "100"}, waves: 100, http: 200, https: 1100, start: 5},
	{name: pool860Name, is: "with as many as 1,024 descriptors leave rollcall", words: []string{"loops", "-workers", "860"}, waves: 860, http: 200, https: 1100, start: 5},
	{name: naiveName, is: "one goroutine each", words: []string{"loops"}, http: 200, https: 1100, start: 5},
	{name: bareName, is: "dials, writes and reads once, and knows no HTTP: the least that Go's net package can do", words: []string{"loops", "-bare", "-workers", "860"}, waves: 860, http: 130, start: 5},

	{name: "vegeta", is: "github.com/tsenart/vegeta, a load tool, as a library", words: []string{"vegeta"}, http: 250, https: 1100, start: 10},
	{name: "hey", is: "github.com/rakyll/hey, a load tool, as a library", words: []string{"hey"}, http: 250, https: 1100, start: 10},
	{name: "blackbox_exporter", is: "its prober, one goroutine each", words: []string{"blackbox"}, http: 900, https: 1900, start: 20},

	{name: "requests, one after another", is: "Python", words: []string{"story/sequential.py"}, waves: 1, http: 1500, https: 3000, start: 300},
	{name: "requests, 30 threads", is: "Python, ThreadPoolExecutor", words: []string{"story/threads.py", "-workers", "30"}, waves: 30, http: 1500, https: 3000, start: 300},
	{name: "requests, 100 threads", is: "Python, ThreadPoolExecutor", words: []string{"story/threads.py", "-workers", "100"}, waves: 100, http: 1500, https: 3000, start: 300},
	{name: "aiohttp, all at once", is: "Python, asyncio", words: []string{"story/aio.py"}, http: 500, https: 2000, start: 400},
	{name: "aiohttp, 900 at a time", is: "Python, asyncio and a semaphore", words: []string{"story/aio.py", "-limit", "900"}, waves: 900, http: 900, https: 2000, start: 400},
}

// named finds a contender. Every name in the tables is there, by test.
func named(name string) contender {
	for _, c := range contenders {
		if c.name == name {
			return c
		}
	}
	return contender{}
}

// python reports whether c is a script.
func (c contender) python() bool { return filepath.Ext(c.words[0]) == ".py" }

// asks reports whether c asks anybody.
func (c contender) asks() bool { return c.name != plannerName }

// command is what to run for one heat. Scripts are found from this folder.
func (c contender) command(bins, python string, h heat, files paths) []string {
	timeout := strconv.FormatFloat(timeout.Seconds(), 'f', -1, 64)
	words := []string{filepath.Join(bins, c.words[0])}
	if c.python() {
		words = []string{python, c.words[0]}
	}
	words = append(words, c.words[1:]...)
	switch {
	case c.name == plannerName:
		return words
	case c.name == commandName:
		return append(words, "check", "-f", files.fleet, "-q", "--color", "never")
	case !h.door.Secure():
		return append(words, "-targets", files.targets, "-timeout", timeout)
	default:
		return append(words, "-targets", files.targets, "-roots", files.roots, "-timeout", timeout)
	}
}

// paths are the files that contenders of a heat read.
type paths struct{ targets, fleet, roots string }

// descriptors is what it may have: Lambda's 1,024 where it says that it stays below them.
func (c contender) descriptors() int {
	if c.ours || c.waves > 0 && c.waves <= 900 {
		return 1024
	}
	return 0
}
