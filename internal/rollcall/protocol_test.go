package rollcall

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/awslocal"
	"rollcall/internal/health"
)

// The protocol of commit, publish and clear with the adapters that the function has, against
// what networks and busy services do. People get one message for one thing, or copies of it
// with one id; and nothing is lost.
func TestProtocol(t *testing.T) {
	moto, proxy := behindProxy(t)
	var all sync.WaitGroup // at once, because most of the time is spent waiting
	defer all.Wait()
	for name, story := range map[string]func(*cloud){
		"the answer to a write is lost":           answerLost,
		"a write is answered 409":                 conflict,
		"a later round overtakes":                 overtaken,
		"an earlier round slips in between":       slippedIn,
		"the state cannot be read, 403":           func(c *cloud) { unreadable(c, 403, "AccessDenied", "s3:ListBucket") },
		"the state cannot be read, 500":           func(c *cloud) { unreadable(c, 500, "InternalError", "InternalError") },
		"a write comes after the next read":       lateWrite,
		"a write comes just before the next one":  latestWrite,
		"the topic is out of order for a while":   topicFails,
		"the topic's answer is lost":              topicAnswerLost,
		"the topic may not be published to":       topicDenies,
		"the answer to clearing is lost":          clearAnswerLost,
		"clearing meets a round on top":           clearOvertaken,
		"the store is out of order when clearing": clearFails,
		"one event, twice at the same time":       twice,
	} {
		all.Go(func() {
			t.Run(name, func(t *testing.T) { story(newCloud(t, moto, proxy)) })
		})
	}
}

// The SDK sends the write again and meets its own: 412.
func answerLost(c *cloud) {
	c.inState(http.MethodPut, 0, 1, awslocal.LoseAnswer())
	c.completes(c.round(0), "i1")
	c.wantTold("first")
	c.wantState(0, "i1")
	if got := fmt.Sprint(c.puts()); got != "[0 412 200]" {
		c.t.Errorf("writes were answered %s, want one lost, one that met it, and the clearing", got)
	}
}

func conflict(c *cloud) {
	c.inState(http.MethodPut, 0, 1, awslocal.Answer(409, "ConditionalRequestConflict"))
	c.completes(c.round(0), "i1")
	c.wantTold("first")
	c.wantState(0, "i1")
}

// The round that was slow is dropped; whoever overtook it has told what there was to tell.
func overtaken(c *cloud) {
	c.completes(c.round(0), "i1")
	c.down.Store(true)
	held := c.inState(http.MethodPut, 0, 1, awslocal.Hold())
	i := c.invocation("slow")
	var slow sync.WaitGroup
	slow.Go(func() {
		report, err := i.Round(c.t.Context(), c.round(1), i.by)
		if err != nil || !report.Repeated || report.Completed {
			c.t.Errorf("the slow round: %v, repeated %v, want it dropped", err, report.Repeated)
		}
	})
	held.Await(1)
	c.completes(c.round(2), "i3")
	held.Release()
	slow.Wait()
	c.wantTold("first", "news +a")
	c.wantState(0, "i1", "i3")
	if last := i.metrics.last(c.t); last["RoundsRepeated"] != 1.0 || last["RoundsCompleted"] != 0.0 {
		c.t.Errorf("the slow round's last line %v, want RoundsRepeated 1, RoundsCompleted 0", last)
	}
}

// A write of an older round is judged upon, not over.
func slippedIn(c *cloud) {
	c.completes(c.round(-1), "i1")
	c.down.Store(true)
	held := c.inState(http.MethodPut, 0, 1, awslocal.Hold())
	ends := c.begins(c.round(1), "i3")
	held.Await(1)
	c.completes(c.round(0), "i2")
	held.Release()
	ends()
	c.wantTold("first", "news +a")
	c.wantState(0, "i1", "i2", "i3")
	if s := c.state(); len(s.Incidents) != 1 || s.Incidents[0].Rounds != 2 {
		c.t.Errorf("incidents %+v, want one of two rounds", s.Incidents)
	}
}

// Nobody knows what was concluded before, so nothing is concluded now.
func unreadable(c *cloud, status int, code, says string) {
	c.completes(c.round(0), "i1")
	before, asked := c.state(), c.asked.Load()
	c.down.Store(true)
	c.inState(http.MethodGet, 0, 0, awslocal.Answer(status, code))
	i := c.invocation("i2")
	report, err := i.Round(c.t.Context(), c.round(1), i.by)
	if err == nil || !strings.Contains(err.Error(), says) || report.Completed {
		c.t.Errorf("%v, completed %v, want an error that says %s", err, report.Completed, says)
	}
	if c.asked.Load() == asked || result(c.t, report, "a").Status != health.Down {
		c.t.Error("the target was not asked")
	}
	if last := i.metrics.last(c.t); last["RoundsCompleted"] != 0.0 || !strings.Contains(i.metrics.String(), `"status":"down"`) {
		c.t.Errorf("metrics\n%s\nwant the result, and RoundsCompleted 0", i.metrics)
	}
	if after := c.state(); after.Seq != before.Seq || len(c.puts()) != 2 {
		c.t.Error("the state was written")
	}
	c.wantTold("first")
}

// All three tries of a write hang on their way. The round looks, finds the state as it was,
// and writes once more; the late ones find that they are late.
func lateWrite(c *cloud) {
	c.completes(c.round(0), "i1")
	c.down.Store(true)
	held := c.inState(http.MethodPut, 0, awsTries, awslocal.Hold())
	c.completes(c.round(1), "i2")
	held.Release()
	if held.Hits() != awsTries {
		c.t.Errorf("%d tries were held, want %d", held.Hits(), awsTries)
	}
	c.completes(c.round(2), "i3")
	c.wantTold("first", "news +a")
	c.wantState(0, "i1", "i2", "i3")
}

