package notify

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden texts anew")

// TestTexts holds every word of every channel, as people and programs get it.
func TestTexts(t *testing.T) {
	for name, d := range stories() {
		t.Run(name, func(t *testing.T) {
			limit := 16 << 10 // keeps the golden texts of crowds readable
			attributes, err := json.Marshal(AttributesOf(d))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join([]string{
				"--- subject\n" + Subject(d),
				"--- sms\n" + SMS(d),
				"--- attributes\n" + string(attributes),
				"--- email\n" + Email(d, limit),
				"--- plain\n" + Plain(d),
				"--- event\n" + strings.ReplaceAll(string(Event(d, limit)), `,{"id"`, ",\n{\"id\""),
			}, "\n") + "\n"
			golden(t, filepath.Join("testdata", name+".txt"), got)
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at what changed with go test -update and git diff.\ngot:\n%s", path, got)
	}
}
