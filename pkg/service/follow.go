package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Follower moves the documents of one collection that are at a unit to where the unit is now. One that cannot be written, because it is
// full for instance, holds up none of the others; it is among the errors.
type Follower func(ctx context.Context, to mx.ZonedPlace) error

// Follow makes a collection, which has an index of unit_id, one whose documents follow their unit.
func Follow[T any, P interface {
	*T
	// Where is the document's place; mx.Place and mx.ZonedPlace, embedded, have it.
	Where() mx.ZonedPlace
	// Follow moves the document to another place of its unit, and says so.
	Follow(to mx.ZonedPlace) event.Event
}](c *docstore.Collection[T]) Follower {
	return func(ctx context.Context, unit mx.ZonedPlace) error {
		atUnit := docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", unit.UnitID)}}
		var full error
		err := c.Stream(ctx, atUnit, func(d docstore.Doc[T]) error {
			if _, moves := P(&d.State).Where().Moves(unit); !moves {
				return nil
			}
			err := c.Update(ctx, d.ID, func(doc *T) ([]event.Event, error) {
				to, moves := P(doc).Where().Moves(unit)
				if !moves {
					return nil, nil
				}
				return []event.Event{P(doc).Follow(to)}, nil
			})
			switch {
			case errors.Is(err, docstore.ErrNotFound):
				return nil
			case fault.As(err) != nil, errors.Is(err, docstore.ErrTooLarge):
				full = errors.Join(full, fmt.Errorf("%s/%s: %w", c.Spec().Name, d.ID, err))
				return nil
			}
			return err
		})
		return errors.Join(err, full)
	}
}

// unitRegistered is the event of a unit that has nothing yet.
const unitRegistered = "mx.bitacora.unit.registered.v1"

// FollowUnits adds the consumer that keeps the documents of followers where their unit is: in its office, region, state and zone. units are what
// the service knows of units; where they are not its own, it learns them by the same consumer, which wakes those who wait for one. A
// document goes to where its unit is by what is known now: an event that comes again, late or after a crash finds nothing to move, and none
// moves anything back.
func FollowUnits[U any, P interface {
	*U
	Where() mx.ZonedPlace
}](s *Service, name string, units *docstore.Collection[U], followers ...Follower) error {
	own := units.Spec().Topic() == event.Units
	return s.Consume(name, []string{event.Units}, consume.React(func(ctx context.Context, e event.Envelope) error {
		if !own {
			heard, err := heardOf[U](e)
			if err != nil {
				return err
			}
			if _, err := units.PutIfNewer(ctx, heard); err != nil {
				return err
			}
			s.Arrivals.Notify()
		}
		if e.Type == unitRegistered {
			return nil
		}
		u, err := units.Get(ctx, e.Subject)
		if err != nil {
			return err
		}
		for _, follow := range followers {
			err = errors.Join(err, follow(ctx, P(u).Where()))
		}
		return err
	}))
}
