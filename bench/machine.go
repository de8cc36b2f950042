package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// machine is where the numbers are from.
type machine struct {
	Kernel      string    `json:"kernel"`
	Processor   string    `json:"processor"`
	Cores       int       `json:"cores"`
	MemoryMB    int       `json:"memory_mb"`
	Descriptors uint64    `json:"descriptors"` // that contenders may have which are not held to 1,024
	Go          string    `json:"go"`
	Python      string    `json:"python,omitempty"`
	Quota       string    `json:"quota"` // how shares of a core are given
	Commit      string    `json:"commit,omitempty"`
	Began       time.Time `json:"began"`
	TookS       int       `json:"took_s"` // of it all, building included
}

// describe fills in what the system says.
func describe(t track, began time.Time) machine {
	m := machine{
		Kernel: firstLine("uname", "-srm"), Processor: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version(),
		Quota: t.mechanism.Name(), Began: began.UTC().Truncate(time.Second), TookS: int(time.Since(began).Seconds()),
		Commit: firstLine("git", "describe", "--always", "--dirty", "--abbrev=12"),
	}
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		m.MemoryMB = int(uint64(info.Totalram) * uint64(info.Unit) / 1e6)
	}
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		m.Descriptors = files.Max
	}
	if t.python != "" {
		m.Python = firstLine(t.python, "--version")
	}
	return m
}

func (m machine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d cores, %d MB; %s; %s", m.Processor, m.Cores, m.MemoryMB, m.Kernel, m.Go)
	if m.Python != "" {
		fmt.Fprintf(&b, "; %s", m.Python)
	}
	fmt.Fprintf(&b, ".\nShares of a core by %s; %d descriptors, 1,024 where a contender says that it stays below them.\n", m.Quota, m.Descriptors)
	fmt.Fprintf(&b, "%s, %s, building included.", m.Began.Format("2006-01-02 15:04 UTC"), time.Duration(m.TookS)*time.Second)
	if m.Commit != "" {
		fmt.Fprintf(&b, " At %s.", m.Commit)
	}
	return b.String()
}

// cpuModel is what proc(5) says of the first core.
func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// firstLine is what a program says, or nothing.
func firstLine(words ...string) string {
	said, _ := exec.Command(words[0], words[1:]...).Output()
	line, _, _ := strings.Cut(string(said), "\n")
	return line
}
