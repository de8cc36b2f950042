package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The build refuses a fleet that the alarms of the deployment would not watch.
func TestTheAlarmsWatchTheFleetThatIsPacked(t *testing.T) {
	for _, c := range []struct{ what, targets, samconfig, refusal string }{
		{"the default", "fleet: rollcall # the live list", "", ""},
		{"quoted", `fleet: "rollcall"`, "", ""},
		{"renamed", "fleet: shop", "", "fleet shop, but the alarms watch rollcall"},
		{"renamed in both", "fleet: shop", `parameter_overrides = "FleetName=shop AlertEmail=a@example.com"`, ""},
		{"as sam writes it", "fleet: shop", `parameter_overrides = "AlertEmail=\"a@example.com\" FleetName=\"shop\""`, ""},
		{"as a list", "fleet: shop", `parameter_overrides = ["FleetName=shop", "MemorySize=1024"]`, ""},
		{"renamed in samconfig alone", "fleet: rollcall", `parameter_overrides = "FleetName=shop"`, "fleet rollcall, but the alarms watch shop"},
		{"longer", "fleet: shop-2", `parameter_overrides = "FleetName=shop"`, "fleet shop-2, but the alarms watch shop"},
		{"one of two stages", "fleet: shop", "parameter_overrides = \"FleetName=try\"\nparameter_overrides = \"FleetName=shop\"", ""},
		{"an example in a comment", "fleet: shop", "# parameter_overrides = \"FleetName=shop\"", "fleet shop, but the alarms watch rollcall"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"Makefile":           readFile(t, "../../Makefile"),
				"template.yaml":      readFile(t, "../../template.yaml"),
				"samconfig.toml":     "version = 0.1\n" + c.samconfig + "\n",
				"infra/targets.yaml": "# targets\n" + c.targets + "\n\ntargets:\n  - https://example.com\n",
			} {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			said, err := exec.Command("make", "-s", "-C", dir, "same-fleet").CombinedOutput()
			if (err != nil) != (c.refusal != "") || !strings.Contains(string(said), c.refusal) {
				t.Errorf("%v, saying %q, want %q", err, said, c.refusal)
			}
		})
	}
}

// The build proves that a round fits the interval and the memory that are deployed; of several
// the least.
func TestTheBuildKnowsWhatIsDeployed(t *testing.T) {
	for samconfig, want := range map[string]string{
		"": "1m 512",
		`parameter_overrides = "FleetName=shop IntervalMinutes=5"`:                                  "5m 512",
		`parameter_overrides = "FleetName=\"shop\" IntervalMinutes=\"15\" X=1"`:                     "15m 512",
		`parameter_overrides = ["IntervalMinutes=10", "MemorySize=1024"]`:                           "10m 1024",
		`parameter_overrides = "MemorySize=\"128\" IntervalMinutes=\"2\""`:                          "2m 128",
		"parameter_overrides = \"IntervalMinutes=60\"\nparameter_overrides = \"IntervalMinutes=5\"": "5m 512",
		"# parameter_overrides = \"IntervalMinutes=5 MemorySize=128\"":                              "1m 512",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"Makefile": readFile(t, "../../Makefile"), "template.yaml": readFile(t, "../../template.yaml"), "samconfig.toml": samconfig + "\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		said, err := exec.Command("make", "-s", "-C", dir, "interval", "memory").CombinedOutput()
		if got := strings.Join(strings.Fields(string(said)), " "); err != nil || got != want {
			t.Errorf("%s: %v, %q, want %s", samconfig, err, got, want)
		}
	}
	for _, want := range []string{`--interval "$$($(MAKE) -s --no-print-directory interval)"`, `--memory "$$($(MAKE) -s --no-print-directory memory)"`} {
		if !strings.Contains(readFile(t, "../../Makefile"), want) {
			t.Errorf("Makefile does not validate with %s", want)
		}
	}
}
