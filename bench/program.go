package main

import "rollcall/bench/mock"

// Who runs in company. Those of whom something is asked, whom they are measured by, and the bare
// connection run five times where that is worth the time; the others three times.
var (
	ours   = entries(0, rollcallName)
	bare   = entries(0, bareName)
	naive  = entries(0, naiveName)
	pool   = entries(0, pool860Name)
	pools  = entries(3, "net/http, 100 at a time", "net/http, 30 at a time")
	loads  = entries(3, "vegeta", "hey")
	black  = entries(3, "blackbox_exporter")
	python = entries(3, "aiohttp, all at once", "requests, 100 threads", "requests, 30 threads")
	first  = entries(1, "net/http, one after another", "requests, one after another")
)

// entries are contenders with at most so many runs each; 0: as many as are worth their time.
func entries(runs int, names ...string) []entry {
	all := make([]entry, len(names))
	for i, n := range names {
		all[i] = entry{name: n, runs: runs}
	}
	return all
}

// once are entries that run a single time.
func once(some []entry) []entry {
	return changed(some, func(e *entry) { e.runs = 1 })
}

// longer are entries that only bench-all has.
func longer(some []entry) []entry {
	return changed(some, func(e *entry) { e.all = true })
}

func changed(some []entry, change func(*entry)) []entry {
	all := make([]entry, len(some))
	for i, e := range some {
		change(&e)
		all[i] = e
	}
	return all
}

func join(some ...[]entry) []entry {
	var all []entry
	for _, s := range some {
		all = append(all, s...)
	}
	return all
}

// program is every heat, in the order in which they are run.
var program = [...]heat{
	{mock.HTTP, 100, 1769, join(ours, entries(0, commandName), bare, naive, pools, loads, black, python, first)},
	{mock.HTTP, 100, 512, join(ours, naive, pools, loads, black, python[:2], longer(python[2:]))},
	{mock.HTTP, 1000, 1769, join(ours, bare, naive, pool, pools[:1], once(pools[1:]), loads, black, python[:2], once(python[2:]))},
	{mock.HTTP, 1000, 512, join(ours, naive, pool, pools[:1], longer(pools[1:]), loads, longer(black), python[:1], longer(python[1:]))},
	{mock.HTTP, 10_000, 1769, join(ours, bare, pool, naive, loads, once(black), once(python[:1]), entries(1, "aiohttp, 900 at a time"))},
	{mock.HTTP, 10_000, 512, join(once(ours), once(pool), longer(loads), longer(once(black)), longer(once(python[:1])))},

	{mock.HTTPS, 100, 1769, join(ours, naive, pools, loads, black, python)},
	{mock.HTTPS, 100, 512, join(ours, naive, pools, loads, black, python[:2], longer(python[2:]))},
	{mock.HTTPS, 100, 128, join(ours, naive, pools, once(loads), once(black), once(python[:2]), longer(python[2:]))},
	{mock.HTTPS, 1000, 1769, join(ours, pool, naive, pools[:1], longer(pools[1:]), loads, black, python[:1], longer(python[1:]))},
	{mock.HTTPS, 1000, 512, join(ours, naive, once(pool), once(pools[:1]), longer(pools[1:]), longer(loads), longer(black), longer(python))},
	{mock.HTTPS, 1000, 128, join(ours, once(naive), longer(once(pool)), longer(pools))},
	{mock.HTTPS, 10_000, 1769, join(ours, once(naive), longer(pool), longer(loads))},

	{mock.FarHTTPS, 100, 512, join(ours, naive)},
	{mock.FarHTTPS, 100, 128, join(ours, naive)},
	{mock.FarHTTPS, 1000, 512, join(ours, once(naive))},
	{mock.FarHTTPS, 1000, 128, join(ours, longer(once(naive)))},
	{mock.FarHTTPS, 10_000, 1769, join(ours, longer(once(pool)))},

	{fastAPI, 100, 1769, join(ours, entries(3, naiveName), python)},
	{fastAPIPlain, 100, 1769, join(once(ours), entries(1, naiveName), once(python))},

	{nobody, 100_000, 1769, entries(0, plannerName)},
}