// The same, but they arrive when the round has looked, and is about to write once more.
func latestWrite(c *cloud) {
	c.completes(c.round(0), "i1")
	c.down.Store(true)
	late := c.inState(http.MethodPut, 0, awsTries, awslocal.Hold())
	next := c.inState(http.MethodPut, 0, 1, awslocal.Hold())
	ends := c.begins(c.round(1), "i2")
	next.Await(1)
	late.Release()
	next.Release()
	ends()
	c.wantTold("first", "news +a")
	c.wantState(0, "i1", "i2")
}

// What is owed is its maker's until the maker has surely ended, and then anybody's.
func topicFails(c *cloud) {
	c.completes(c.round(-1), "i1")
	c.wantTold("first")
	c.down.Store(true)
	fault := c.inTopic(0, awslocal.Answer(500, "InternalError"))
	i := c.invocation("i2")
	i.settings.Timeout = 8 * time.Second
	report, err := i.Round(c.t.Context(), c.round(0), i.by)
	if err == nil || !report.Completed || report.Outbox != 1 || i.metrics.last(c.t)["OutboxDepth"] != 1.0 {
		c.t.Errorf("%v, completed %v, %d owed, want an error, the round completed and one owed", err, report.Completed, report.Outbox)
	}
	fault.Lift()
	owed := c.state().Outbox[0]
	c.completes(c.round(1), "i3") // too early for anybody but i2
	c.wantTold()
	c.wantState(1, "i1", "i2", "i3")
	<-time.After(time.Until(owed.Until))
	c.completes(c.round(2), "i4")
	if told := c.wantTold("news +a"); len(told) == 1 && told[0].ID != owed.ID {
		c.t.Errorf("told as %s, owed as %s", told[0].ID, owed.ID)
	}
	c.wantState(0, "i1", "i2", "i3", "i4")
}

// The message was sent, and is sent again: people get two copies, which whoever reads by
// program knows by their id.
func topicAnswerLost(c *cloud) {
	c.inTopic(1, awslocal.LoseAnswer())
	c.completes(c.round(0), "i1")
	if told := c.wantTold("first", "first"); len(told) == 2 && told[0].ID != told[1].ID {
		c.t.Errorf("told as %s and %s, want one id", told[0].ID, told[1].ID)
	}
	c.wantState(0, "i1")
}

func topicDenies(c *cloud) {
	fault := c.inTopic(0, awslocal.Answer(403, "AuthorizationError"))
	i := c.invocation("i1")
	report, err := i.Round(c.t.Context(), c.round(0), i.by)
	if err == nil || !strings.Contains(err.Error(), "AuthorizationError") || report.Outbox != 1 || !report.Completed {
		c.t.Errorf("%v, completed %v, %d owed, want the error, the round completed and one owed", err, report.Completed, report.Outbox)
	}
	if fault.Hits() != 1 {
		c.t.Errorf("asked %d times, want once: asking again does not help", fault.Hits())
	}
	c.wantTold()
	c.wantState(1, "i1")
}

func clearAnswerLost(c *cloud) {
	c.inState(http.MethodPut, 1, 1, awslocal.LoseAnswer())
	c.completes(c.round(0), "i1")
	c.wantTold("first")
	c.wantState(0, "i1")
}

// Clearing takes the accepted ids from whatever is stored by then, and writes nothing else.
func clearOvertaken(c *cloud) {
	held := c.inState(http.MethodPut, 1, 1, awslocal.Hold())
	ends := c.begins(c.round(0), "i1")
	held.Await(1)
	c.down.Store(true)
	c.completes(c.round(1), "i2")
	held.Release()
	ends()
	c.wantTold("first", "news +a")
	c.wantState(0, "i1", "i2")
	if s := c.state(); len(s.Incidents) != 1 || s.Incidents[0].Told.IsZero() {
		c.t.Errorf("incidents %+v, want that of i2, told", s.Incidents)
	}
}

// What was told may be told again, so it still counts as owed.
func clearFails(c *cloud) {
	c.inState(http.MethodPut, 1, 0, awslocal.Answer(503, "SlowDown"))
	c.inState(http.MethodGet, 1, 0, awslocal.Answer(503, "SlowDown"))
	i := c.invocation("i1")
	report, err := i.Round(c.t.Context(), c.round(0), i.by)
	if err == nil || !strings.Contains(err.Error(), "clear the outbox") || report.Outbox != 1 || i.metrics.last(c.t)["OutboxDepth"] != 1.0 {
		c.t.Errorf("%v, %d owed, want an error of clearing and one owed", err, report.Outbox)
	}
	c.wantTold("first")
	c.wantState(1, "i1")
}

// Neither knows of the other until it writes.
func twice(c *cloud) {
	var together sync.WaitGroup
	together.Add(2)
	c.gate = func() { together.Done(); together.Wait() }
	reports := make(chan health.Report, 2)
	for _, by := range []string{"i1", "i2"} {
		i := c.invocation(by)
		go func() {
			report, err := i.Round(context.WithoutCancel(c.t.Context()), c.round(0), by)
			if err != nil {
				c.t.Errorf("round of %s: %v", by, err)
			}
			reports <- report
		}()
	}
	one, other := <-reports, <-reports
	if one.Completed == other.Completed || one.Repeated == other.Repeated {
		c.t.Errorf("completed %v and %v, repeated %v and %v, want one of each", one.Completed, other.Completed, one.Repeated, other.Repeated)
	}
	c.wantTold("first")
	if s := c.state(); len(s.Commits) != 1 || len(s.Outbox) != 0 {
		c.t.Errorf("state of %v with %d owed, want of one with nothing owed", s.Commits, len(s.Outbox))
	}
}
