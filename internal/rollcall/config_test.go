package rollcall

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// The last good copy stands in for a list that is wrong, in the bucket as in a folder, and
// people hear of it once, and once when it is mended.
func TestLastGoodCopy(t *testing.T) {
	moto, proxy := behindProxy(t)
	c := newCloud(t, moto, proxy)
	good, err := os.ReadFile(c.file)
	c.must(err)
	write(t, c.file, "fleet: shop\n")
	if _, err := c.invocation("i0").Round(t.Context(), c.round(0), "i0"); err == nil || !strings.Contains(err.Error(), "no last good copy of fleet shop") {
		t.Errorf("without any copy: %v, want an error that says so", err)
	}
	write(t, c.file, string(good))
	first := c.invocation("i1")
	for n := 1; n <= 2; n++ {
		play(t, first.Rollcall, c.round(n), fmt.Sprint("i", n))
	}
	if kept := proxy.Requests(http.MethodPut, "/"+c.bucket+"/config/shop/last-good.yaml"); len(kept) != 1 || kept[0].Body != string(good) {
		t.Errorf("kept %d times, want once: nothing had changed", len(kept))
	}

	write(t, c.file, "fleet: shop\ntargets:\n  - {name: a, url: https://a.example.com, evry: 1m}\n  - 17\n")
	if report := c.completes(c.round(3), "i3"); len(report.Results) != 1 || report.Results[0].Target.Name != "a" || report.Counts.Up != 1 {
		t.Errorf("asked %+v, want the target of the last good copy", report.Results)
	}
	c.completes(c.round(4), "i4")
	write(t, c.file, strings.ReplaceAll(string(good), "fleet: shop", "fleet: bakery"))
	c.completes(c.round(5), "i5")
	write(t, c.file, string(good))
	c.completes(c.round(6), "i6")

	told := c.wantTold("first", "news +config", "news -config")
	if len(told) == 3 {
		cause, want := told[1].Opened[0].Cause, c.file+`:3:43: unknown key "evry"; did you mean "every"?`
		if !strings.HasPrefix(cause, want) || !strings.HasSuffix(cause, "(and 1 more). The last good copy is used until it is mended") {
			t.Errorf("cause %q, want it to begin with %q and to name what is used", cause, want)
		}
		if cause := told[2].Closed[0].Cause; !strings.Contains(cause, `fleet "bakery", want "shop"`) {
			t.Errorf("cause %q, want both fleets", cause)
		}
	}
	c.wantState(0, "i1", "i2", "i3", "i4", "i5", "i6")
}

// Without the name of its fleet a laptop has nobody's last good copy to look for.
func TestWrongListOfNobody(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	good := fmt.Sprintf("fleet: shop\ntargets: [%q]\n", well.URL)
	s := Settings{Config: file(t, good), Store: t.TempDir()}
	play(t, open(t, s), thisMinute(), "i1")
	write(t, s.Config, "fleet: shop\n")
	if _, err := open(t, s).Round(t.Context(), thisMinute().Add(time.Minute), "i2"); err == nil || !strings.Contains(err.Error(), "targets") {
		t.Errorf("got %v, want the problem of the file", err)
	}
	s.Fleet = "shop"
	play(t, open(t, s), thisMinute().Add(time.Minute), "i3")
}

// A reference that is not set where the rounds run is a wrong list too.
func TestReferenceNotSet(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	var told voice
	s := Settings{Config: file(t, fmt.Sprintf("fleet: shop\ntargets: [{name: a, url: %q}]\n", well.URL)), Fleet: "shop", Store: t.TempDir(), Voice: &told}
	play(t, open(t, s), thisMinute(), "i1")
	write(t, s.Config, fmt.Sprintf("fleet: shop\ntargets: [{name: a, url: %q, http: {headers: {X-Token: '${env:NOT_SET_HERE}'}}}]\n", well.URL))
	play(t, open(t, s), thisMinute().Add(time.Minute), "i2")
	if len(told.told) != 2 || !strings.Contains(told.told[1].Opened[0].Cause, "environment variable NOT_SET_HERE is not set") {
		t.Errorf("told %+v, want a config incident that names the variable", told.told)
	}
}

// The last good copy is there and the state is not: somebody should know what was forgotten.
func TestHistoryIsGone(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	var told voice
	folder := t.TempDir()
	s := Settings{Config: file(t, fmt.Sprintf("fleet: shop\ntargets: [{name: a, url: %q}]\n", well.URL)), Store: folder, Voice: &told}
	play(t, open(t, s), thisMinute(), "i1")
	if err := os.Remove(filepath.Join(folder, "state", "shop", Whole+".json")); err != nil {
		t.Fatal(err)
	}
	play(t, open(t, s), thisMinute().Add(time.Minute), "i2")
	if len(told.told) != 2 || len(told.told[1].Opened) != 1 || told.told[1].Opened[0].Subject.Name != health.FaultHistory {
		t.Errorf("told %+v, want a history incident", told.told)
	}
}
