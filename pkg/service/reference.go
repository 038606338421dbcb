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
			heard, err := heardOf[T](e)
			if err != nil {
				return err
			}
			docs = append(docs, heard)
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

// heardOf is the state that an event carries, as far as T holds it.
func heardOf[T any](e event.Envelope) (docstore.Versioned[T], error) {
	state := new(T)
	if err := json.Unmarshal(e.State, state); err != nil {
		return docstore.Versioned[T]{}, event.Permanent(fmt.Errorf("state of %s %s: %w", e.Type, e.Subject, err))
	}
	return docstore.Versioned[T]{ID: e.Subject, Version: e.StateVersion, State: state}, nil
}
