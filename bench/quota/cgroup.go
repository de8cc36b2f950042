package quota

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cgroup is a folder below which a group with a quota can be made.
type cgroup struct {
	version int
	parent  string
}

func (c cgroup) Name() string {
	return fmt.Sprintf("cgroup v%d CPU quota, period %s", c.version, Period)
}

// newV1 finds the controller "cpu" of cgroup version 1.
func newV1() (Mechanism, error) {
	for _, m := range mounts() {
		if m.kind != "cgroup" || !m.has("cpu") {
			continue
		}
		for _, parent := range []string{m.where, filepath.Join(m.where, ownGroup("cpu"))} {
			if c := (cgroup{1, parent}); c.works() {
				return c, nil
			}
		}
	}
	return nil, errors.New("no cgroup v1 with the controller cpu can be written")
}

// newV2 finds the one hierarchy of cgroup version 2, if its controller "cpu" is at hand.
func newV2() (Mechanism, error) {
	for _, m := range mounts() {
		if m.kind != "cgroup2" {
			continue
		}
		for _, parent := range []string{m.where, filepath.Join(m.where, ownGroup(""))} {
			// Whoever may not hand the controller down may have been handed it.
			_ = os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+cpu"), 0)
			if c := (cgroup{2, parent}); c.works() {
				return c, nil
			}
		}
	}
	return nil, errors.New("no cgroup v2 with the controller cpu can be written")
}

// works tries it.
func (c cgroup) works() bool {
	at, err := c.prepare(Whole)
	return err == nil && at.leave() == nil
}

// prepare makes a group of its own for each process, so that nothing is owed from the last.
func (c cgroup) prepare(share float64) (place, error) {
	dir, err := os.MkdirTemp(c.parent, "rollcall-bench-")
	if err != nil {
		return place{}, err
	}
	leave := func() error { return removeGroup(dir) }
	for _, f := range files(c.version, share) {
		// No O_CREATE: where there is no such file there is no such controller.
		file, err := os.OpenFile(filepath.Join(dir, f.name), os.O_WRONLY|os.O_TRUNC, 0)
		if err == nil {
			_, err = file.WriteString(f.text)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return place{}, errors.Join(err, leave())
		}
	}
	return place{procs: filepath.Join(dir, "cgroup.procs"), leave: leave}, nil
}

// setting is a file of a group and what is written there.
type setting struct{ name, text string }

// files say a share in the words of a version.
func files(version int, share float64) []setting {
	period := Period.Microseconds()
	quota := int64(share * float64(period))
	if version == 1 {
		return []setting{
			{"cpu.cfs_period_us", strconv.FormatInt(period, 10)},
			{"cpu.cfs_quota_us", strconv.FormatInt(quota, 10)},
		}
	}
	return []setting{{"cpu.max", fmt.Sprintf("%d %d", quota, period)}}
}

// removeGroup removes a group once the last that was in it is gone for good.
func removeGroup(dir string) error {
	var err error
	for range 100 {
		if err = os.Remove(dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// mount is where a hierarchy is.
type mount struct{ where, kind, options string }

func (m mount) has(option string) bool {
	for o := range strings.SplitSeq(m.options, ",") {
		if o == option {
			return true
		}
	}
	return false
}

// mounts are what this process sees (proc(5), /proc/self/mounts).
func mounts() []mount {
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return nil
	}
	defer f.Close()
	var all []mount
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 4 {
			all = append(all, mount{fields[1], fields[2], fields[3]})
		}
	}
	return all
}

// ownGroup is the group of this process under a controller, or in version 2 (cgroups(7)).
func ownGroup(controller string) string {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && (mount{options: parts[1]}).has(controller) {
			return parts[2]
		}
	}
	return ""
}
