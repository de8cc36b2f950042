package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"rollcall/internal/awslocal"
	"rollcall/internal/peer"
)

// The built function against Lambda's Runtime API, AWS's services and Slack, all on loopback:
// whatever breaks where, a digest is told, and a second time only after a crash in between.
func TestEndToEnd(t *testing.T) {
	var started sync.WaitGroup
	started.Go(func() { t.Run("AWS starts", warm) })
	dir := awslocal.Build(t, "SlackFunction")
	started.Wait()
	awslocal.StartMoto(t)  // or the test ends here
	var all sync.WaitGroup // at once, because most of the time is spent waiting
	defer all.Wait()
	for name, story := range map[string]func(*cloud){
		"a copy after a restart is dropped":           copyIsDropped,
		"alarms and other messages":                   othersAreTold,
		"Slack is busy, then out of order":            throttled,
		"the webhook was revoked, and renewed":        renewed,
		"Slack refuses every form, then the full one": refused,
		"Slack hangs, then its answer is lost":        hangs,
		"killed between claim and post":               killedBeforePost,
		"killed between post and done":                killedAfterPost,
		"AWS is out of order, one after the other":    awsFails,
	} {
		all.Go(func() {
			t.Run(name, func(t *testing.T) { story(newCloud(t, dir)) })
		})
	}
	all.Go(func() {
		t.Run("without environment", func(t *testing.T) { withoutEnvironment(t, dir) })
	})
}

func copyIsDropped(c *cloud) {
	d := news()
	c.publishes(d)
	c.publishes(d)
	first := c.delivers(plentyOfTime)
	c.function.Stop()
	second := c.delivers(plentyOfTime)
	if first.again || second.again || !second.Cold {
		c.t.Errorf("first again %v, second again %v, cold %v, want both done with, the second by another process", first.again, second.again, second.Cold)
	}
	if line := first.Stdout[0]; !strings.Contains(line, `"level":"INFO","message":"started","version":"`) {
		c.t.Errorf("the first line is %s, want which version runs", line)
	}
	c.wantTold(1, "status 503, want 2xx")
	if noted := c.claim(d.ID); noted.Done.IsZero() || noted.Until.Sub(noted.Claimed) < plentyOfTime-5*time.Second || noted.Until.Sub(noted.Claimed) > plentyOfTime+grace {
		c.t.Errorf("noted %+v, want it done, and until the deadline and %s more", noted, grace)
	}
	if post := c.slack.Posts()[0]; len(post.Colors) != 1 || post.Colors[0] != "#d73a49" {
		c.t.Errorf("colours %v, want red", post.Colors)
	}
}

func othersAreTold(c *cloud) {
	publisher, operators := sns.NewFromConfig(c.moto.Config()), c.topic("operators")
	for _, text := range []string{`{"AlarmName":"rollcall-Stopped","NewStateValue":"ALARM","OldStateValue":"OK","NewStateReason":"no data"}`, "disk full <!channel>"} {
		_, err := publisher.Publish(c.t.Context(), &sns.PublishInput{TopicArn: &operators, Subject: aws.String("for operators"), Message: &text})
		c.must(err)
		if d := c.delivers(plentyOfTime); d.again || d.Error != "" {
			c.t.Errorf("%q, again %v", d.Error, d.again)
		}
	}
	c.wantTold(2, "")
	posts := c.slack.Posts()
	if !strings.Contains(posts[0].Text, "ALARM: rollcall-Stopped") || !strings.Contains(posts[1].Text, "disk full &lt;!channel&gt;") {
		c.t.Errorf("posts %v", posts)
	}
}

func throttled(c *cloud) {
	c.slack.Next(peer.Saying(429, "rate_limited", "1800"), peer.Saying(429, "rate_limited", "99999999"), peer.Saying(429, "rate_limited", "1"), peer.Saying(500, "rollup_error", ""))
	c.publishes(news())
	for _, wait := range []time.Duration{30 * time.Minute, laterMost, 4 * backOff, 8 * backOff} { // the fourth time that it was received
		d := c.delivers(plentyOfTime)
		c.wantAgain(d, wait)
		c.passes(d)
	}
	c.delivers(plentyOfTime)
	c.wantTold(1, "status 503")
}

// Nobody has put the new address into the parameter yet; when somebody has, the process that
// has kept the old one reads it at once.
func renewed(c *cloud) {
	c.slack.Revoke()
	c.publishes(news())
	d := c.delivers(plentyOfTime)
	c.wantAgain(d, backOff)
	if asked := c.slack.Requests(); asked != 1 {
		c.t.Errorf("%d posts to a webhook that is not to change, want one", asked)
	}
	d.wantError(c.t, "invalid_token")
	c.moto.SetParameter(c.t, c.parameter, c.slack.Webhook())
	c.passes(d)
	if d = c.delivers(plentyOfTime); d.again || d.Cold || c.slack.Requests() != 3 {
		c.t.Errorf("again %v, cold %v, %d posts, want it told by the same process, after one more to the old webhook", d.again, d.Cold, c.slack.Requests())
	}
	c.wantTold(1, "status 503")
}

