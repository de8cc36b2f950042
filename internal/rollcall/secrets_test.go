package rollcall

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/notify"
	"rollcall/internal/peer"
)

// planted are the values behind the references of the list below.
var planted = map[string]string{
	"TOKEN":   "tok/en+with=odd&signs?",
	"KEY":     "key-in-the-path-0123456789",
	"PAYLOAD": `payload "quoted" <and> more`,
}

// spelled is how a value may be written down.
func spelled(value string) []string {
	inJSON, _ := json.Marshal(value)
	return []string{
		value, url.QueryEscape(value), url.PathEscape(value), string(inJSON[1 : len(inJSON)-1]),
		base64.RawStdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)),
	}
}

// tellTales are peers that give away what they were told, each in another place.
var tellTales = map[string]peer.Behaviour{
	"echo": peer.Echoing(),
	"location": {Answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "ftp://"+r.Host+r.URL.Path+"?token="+url.QueryEscape(r.Header.Get("X-Token")))
		w.WriteHeader(http.StatusFound)
	}},
	"circle": {Answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"?"+url.QueryEscape(r.Header.Get("X-Token")), http.StatusTemporaryRedirect)
	}},
	"header": {Answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Reply", base64.StdEncoding.EncodeToString([]byte(r.Header.Get("X-Token")))+" "+r.URL.Path)
	}},
	"document": {Answer: func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.NewEncoder(w).Encode(map[string]string{"reply": string(body)})
	}},
	"status line": {Converse: func(conn net.Conn, _ <-chan struct{}) {
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			fmt.Fprintf(conn, "HTTP/1.1 503 %s %s\r\nContent-Length: 0\r\n\r\n", r.Header.Get("X-Token"), r.URL.Path)
		}
	}},
	"no HTTP": {Converse: func(conn net.Conn, _ <-chan struct{}) {
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			fmt.Fprintf(conn, "%s %s\r\n", r.Header.Get("X-Token"), r.URL.Path)
		}
	}},
}

// Whatever peers do with what they were told, no value gets into anything that is stored,
// told, logged or shown: in its place stands the file's own text.
func TestSecretsStayIn(t *testing.T) {
	for name, value := range planted {
		t.Setenv(name, value)
	}
	var list strings.Builder
	list.WriteString("fleet: vault\ndefaults: {attempts: 1, fail_after: 1}\nmetrics: target\ntargets:\n")
	for name, b := range tellTales {
		fmt.Fprintf(&list, `  - name: %s
    url: %s/${env:KEY}/x
    http:
      method: POST
      headers: {X-Token: '${env:TOKEN}'}
      body: 'say ${env:PAYLOAD}'
      expect: {headers: {X-Reply: {not: {contains: '/'}}}, json: {$.reply: nothing}}
`, name, stand(t, b).URL)
	}
	logged := capture(t)
	var told voice
	var metrics lines
	folder := t.TempDir()
	r := open(t, Settings{Config: file(t, list.String()), Store: folder, Voice: &told, Metrics: &metrics})
	report := play(t, r, thisMinute(), "i1")

	document, err := json.Marshal(NewDocument(report))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{"metrics": metrics.String(), "log": logged.String(), "document": string(document)}
	for _, d := range told.told {
		shown["event"] += string(notify.Event(d, 1<<20))
		shown["mail"] += notify.Subject(d) + notify.Email(d, 1<<20) + notify.Plain(d) + notify.SMS(d)
	}
	maps.Copy(shown, stored(t, folder))
	for where, text := range shown {
		for name, value := range planted {
			for _, s := range spelled(value) {
				if strings.Contains(text, s) {
					t.Errorf("%s holds the value of %s as %q", where, name, s)
				}
			}
		}
	}
	for _, where := range []string{"/state/vault/0-1.json", "metrics", "event", "mail", "document"} {
		for name := range planted {
			if !strings.Contains(shown[where], "${env:"+name+"}") {
				t.Errorf("%s does not hold ${env:%s}: nobody gave it away, or its place is empty", where, name)
			}
		}
	}
	if kept := shown["/config/vault/last-good.yaml"]; kept != list.String() {
		t.Errorf("kept as the last good copy:\n%s\nwant the file's own text", kept)
	}
}

// stored is every file of a folder, by its path in it.
func stored(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, folder)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// capture is what is logged from now on.
func capture(t *testing.T) *lines {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	var logged lines
	slog.SetDefault(slog.New(slog.NewJSONHandler(&logged, nil)))
	return &logged
}
