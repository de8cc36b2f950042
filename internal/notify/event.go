package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"rollcall/internal/health"
)

// EventSchema names the shape of an event. Keys may be added under the same name; whoever
// reads events ignores those it does not know.
const EventSchema = "rollcall.digest/1"

// eventMost is as much as SNS takes of one message.
const eventMost = 256 << 10

// Event is d for programs: JSON of the schema rollcall.digest/1, at most limit bytes.
//
//	{"schema":"rollcall.digest/1",
//	 "id":"shop/0-1/2026-11-22T14:05:00Z",     a copy of a message has the id of the original
//	 "kind":"news",                            news, first, test, catchup
//	 "fleet":"shop","shard":"0-1",
//	 "round":"2026-11-22T14:05:00Z",           every time is RFC 3339 in UTC
//	 "sent":"2026-11-22T14:17:00Z",            the round that tells it, when that is a later one
//	 "severity":"critical",                    critical, warning: the loudest incident's; of first and test critical
//	 "groups":["payments"],                    of all incidents; "groups_more" when cut
//	 "text":"checkout is down: status 503",    one line of ASCII for people
//	 "counts":{"targets":101,"up":97,"degraded":1,"down":2,"unknown":1,"pending":0,"paused":0},
//	 "opened":[{...}],"opened_more":412,       what began; "_more": how many were left out
//	 "closed":[{...}],"closed_more":3,         what ended
//	 "reminded":[{...}],                       what goes on and is told again: time has passed, or it is "worse"
//	 "open":[{...}],                           catchup only: everything that is open now
//	 "left_out":{                              what the "_more" are, counted by what they have in common
//	  "opened":[{"of":"target","facet":"availability","severity":"critical","class":"connect","group":"payments","n":409}],
//	  "closed":[...],"reminded":[...],         "group" of the opened only, of the most frequent five
//	  "open":[...],
//	  "groups":60,                             to how many groups all the opened belong
//	  "both":3}}                               how many of the open are among the opened
//
// and an incident
//
//	{"id":"9f2c...","of":"target",             target; flapping: it keeps changing sides; group: too few of it are up;
//	                                           checker: trouble of rollcall's own
//	 "name":"checkout","facet":"availability", availability, latency, certificate; of target and flapping only
//	 "severity":"critical","class":"status",
//	 "cause":"post \"https://...\": status 503, want 2xx",
//	 "since":"...","opened":"...","rounds":2,  first bad round, round that decided, bad rounds in a row
//	 "never_up":true,
//	 "title":"...","group":"payments","url":"...","runbook":"...","tags":["prod"],
//	 "told":"...","told_as":"critical",        when it was told first, and how gravely last
//	 "reminded":"...","reminders":1,
//	 "worse":true,                             it became critical in this round
//	 "muted":"...",                            why it was kept back until now; of "open" maybe still is
//	 "dependants":["basket","invoice"],        what is bad and depends on it, the first 20 by name
//	 "dependent":412,                          how many there are
//	 "evidence":{                              what this round measured; not of everything in a crowd
//	  "attempts":[{"status":"down","class":"status","cause":"...","ms":212}],   in their order
//	  "phases_ms":{"dns":3,"connect":24,"tls":48,"wait":121,"read":2}},         of the last attempt
//	 "closed":"...","closing":"recovered",     recovered; no longer checked; calm, up and calm, down: of flapping
//	 "lasted_s":720}                           seconds from since to closed
//
// Lists, objects and texts that are empty are left out, counts are not. An event that would
// be too long loses incidents of its longest lists, the quietest first.
func Event(d health.Digest, limit int) []byte {
	limit = max(limit, Least)
	a := AttributesOf(d)
	head := headJSON{
		Schema: EventSchema, ID: short(d.ID, 256), Kind: short(string(d.Kind), 32), Fleet: short(d.Fleet, 64),
		Shard: short(d.Shard, 32), Round: stamp(d.Round), Sent: stamp(d.Sent), Severity: a.Severity, Text: Subject(d), Counts: d.Counts,
	}
	head.Groups, head.GroupsMore = groupsWithin(a.Groups, limit/4)
	all := [...][]*health.Incident{refer(d.Opened), refer(d.Closed), refer(d.Reminded), refer(d.Open)}
	event, whole := encode(head, d, all, limit, 0)
	if whole {
		return event
	}
	for _, incidents := range all { // the quietest have to go
		loudest(incidents)
	}
	lost, _ := newCutter(d).cut(all, [4]int{}) // as much as it can be
	event, _ = encode(head, d, all, limit, min(len(marshal(lost)), limit/8))
	return event
}

