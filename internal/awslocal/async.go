package awslocal

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// AsyncConfig is what Lambda does with a function's asynchronous events: the template's
// EventInvokeConfig. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
type AsyncConfig struct {
	Retries    int             // after a failed event: 0, 1 or 2
	MaxAge     time.Duration   // an older event is given up; 0: 6 hours
	Timeout    time.Duration   // the function's
	RetryAfter []time.Duration // how long after each failure; none: 1 minute, then 2
}

func (c AsyncConfig) maxAge() time.Duration {
	if c.MaxAge == 0 {
		return 6 * time.Hour
	}
	return c.MaxAge
}

// pause is how long Lambda waits after the failure of try n, counted from 0.
func (c AsyncConfig) pause(n int) time.Duration {
	pauses := c.RetryAfter
	if len(pauses) == 0 {
		pauses = []time.Duration{time.Minute, 2 * time.Minute}
	}
	return pauses[min(n, len(pauses)-1)]
}

// Events is Lambda's queue of asynchronous events before a function. What it would wait is
// added to an event's age, and not waited.
type Events struct {
	r       *Runtime
	config  AsyncConfig
	dropped atomic.Int64
}

// Async is the queue of asynchronous events before r.
func (r *Runtime) Async(c AsyncConfig) *Events { return &Events{r: r, config: c} }

// Delivery is something that may happen to an event on its way, without anybody's fault.
type Delivery func(*course)

// course is how an event is delivered.
type course struct {
	again  bool
	atOnce bool
	age    time.Duration
}

// Duplicate delivers an event once more, under the same request id, after it was handled:
// Lambda's queue is eventually consistent.
func Duplicate(c *course) { c.again = true }

// AtOnce delivers an event twice at one time, under the same request id, to two processes.
func AtOnce(c *course) { c.atOnce = true }

// Late delivers an event that has waited for d already.
func Late(d time.Duration) Delivery { return func(c *course) { c.age += d } }

// Dropped is how many deliveries were given up so far: too old, or failed and not to be tried
// again. Lambda's metric is AsyncEventsDropped.
func (e *Events) Dropped() int { return int(e.dropped.Load()) }

// Send is one event. It returns every invocation that came of it, retries and duplicates
// too, in the order in which they began; of two at one time one comes wholly before the
// other. None: it was given up at once.
func (e *Events) Send(event []byte, faults ...Delivery) []Invocation {
	var c course
	for _, happens := range faults {
		happens(&c)
	}
	id := requestID()
	if c.atOnce {
		var each [2][]Invocation
		var both sync.WaitGroup
		for i := range each {
			both.Go(func() { each[i], _ = e.deliver(id, event, c.age) })
		}
		both.Wait()
		return slices.Concat(each[:]...)
	}
	all, age := e.deliver(id, event, c.age)
	if c.again {
		more, _ := e.deliver(id, event, age)
		all = append(all, more...)
	}
	return all
}

// deliver invokes the function until it does not fail, or the event is given up, and returns
// how old the event is then.
func (e *Events) deliver(id string, event []byte, age time.Duration) ([]Invocation, time.Duration) {
	var all []Invocation
	for n := 0; age <= e.config.maxAge(); n++ {
		in := e.r.invoke(id, event, e.config.Timeout)
		all, age = append(all, in), age+in.Took
		if !in.Failed() {
			return all, age
		}
		if n == e.config.Retries {
			break
		}
		age += e.config.pause(n)
	}
	e.dropped.Add(1)
	return all, age
}
