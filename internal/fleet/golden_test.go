package fleet

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"rollcall/internal/secret"
)

var update = flag.Bool("update", false, "write what came as what is wanted")

// environment is what references are resolved with in tests.
func environment(ref secret.Reference) (string, error) {
	values := map[string]string{"TOKEN": "tok-4711-refused", "HOST": "shop.example.com", "EMPTY": ""}
	value, ok := values[ref.Name]
	if !ok {
		return "", fmt.Errorf("environment variable %s is not set", ref.Name)
	}
	return value, nil
}

// golden holds got against a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		var gi, wi string
		if i < len(g) {
			gi = g[i]
		}
		if i < len(w) {
			wi = w[i]
		}
		if gi != wi {
			t.Fatalf("%s line %d:\n got %s\nwant %s", file, i+1, gi, wi)
		}
	}
}

// texts are the sentences of an error, one a line.
func texts(err error) string {
	if err == nil {
		return "no problem\n"
	}
	return err.Error() + "\n"
}

// TestBroken holds the words of every problem of the file's own grammar: one file in which
// everything is wrong, and all that is said about it.
func TestBroken(t *testing.T) {
	data, err := os.ReadFile("testdata/broken.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = parse("broken.yaml", data, environment, kindsForTest)
	golden(t, "testdata/broken.txt", texts(err))
}

// TestCases holds small files and all that is said about each. A file stands between
// "== what it shows" and "-- what is said".
func TestCases(t *testing.T) {
	const file = "testdata/cases.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	cases := 0
	for _, c := range strings.Split(string(data), "== ")[1:] {
		head, rest, _ := strings.Cut(c, "\n")
		in, _, ok := strings.Cut(rest, "-- \n")
		if !ok {
			t.Fatalf("%s: case %q has no \"-- \" line", file, head)
		}
		cases++
		_, err := parse("t.yaml", []byte(in), environment, kindsForTest)
		fmt.Fprintf(&got, "== %s\n%s-- \n%s", head, in, texts(err))
	}
	if cases < 80 {
		t.Errorf("%d cases, want at least 80: is %s cut short?", cases, file)
	}
	golden(t, file, got.String())
}

// problemsOf are the problems of an error of this package.
func problemsOf(t testing.TB, err error) Problems {
	t.Helper()
	var problems Problems
	if err != nil && !errors.As(err, &problems) {
		t.Fatalf("error of type %T, want Problems: %v", err, err)
	}
	return problems
}
