package relay

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// LetterConsumer is the Consumer of dead letters for events that could not be published.
const LetterConsumer = "relay"

// parkedEvent is the content of the relay's dead letters.
type parkedEvent struct {
	Collection string      `json:"collection"`
	Entry      event.Entry `json:"entry"`
}

// park stores an event that cannot be published as a dead letter: one per event, since each has to be published.
func (r *Relay) park(ctx context.Context, it item) error {
	value, err := json.Marshal(parkedEvent{it.ref.Collection, it.entry})
	if err != nil {
		return fmt.Errorf("encode dead letter: %w", err)
	}
	r.log.ErrorContext(ctx, "event cannot be published and is parked", "event", it.entry.ID, "type", it.entry.Type, "reason", it.err)
	return r.dead.Park(ctx, consume.DeadLetter{ID: LetterConsumer + "/" + it.entry.ID, Consumer: LetterConsumer, Topic: it.topic, Aggregate: it.ref.ID,
		EventID: it.entry.ID, Type: it.entry.Type, StateVersion: it.entry.Version, Value: value, Reason: it.err.Error()})
}

// retryPage bounds the parked events that one sweep retries.
const retryPage = 50

// retryParked retries parked events that are due, with the documents' present state.
func (r *Relay) retryParked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	due, err := r.dead.Due(ctx, LetterConsumer, retryPage)
	if err != nil {
		return err
	}
	for _, letter := range due {
		if err := r.retry(ctx, letter); err != nil {
			return err
		}
	}
	return nil
}

// retry tries a parked event again. An error means that store or broker did not answer, which counts as no attempt.
func (r *Relay) retry(ctx context.Context, letter consume.DeadLetter) error {
	var p parkedEvent
	if err := json.Unmarshal(letter.Value, &p); err != nil {
		letter.Reason = err.Error()
		return r.dead.Park(ctx, letter)
	}
	docs, err := r.store.Driver().Load(ctx, p.Collection, []string{letter.Aggregate})
	if err != nil {
		return err
	}
	if len(docs) == 0 {
		letter.Reason = "its document is gone"
		return r.dead.Park(ctx, letter)
	}
	items, _ := r.encode([]docstore.Pending{{Collection: p.Collection, Document: docs[0], Outbox: []event.Entry{p.Entry}}}, r.cfg.Bytes)
	r.publish(ctx, items)
	switch err := items[0].err; {
	case err == nil:
		r.metrics.events.WithLabelValues(letter.Topic, "published").Inc()
		return r.dead.Clear(ctx, letter.ID, letter.StateVersion)
	case permanent(err):
		return r.park(ctx, items[0])
	default:
		return err
	}
}
