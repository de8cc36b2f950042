package rollcall

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
	"rollcall/internal/peer"
)

// names are the targets of a report, in its order.
func names(r health.Report) string {
	var all []string
	for _, result := range r.Results {
		all = append(all, result.Target.Name)
	}
	return strings.Join(all, " ")
}

func TestCheckChooses(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	list := file(t, fmt.Sprintf(`fleet: shop
groups: {payments: {}, empty: {}}
targets:
  - {name: home, url: "%[1]s/1"}
  - {name: checkout, url: "%[1]s/2", group: payments}
  - {name: paused, url: "%[1]s/3", group: payments, enabled: false}
  - {name: refund, url: "%[1]s/4", group: payments}
`, well.URL))
	bare := strings.TrimPrefix(well.URL, "http://")
	for _, c := range []struct {
		config string
		names  []string
		fleet  string
		want   string
		paused int
	}{
		{list, nil, "shop", "home checkout refund", 1},
		{list, []string{"refund", "home"}, "shop", "home refund", 0},
		{list, []string{"payments"}, "shop", "checkout refund", 1},
		{list, []string{"payments", "checkout"}, "shop", "checkout refund", 1},
		{list, []string{"paused"}, "shop", "", 1},
		{list, []string{"home", well.URL + "/x"}, "shop", "home " + bare + "/x", 0},
		{"nowhere.yaml", []string{well.URL + "/x", well.URL + "/x"}, "urls", bare + "/x " + bare + "/x 2", 0},
	} {
		report, err := open(t, Settings{Config: c.config}).Check(t.Context(), c.names, 10*time.Second)
		asked := len(report.Results)
		if err != nil || names(report) != c.want || report.Fleet != c.fleet || !report.Completed {
			t.Errorf("%q: %q of %q, completed %v, %v, want %q of %q", c.names, names(report), report.Fleet, report.Completed, err, c.want, c.fleet)
		}
		if want := (health.Counts{Targets: asked + c.paused, Up: asked, Paused: c.paused}); report.Counts != want {
			t.Errorf("%q: counts %+v, want %+v", c.names, report.Counts, want)
		}
	}
	for _, c := range []struct {
		names    []string
		problems int
		want     string
	}{
		{[]string{"chekout", "empty", "home"}, 2, "checkout"},
		{[]string{"ftp://a.example.com"}, 1, "ftp"},
		{[]string{"home", "https://"}, 1, "https://"},
	} {
		_, err := open(t, Settings{Config: list}).Check(t.Context(), c.names, time.Second)
		var problems fleet.Problems
		if !errors.As(err, &problems) || len(problems) != c.problems || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %d problems, with %q", c.names, err, c.problems, c.want)
		}
	}
	if _, err := open(t, Settings{Config: "nowhere.yaml"}).Check(t.Context(), []string{"home"}, time.Second); err == nil || !strings.Contains(err.Error(), "nowhere.yaml: no such file") {
		t.Errorf("without the file: %v", err)
	}
}

// Whoever watches sees each attempt once, and how many targets there are.
func TestCheckIsWatched(t *testing.T) {
	well, ill := stand(t, peer.Answering(0, http.StatusOK, "")), stand(t, peer.Answering(0, http.StatusServiceUnavailable, ""))
	list := file(t, fmt.Sprintf("fleet: shop\ntargets:\n  - {name: a, url: %q}\n  - {name: b, url: %q, attempts: 3}\n  - {name: c, url: %q, enabled: false}\n", well.URL, ill.URL, well.URL))
	seen := watch(t, list, func(r *Rollcall) (health.Report, error) { return r.Check(t.Context(), nil, 20*time.Second) })
	if want := "a 1/2 up, b 1/2 down, b 2/2 down, b 3/2 down"; seen != want {
		t.Errorf("seen %q, want %q", seen, want)
	}
}

