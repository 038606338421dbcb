package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
)

// Gate is one of a unit's gates. Assets come into a unit through a gate that is up; who closes the unit lowers all of them first, counts
// what is there, and closes only if all are still down. Whoever finds a gate down lifts it.
//
// So nothing comes into a closed unit. A registration holds only while its gate stays as it was when it was read, up, and it has seen the
// unit open after that. A closing holds only while all gates stay as it has left them, down. Of two that overlap one begins again: either
// the closing finds a gate lifted, and counts anew, or the registration finds its gate lowered, and looks at the unit anew. A process that
// dies between two steps leaves gates down, which keeps nobody out.
//
// It would do with one gate, but for a file of thousands of assets of one unit: each of them checks its gate, and on MongoDB two checks of
// one document at once are a conflict. Many gates keep them apart; closings, which touch all, are rare.
type Gate struct {
	ID string `json:"id"`
	// Down is the attempt at closing the unit that lowered the gate, empty while it is up.
	Down string `json:"down,omitempty"`
}

// gatesPerUnit is more than a process works on at once in one unit.
const gatesPerUnit = 32

// Gates are the gates of all units.
type Gates struct {
	store  *docstore.Store
	gates  *docstore.Collection[Gate]
	assets *docstore.Collection[asset.Asset]
}

func gateID(unit string, n uint32) string { return fmt.Sprintf("%s/%d", unit, n) }

// own is ctx for the gates themselves, which are nobody's but the service's, and no part of what a command wrote.
func own(ctx context.Context) context.Context {
	return docstore.WithCommand(docstore.AsSystem(ctx, "asset.gates"), nil)
}

var errDown, errLifted = errors.New("the gate is down"), errors.New("something came in")

// busy bounds the tries of those who meet at a unit's gates.
const busy = 50

// Enter runs work, which inserts the asset with that id into a unit, in an Atomic that does not hold if the unit is closed meanwhile. work
// looks whether the unit is open, outside of the Atomic, and may run more than once. known is asked before a gate is made or lifted, so that
// there are none of what is no unit.
func (g *Gates) Enter(ctx context.Context, unit, id string, known func() error, work func(ctx context.Context) error) error {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // it never fails
	gate := gateID(unit, h.Sum32()%gatesPerUnit)
	for range busy {
		err := g.store.Atomic(ctx, func(ctx context.Context) error {
			if d, err := g.gates.Get(own(ctx), gate); errors.Is(err, docstore.ErrNotFound) || err == nil && d.Down != "" {
				return errDown
			} else if err != nil {
				return err
			}
			return work(ctx)
		})
		if !errors.Is(err, errDown) {
			return err
		}
		if err := known(); err != nil {
			return err
		}
		if err := g.lift(own(ctx), gate); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: unit %s is being closed again and again", docstore.ErrUnavailable, unit)
}

func (g *Gates) lift(ctx context.Context, gate string) error {
	return g.store.Atomic(ctx, func(ctx context.Context) error { return g.put(ctx, gate, "") })
}

// put leaves a gate up, or down for an attempt.
func (g *Gates) put(ctx context.Context, gate, down string) error {
	if _, err := g.gates.Get(ctx, gate); errors.Is(err, docstore.ErrNotFound) {
		return g.gates.Insert(ctx, gate, &Gate{ID: gate, Down: down})
	} else if err != nil {
		return err
	}
	return g.gates.Update(ctx, gate, func(d *Gate) ([]event.Event, error) {
		d.Down = down
		return nil, nil
	})
}

// Close runs work, which closes a unit or refuses to, in an Atomic that does not hold if anything came in since the assets that are left
// in the unit were counted. work may run more than once.
func (g *Gates) Close(ctx context.Context, unit string, work func(ctx context.Context, left int) error) error {
	for range busy {
		attempt := g.store.NewID()
		if err := g.store.Atomic(own(ctx), func(ctx context.Context) error {
			return g.all(unit, func(gate string) error { return g.put(ctx, gate, attempt) })
		}); err != nil {
			return err
		}
		left, err := g.Left(ctx, unit)
		if err != nil {
			return err
		}
		err = g.store.Atomic(ctx, func(ctx context.Context) error {
			if err := g.all(unit, func(gate string) error {
				d, err := g.gates.Get(own(ctx), gate)
				if err == nil && d.Down != attempt {
					err = errLifted
				}
				return err
			}); err != nil {
				return err
			}
			return work(ctx, left)
		})
		if !errors.Is(err, errLifted) {
			return err
		}
	}
	return fmt.Errorf("%w: assets of unit %s come and go", docstore.ErrUnavailable, unit)
}

func (g *Gates) all(unit string, do func(gate string) error) error {
	for n := range uint32(gatesPerUnit) {
		if err := do(gateID(unit, n)); err != nil {
			return err
		}
	}
	return nil
}

// Left counts the assets of a unit that are received and not retired, wherever they are just now.
func (g *Gates) Left(ctx context.Context, unit string) (n int, err error) {
	q := docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", unit), {Field: "lifecycle.value", In: []any{asset.Draft, asset.Active}}}}
	err = g.assets.Stream(own(ctx), q, func(docstore.Doc[asset.Asset]) error {
		n++
		return nil
	})
	return n, err
}
