package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"rollcall/internal/peer"
)

// channels is what happens between the topics and Slack.
func channels() []story {
	return []story{{
		name: "an alarm for operators",
		from: 142, to: 142,
		acts:  map[int]func(*world){142: (*world).rings},
		posts: []func(int) string{posting("ALARM: shop-Stopped")},
	}, {
		// What was refused meanwhile is posted once the parameter holds the new address.
		name: "the webhook is revoked, and another one put into its parameter",
		from: 182, to: 186,
		troubles: []trouble{{who: "web-6", from: 182, to: 185, how: fails}},
		acts: map[int]func(*world){
			183: func(w *world) { w.channel.Revoke(); w.happened() },
			186: (*world).rotates,
		},
		owes: []owed{on(183, "opened web-6"), on(185, "recovered web-6")},
	}, {
		name: "Slack is busy, then out of order",
		from: 192, to: 195,
		troubles: []trouble{{who: "web-7", from: 192, to: 195, how: fails}},
		acts: map[int]func(*world){193: func(w *world) {
			w.channel.Next(peer.Saying(http.StatusTooManyRequests, "rate_limited", "30"), peer.Saying(http.StatusInternalServerError, "rollup_error", ""))
			w.happened()
		}},
		owes: []owed{on(193, "opened web-7"), on(195, "recovered web-7")},
	}, {
		// Nobody can know that it stands in the channel: it is posted once more, with the same id.
		name: "the function for Slack is killed when it has posted",
		from: 196, to: 200,
		troubles: []trouble{{who: "web-8", from: 196, to: 199, how: fails}},
		acts: map[int]func(*world){
			197: func(w *world) {
				w.channel.Next(func(_ http.ResponseWriter, r *http.Request, take func()) {
					take()
					w.slack.Kill()
					<-r.Context().Done()
				})
				w.happened()
			},
			198: func(w *world) { // by the wall its claim would stand for another half a minute
				w.document("told/slack/"+w.id(197+w.current.base), func(d map[string]any) {
					sooner(d, "claimed", interval)
					sooner(d, "until", interval)
				})
			},
		},
		owes:  []owed{on(197, "opened web-8"), on(199, "recovered web-8")},
		posts: []func(int) string{post(197)},
	}}
}

// rotates puts the webhook that is in force into its parameter, by README's command where there
// is one, which reads the address from its input.
func (w *world) rotates() {
	w.webhooks = append(w.webhooks, w.channel.Webhook())
	put := exec.Command("aws", "ssm", "put-parameter", "--name", w.webhook, "--type", "SecureString", "--overwrite", "--value", "file:///dev/stdin")
	put.Stdin, put.Env = strings.NewReader(w.channel.Webhook()+"\n"), append(w.credentials(), "AWS_ENDPOINT_URL="+w.moto.URL())
	if err := exec.Command("aws", "--version").Run(); err != nil && os.Getenv("CI") != "true" {
		w.t.Logf("round %d: without the command aws: %v", w.now, err)
		w.moto.SetParameter(w.t, w.webhook, w.channel.Webhook())
		return
	}
	out, err := put.CombinedOutput()
	if err != nil {
		w.t.Errorf("round %d: %v: %v\n%s", w.now, put, err, out)
	}
	w.said.Write(out)
}

// rings is an alarm of CloudWatch, which nobody here evaluates.
func (w *world) rings() {
	_, err := sns.NewFromConfig(w.cloud).Publish(w.t.Context(), &sns.PublishInput{
		TopicArn: aws.String(w.stack.Ref("OperatorTopic")), Subject: aws.String(`ALARM: "shop-Stopped" in EU (Frankfurt)`),
		Message: aws.String(`{"AlarmName":"shop-Stopped","NewStateValue":"ALARM","OldStateValue":"OK","NewStateReason":"no datapoints were received"}`),
	})
	must(w.t, err)
}
