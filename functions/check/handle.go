package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/rollcall"
	"rollcall/internal/round"
)

// event is what the function is invoked with.
type event struct {
	Kind      string   `json:"kind"`      // "round", "check" or "test"
	Scheduled string   `json:"scheduled"` // round: RFC 3339, the schedule's own time, not the time of delivery
	Targets   []string `json:"targets"`   // check: names, groups or URLs; none: the whole fleet
}

// checker is what the function needs of a deployment.
type checker interface {
	Round(ctx context.Context, scheduled time.Time, by string) (health.Report, error)
	Check(ctx context.Context, names []string, budget time.Duration) (health.Report, error)
	Test(ctx context.Context, now time.Time) error
}

type handler struct{ checker }

// summary is what an invocation of a round gets to see. The results are in the log: those of
// a large fleet would be more than Lambda takes for an answer.
type summary struct {
	Round   rollcall.DocumentRound   `json:"round"`
	Summary rollcall.DocumentSummary `json:"summary"`
}

// sent is what an invocation of the test message gets to see.
type sent struct {
	Sent string `json:"sent"`
}

// handle serves one event. Targets that are down are no error; an error is something of
// ours, and counts in the function's own metric.
func (h handler) handle(ctx context.Context, raw json.RawMessage) (any, error) {
	answer, err := h.serve(ctx, raw)
	if err != nil {
		slog.ErrorContext(ctx, "failed", "error", err.Error()) // Lambda's own line of it has no level
	}
	return answer, err
}

func (h handler) serve(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("event: %w, want {\"kind\":\"round\",\"scheduled\":\"...\"}", err)
	}
	switch e.Kind {
	case "round":
		return h.round(ctx, e)
	case "check":
		return h.check(ctx, e)
	case "test":
		if err := h.Test(ctx, time.Now()); err != nil {
			return nil, err
		}
		return sent{"a digest marked TEST, to the topic for people"}, nil
	default:
		return nil, fmt.Errorf("event: kind %q, want round, check or test", e.Kind)
	}
}

func (h handler) round(ctx context.Context, e event) (any, error) {
	scheduled, err := time.Parse(time.RFC3339, e.Scheduled)
	if err != nil {
		return nil, fmt.Errorf("event: scheduled %q is not a time, want RFC 3339 such as 2026-11-22T14:05:00Z", e.Scheduled)
	}
	report, err := h.Round(ctx, scheduled, rollcall.Invocation(ctx))
	if err != nil {
		return nil, err
	}
	document := rollcall.NewDocument(report)
	return summary{document.Round, document.Summary}, nil
}

func (h handler) check(ctx context.Context, e event) (any, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(rollcall.FunctionTimeout)
	}
	left := time.Until(deadline)
	report, err := h.Check(ctx, e.Targets, left-round.Reserve(left))
	if err != nil {
		return nil, err
	}
	round.WarnOfShortage(report)
	return rollcall.NewDocument(report), nil
}