// In a round it is those who are due.
func TestRoundIsWatched(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	list := file(t, fmt.Sprintf("fleet: shop\ntargets:\n  - {name: a, url: %q}\n  - {name: b, url: %q, every: 24h}\n", well.URL, well.URL))
	midnight := thisMinute().Truncate(24 * time.Hour) // b's own day begins at some other minute
	seen := watch(t, list, func(r *Rollcall) (health.Report, error) {
		r.settings.Interval = 24 * time.Hour
		if report, err := r.Round(t.Context(), midnight, "i1"); err != nil {
			return report, err
		}
		return r.Round(t.Context(), midnight.Add(time.Minute), "i2")
	})
	if want := "a 1/1 up, a 1/2 up, b 1/2 up"; seen != want {
		t.Errorf("seen %q, want %q", seen, want)
	}
}

// watch is what whoever watches sees, sorted: "target pass/targets status".
func watch(t *testing.T, list string, play func(*Rollcall) (health.Report, error)) string {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	_, err := play(open(t, Settings{Config: list, Watch: func(s Seen) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%s %d/%d %s", s.Target.Name, s.Pass, s.Of, s.Reading.Status))
		if since := time.Since(s.At); since < 0 || since > time.Minute {
			t.Errorf("seen at %s", s.At)
		}
	}}))
	if err != nil {
		t.Error(err)
	}
	slices.Sort(seen)
	return strings.Join(seen, ", ")
}

// Stopped in the middle, it gives what it has, says that it is not all, and blames nobody.
func TestCheckStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	hanging := stand(t, peer.Behaviour{Answer: func(_ http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
	}})
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	list := file(t, fmt.Sprintf("fleet: shop\ndefaults: {attempts: 1}\ntargets:\n  - {name: well, url: %q, timeout: 31s}\n  - {name: hanging, url: %q, timeout: 30s}\n  - {name: later, url: %q}\n", well.URL, hanging.URL, well.URL))
	began := time.Now()
	report, err := open(t, Settings{Config: list, Workers: 1}).Check(ctx, nil, 100*time.Second)
	if took := time.Since(began); err != nil || took > 10*time.Second {
		t.Errorf("%v after %s", err, took)
	}
	if report.Completed || len(report.Results) != 3 {
		t.Errorf("completed %v with %d results, want it not completed, with all three", report.Completed, len(report.Results))
	}
	for name, want := range map[string]health.Status{"well": health.Up, "hanging": health.Unknown, "later": health.Unknown} {
		if got := result(t, report, name); got.Status != want || want == health.Unknown && got.Class != health.ClassChecker {
			t.Errorf("%s: %s, %s: %s, want %s", name, got.Status, got.Class, got.Cause, want)
		}
	}
}

// Cut off while its only attempt is made: nothing is owed any more, and still it is not all.
func TestCheckStoppedAtTheEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	hanging := stand(t, peer.Behaviour{Answer: func(_ http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
	}})
	list := file(t, fmt.Sprintf("fleet: shop\ndefaults: {attempts: 1}\ntargets: [{name: a, url: %q}]\n", hanging.URL))
	report, err := open(t, Settings{Config: list}).Check(ctx, nil, 20*time.Second)
	if err != nil || report.Completed {
		t.Errorf("completed %v, %v, want it not completed", report.Completed, err)
	}
}

// Who does not fit the budget is not asked, and is nobody's fault but ours.
func TestCheckBeyondTheBudget(t *testing.T) {
	well := stand(t, peer.Answering(0, http.StatusOK, ""))
	list := file(t, fmt.Sprintf("fleet: shop\ndefaults: {attempts: 1}\ntargets:\n  - {name: a, url: %q}\n  - {name: b, url: %q}\n", well.URL, well.URL))
	var of int
	r := open(t, Settings{Config: list, Workers: 1, Watch: func(s Seen) { of = s.Of }})
	report, err := r.Check(t.Context(), nil, 1500*time.Millisecond)
	if err != nil || report.Completed || report.Counts.Up != 1 || report.Counts.Unknown != 1 || of != 1 {
		t.Errorf("counts %+v of %d asked, completed %v, %v, want one up of one asked, and one unknown", report.Counts, of, report.Completed, err)
	}
	if b := result(t, report, "b"); b.Class != health.ClassChecker || len(b.Attempts) != 0 {
		t.Errorf("b: %s: %s after %d attempts, want class checker and none", b.Class, b.Cause, len(b.Attempts))
	}
}
