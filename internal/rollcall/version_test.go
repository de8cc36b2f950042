package rollcall

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	const commit = "0e7919b7d3f1c2a4b5d6e7f8091a2b3c4d5e6f70"
	for _, c := range []struct{ what, version, revision, modified, want string }{
		{"a tag", "v1.2.3", commit, "false", "v1.2.3"},
		{"a commit", "v0.0.0-20261122210405-0e7919b7d3f1", commit, "false", "v0.0.0-20261122210405-0e7919b7d3f1"},
		{"and more", "v0.0.0-20261122210405-0e7919b7d3f1+dirty", commit, "true", "v0.0.0-20261122210405-0e7919b7d3f1+dirty"},
		{"a commit that makes no version", "(devel)", commit, "false", "devel-0e7919b7d3f1"},
		{"and more than that", "", commit, "true", "devel-0e7919b7d3f1+dirty"},
		{"no commit", "(devel)", "", "", "devel"},
		{"nothing at all", "", "", "", "devel"},
	} {
		info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "-compiler", Value: "gc"}}}
		info.Main.Version = c.version
		if c.revision != "" {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.revision", Value: c.revision}, debug.BuildSetting{Key: "vcs.modified", Value: c.modified})
		}
		if got := versionOf(info); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
