package asset

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
)

// Retire takes an asset out of the register's totals for good.
type Retire struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When it happened; now when absent. At most 5 minutes ahead, which counts as now; not before the last word about the asset. More than seven days back is a late entry, which the unit confirms"`
	Reason     string     `json:"reason" vocabulary:"retirement_reason"`
	Note       string     `json:"note,omitempty" maxLength:"500" doc:"More of why, in words; needed with the reason other. It never leaves the service"`
}

// Void takes back a registration that was a mistake.
type Void struct {
	Reason string `json:"reason" vocabulary:"void_reason"`
	Note   string `json:"note,omitempty" maxLength:"500" doc:"More of why, in words; needed with the reason other. It never leaves the service"`
}

// Voided is what an asset that was registered by mistake had and nobody else could have meanwhile; it is free again.
type Voided struct {
	InventoryTag string `json:"inventory_tag,omitempty"`
	SerialNumber string `json:"serial_number,omitempty"`
}

// Retype says that an asset is of another equipment type than it was registered as.
type Retype struct {
	TypeID string `json:"type_id" format:"uuid"`
}

// changeable refuses to change what is retired.
func (a *Asset) changeable() error {
	switch {
	case a.Voided != nil:
		return fault.Conflictf("asset-retired", Retired, "asset %s was registered by mistake and is voided: nothing of it changes any more", a.ID)
	case a.Lifecycle.Value == Retired:
		return fault.Conflictf("asset-retired", Retired, "asset %s is retired: nothing of it changes any more", a.ID)
	}
	return nil
}

// May refuses an operation, named by its verb in the API, that the asset as it is rules out: what it refuses is refused of any request that
// says no more than it must. (A fact of the past may be recorded of an asset whose present it does not change.)
func (a *Asset) May(verb string) error {
	if verb == "confirm-late-entries" { // of a retired asset too
		return a.lateEntered()
	}
	if err := a.changeable(); err != nil {
		return err
	}
	switch verb {
	case "activate":
		return admitsActivation(a, Report{})
	case "quarantine":
		return a.changes(kindOf("quarantine"), Report{Value: Quarantined})
	case "release":
		return a.changes(kindOf("quarantine"), Report{Value: NotQuarantined})
	case "retire":
		return a.unordered()
	case "void":
		return cmp.Or(a.unordered(), a.neverOrdered())
	}
	return nil
}

// judged are the members of an asset's document that May looks at, but for late entries.
var judged = []string{"lifecycle", "quarantine", "voided", "open_orders", "had_orders", "tracking", "building_system", "inventory_tag", "serial_number"}

// Judged are those by which May judges a document, nil for all: so that a read decodes no more of it than that.
func Judged(doc []byte) []string {
	if bytes.Contains(doc, []byte(`"late_entry"`)) {
		return nil
	}
	return judged
}

// maxNamed bounds the orders that a refusal names.
const maxNamed = 20

// unordered refuses to part with an asset on which work is under way.
func (a *Asset) unordered() error {
	if len(a.Orders) == 0 {
		return nil
	}
	var named []string
	for _, o := range a.Orders[:min(maxNamed, len(a.Orders))] {
		if o.Folio == "" { // heard of before folios were kept
			o.Folio = o.ID
		}
		named = append(named, o.Folio)
	}
	list := strings.Join(named, ", ")
	if more := len(a.Orders) - len(named); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fault.Conflictf("orders-open", a.Lifecycle.Value, "%d work orders on asset %s are open: %s; they are to be ended first", len(a.Orders), a.ID, list)
}

// neverOrdered refuses to take for a mistake what work was ordered on.
func (a *Asset) neverOrdered() error {
	if !a.HadOrders {
		return nil
	}
	return fault.Conflictf("asset-had-orders", a.Lifecycle.Value, "there were work orders on asset %s: it exists, and is retired rather than voided", a.ID).With("retire")
}

// explained checks the reason for which an asset leaves the register.
func explained(vocabulary, reason, note string) error {
	switch {
	case !mx.Valid(vocabulary, reason):
		return fault.Invalidf("reason", "reason-unknown", "%q is not one of the reasons", reason).With(mx.Values(vocabulary)...)
	case reason == "other" && mx.Clean(note) == "":
		return fault.Invalidf("note", "reason-missing", "say why, in words")
	}
	return nil
}

