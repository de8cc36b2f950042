package awslocal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits are what the processes of a [Group] may have, all together. Zero: no limit.
type Limits struct {
	Share  float64 // of a core, dealt out each [Period]
	Memory int64   // bytes, swap included; whoever takes more is killed
}

// Period is how often a share of a core is dealt out: what is measured on Lambda.
const Period = 20 * time.Millisecond

// Group is a control group of the kernel (cgroups(7)), of version 1 or 2, or what it takes of
// both. Nil is one without limits.
type Group struct {
	dirs     map[string]string // by the folder that they were made in
	versions []int             // of which they are, by limit
}

// CanHold tells which limits this machine can hold; nil: it can.
func CanHold() (share, memory error) {
	try := func(l Limits) error {
		g, err := NewGroup(l)
		if err != nil {
			return err
		}
		return g.Remove()
	}
	return try(Limits{Share: 1}), try(Limits{Memory: 1 << 30})
}

// NewGroup makes a group with limits, of which nothing is used up; without any it is nil. It
// fails where no control group can be written.
func NewGroup(l Limits) (*Group, error) {
	controls := l.controls()
	if len(controls) == 0 {
		return nil, nil
	}
	g := &Group{dirs: map[string]string{}}
	for _, c := range controls {
		if err := g.hold(c); err != nil {
			return nil, errors.Join(err, g.Remove())
		}
	}
	return g, nil
}

// Members are the files where a process writes its number to become a member.
func (g *Group) Members() []string {
	if g == nil {
		return nil
	}
	var files []string
	for _, dir := range g.dirs {
		files = append(files, filepath.Join(dir, "cgroup.procs"))
	}
	return files
}

// Version is the version of control groups that holds the first of the limits: the share, if
// there is one.
func (g *Group) Version() int { return g.versions[0] }

// Remove removes the group, once the last of its members is gone for good: it waits for a
// second at most.
func (g *Group) Remove() error {
	if g == nil {
		return nil
	}
	var all error
	for _, dir := range g.dirs {
		all = errors.Join(all, removeGroup(dir))
	}
	return all
}

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

// control is one limit in the words of both versions.
type control struct {
	controller string
	settings   [2][]setting // of version 1 and 2
}

// setting is a file of a group and what is written there.
type setting struct {
	file, text string
	spared     bool // the limit holds without it, where the kernel has no such file
}

// controls say the limits.
func (l Limits) controls() []control {
	var all []control
	if l.Share > 0 {
		period := Period.Microseconds()
		quota := strconv.FormatInt(int64(l.Share*float64(period)), 10)
		all = append(all, control{"cpu", [2][]setting{
			{{file: "cpu.cfs_period_us", text: strconv.FormatInt(period, 10)}, {file: "cpu.cfs_quota_us", text: quota}},
			{{file: "cpu.max", text: fmt.Sprintf("%s %d", quota, period)}},
		}})
	}
	if l.Memory > 0 {
		bytes := strconv.FormatInt(l.Memory, 10)
		all = append(all, control{"memory", [2][]setting{
			{{file: "memory.limit_in_bytes", text: bytes}, {file: "memory.memsw.limit_in_bytes", text: bytes, spared: true}},
			{{file: "memory.max", text: bytes}, {file: "memory.swap.max", text: "0", spared: true}, {file: "memory.oom.group", text: "1", spared: true}},
		}})
	}
	return all
}

// hold finds a place where a limit can be set, and sets it.
func (g *Group) hold(c control) error {
	var why error
	for _, p := range places(c.controller) {
		dir, is := g.dirs[p.parent]
		if p.version == 2 { // whoever may not hand a controller down may have been handed it
			_ = os.WriteFile(filepath.Join(p.parent, "cgroup.subtree_control"), []byte("+"+c.controller), 0)
		}
		var err error
		if !is {
			sweep(p.parent)
			dir, err = os.MkdirTemp(p.parent, fmt.Sprintf("rollcall-%d-", os.Getpid()))
		}
		if err == nil {
			if err = write(dir, c.settings[p.version-1]); err != nil && !is {
				err = errors.Join(err, removeGroup(dir))
			}
		}
		if err == nil {
			g.dirs[p.parent], g.versions = dir, append(g.versions, p.version)
			return nil
		}
		why = errors.Join(why, err)
	}
	if why == nil {
		why = errors.New("there are none")
	}
	return fmt.Errorf("no control group with the controller %s can be made here: %w", c.controller, why)
}

// sweep removes the groups of processes that were killed before they could.
func sweep(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, "rollcall-*-*")) // the pattern is well formed
	for _, dir := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), "rollcall-"), "-")
		if _, err := os.Stat("/proc/" + pid); errors.Is(err, os.ErrNotExist) {
			_ = os.Remove(dir) // not one that has members
		}
	}
}

func write(dir string, settings []setting) error {
	for _, s := range settings {
		// No O_CREATE: where there is no such file there is no such controller.
		file, err := os.OpenFile(filepath.Join(dir, s.file), os.O_WRONLY|os.O_TRUNC, 0)
		if s.spared && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			_, err = file.WriteString(s.text)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place is a folder in which groups may be made, and their version.
type place struct {
	version int
	parent  string
}

// places are where a controller may be at hand, by what this process sees (proc(5),
// /proc/self/mounts); none on systems without control groups.
func places(controller string) []place {
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return nil
	}
	defer f.Close()
	var all []place
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // what, where, kind, options
		switch {
		case len(fields) < 4:
		case fields[2] == "cgroup" && slices.Contains(strings.Split(fields[3], ","), controller):
			all = append(all, place{1, fields[1]}, place{1, filepath.Join(fields[1], ownGroup(controller))})
		case fields[2] == "cgroup2":
			all = append(all, place{2, fields[1]}, place{2, filepath.Join(fields[1], ownGroup(""))})
		}
	}
	return all
}

// ownGroup is the group of this process under a controller, or in version 2 (cgroups(7)).
func ownGroup(controller string) string {
	text, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) {
			return parts[2]
		}
	}
	return ""
}
