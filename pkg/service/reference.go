package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// Learn adds a consumer that stores in c the newest state of each of another service's aggregates, with those fields that T has. It wakes
// requests that wait for a reference (rest.References).
func Learn[T any](s *Service, name, topic, aggregate string, c *docstore.Collection[T]) error {
	prefix := "mx.bitacora." + aggregate + "."
	return s.Consume(name, []string{topic}, consume.Fold(func(ctx context.Context, batch []event.Envelope) error {
		docs := make([]docstore.Versioned[T], 0, len(batch))
		for _, e := range batch {
			if !strings.HasPrefix(e.Type, prefix) {
				continue // aggregates of one family share a topic
			}
			doc, err := stateOf[T](e)
			if err != nil {
				return err
			}
			docs = append(docs, doc)
		}
		if len(docs) == 0 {
			return nil
		}
		if _, err := c.PutManyIfNewer(ctx, docs); err != nil {
			return err
		}
		s.Arrivals.Notify()
		return nil
	}))
}

// stateOf decodes the state of an event, with those fields that T has.
func stateOf[T any](e event.Envelope) (docstore.Versioned[T], error) {
	state := new(T)
	if err := json.Unmarshal(e.State, state); err != nil {
		return docstore.Versioned[T]{}, event.Permanent(fmt.Errorf("state of %s %s: %w", e.Type, e.Subject, err))
	}
	return docstore.Versioned[T]{ID: e.Subject, Version: e.StateVersion, State: state}, nil
}
