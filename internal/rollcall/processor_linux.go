package rollcall

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// quota is the share of processors that the control groups of this process leave it, of
// version 1 and 2 (man 7 cgroups; kernel documentation, "CFS Bandwidth Control" and "Control
// Group v2"): the least of its own group and of those that this one lies in, up to the root
// of what is mounted here. 0: there is none, or it cannot be read. The runtime of Go looks
// at its own group alone, rounds up, and tells nobody.
func quota() float64 { return quotaBelow("/") }

// quotaBelow is the quota by the files below a root.
func quotaBelow(root string) float64 {
	text := func(name ...string) string {
		all, err := os.ReadFile(filepath.Join(name...))
		if err != nil {
			return ""
		}
		return string(all)
	}
	least := 0.0
	for _, h := range hierarchies(text(root, "proc/self/cgroup"), text(root, "proc/self/mountinfo")) {
		mount, group := filepath.Join(root, h.mount), h.group
		if _, err := os.Stat(filepath.Join(mount, group)); err != nil {
			group = "/" // in a container its path may be one of the machine around it
		}
		for ; ; group = path.Dir(group) {
			limit := text(mount, group, "cpu.max")
			if h.version == 1 {
				limit = text(mount, group, "cpu.cfs_quota_us") + " " + text(mount, group, "cpu.cfs_period_us")
			}
			if share := shareOf(limit); share > 0 && (least == 0 || share < least) {
				least = share
			}
			if len(group) < 2 { // the root
				break
			}
		}
	}
	return least
}

// hierarchy is a tree of control groups that may limit processor time.
type hierarchy struct {
	version int
	mount   string // where it is mounted
	group   string // this process's own below it; "/" where it cannot be told
}

// hierarchies reads /proc/self/cgroup and /proc/self/mountinfo. Lines that make no sense are
// left out.
func hierarchies(groups, mounts string) (all []hierarchy) {
	own := map[int]string{}
	for line := range strings.Lines(groups) { // hierarchy:controllers:path
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(parts) < 3 || !strings.HasPrefix(parts[2], "/"):
		case parts[0] == "0":
			own[2] = parts[2]
		case slices.Contains(strings.Split(parts[1], ","), "cpu"):
			own[1] = parts[2]
		}
	}
	for line := range strings.Lines(mounts) {
		// id parent device ROOT MOUNT options optional... - TYPE source SUPEROPTIONS
		before, after, _ := strings.Cut(line, " - ")
		here, kind := strings.Fields(before), strings.Fields(after)
		if len(here) < 6 || len(kind) < 3 {
			continue
		}
		h := hierarchy{mount: unescaped(here[4])}
		switch {
		case kind[0] == "cgroup2":
			h.version = 2
		case kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), "cpu"):
			h.version = 1
		default:
			continue
		}
		h.group = below(unescaped(here[3]), own[h.version])
		all = append(all, h)
	}
	return all
}

// below is the path of a group below the root of a mount. One that is not there, or that
// lies above what this process may see, is the root.
func below(root, group string) string {
	rest, inside := strings.CutPrefix(group, strings.TrimSuffix(root, "/"))
	if !inside || !strings.HasPrefix(rest, "/") || strings.Contains(rest+"/", "/../") {
		return "/"
	}
	return rest
}

// unescaped is a path of mountinfo, in which white space and backslashes stand as numbers
// (man 5 proc_pid_mountinfo).
func unescaped(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// shareOf reads a quota and its period, both in microseconds, as a share of processors. 0:
// there is no limit ("max", or -1), or it makes no sense.
func shareOf(limit string) float64 {
	parts := strings.Fields(limit)
	if len(parts) != 2 {
		return 0
	}
	quota, err := strconv.ParseInt(parts[0], 10, 64)
	period, wrong := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || wrong != nil || quota <= 0 || period <= 0 {
		return 0
	}
	return float64(quota) / float64(period)
}
