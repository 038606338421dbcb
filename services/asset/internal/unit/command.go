package unit

import (
	"context"
	"errors"
	"reflect"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// The events of a unit. Their state is the Unit.
var (
	Events     = event.NewSet(event.Units, "unit")
	Registered = event.Define[Changed](Events, "unit.registered", "A place was registered, by hand or by an import")
	FactsSet   = event.Define[Changed](Events, "unit.changed", "Facts of a place changed")
	AreaAdded  = event.Define[Area](Events, "unit.area_added", "An area of a place was registered")
)

// Changed says what was set, and by which way.
type Changed struct {
	Source  string   `json:"source" enum:"manual,import"`
	Emptied []string `json:"emptied,omitempty"`
	Facts
}

// Register is the registration of a unit by hand.
type Register struct {
	ID string `json:"id,omitempty" maxLength:"40" doc:"Stable key; the CLUES when absent" example:"BSIST000014"`
	Facts
}

// Key is the id the registration leads to.
func (r Register) Key() string {
	if r.ID == "" && r.CLUES != nil {
		return *r.CLUES
	}
	return r.ID
}

// AddArea is the registration of an area.
type AddArea struct {
	ParentID string `json:"parent_id,omitempty" maxLength:"40"`
	Name     string `json:"name" minLength:"1" maxLength:"120"`
}

// Commands are what can be done with units.
type Commands struct {
	Units event.Collection[Unit]
	Gates Gates
	Now   func(context.Context) event.Time
	NewID func() string
}

// Gates know what is left in a unit that is to be closed.
type Gates interface {
	// Close runs work with the number of assets that are left in the unit. What work writes does not hold if any came in since.
	Close(ctx context.Context, unit string, work func(ctx context.Context, left int) error) error
	// Left counts them.
	Left(ctx context.Context, unit string) (int, error)
}

// Register writes a new unit under its key.
func (c Commands) Register(ctx context.Context, id, source string, f Facts) error {
	u, err := New(id, f, c.Now(ctx))
	if err != nil {
		return err
	}
	return c.Units.Insert(ctx, id, u, Registered.New(Changed{Source: source, Facts: f}))
}

// New is a unit as its registration makes it.
func New(id string, f Facts, now event.Time) (*Unit, error) {
	if err := ValidKey(id); err != nil {
		return nil, err
	}
	u := &Unit{ID: id, RegisteredAt: now}
	u.UnitID = id
	return u, u.apply(f, now)
}

// Change sets facts of a unit; what f does not say stays, but for the emptied ones. Nothing is written when nothing differs. A unit with
// assets in it is not closed; one that an earlier release closed stays so.
func (c Commands) Change(ctx context.Context, id, source string, f Facts, emptied ...string) error {
	err := c.Units.Update(ctx, id, c.change(ctx, source, f, emptied, uncounted))
	if !errors.Is(err, errUncounted) {
		return err
	}
	return c.Gates.Close(ctx, id, func(ctx context.Context, left int) error {
		return c.Units.Update(ctx, id, c.change(ctx, source, f, emptied, left))
	})
}

const uncounted = -1

var errUncounted = errors.New("the assets of a unit that is to be closed have not been counted")

// mayBecome refuses to close a unit with assets left in it.
func (u *Unit) mayBecome(next *Unit, left int) error {
	switch {
	case next.OperationState != Closed || u.OperationState == Closed || left == 0:
		return nil
	case left == uncounted:
		return errUncounted
	}
	return fault.Conflictf("assets-remain", u.OperationState, "unit %s still has assets in it: %d that are not retired, wherever they are just now; it can be closed once none is left, or be suspended",
		u.ID, left)
}

// Preview is a unit as Change would leave it, or the reason why it would not.
func (c Commands) Preview(ctx context.Context, known *Unit, f Facts) (*Unit, error) {
	u := *known
	if err := u.apply(f, c.Now(ctx)); err != nil {
		return nil, err
	}
	err := known.mayBecome(&u, uncounted)
	if errors.Is(err, errUncounted) {
		var left int
		if left, err = c.Gates.Left(ctx, u.ID); err == nil {
			err = known.mayBecome(&u, left)
		}
	}
	return &u, err
}

func (c Commands) change(ctx context.Context, source string, f Facts, emptied []string, left int) func(u *Unit) ([]event.Event, error) {
	return func(u *Unit) ([]event.Event, error) {
		before := *u
		for _, field := range emptied {
			if err := u.empty(field); err != nil {
				return nil, err
			}
		}
		if err := u.apply(f, c.Now(ctx)); err != nil {
			return nil, err
		}
		if reflect.DeepEqual(before, *u) {
			return nil, nil
		}
		if err := before.mayBecome(u, left); err != nil {
			return nil, err
		}
		return []event.Event{FactsSet.New(Changed{Source: source, Emptied: emptied, Facts: f})}, nil
	}
}

// AddArea registers an area of a unit. Two areas of one parent do not share a name.
func (c Commands) AddArea(ctx context.Context, id string, in AddArea) error {
	return c.Units.Update(ctx, id, func(u *Unit) ([]event.Event, error) {
		a, err := u.newArea(c.NewID(), in)
		if err != nil {
			return nil, err
		}
		if len(u.Areas) >= maxAreas {
			return nil, fault.Conflictf("too-many-areas", u.OperationState, "a unit has at most %d areas", maxAreas)
		}
		u.Areas = append(u.Areas, a)
		return []event.Event{AreaAdded.New(a)}, nil
	})
}

// maxAreas is more than a hospital has; how long their names may be together is bounded in bytes, where documents are written.
const maxAreas = 800
