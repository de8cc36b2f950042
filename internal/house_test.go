// Package internal holds no code of its own: only the test that keeps the house in order.
package internal

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "rollcall"

// room is one row of the house: its floor and the rooms of ours it may import. An import
// goes to a strictly lower floor, and only where the row says.
type room struct {
	floor  int
	may    []string
	pure   bool // no I/O
	aws    bool // may know the AWS SDK
	below  bool // may import any room on a lower floor
	except []string
}

// house is the architecture. Every package of the module stands in it.
var house = map[string]room{
	"functions":    {floor: 6, below: true, aws: true},
	"cmd/rollcall": {floor: 6, below: true},
	"internal/e2e": {floor: 6, below: true, aws: true}, // its tests are all there is of it

	"internal/rollcall": {floor: 5, below: true, aws: true, except: []string{"internal/importer"}},

	"internal/round":    {floor: 4, may: rooms("fleet", "judge", "sweep", "store", "health")},
	"internal/importer": {floor: 4, may: rooms("fleet")},

	"internal/fleet":      {floor: 3, may: rooms("check", "secret", "health")},
	"internal/topic":      {floor: 3, may: rooms("notify", "health"), aws: true},
	"internal/webhook":    {floor: 3, may: rooms("notify", "secret", "health")},
	"internal/statuspage": {floor: 3, may: rooms("history", "health"), pure: true},
	"internal/shard":      {floor: 3, may: rooms("sweep", "health"), aws: true},

	"internal/check":   {floor: 2, may: rooms("secret", "health")},
	"internal/sweep":   {floor: 2, may: rooms("health")},
	"internal/judge":   {floor: 2, may: rooms("health"), pure: true},
	"internal/notify":  {floor: 2, may: rooms("health"), pure: true},
	"internal/history": {floor: 2, may: rooms("health"), pure: true},
	"internal/metric":  {floor: 2, may: rooms("health")},
	"internal/store":   {floor: 2, may: rooms("health"), aws: true},
	"internal/cost":    {floor: 2, pure: true},
	"internal/source":  {floor: 2, aws: true},

	"internal/health": {floor: 1, pure: true},
	"internal/secret": {floor: 1, pure: true},
}

// testRooms serve tests; peer also serves the demo.
var testRooms = map[string]room{
	"internal/peer":     {},
	"internal/awslocal": {aws: true},
}

func rooms(names ...string) []string {
	for i, n := range names {
		names[i] = "internal/" + n
	}
	return names
}

// file is one Go file and where it stands.
type file struct {
	path, room string
	test       bool
	imports    []string
}

func TestImportsGoDown(t *testing.T) {
	for _, f := range goFiles(t, "..") {
		for _, imported := range f.imports {
			if complaint := judgeImport(f, imported); complaint != "" {
				t.Errorf("%s: %s", f.path, complaint)
			}
		}
	}
}

// The rules themselves are held to examples, so that a hole in them shows.
func TestRules(t *testing.T) {
	check := file{room: "internal/check"}
	checkTest := file{room: "internal/check", test: true}
	for _, c := range []struct {
		from file
		to   string
		want string
	}{
		{check, "rollcall/internal/fleet", "internal/check (floor 2) imports internal/fleet (floor 3)"},
		{checkTest, "rollcall/internal/fleet", "internal/check (floor 2) imports internal/fleet (floor 3)"},
		{check, "rollcall/internal/sweep", "internal/check (floor 2) imports internal/sweep (floor 2)"},
		{check, "rollcall/internal/health", ""},
		{checkTest, "rollcall/internal/check", ""},
		{checkTest, "rollcall/internal/peer", ""},
		{check, "rollcall/internal/peer", "internal/check imports internal/peer outside a test"},
		{file{room: "cmd/rollcall"}, "rollcall/internal/peer", ""},
		{file{room: "cmd/rollcall"}, "rollcall/internal/awslocal", "cmd/rollcall imports internal/awslocal outside a test"},
		{file{room: "internal/round"}, "rollcall/internal/check", "internal/round (floor 4) imports internal/check (floor 2), which its row does not name"},
		{file{room: "internal/rollcall"}, "rollcall/internal/importer", "internal/rollcall (floor 5) imports internal/importer (floor 4), which its row does not name"},
		{file{room: "internal/new"}, "fmt", "internal/new has no floor: give it a row in the house"},
		{file{room: "internal/health"}, "rollcall/internal/new", "internal/health imports internal/new, which has no floor"},
		{file{room: "internal/peer"}, "rollcall/internal/health", "internal/peer serves tests and imports internal/health: it may import no room"},
		{file{room: "internal/metric"}, "github.com/aws/aws-sdk-go-v2/aws", "internal/metric imports the AWS SDK"},
		{file{room: "internal/metric", test: true}, "github.com/aws/smithy-go", "internal/metric imports the AWS SDK"},
		{file{room: "internal/topic"}, "github.com/aws/aws-sdk-go-v2/service/sns", ""},
		{file{room: "functions"}, "github.com/aws/aws-lambda-go/lambda", ""},
		{file{room: "internal/e2e", test: true}, "rollcall/internal/notify", ""},
		{file{room: "internal/e2e", test: true}, "rollcall/internal/awslocal", ""},
		{file{room: "functions", test: true}, "rollcall/internal/e2e", "functions (floor 6) imports internal/e2e (floor 6)"},
		{file{room: "internal/peer", test: true}, "rollcall/internal/e2e", "internal/peer serves tests and imports internal/e2e: it may import no room"},
		{file{room: "internal/judge"}, "os", "internal/judge is pure and imports os"},
		{file{room: "internal/notify"}, "net/http", "internal/notify is pure and imports net/http"},
		{file{room: "internal/judge", test: true}, "os", ""},
		{file{room: "internal/judge"}, "net/url", ""},
	} {
		if got := judgeImport(c.from, c.to); got != c.want {
			t.Errorf("%s importing %s:\n got %q\nwant %q", c.from.room, c.to, got, c.want)
		}
	}
}

