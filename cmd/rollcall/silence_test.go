package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/store"
)

const shopList = `fleet: shop
defaults: {attempts: 1}
groups: {pay: {}}
targets:
  - {name: cart, url: http://127.0.0.1:1/, group: pay}
  - {name: checkout, url: http://127.0.0.1:2/, group: pay}
  - {name: search, url: http://127.0.0.1:3/}
`

// What a person says and hears when something is to be quiet for a while.
func TestSilence(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	w.file(shopList)
	text := w.transcript("silence -f targets.yaml") // no store yet, and none is made
	if _, err := os.Stat(".rollcall"); err == nil {
		t.Error("a folder was made for what is only read")
	}
	text += w.transcript(
		"silence cart --for 2h --why disk -f targets.yaml",
		"silence cart --for 30m --why 'disk' -f targets.yaml",
		"silence pay --for 1d12h --why moving -f targets.yaml",
		"silence '*' --for 45m --why all -f targets.yaml",
		"silence -f targets.yaml", "silence -f targets.yaml -o json",
		"silence chekout --for 2h --why disk -f targets.yaml",
		"silence carr --end -f targets.yaml", "silence '*' --end -f targets.yaml", "silence pay --end -f targets.yaml",
		"silence search --end -f targets.yaml", "silence cart --end -f targets.yaml -o json", "silence cart --end -f targets.yaml", "silence -f targets.yaml",
	)
	text = settled(text)
	text = regexp.MustCompile(`, [\dhdm]+ (more|before)`).ReplaceAllString(text, ", SPAN $1")
	text = strings.ReplaceAll(text, `"until":"TIME"`, `"until":"LATER"`)
	w.golden("silence.txt", text)
}

func TestSilenceMistakes(t *testing.T) {
	w := newWorld(t)
	t.Chdir(w.folder)
	w.file(shopList)
	text := w.transcript(
		"silence cart", "silence cart checkout", "silence --end", "silence --for 2h", "silence --why x", "silence cart --end --for 2h", "silence cart --end --why x",
		"silence cart --for 2h", "silence cart --for 0m --why x", "silence cart --for 59s --why x", "silence cart --for 30d1m --why x", "silence cart --for 720h1m --why x",
		"silence cart --for 1d-2h --why x", "silence cart --for -2h --why x", "silence cart --for 2 --why x", "silence cart --for d --why x", "silence cart --for 99999999999999999999d --why x",
		"silence cart --for 2562048h --why x", "silence --store '' -f targets.yaml", "silence --store s3:// -f targets.yaml", "silence --store s3://bucket/folder -f targets.yaml",
		"silence --store targets.yaml -f targets.yaml", "silence --store nowhere -f nowhere.yaml", "silence -o table -f targets.yaml --stroe x",
		"why", "why cart checkout", "why cart -f targets.yaml", "why cart -f targets.yaml --store .", "why cart -o yaml",
	)
	w.golden("silence-mistakes.txt", strings.ReplaceAll(text, w.folder, "FOLDER"))
}

// A reason is one line that people can read: it comes in messages, and on terminals.
func TestReasonsOfSilences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.file(shopList)
	for _, c := range []struct{ why, says string }{
		{"", "no reason"}, {" \t", "no reason"}, {"two\nlines", "one line of printable text"}, {obeyed, "one line of printable text"},
		{"\u202egnp", "one line of printable text"}, {"\xff", "one line of printable text"}, {strings.Repeat("ż", 201), "201 characters, want at most 200"},
	} {
		r := w.run("silence", "cart", "--for", "2h", "--why", c.why, "-f", file, "--store", w.folder)
		r.want(t, exitUsage, "", c.says)
		if !strings.HasPrefix(r.errs, "rollcall: --why: ") || strings.Count(r.errs, "\n") != 1 {
			t.Errorf("%q: %q", c.why, r.errs)
		}
	}
	long := strings.Repeat("ż", 200)
	w.run("silence", "cart", "--for", "2h", "--why", "  "+long+" ", "-f", file, "--store", w.folder).want(t, exitOK, `: "`+long+`". It is still asked`, "holds no state of fleet shop")
}

// A silence covers whole minutes, from the one it is given in, whose round may not have come
// so far, and never less than it was given for.
func TestSilenceCoversWholeMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := time.Now()
	r := w.run("silence", "cart", "--for", "1m", "--why", "x", "-f", w.file(shopList), "--store", w.folder, "-o", "json")
	var document struct {
		Schema, Fleet string
		Silences      []health.Silence
	}
	if err := json.Unmarshal([]byte(r.out), &document); err != nil || document.Schema != "rollcall.silences/1" || document.Fleet != "shop" || len(document.Silences) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	s := document.Silences[0]
	if s.From.Before(start.Truncate(time.Minute)) || s.From.After(time.Now()) || s.From.Truncate(time.Minute) != s.From || s.Until.Truncate(time.Minute) != s.Until ||
		s.Until.Before(start.Add(time.Minute)) || s.Until.Sub(s.From) > 3*time.Minute {
		t.Errorf("%+v", s)
	}
}

// Whatever others have stored, a terminal shows it and does not obey it.
func TestStoredTextThatATerminalWouldObey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.file(shopList)
	objects, err := store.NewDir(filepath.Join(w.folder, "store"))
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) string {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for key, document := range map[string]string{
		"silences/shop.json": `{"schema":"rollcall.silences/1","silences":[{"name":` + text(obeyed) + `,"why":` + text(obeyed) + `,"from":"2026-11-22T14:00:00Z","until":"2126-11-22T14:00:00Z"},` +
			`{"name":"cart","why":` + text(obeyed) + `,"from":"2026-11-22T14:00:00Z","until":"2126-11-22T14:00:00Z"}]}`,
		"state/shop/0-1.json": `{"schema":"rollcall.state/1","round":"2026-11-22T14:05:00Z","targets":{"cart":{"asked":"2026-11-22T14:05:00Z","status":` + text(obeyed) + `,"trail":` + text(obeyed) +
			`,"notes":[{"round":"2026-11-22T14:05:00Z","reason":` + text(obeyed) + `}]}},"incidents":[{"id":"1","subject":{"kind":"target","name":"cart","facet":` + text(obeyed) + `},"severity":` + text(obeyed) +
			`,"cause":` + text(obeyed) + `,"muted":` + text(obeyed) + `}]}`,
	} {
		if _, err := objects.Put(t.Context(), key, []byte(document), store.Any); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"silence", "silence -o json", "why cart", "why cart -o json", "why cart --color always"} {
		r := w.run(append(strings.Fields(line), "-f", file, "--store", filepath.Join(w.folder, "store"))...)
		shows := strings.NewReplacer("\n", "", "\x1b[2m", "", "\x1b[22m", "", "\x1b[0m", "", "\x1b[0;22m", "").Replace(r.out + r.errs)
		if r.status != exitOK || strings.ContainsFunc(shows, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\u202e' || c == 0x9b || c == '\u200b' }) {
			t.Errorf("%s: status %d\n%q", line, r.status, r.out+r.errs)
		}
	}
}
