package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"rollcall/internal/health"
	"rollcall/internal/rollcall"
	"rollcall/internal/secret"
	"rollcall/internal/store"
)

// event is a batch of messages (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
type event struct {
	Records []record
}

type record struct {
	MessageID     string            `json:"messageId"`
	ReceiptHandle string            `json:"receiptHandle"`
	Body          string            `json:"body"`
	Attributes    map[string]string `json:"attributes"`
}

// received is how often the message has come so far, this time included.
func (r record) received() int {
	n, err := strconv.Atoi(r.Attributes["ApproximateReceiveCount"])
	if err != nil {
		return 1
	}
	return n
}

// answer names the messages that are to come again; the others are done with.
type answer struct {
	BatchItemFailures []failure `json:"batchItemFailures"`
}

type failure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// channel is what the function needs of a deployment.
type channel interface {
	Webhook(ctx context.Context) (secret.Text, error)
	WebhookNow(ctx context.Context) (secret.Text, error)
	Post(ctx context.Context, to secret.Text, payload []byte) (health.Delivery, time.Duration, error)
	Later(ctx context.Context, receipt string, d time.Duration) error
}

type handler struct {
	channel
	told store.Objects
}

// handle serves one batch. What could not be told is no error but a message that comes
// again: an error would have Lambda slow the whole queue down.
func (h handler) handle(ctx context.Context, raw json.RawMessage) (answer, error) {
	a := answer{BatchItemFailures: []failure{}}
	var e event
	err := json.Unmarshal(raw, &e)
	if err == nil && len(e.Records) == 0 {
		err = errors.New("no records")
	}
	if err != nil {
		err = fmt.Errorf("event: %w, want a batch of the queue", err)
		slog.ErrorContext(ctx, "failed", "error", err.Error()) // Lambda's own line of it has no level
		return a, err
	}
	for _, r := range e.Records {
		again := h.deliver(ctx, r, rollcall.Invocation(ctx))
		if again == 0 {
			continue
		}
		a.BatchItemFailures = append(a.BatchItemFailures, failure{r.MessageID})
		if err := h.Later(ctx, r.ReceiptHandle, again); err != nil { // then it comes when the queue has it come
			slog.WarnContext(ctx, "later", "error", err.Error())
		}
	}
	return a, nil
}
