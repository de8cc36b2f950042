package rollcall

import "runtime/debug"

// Version is what the toolchain recorded of this build: the tag of its commit; where there is
// none, v0.0.0 with the time and the beginning of the commit; "+dirty" behind it when not
// everything was committed. "devel" is a build without any of that, such as by `go run`.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return versionOf(info)
}

// versionOf is the version that a build info tells. The toolchain leaves it out, and has the
// commit only, where it can make none of it, as in a clone without its history.
func versionOf(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit == "" {
		return "devel"
	}
	return "devel-" + commit + dirty
}
