package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// What is planted, and must be found nowhere. The first three stand in the targets file as
// references; targets repeat them in their answers.
var vault = map[string]string{
	"VAULT_TOKEN": "tok/en+canary=9f3b&signs?",
	"VAULT_BODY":  `canary "payload" <4d1c> & more`,
	"VAULT_KEY":   "canary-in-the-query-77aa01",
}

const (
	credential = "canary/credential+5b2e"
	session    = "canary/session+token+c40d=="
)

// secrets are targets that give away what they were told.
func secrets() []story {
	names := []string{"vault-json", "vault-header", "vault-redirect"}
	s := story{name: "targets that give away what they were told", from: 12, to: 14}
	for _, name := range names {
		s.troubles = append(s.troubles, trouble{who: name, from: 12, to: 14, how: tells})
		s.owes = append(s.owes, on(13, "opened "+name), on(14, "recovered "+name))
	}
	s.acts = map[int]func(*world){14: func(w *world) {
		w.asks("why", names[0])
		w.asks("why", names[1], "-o", "json")
		w.happened()
	}}
	return []story{s}
}

// spelled is how a secret may be written down.
func spelled(value string) []string {
	inJSON, _ := json.Marshal(value)
	all := []string{value, string(inJSON[1 : len(inJSON)-1]), fmt.Sprintf("%q", value), url.QueryEscape(value), url.PathEscape(value),
		hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value)))}
	for before := range 3 { // bytes that may stand before it in a group of three
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			whole := e.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
			all = append(all, whole[(before*8+5)/6:(before+len(value))*8/6])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// searches looks for every secret in everything that was produced.
func (w *world) searches(casts []*cast) {
	w.t.Helper()
	planted := map[string]string{"the credential": credential, "the session's token": session}
	for name, value := range vault {
		planted[name] = value
	}
	for i, address := range w.webhooks {
		at, err := url.Parse(address)
		must(w.t, err)
		planted[fmt.Sprint("webhook ", i+1)] = at.Path
	}
	produced, bytes := w.produced(true), 0
	for where, text := range produced {
		bytes += len(text)
		for name, value := range planted {
			for _, s := range spelled(value) {
				if at := strings.Index(text, s); at >= 0 {
					w.t.Errorf("%s holds %s as %q: ...%s...", where, name, s, text[max(0, at-200):min(len(text), at+200)])
				}
			}
		}
	}
	if slices.ContainsFunc(casts, func(c *cast) bool { return c.name == secrets()[0].name }) {
		for _, where := range []string{"messages", "slack", "command", "the log of the function that checks", stateKey} {
			for name := range vault {
				if name != "VAULT_BODY" && !strings.Contains(w.all(produced, where), "${env:"+name+"}") {
					w.t.Errorf("%s does not hold ${env:%s}: nobody gave it away, or its place is empty", where, name)
				}
			}
		}
	}
	w.t.Logf("%d planted secrets were looked for in %d texts that were produced, %d KB, in some %d spellings each",
		len(planted), len(produced), bytes>>10, len(spelled(credential)))
}

// all is every text whose name has a part.
func (w *world) all(produced map[string]string, part string) string {
	var b strings.Builder
	for name, text := range produced {
		if strings.Contains(name, part) {
			b.WriteString(text)
		}
	}
	return b.String()
}

// produced is everything that was printed, told and, if that is wanted, stored, old versions too.
func (w *world) produced(stored bool) map[string]string {
	w.t.Helper()
	all := map[string]string{
		"the log of the function that checks": w.check.Printed(),
		"the log of the function for Slack":   w.slack.Printed(),
		"rounds":                              w.timeline(),
		"command":                             w.said.String(),
		"operators":                           strings.Join(w.alarms, "\n"),
	}
	for i, r := range w.others {
		all[fmt.Sprintf("the log of function %d", i+1)] = r.Printed()
	}
	for _, m := range w.heard {
		all["messages"] += fmt.Sprintf("told in round %d: %s\n", m.told, m.body)
	}
	for _, p := range w.channel.Posts() {
		all["slack"] += p.Body + "\n"
	}
	if !stored {
		return all
	}
	objects := s3.NewFromConfig(w.cloud)
	for _, bucket := range []string{w.bucket(), w.lists} {
		pages := s3.NewListObjectVersionsPaginator(objects, &s3.ListObjectVersionsInput{Bucket: &bucket})
		for pages.HasMorePages() {
			page, err := pages.NextPage(w.t.Context())
			must(w.t, err)
			for _, v := range page.Versions {
				in := &s3.GetObjectInput{Bucket: &bucket, Key: v.Key, VersionId: v.VersionId}
				if aws.ToString(v.VersionId) == "null" {
					in.VersionId = nil
				}
				got, err := objects.GetObject(w.t.Context(), in)
				must(w.t, err)
				data, err := io.ReadAll(got.Body)
				must(w.t, err)
				got.Body.Close()
				all[*v.Key] += string(data) + "\n"
			}
		}
	}
	return all
}
