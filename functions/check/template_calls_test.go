package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sdk is the AWS SDK, and what of it asks nobody for anything.
const sdk = "github.com/aws/aws-sdk-go-v2/"

var sdkAsksNobody = []string{"aws", "aws/retry", "aws/transport/http", "config"}

// awsCalls are the calls to AWS in the code that is deployed, as "room service:Operation". A
// call by a client of the SDK shows by its input, which the narrow interfaces of the adapters
// name; one that is only signed with the SDK, by what it is told to call.
func awsCalls(t *testing.T) []string {
	t.Helper()
	var calls []string
	deployed(t, func(room string, file *ast.File) {
		for _, imported := range file.Imports {
			path, _ := strconv.Unquote(imported.Path.Value)
			part, of := strings.CutPrefix(path, sdk)
			service, client := strings.CutPrefix(part, "service/")
			switch {
			case !of || strings.HasSuffix(part, "/types") || slices.Contains(sdkAsksNobody, part):
			case part == "aws/signer/v4":
				calls = append(calls, signed(t, room, file)...)
			case client && !strings.Contains(service, "/") && imported.Name == nil:
				calls = append(calls, asked(room, service, file)...)
			default:
				t.Errorf("%s imports %s: the test does not know what it asks AWS for", room, path)
			}
		}
	})
	slices.Sort(calls)
	return slices.Compact(calls)
}

// asked are the calls that a file makes by the SDK's client of a service.
func asked(room, service string, file *ast.File) (calls []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, is := n.(*ast.SelectorExpr); is {
			name, found := strings.CutSuffix(s.Sel.Name, "Input")
			if of, is := s.X.(*ast.Ident); is && of.Name == service && found {
				calls = append(calls, room+" "+service+":"+name)
			}
		}
		return true
	})
	return calls
}

// signed are the calls that a file makes and signs itself: its own function call(ctx, "Name",
// ...), signed for the service that SignHTTP is told.
func signed(t *testing.T, room string, file *ast.File) (calls []string) {
	t.Helper()
	var service string
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		c, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		s, is := c.Fun.(*ast.SelectorExpr)
		if !is || s.Sel.Name != "SignHTTP" && s.Sel.Name != "call" {
			return true
		}
		for _, arg := range c.Args {
			if said, is := literal(arg); is && s.Sel.Name == "call" {
				names = append(names, said)
			} else if is {
				service = said
			}
		}
		return true
	})
	if service == "" || len(names) == 0 {
		t.Errorf("%s signs calls of %q to service %q: the test does not find what it asks AWS for", room, names, service)
	}
	for _, name := range names {
		calls = append(calls, room+" "+service+":"+name)
	}
	return calls
}

// keys are the folders of the bucket that a room names, as literals that end in a slash.
func keys(t *testing.T, in string) (folders []string) {
	t.Helper()
	folder := regexp.MustCompile(`^([a-z]+/)+$`)
	deployed(t, func(room string, file *ast.File) {
		if room != in {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if said, is := literal(n); is && folder.MatchString(said) {
				folders = append(folders, said)
			}
			return true
		})
	})
	slices.Sort(folders)
	return slices.Compact(folders)
}

// literal is the text of a string literal.
func literal(n ast.Node) (string, bool) {
	l, is := n.(*ast.BasicLit)
	if !is || l.Kind != token.STRING {
		return "", false
	}
	said, err := strconv.Unquote(l.Value)
	return said, err == nil
}

// deployed shows every file that becomes part of a function.
func deployed(t *testing.T, show func(room string, file *ast.File)) {
	t.Helper()
	for _, root := range []string{"../../internal", "../../functions"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			room := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "awslocal" || entry.Name() == "testdata"): // for tests
				return fs.SkipDir
			case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				show(room, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