func refused(c *cloud) {
	refuses := peer.Saying(400, "invalid_blocks", "")
	c.slack.Next(refuses, refuses, refuses)
	c.publishes(news())
	d := c.delivers(plentyOfTime)
	c.wantAgain(d, backOff)
	d.wantError(c.t, "invalid_blocks")
	if len(c.slack.Posts()) != 0 || c.left() != 1 || c.slack.Requests() != 2 {
		c.t.Errorf("%d posts of %d, %d messages left, want the message kept, after both forms", len(c.slack.Posts()), c.slack.Requests(), c.left())
	}
	c.passes(d)
	c.delivers(plentyOfTime)
	c.wantTold(1, "Slack refused the full message")
	for _, p := range c.slack.Posts() {
		if strings.Contains(p.Text, "want 2xx") || !strings.Contains(p.Text, news().ID) {
			c.t.Errorf("post %q, want the id, and nothing that a target said", p.Text)
		}
	}
}

// The function gives up in time: it is not killed, and the claim does not stand. And nobody
// can know that a post stands in the channel when its answer is lost: it is told once more.
func hangs(c *cloud) {
	c.slack.Next(func(_ http.ResponseWriter, r *http.Request, _ func()) { <-r.Context().Done() },
		func(_ http.ResponseWriter, _ *http.Request, take func()) {
			take()
			panic(http.ErrAbortHandler)
		})
	c.publishes(news())
	d := c.delivers(4 * time.Second)
	c.wantAgain(d, backOff)
	if noted := c.claim(news().ID); noted.Until.After(time.Now()) || !noted.Done.IsZero() {
		c.t.Errorf("noted %+v, want a claim that has ended", noted)
	}
	c.passes(d)
	d = c.delivers(plentyOfTime)
	c.wantAgain(d, 2*backOff)
	c.passes(d)
	c.delivers(plentyOfTime)
	c.wantTold(2, "status 503")
}

func killedBeforePost(c *cloud) {
	c.publishes(news())
	held := c.proxy.Inject(awslocal.Fault{Method: http.MethodPost, Body: c.parameter, Do: awslocal.Hang()})
	var killer sync.WaitGroup
	killer.Go(func() { held.Await(1); c.function.Kill() })
	d := c.delivers(plentyOfTime)
	killer.Wait()
	held.Lift()
	if d.ErrorType != "Runtime.ExitError" || len(c.slack.Posts()) != 0 {
		c.t.Fatalf("%q, %d posts, want it killed before the post", d.ErrorType, len(c.slack.Posts()))
	}
	c.passes(d) // too early: whoever claimed it may live yet, for all that anybody knows
	d = c.delivers(plentyOfTime)
	if left := time.Until(c.claim(news().ID).Until); !d.again || len(c.slack.Posts()) != 0 || d.wait < left || d.wait > left+5*time.Second {
		c.t.Errorf("again %v after %s, %d posts, want it again when the claim has ended, in %s", d.again, d.wait, len(c.slack.Posts()), left)
	}
	c.ends(news().ID)
	c.passes(d)
	c.delivers(plentyOfTime)
	c.wantTold(1, "status 503")
}

func killedAfterPost(c *cloud) {
	c.slack.Next(func(_ http.ResponseWriter, r *http.Request, take func()) {
		take()
		c.function.Kill()
		<-r.Context().Done()
	})
	c.publishes(news())
	c.publishes(news())
	d := c.delivers(plentyOfTime)
	if d.ErrorType != "Runtime.ExitError" || len(c.slack.Posts()) != 1 {
		c.t.Fatalf("%q, %d posts, want it killed after the post", d.ErrorType, len(c.slack.Posts()))
	}
	c.ends(news().ID)
	c.passes(d)
	c.delivers(plentyOfTime)
	c.delivers(plentyOfTime) // the copy
	c.wantTold(2, "status 503")
}

// Without a claim nothing is told: another might be telling it. Without an address it comes
// again. And a claim whose answer was lost is known as one's own, as is the note at the end.
func awsFails(c *cloud) {
	down := c.proxy.Inject(awslocal.Fault{Path: "/told/slack/", Do: awslocal.Answer(500, "InternalError")})
	c.publishes(news())
	c.publishes(news())
	d := c.delivers(plentyOfTime)
	c.wantAgain(d, backOff)
	down.Lift()
	c.passes(d)
	gone := c.proxy.Inject(awslocal.Fault{Method: http.MethodPost, Body: c.parameter, Do: awslocal.Answer(400, "ParameterNotFound")})
	d = c.delivers(plentyOfTime)
	d.wantError(c.t, "read ssm:"+c.parameter+": no such parameter")
	gone.Lift()
	c.passes(d)
	if asked := c.slack.Requests(); asked != 0 {
		c.t.Errorf("%d posts without a claim or an address", asked)
	}
	for _, after := range []int{1, 2} { // of the claim that takes over what was released; and, not to hit its second try, of the note
		c.proxy.Inject(awslocal.Fault{Method: http.MethodPut, Path: "/told/slack/", After: after, Times: 1, Do: awslocal.LoseAnswer()})
	}
	c.delivers(plentyOfTime)
	c.delivers(plentyOfTime)
	c.wantTold(1, "status 503")
	if c.claim(news().ID).Done.IsZero() {
		c.t.Error("not noted as done")
	}
}

// A function without its environment says everything that is missing, and serves nothing.
func withoutEnvironment(t *testing.T, dir string) {
	in := awslocal.NewRuntime(t, awslocal.Function{Dir: dir}).Invoke([]byte(`{}`), plentyOfTime)
	printed := strings.Join(in.Stdout, "\n")
	for _, name := range []string{"ROLLCALL_BUCKET", "ROLLCALL_QUEUE", "ROLLCALL_SLACK_WEBHOOK"} {
		if in.Error == "" || !strings.Contains(printed, name) {
			t.Errorf("error %q, printed %s, want %s", in.Error, printed, name)
		}
	}
}
