package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// Gate is one of a unit's gates. An asset comes into a unit through its first gate, which must be up; who closes the unit lowers all of them
// first, counts what is there, and closes only if all are still down. Whoever finds the first gate down lifts it.
//
// So nothing comes into a closed unit. A registration holds only if gate and unit have, when it is written, the versions that it has seen:
// the gate up, the unit open. A closing holds only while all gates stay as it has left them, down. Of two that overlap one begins again:
// either the closing finds the gate lifted, and counts anew, or the registration finds its gate lowered, and looks at the unit anew. A process
// that dies between two steps leaves gates down, which keeps nobody out.
//
// One gate would do: processes of the release before go through any of them, by the asset's id, and may run beside this one.
type Gate struct {
	ID string `json:"id"`
	// Down is the attempt at closing the unit that lowered the gate, empty while it is up.
	Down string `json:"down,omitempty"`
}

// gatesPerUnit is how many the release before goes through; first is the one that this release does.
const (
	gatesPerUnit = 32
	first        = 0
)

// Gates are the gates of all units. What a registration sees of gate and unit is mostly remembered: its write checks the versions.
type Gates struct {
	store  *docstore.Store
	units  *docstore.Cached[unit.Unit]
	gates  *docstore.Cached[Gate]
	assets *docstore.Collection[asset.Asset]
}

func gateID(unit string, n uint32) string { return fmt.Sprintf("%s/%d", unit, n) }

// own is ctx for the gates themselves, which are nobody's but the service's, and no part of what a command wrote.
func own(ctx context.Context) context.Context {
	return caller.WithCommand(caller.AsSystem(ctx, "asset.gates"), nil)
}

var errLifted = errors.New("something came in")

// busy bounds the tries of those who meet at a unit's gates.
const busy = 50

// Enter writes the asset that come makes for the unit, if nothing of the unit changes meanwhile. What come refuses is refused of the unit as
// it is, never as it is remembered.
func (g *Gates) Enter(ctx context.Context, unitID string, come func(*unit.Unit) (*asset.Asset, error), events ...event.Event) error {
	gate := gateID(unitID, first)
	for range busy {
		u, remembered, err := g.units.Recall(ctx, unitID)
		if err != nil {
			return event.Referenced(err, "unit_id", "unit", unitID)
		}
		a, err := come(&u.State)
		if err != nil && remembered {
			g.units.Forget(unitID)
			continue
		}
		if err != nil {
			return err
		}
		up, _, err := g.gates.Recall(own(ctx), gate)
		if errors.Is(err, docstore.ErrNotFound) || err == nil && up.State.Down != "" {
			if err := g.lift(own(ctx), gate); err != nil {
				return err
			}
			g.gates.Forget(gate) // another process may have lifted it
			continue
		}
		if err != nil {
			return err
		}
		err = g.assets.InsertWhile(ctx, []docstore.Held{held(g.units.Collection, u), held(g.gates.Collection, up)}, a.ID, a, events...)
		if !errors.Is(err, docstore.ErrStale) {
			return err
		}
		g.units.Forget(unitID)
		g.gates.Forget(gate)
	}
	return fmt.Errorf("%w: unit %s changes again and again", docstore.ErrUnavailable, unitID)
}

func held[T any](c *docstore.Collection[T], d *docstore.Doc[T]) docstore.Held {
	return docstore.Held{Ref: docstore.Ref{Collection: c.Spec().Name, ID: d.ID}, Version: d.Version}
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
func (g *Gates) Close(ctx context.Context, unitID string, work func(ctx context.Context, left int) error) error {
	for range busy {
		attempt := g.store.NewID()
		if err := g.store.Atomic(own(ctx), func(ctx context.Context) error {
			return g.all(unitID, func(gate string) error { return g.put(ctx, gate, attempt) })
		}); err != nil {
			return err
		}
		left, err := g.Left(ctx, unitID)
		if err != nil {
			return err
		}
		err = g.store.Atomic(ctx, func(ctx context.Context) error {
			if err := g.all(unitID, func(gate string) error {
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
	return fmt.Errorf("%w: assets of unit %s come and go", docstore.ErrUnavailable, unitID)
}

func (g *Gates) all(unitID string, do func(gate string) error) error {
	for n := range uint32(gatesPerUnit) {
		if err := do(gateID(unitID, n)); err != nil {
			return err
		}
	}
	return nil
}

// Left counts the assets of a unit that are received and not retired, wherever they are just now.
func (g *Gates) Left(ctx context.Context, unitID string) (n int, err error) {
	q := docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", unitID), {Field: "lifecycle.value", In: []any{asset.Draft, asset.Active}}}}
	err = g.assets.Stream(own(ctx), q, func(docstore.Doc[asset.Asset]) error {
		n++
		return nil
	})
	return n, err
}
