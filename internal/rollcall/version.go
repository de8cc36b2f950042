package rollcall

import "runtime/debug"

// Version is what the toolchain recorded of this build: a tag, a commit, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