// judgeImport says what is wrong with f importing the path, or nothing.
func judgeImport(f file, imported string) string {
	from, known := house[f.room]
	if !known {
		if from, known = testRooms[f.room]; !known {
			return f.room + " has no floor: give it a row in the house"
		}
	}
	if to, ours := strings.CutPrefix(imported, module+"/"); ours {
		return judgeRoom(f, from, roomOf(to))
	}
	if strings.HasPrefix(imported, "github.com/aws/") && !from.aws {
		return f.room + " imports the AWS SDK"
	}
	if from.pure && !f.test && doesIO(imported) {
		return f.room + " is pure and imports " + imported
	}
	return ""
}

func judgeRoom(f file, from room, to string) string {
	if to == f.room {
		return "" // a test from outside its own package
	}
	if _, serves := testRooms[to]; serves {
		if f.test || to == "internal/peer" && f.room == "cmd/rollcall" {
			return ""
		}
		return fmt.Sprintf("%s imports %s outside a test", f.room, to)
	}
	if _, serves := testRooms[f.room]; serves {
		return fmt.Sprintf("%s serves tests and imports %s: it may import no room", f.room, to)
	}
	target, known := house[to]
	if !known {
		return fmt.Sprintf("%s imports %s, which has no floor", f.room, to)
	}
	arrow := fmt.Sprintf("%s (floor %d) imports %s (floor %d)", f.room, from.floor, to, target.floor)
	if target.floor >= from.floor {
		return arrow
	}
	named := slices.Contains(from.may, to) || from.below && !slices.Contains(from.except, to)
	if !named {
		return arrow + ", which its row does not name"
	}
	return ""
}

// doesIO reports whether a standard package reaches outside the process. Names and
// addresses as data do not.
func doesIO(imported string) bool {
	if imported == "net/url" || imported == "net/netip" || imported == "net/mail" {
		return false
	}
	first, _, _ := strings.Cut(imported, "/")
	return slices.Contains([]string{"os", "net", "syscall", "plugin", "log"}, first) && imported != "log/slog" ||
		imported == "io/ioutil" || imported == "crypto/rand" || imported == "database/sql"
}

func roomOf(dir string) string {
	if strings.HasPrefix(dir, "functions/") {
		return "functions"
	}
	return dir
}

// Verification of certificates is never switched off, not even in a test.
func TestVerificationStaysOn(t *testing.T) {
	forbidden := "Insecure" + "SkipVerify"
	for _, f := range goFiles(t, "..") {
		text, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), forbidden) {
			t.Errorf("%s mentions %s", f.path, forbidden)
		}
	}
}

// Rooms are called after what they give.
func TestNamesSaySomething(t *testing.T) {
	for _, f := range goFiles(t, "..") {
		base := path.Base(f.room)
		if slices.Contains([]string{"util", "utils", "common", "types", "models", "helpers", "interfaces"}, base) {
			t.Errorf("%s: a room called %s says nothing", f.path, base)
		}
	}
}

// goFiles reads the imports of every Go file of the module below root.
func goFiles(t *testing.T, root string) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipForeign(root, name, d.Name())
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := readFile(root, name)
		if err == nil && f.room != "internal" {
			files = append(files, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("found no Go files: the walk went wrong")
	}
	return files
}

// skipForeign leaves out test data, hidden folders and modules of their own.
func skipForeign(root, name, base string) error {
	if name == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	if err == nil || base == "testdata" || strings.HasPrefix(base, ".") {
		return filepath.SkipDir
	}
	return nil
}

func readFile(root, name string) (file, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return file{}, err
	}
	dir, err := filepath.Rel(root, filepath.Dir(name))
	f := file{path: name, room: roomOf(filepath.ToSlash(dir)), test: strings.HasSuffix(name, "_test.go")}
	for _, spec := range parsed.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		f.imports = append(f.imports, imported)
	}
	return f, err
}
