package rollcall

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lines of mountinfo, of a machine of its own and of containers.
const (
	v2Whole     = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
	v1Whole     = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	v1Sets      = "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
	v1Container = "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
)

// tree lays files below a folder; each text is "path: what is in it".
func tree(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, ": ")
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, text)
	}
	return root
}

func TestQuota(t *testing.T) {
	for _, c := range []struct {
		about  string
		groups string // /proc/self/cgroup
		mounts string
		files  []string
		want   float64
	}{
		{"nothing is known", "", "", nil, 0},
		{"groups without mounts", "0::/a\n", "", []string{"sys/fs/cgroup/a/cpu.max: 29000 100000\n"}, 0},

		{"version 2", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max: 29000 100000\n"}, 0.29},
		{"more than one", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max: 250000 100000\n"}, 2.5},
		{"unlimited", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max: max 100000\n"}, 0},
		{"the parent allows less", "0::/a/b/c\n", v2Whole, []string{
			"sys/fs/cgroup/a/cpu.max: 40000 20000\n", "sys/fs/cgroup/a/b/cpu.max: 10000 20000\n", "sys/fs/cgroup/a/b/c/cpu.max: 20000 20000\n"}, 0.5},
		{"only the parent limits", "0::/a/b\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max: 29000 100000\n", "sys/fs/cgroup/a/b/cpu.max: max 100000\n"}, 0.29},
		{"the parent says nothing", "0::/a/b\n", v2Whole, []string{"sys/fs/cgroup/a/b/cpu.max: 29000 100000\n"}, 0.29},
		{"a brother's is none of ours", "0::/a/b\n", v2Whole, []string{"sys/fs/cgroup/a/c/cpu.max: 1000 100000\n", "sys/fs/cgroup/a/b/cpu.max: max 100000\n"}, 0},
		{"the root of a container", "0::/\n", v2Whole, []string{"sys/fs/cgroup/cpu.max: 50000 100000\n"}, 0.5},
		{"the root limits too", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/cpu.max: 50000 100000\n", "sys/fs/cgroup/a/cpu.max: 80000 100000\n"}, 0.5},
		{"a path of the machine outside", "0::/system.slice/docker.scope\n", v2Whole, []string{"sys/fs/cgroup/cpu.max: 50000 100000\n"}, 0.5},
		{"and nothing of its parents", "0::/a/b\n", v2Whole, []string{"sys/fs/cgroup/cpu.max: 50000 100000\n", "sys/fs/cgroup/a/cpu.max: 10000 100000\n"}, 0.5},
		{"above what may be seen", "0::/../../a\n", v2Whole, []string{"sys/fs/cgroup/cpu.max: 50000 100000\n", "sys/a/cpu.max: 1000 100000\n", "a/cpu.max: 1000 100000\n"}, 0.5},
		{"a colon in the path", "0::/a:b\n", v2Whole, []string{"sys/fs/cgroup/a:b/cpu.max: 29000 100000\n"}, 0.29},
		{"a space in the mount", "0::/a\n", strings.Replace(v2Whole, "/sys/fs/cgroup", `/sys\040fs`, 1), []string{"sys fs/a/cpu.max: 29000 100000\n"}, 0.29},

		{"version 1", "4:cpu,cpuacct:/a\n0::/\n", v1Whole, []string{"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us: 5800\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us: 20000\n"}, 0.29},
		{"unlimited in version 1", "4:cpu,cpuacct:/a\n", v1Whole, []string{"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us: -1\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us: 100000\n"}, 0},
		{"the parent in version 1", "4:cpu:/a/b\n", v1Whole, []string{
			"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us: 7000\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us: 100000\n",
			"sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us: 9000\n", "sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us: 100000\n"}, 0.07},
		{"a container in version 1", "4:cpu:/docker/abc\n", v1Container, []string{"sys/fs/cgroup/cpu/cpu.cfs_quota_us: 150000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us: 100000\n"}, 1.5},
		{"a group in a container", "4:cpu:/docker/abc/d\n", v1Container, []string{"sys/fs/cgroup/cpu/d/cpu.cfs_quota_us: 50000\n", "sys/fs/cgroup/cpu/d/cpu.cfs_period_us: 100000\n"}, 0.5},
		{"a name that only begins alike", "4:cpu:/docker/abcd\n", v1Container, []string{"sys/fs/cgroup/cpu/d/cpu.cfs_quota_us: 50000\n", "sys/fs/cgroup/cpu/d/cpu.cfs_period_us: 100000\n"}, 0},
		{"which processors is another matter", "5:cpuset:/a\n", v1Sets, []string{"sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us: 1000\n", "sys/fs/cgroup/cpuset/a/cpu.cfs_period_us: 100000\n"}, 0},
		{"no period", "4:cpu:/a\n", v1Whole, []string{"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us: 5800\n"}, 0},
		{"both versions", "4:cpu:/a\n0::/b\n", v1Whole + v2Whole, []string{
			"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us: 5800\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us: 20000\n", "sys/fs/cgroup/b/cpu.max: 20000 100000\n"}, 0.2},

		{"garbage in the quota", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max: much 100000\n"}, 0},
		{"garbage in one, sense in the other", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max: 0 0\n", "sys/fs/cgroup/cpu.max: 50000 100000\n"}, 0.5},
		{"garbage all round", "a\n:::\n0::b\n\x00", "- - -\n\n1 2 3 / /x - cgroup2\n" + v2Whole, []string{"sys/fs/cgroup/cpu.max: \xff\n"}, 0},
		{"a folder in place of the file", "0::/a\n", v2Whole, []string{"sys/fs/cgroup/a/cpu.max/x: 1 2\n"}, 0},
	} {
		t.Run(c.about, func(t *testing.T) {
			root := tree(t, append(c.files, "proc/self/cgroup: "+c.groups, "proc/self/mountinfo: "+c.mounts)...)
			if got := quotaBelow(root); got != c.want {
				t.Errorf("%v of a processor, want %v", got, c.want)
			}
		})
	}
	if got := quotaBelow(filepath.Join(t.TempDir(), "nowhere")); got != 0 {
		t.Errorf("without any file: %v, want unknown", got)
	}
}

// Whatever stands there, it is a share or nothing, and no path leads out of the mount.
func FuzzQuota(f *testing.F) {
	f.Add("0::/a/b\n", v2Whole, "29000 100000\n")
	f.Add("4:cpu,cpuacct:/docker/abc\n0::/../x\n", v1Container+v2Whole, "max 100000\n")
	f.Add("1:cpu:/./.././/\n", v1Whole, "-1 0")
	f.Fuzz(func(t *testing.T, groups, mounts, limit string) {
		if share := shareOf(limit); share < 0 || math.IsInf(share, 0) || math.IsNaN(share) {
			t.Errorf("%q is %v of a processor", limit, share)
		}
		for _, h := range hierarchies(groups, mounts) {
			if !strings.HasPrefix(h.group, "/") || strings.Contains(h.group+"/", "/../") || h.version != 1 && h.version != 2 {
				t.Errorf("%q and %q give %+v", groups, mounts, h)
			}
		}
	})
}