// encode writes incidents in the order they are given in, and tells whether all of them are
// in it. So many bytes are kept for counting those that are not.
func encode(head headJSON, d health.Digest, all [4][]*health.Incident, limit, kept int) (event []byte, whole bool) {
	names := [...]string{"opened", "closed", "reminded", "open"}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(marshal(head), []byte("}")))
	room := limit - kept - b.Len() - len(`,"left_out":}`)
	lists := make([]list[text], len(all))
	for i, incidents := range all {
		room -= len(`,"":[],"_more":1000000000`) + 2*len(names[i])
		lists[i] = list[text]{len(incidents), func(n int) text { return text("," + string(marshal(toJSON(d, incidents[n])))) }}
	}
	fitting := fit(room, lists)
	var told [4]int
	whole = true
	for i, items := range fitting {
		told[i] = len(items)
		whole = whole && len(items) == len(all[i])
	}
	if !whole && kept == 0 {
		return nil, false // what it loses is counted the next time
	}
	lost, more := newCutter(d).cut(all, told)
	for i, items := range fitting {
		if len(all[i]) > 0 || more[i] > 0 {
			fmt.Fprintf(&b, `,"%s":[%s]`, names[i], strings.TrimPrefix(join(items), ","))
		}
		if more[i] > 0 {
			fmt.Fprintf(&b, `,"%s_more":%d`, names[i], more[i])
		}
	}
	if more != [4]int{} {
		if text := lost.within(limit - b.Len() - len(`,"left_out":}`)); len(text) > len("{}") {
			b.WriteString(`,"left_out":` + string(text))
		}
	}
	b.WriteByte('}')
	return b.Bytes(), whole
}

// groupsWithin is the groups that fit into room bytes of JSON, and how many do not.
func groupsWithin(groups []string, room int) ([]string, int) {
	for n, g := range groups {
		if room -= len(marshal(g)) + len(","); room < 0 {
			return groups[:n], len(groups) - n
		}
	}
	return groups, 0
}

// ParseEvent reads an event. What was left out of it is counted in the digest's Cut; all else
// is as it was told. Its errors say what is not of the schema.
func ParseEvent(event []byte) (health.Digest, error) {
	var e eventJSON
	if err := json.Unmarshal(event, &e); err != nil {
		return health.Digest{}, fmt.Errorf("read event: %w", err)
	}
	if e.Schema != EventSchema {
		return health.Digest{}, fmt.Errorf("read event: schema %q, want %q", short(e.Schema, 64), EventSchema)
	}
	d := health.Digest{ID: e.ID, Kind: health.DigestKind(e.Kind), Fleet: e.Fleet, Shard: e.Shard, Counts: e.Counts}
	var err error
	if d.Round, err = unstamp("round", e.Round); err != nil {
		return health.Digest{}, fmt.Errorf("read event: %w", err)
	}
	if d.Sent, err = unstamp("sent", e.Sent); err != nil {
		return health.Digest{}, fmt.Errorf("read event: %w", err)
	}
	for _, l := range [...]struct {
		name string
		from []incidentJSON
		to   *[]health.Incident
	}{{"opened", e.Opened, &d.Opened}, {"closed", e.Closed, &d.Closed}, {"reminded", e.Reminded, &d.Reminded}, {"open", e.Open, &d.Open}} {
		for n, from := range l.from {
			i, err := from.incident()
			if err != nil {
				return health.Digest{}, fmt.Errorf("read event: %s[%d]: %w", l.name, n, err)
			}
			*l.to = append(*l.to, i)
		}
	}
	d.Cut = e.LeftOut.cut(d, [...]int{e.OpenedMore, e.ClosedMore, e.RemindedMore, e.OpenMore})
	return d, nil
}

// stamp writes a time, and the zero time as nothing.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func unstamp(key, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.UTC().Year() < 0 || t.UTC().Year() > 9999 {
		return time.Time{}, fmt.Errorf("%s %q is not a time of RFC 3339", key, short(s, 64))
	}
	return t.UTC(), nil
}

// short bounds a text of an event. Nothing needs to be taken out of it, because JSON escapes
// what could end a line; but two characters that no protocol behind SNS carries (API
// reference of SQS' SendMessage) are replaced, or a queue would lose the whole event.
func short(s string, most int) string {
	const unsent = "\uFFFE\uFFFF"
	if !utf8.ValidString(s) || strings.ContainsAny(s, unsent) {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(unsent, r) {
				return utf8.RuneError
			}
			return r
		}, s)
	}
	return shorten(s, most)
}

// marshal is v as JSON, without the escapes that only HTML needs.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // strings, numbers and booleans always encode
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
