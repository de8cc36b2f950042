package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// made is where `make package` has put a release, which it then has proven here.
var made = flag.String("dist", "", "folder of a release that `make package` has made")

// Same content, same zip: whenever it was built, under whatever umask.
func TestZip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var zips [][]byte
	for i, mode := range []os.FileMode{0o755, 0o600} {
		built := filepath.Join(dir, fmt.Sprint("built ", i))
		if err := os.Mkdir(built, 0o700); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(built, "bootstrap")
		if err := os.WriteFile(name, []byte("a function\n"), mode); err != nil {
			t.Fatal(err)
		}
		then := time.Date(2001+i, 2, 3, 4, 5, 6, 0, time.UTC)
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(built, "function.zip")
		said, err := exec.Command("make", "-s", "-C", "../..", "zip", "FOLDER="+built, "ZIP="+to).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		zips = append(zips, readBytes(t, to))
	}
	if !bytes.Equal(zips[0], zips[1]) {
		t.Error("the same function gave two zips: does it hold a time, or the mode of the file?")
	}
	if got := string(onlyBootstrap(t, zips[0])); got != "a function\n" {
		t.Errorf("packed %q", got)
	}
}

// onlyBootstrap is what a function's zip holds: bootstrap at its root, to be executed by
// whomever Lambda runs it as, and nothing else.
func onlyBootstrap(t *testing.T, packed []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"bootstrap"}) {
		t.Fatalf("holds %v, want bootstrap alone: a targets file is of whoever deploys", names)
	}
	if mode := z.File[0].Mode(); !mode.IsRegular() || mode.Perm()&0o555 != 0o555 {
		t.Errorf("mode of bootstrap is %v, want that everybody may read and execute it", mode)
	}
	r, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A release holds what it says, for what it says, of one commit.
func TestRelease(t *testing.T) {
	if *made == "" {
		t.Skip("of `make package`, which gives -dist")
	}
	var want []string
	commits := map[string]bool{}
	for _, arch := range []string{"arm64", "amd64"} {
		for _, function := range []string{"check", "slack"} {
			name := "rollcall-" + function + "-linux-" + arch
			want = append(want, name+".cdx.json", name+".zip")
			binary := onlyBootstrap(t, readBytes(t, filepath.Join(*made, name+".zip")))
			runsOn(t, name, binary, arch)
			info := holdsItsBuild(t, name, binary, "rollcall/functions/"+function, "linux", arch)
			listsWhatItHolds(t, name, info, "github.com/aws/aws-lambda-go")
			commits[info.Main.Version] = true
		}
		for _, system := range []string{"darwin", "linux"} {
			name := "rollcall-" + system + "-" + arch
			want = append(want, name, name+".cdx.json")
			info := holdsItsBuild(t, name, readBytes(t, filepath.Join(*made, name)), "rollcall/cmd/rollcall", system, arch)
			listsWhatItHolds(t, name, info, "github.com/spf13/cobra")
			commits[info.Main.Version] = true
		}
	}
	if len(commits) != 1 {
		t.Errorf("versions %v, want one", slices.Sorted(maps.Keys(commits)))
	}
	want = append(want, "licences.txt")
	slices.Sort(want)
	sumsAreRight(t, want)
	for _, words := range []string{"Apache License", "The Go Authors", "Copyright Amazon.com", readFile(t, "../../LICENSE")} {
		if !strings.Contains(readFile(t, filepath.Join(*made, "licences.txt")), words) {
			t.Errorf("licences.txt has no %q", words)
		}
	}
}

// runsOn holds a function's binary to running in Lambda: linked for its processor, and
// needing nothing of the system's.
func runsOn(t *testing.T, name string, binary []byte, arch string) {
	t.Helper()
	machine := map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64}[arch]
	program, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer program.Close()
	if program.Machine != machine || program.Type != elf.ET_EXEC {
		t.Errorf("%s: %v, %v, want a program for %v", name, program.Machine, program.Type, machine)
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			t.Errorf("%s wants a loader, which Lambda's image need not have", name)
		}
	}
}

// holdsItsBuild reads what the toolchain recorded: of which commit, and that nothing of the
// machine that built it is in there.
func holdsItsBuild(t *testing.T, name string, binary []byte, path, system, arch string) *debug.BuildInfo {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	same(t, name+" is", []string{info.Path, settings["GOOS"], settings["GOARCH"], settings["CGO_ENABLED"], settings["-trimpath"]},
		[]string{path, system, arch, "0", "true"})
	if _, err := time.Parse(time.RFC3339, settings["vcs.time"]); err != nil || !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(settings["vcs.revision"]) || settings["vcs.modified"] == "" {
		t.Errorf("%s: of commit %q, %q, modified %q, want all three", name, settings["vcs.revision"], settings["vcs.time"], settings["vcs.modified"])
	}
	if v := info.Main.Version; !strings.HasPrefix(v, "v") || strings.HasSuffix(v, "+dirty") != (settings["vcs.modified"] == "true") {
		t.Errorf("%s: version %q, modified %q, want a version of the commit", name, v, settings["vcs.modified"])
	}
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(binary, []byte(here+"/")) {
		t.Errorf("%s holds the path %s", name, here)
	}
	return info
}

// listsWhatItHolds holds an SBOM to the modules of its binary, and to nothing that another
// run would write otherwise.
func listsWhatItHolds(t *testing.T, name string, info *debug.BuildInfo, one string) {
	t.Helper()
	var bom struct {
		SerialNumber string
		Metadata     struct {
			Timestamp string
			Component struct{ Version string }
		}
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(readBytes(t, filepath.Join(*made, name+".cdx.json")), &bom); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if bom.SerialNumber != "" || bom.Metadata.Timestamp != "" {
		t.Errorf("SBOM of %s: serial number %q, timestamp %q, want none", name, bom.SerialNumber, bom.Metadata.Timestamp)
	}
	same(t, "SBOM of "+name+" is of", bom.Metadata.Component.Version, info.Main.Version)
	listed := map[string]string{}
	for _, c := range bom.Components {
		listed[c.Name] = c.Version
	}
	held := map[string]string{"std": info.GoVersion}
	for _, module := range info.Deps {
		held[module.Path] = module.Version
	}
	same(t, "SBOM of "+name, listed, held)
	if held[one] == "" {
		t.Errorf("%s holds no %s", name, one)
	}
}

// sumsAreRight holds SHA256SUMS to the files that are wanted, no more and no fewer.
func sumsAreRight(t *testing.T, want []string) {
	t.Helper()
	var lines []string
	for _, name := range want {
		sum := sha256.Sum256(readBytes(t, filepath.Join(*made, name)))
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+name)
	}
	same(t, "SHA256SUMS", strings.Split(strings.TrimSpace(readFile(t, filepath.Join(*made, "SHA256SUMS"))), "\n"), lines)
	entries, err := os.ReadDir(*made)
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, e := range entries {
		there = append(there, e.Name())
	}
	same(t, "files of the release", there, slices.Sorted(slices.Values(append(want, "SHA256SUMS"))))
}

func readBytes(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
