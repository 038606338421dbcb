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

// Learn keeps in c what is heard of another service's aggregate, as far as T holds it: the newest state of each. Commands look there for
// what a request names; those who wait for a reference are woken.
func Learn[T any](s *Service, name, topic, aggregate string, c *docstore.Collection[T]) error {
	prefix := "mx.bitacora." + aggregate + "."
	return s.Consume(name, []string{topic}, consume.Fold(func(ctx context.Context, batch []event.Envelope) error {
		docs := make([]docstore.Versioned[T], 0, len(batch))
		for _, e := range batch {
			if !strings.HasPrefix(e.Type, prefix) {
				continue // aggregates of one family share a topic
			}
			state := new(T)
			if err := json.Unmarshal(e.State, state); err != nil {
				return event.Permanent(fmt.Errorf("state of %s %s: %w", aggregate, e.Subject, err))
			}
			docs = append(docs, docstore.Versioned[T]{ID: e.Subject, Version: e.StateVersion, State: state})
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
