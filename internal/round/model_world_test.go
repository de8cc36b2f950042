package round_test

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"rollcall/internal/fleet"
	"rollcall/internal/health"
)

// life is all that ever happens to one fleet: its targets, the rounds that are played and
// by whom, a store and a topic that misbehave, and what people hear of it. Whatever
// happens is held to the promises at the moment it does.
//
// Invocations run at the same time and meet at the store and at the topic only. No two of
// them are ever awake at the same nanosecond, so one seed is one story.
type life struct {
	running sync.WaitGroup // invocations, and what they have left under way
	begun   int

	mu      sync.Mutex // over everything below
	diary   []line
	wrong   string         // the first promise that was broken
	files   []*fleet.Fleet // every targets file there ever was; its text is its number
	file    string         // the current one's text; empty: it cannot be read
	moods   map[string]mood
	objects map[string][]byte // an object's version is its text: what is equal shares one
	reads   deed              // what becomes of all reads of the store, and so on
	writes  deed
	topic   deed
	idle    []*process
	blind   bool // nothing can be reached, and that is our own fault
	windows windows
	quiets  []health.Silence

	promise promise
}

// line is one line of the diary, put into words only when somebody wants to read it.
type line struct {
	at     time.Time
	format string
	args   []any
}

func (l *life) note(format string, args ...any) {
	l.diary = append(l.diary, line{time.Now(), format, args})
}

// story is the diary in words.
func (l *life) story() string {
	var s strings.Builder
	for _, n := range l.diary {
		fmt.Fprintf(&s, "%s  %s\n", n.at.UTC().Format("02 15:04:05.000"), fmt.Sprintf(n.format, n.args...))
	}
	return s.String()
}

// broke notes the first broken promise.
func (l *life) broke(format string, args ...any) {
	if l.wrong == "" {
		l.wrong = fmt.Sprintf(format, args...)
		l.note("BROKEN: %s", l.wrong)
	}
}

// Who the rounds are of, and what they have.
const (
	fleetName = "shop"
	shard     = "0-1"
	timeout   = 55 * time.Second
	stateKey  = "state/" + fleetName + "/" + shard + ".json"
	goodKey   = "config/" + fleetName + "/last-good.yaml"
	quietKey  = "silences/" + fleetName + ".json"
)

// mood is what a target is like.
type mood byte

const (
	well     mood = '.'
	down     mood = 'x'
	unasked  mood = '?' // we were not able to ask
	slowly   mood = '~' // up, and slow
	ending   mood = 'c' // up, with a certificate to be warned of
	ended    mood = 'C' // up, with a certificate that is nearly at its end
	hesitant mood = '/' // down in the first attempt, up in the second
	restless mood = '^' // down in every other minute
	hidden   mood = 'b' // nothing came back, as when we are blind
)

// now is what a mood comes to in an attempt.
func (m mood) now(pass int) mood {
	switch {
	case m == hesitant && pass == 1, m == restless && time.Now().Minute()%2 == 0:
		return down
	case m == hesitant, m == restless:
		return well
	}
	return m
}

func (m mood) reading() health.Reading {
	up := health.Reading{Status: health.Up, Latency: 100 * time.Millisecond, Certificate: certificate(80), Scope: health.Public}
	switch {
	case m == down:
		answered := health.Failing(health.ClassStatus, "status 503, want 2xx")
		answered.Scope, answered.Phases.Wait = health.Public, time.Millisecond
		return answered
	case m == hidden:
		lost := health.Failing(health.ClassConnect, "no way leads there")
		lost.Scope = health.Public
		return lost
	case m == unasked:
		return health.Unasked("no socket was left")
	case m == slowly:
		up.Latency = 2 * time.Second
	case m == ending:
		up.Certificate = certificate(20)
	case m == ended:
		up.Certificate = certificate(5)
	}
	return up
}

// certificate is one of 100 days with so many left.
func certificate(days int) *health.Cert {
	end := time.Now().Add(time.Duration(days) * 24 * time.Hour)
	return &health.Cert{Subject: "CN=example.com", NotBefore: end.Add(-100 * 24 * time.Hour), NotAfter: end}
}