// end makes a the retired asset that it is from now on; its tag and serial number stay taken.
func (a *Asset) end(ctx context.Context, kind string, at, now event.Time, reason, note string) FactChange {
	from := a.Lifecycle.Value
	a.Lifecycle = a.reported(ctx, kind, Report{Value: Retired, Reason: reason}, at, now)
	if note = mx.Clean(note); note != "" {
		a.note("lifecycle", Fact{Reason: note, Since: at, By: a.Lifecycle.By})
	}
	a.derive()
	return FactChange{From: from, To: Retired, Reason: reason, OccurredAt: at}
}

// Retire retires an asset on which no work order is open. An order that was requested at the same moment and is heard of later is listed
// on it, as a discrepancy, and changes nothing of that.
func (c Commands) Retire(ctx context.Context, id string, in Retire) error {
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		now := c.Now(ctx)
		at, err := a.ended(in.OccurredAt, now)
		if err := cmp.Or(err, explained("retirement_reason", in.Reason, in.Note), a.May("retire")); err != nil {
			return nil, err
		}
		return []event.Event{AssetRetired.New(a.end(ctx, "retire", at, now, in.Reason, in.Note))}, nil
	})
}

// Void takes back the registration of an asset on which there never was a work order. What it had is kept as voided and is free for
// others. Releases before this one read it as a retired asset.
func (c Commands) Void(ctx context.Context, id string, in Void) error {
	ordered, err := c.HadOrders(ctx, id)
	if err != nil {
		return err
	}
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		a.HadOrders = a.HadOrders || ordered
		if err := cmp.Or(explained("void_reason", in.Reason, in.Note), a.May("void")); err != nil {
			return nil, err
		}
		a.Voided = &Voided{InventoryTag: a.InventoryTag, SerialNumber: a.SerialNumber}
		a.InventoryTag, a.SerialNumber = "", ""
		now := c.Now(ctx)
		return []event.Event{AssetVoided.New(a.end(ctx, "void", now, now, in.Reason, in.Note))}, nil
	})
}

// Retype gives an asset the type that it is of. It stays the same asset, with all its history; an active one needs what tells it from
// others of its new type.
func (c Commands) Retype(ctx context.Context, id string, in Retype) error {
	t, err := c.typeOf(ctx, in.TypeID)
	if err != nil {
		return err
	}
	return c.Assets.Update(ctx, id, func(a *Asset) ([]event.Event, error) { return a.retyped(t) })
}

// retyped makes the asset one of another type.
func (a *Asset) retyped(t *equipment.Type) ([]event.Event, error) {
	if err := a.May("retype"); err != nil {
		return nil, err
	}
	if a.TypeID == t.ID {
		return nil, fault.Conflictf("no-change", a.TypeKey, "asset %s is a %s already", a.ID, a.TypeKey)
	}
	change := RetypedChange{FromTypeID: a.TypeID, FromTypeKey: a.TypeKey, ToTypeID: t.ID, ToTypeKey: t.Key}
	a.be(t)
	if a.Lifecycle.Value == Active {
		if err := a.complete(); err != nil {
			return nil, err
		}
	}
	a.derive()
	return []event.Event{AssetRetyped.New(change)}, nil
}

// be makes the asset one of the type.
func (a *Asset) be(t *equipment.Type) {
	a.TypeID, a.TypeKey, a.Tracking, a.BuildingSystem = t.ID, t.Key, t.Tracking, t.Category == "building_system"
}

// typeOf is the equipment type that a request names; one whose items are no assets is refused.
func (c Commands) typeOf(ctx context.Context, id string) (*equipment.Type, error) {
	t, err := c.Types.Get(ctx, id)
	if err != nil {
		return nil, event.Referenced(err, "type_id", "equipment type", id)
	}
	if t.Tracking != Serialised && t.Tracking != Tagged {
		return nil, fault.Invalidf("type_id", "type-not-an-asset", "items of type %s are %s: they are counted on the unit's stock sheet or consumed, not assets", t.Key, t.Tracking)
	}
	return t, nil
}
