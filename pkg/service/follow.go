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

// Follower updates the places of the documents of one collection.
type Follower struct {
	// Move updates the place of all documents that are at the unit of to. If one cannot be written, for example because it is full, the others are
	// updated all the same, and the error names it.
	Move func(ctx context.Context, to mx.ZonedPlace) error
	// FromFirst means that documents may name the unit before it is registered; Move is then called for the registration too.
	FromFirst bool
}

// Follow makes a Follower of a collection, which must have an index on unit_id.
func Follow[T any, P interface {
	*T
	// Where returns the document's place; embedding mx.Place or mx.ZonedPlace implements it.
	Where() mx.ZonedPlace
	// Follow sets the document's place to the new place of its unit and returns the event.
	Follow(to mx.ZonedPlace) event.Event
}](c *docstore.Collection[T]) Follower {
	return Follower{Move: func(ctx context.Context, unit mx.ZonedPlace) error {
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
	}}
}

// unitRegistered is the event of a new unit, which has no documents.
const unitRegistered = "mx.bitacora.unit.registered.v1"

// FollowUnits adds a consumer that keeps the places of documents (office, region, state, zone) equal to their unit's. units is the service's
// collection of units; if it is another service's aggregate, the consumer also stores the units and wakes requests that wait for one. A place is
// always taken from the stored unit and never from the event, so that a repeated or late event moves nothing back.
func FollowUnits[U any, P interface {
	*U
	Where() mx.ZonedPlace
}](s *Service, name string, units *docstore.Collection[U], followers ...Follower) error {
	own := units.Spec().Topic() == event.Units
	return s.Consume(name, []string{event.Units}, consume.React(func(ctx context.Context, e event.Envelope) error {
		if !own {
			unit, err := stateOf[U](e)
			if err != nil {
				return err
			}
			if _, err := units.PutIfNewer(ctx, unit); err != nil {
				return err
			}
			s.Arrivals.Notify()
		}
		var at []Follower
		for _, f := range followers {
			if e.Type != unitRegistered || f.FromFirst {
				at = append(at, f)
			}
		}
		if len(at) == 0 {
			return nil
		}
		u, err := units.Get(ctx, e.Subject)
		if err != nil {
			return err
		}
		for _, f := range at {
			err = errors.Join(err, f.Move(ctx, P(u).Where()))
		}
		return err
	}))
}
