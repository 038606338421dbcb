package delivery

import (
	"context"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/delivery/internal/ref"
)

// The events of a delivery. Their state is the Delivery.
var (
	Events          = event.NewSet(event.Deliveries, "delivery").Formerly("cancel_reason") // free text
	Created         = event.Define[CreatedChange](Events, "delivery.created", "A delivery was prepared, or registered by the unit when it came unannounced")
	LinesChanged    = event.Define[LinesChange](Events, "delivery.lines_changed", "How lines will be kept track of was changed before confirmation")
	DispatchedEvent = event.Define[Moment](Events, "delivery.dispatched", "The goods left")
	Received        = event.Define[Moment](Events, "delivery.received", "The goods arrived at the unit and wait for confirmation")
	ConfirmedEvent  = event.Define[ConfirmedChange](Events, "delivery.confirmed", "The unit said what arrived, line by line")
	CancelledEvent  = event.Define[CancelledChange](Events, "delivery.cancelled", "The delivery will not take place")
	PlaceFollowed   = event.Define[PlaceChange](Events, "delivery.place_followed", "The delivery's unit belongs to another office, region or state, or keeps another time now")
)

// CreatedChange says how the delivery came about.
type CreatedChange struct {
	Announced bool `json:"announced"`
	Lines     int  `json:"lines"`
}

// LinesChange lists the lines that changed.
type LinesChange struct {
	Lines []int `json:"lines"`
}

// Moment is when it happened.
type Moment struct {
	OccurredAt event.Time       `json:"occurred_at"`
	LateEntry  *event.LateEntry `json:"late_entry,omitempty"`
}

// ConfirmedChange sums up a confirmation.
type ConfirmedChange struct {
	OccurredAt event.Time       `json:"occurred_at"`
	LateEntry  *event.LateEntry `json:"late_entry,omitempty"`
	Accepted   int              `json:"accepted"`
	Reserved   int              `json:"accepted_with_reservation"`
	Rejected   int              `json:"rejected"`
	Missing    int              `json:"missing"`
	InFull     bool             `json:"accepted_in_full"`
}

// CancelledChange says that it will not take place. Why is somebody's text and stays with the delivery.
type CancelledChange struct {
	Reason string `json:"reason" jsonschema_description:"Empty but in events of earlier releases: it is free text"`
}

// PlaceChange is the office before and after.
type PlaceChange struct {
	FromOffice string `json:"from_office"`
	ToOffice   string `json:"to_office"`
}

// Create prepares a delivery; with arrived_at it registers one that came unannounced.
type Create struct {
	ID           string     `json:"id,omitempty" doc:"UUIDv7 made by the client, for capture without a network"`
	UnitID       string     `json:"unit_id" minLength:"1" maxLength:"40" example:"BSIST000014"`
	SupplierID   string     `json:"supplier_id,omitempty" format:"uuid" doc:"The contractor who delivers"`
	ContractID   string     `json:"contract_id,omitempty" format:"uuid"`
	DeliveryNote string     `json:"delivery_note,omitempty" maxLength:"60" doc:"Number of the supplier's delivery note (remisión); S/N and the like mean none"`
	ArrivedAt    event.Time `json:"arrived_at,omitzero" doc:"Given where the unit registers goods that came unannounced"`
	Lines        []NewLine  `json:"lines" minItems:"1" maxItems:"500"`
}

// NewLine is a line as it is dispatched.
type NewLine struct {
	TypeID      string           `json:"type_id" format:"uuid"`
	Description string           `json:"description,omitempty" maxLength:"200"`
	Quantity    int              `json:"quantity" minimum:"1" maximum:"100000"`
	Tracking    string           `json:"tracking,omitempty" vocabulary:"tracking" doc:"The type's when absent"`
	Funding     *mx.FundingInput `json:"funding_source,omitempty"`
	UnitPrice   *mx.Money        `json:"unit_price,omitempty"`
	Invented    bool             `json:"invented,omitempty" doc:"The quantity is made up (demonstrations)"`
}

// Occurred is a request that says when something happened.
type Occurred struct {
	OccurredAt event.Time `json:"occurred_at,omitzero" doc:"When it happened; now when absent"`
}

// Cancel is a request to cancel.
type Cancel struct {
	Reason string `json:"reason" minLength:"3" maxLength:"120" doc:"Why, in a few words; they never leave the service"`
}

const (
	maxQuantity = 100_000
	maxLines    = 500
	// maxAssets bounds the assets that one delivery gives birth to.
	maxAssets = 5_000
)

// Reference looks up what a request names in field and another service owns; in vain it is the refusal of the reference.
type Reference[T any] func(ctx context.Context, field, id string) (*T, error)

// Commands are what can be done with deliveries.
type Commands struct {
	Deliveries event.Collection[Delivery]
	Unit       Reference[ref.Unit]
	Type       Reference[ref.Type]
	Contractor Reference[ref.Contractor]
	// Nones are the installation's words for "there is none".
	Nones mx.Nones
	Now   func(context.Context) event.Time
}

// Create writes a new delivery.
func (c Commands) Create(ctx context.Context, id string, in Create) error {
	u, err := c.Unit(ctx, "unit_id", in.UnitID)
	if err != nil {
		return err
	}
	if u.OperationState == "closed" {
		return fault.Conflictf("unit-closed", u.OperationState, "unit %s is closed: nothing is delivered to it until it is open again", u.ID)
	}
	if in.SupplierID != "" {
		if _, err := c.Contractor(ctx, "supplier_id", in.SupplierID); err != nil {
			return err
		}
	}
	now := c.Now(ctx)
	d := &Delivery{ID: id, ZonedPlace: u.ZonedPlace, State: Draft, SupplierID: in.SupplierID, ContractID: in.ContractID, DeliveryNote: c.Nones.Clean(in.DeliveryNote),
		Announced: in.ArrivedAt.IsZero(), CreatedAt: now, CreatedBy: event.Actor(ctx)}
	if !d.Announced {
		if d.ArrivedAt, err = d.instant("arrived_at", "arrived_at", in.ArrivedAt, now); err != nil {
			return err
		}
		d.State = Arrived
	}
	if err := c.lines(ctx, d, in.Lines); err != nil {
		return err
	}
	events := []event.Event{Created.New(CreatedChange{Announced: d.Announced, Lines: len(d.Lines)})}
	if !d.Announced {
		events = append(events, Received.New(Moment{d.ArrivedAt, d.enter(ctx, "create", d.ArrivedAt, now)}))
	}
	return c.Deliveries.Insert(ctx, id, d, events...)
}

// maxBackdating is how many days ago an unannounced arrival may lie.
const maxBackdating = 365

func (c Commands) lines(ctx context.Context, d *Delivery, in []NewLine) error {
	if len(in) < 1 || len(in) > maxLines {
		return fault.Invalidf("lines", "lines-out-of-range", "a delivery has 1 to %d lines, got %d", maxLines, len(in))
	}
	assets := 0
	for i, l := range in {
		at := fmt.Sprintf("lines[%d]", i)
		t, err := c.Type(ctx, at+".type_id", l.TypeID)
		if err != nil {
			return err
		}
		line := Line{Line: i + 1, TypeID: t.ID, TypeKey: t.Key, Category: t.Category, Description: mx.Clean(l.Description), Tracking: t.Tracking,
			Funding: l.Funding.Source(), UnitPrice: l.UnitPrice, Invented: l.Invented, Dispatched: l.Quantity}
		if l.Tracking != "" {
			line.Tracking = l.Tracking
		}
		if err := line.valid(at); err != nil {
			return err
		}
		if line.becomesAssets() {
			assets += line.Dispatched
		}
		d.Lines = append(d.Lines, line)
	}
	if assets > maxAssets {
		return fault.Invalidf("lines", "too-many-items", "a delivery has at most %d serialised or tagged items, got %d; split it", maxAssets, assets)
	}
	return nil
}

func (l Line) becomesAssets() bool { return l.Tracking == "serialised" || l.Tracking == "tagged" }

func (l Line) valid(at string) error {
	if l.Dispatched < 1 || l.Dispatched > maxQuantity {
		return fault.Invalidf(at+".quantity", "quantity-out-of-range", "a quantity from 1 to %d was expected, got %d", maxQuantity, l.Dispatched)
	}
	if !mx.Valid("tracking", l.Tracking) {
		return fault.Invalidf(at+".tracking", "value-unknown", "%q is not one of the values", l.Tracking).With(mx.Values("tracking")...)
	}
	if l.UnitPrice != nil {
		if err := l.UnitPrice.AtMost(mx.MaxPriceCents); err != nil {
			return fault.Invalidf(at+".unit_price", "amount-invalid", "%s", err.Error())
		}
	}
	return nil
}

// move runs one transition: verb must be open, its instant in order; set does the rest.
func (c Commands) move(ctx context.Context, id, verb string, said event.Time, set func(d *Delivery, at event.Time, late *event.LateEntry) ([]event.Event, error)) error {
	return c.Deliveries.Update(ctx, id, func(d *Delivery) ([]event.Event, error) {
		if err := d.May(verb); err != nil {
			return nil, err
		}
		now := c.Now(ctx)
		at, err := d.instant("occurred_at", instantOf[verb], said, now)
		if err != nil {
			return nil, err
		}
		return set(d, at, d.enter(ctx, verb, at, now))
	})
}

// Dispatch records that the goods left.
func (c Commands) Dispatch(ctx context.Context, id string, in Occurred) error {
	return c.move(ctx, id, "dispatch", in.OccurredAt, func(d *Delivery, at event.Time, late *event.LateEntry) ([]event.Event, error) {
		d.State, d.DispatchedAt = Dispatched, at
		return []event.Event{DispatchedEvent.New(Moment{at, late})}, nil
	})
}

// Arrive records that the goods came.
func (c Commands) Arrive(ctx context.Context, id string, in Occurred) error {
	return c.move(ctx, id, "arrive", in.OccurredAt, func(d *Delivery, at event.Time, late *event.LateEntry) ([]event.Event, error) {
		d.State, d.ArrivedAt = Arrived, at
		return []event.Event{Received.New(Moment{at, late})}, nil
	})
}

// Confirm records what the unit found. Goods that are confirmed have arrived, whether somebody said so before or not.
func (c Commands) Confirm(ctx context.Context, id string, in Confirm) error {
	return c.move(ctx, id, "confirm", in.OccurredAt, func(d *Delivery, at event.Time, late *event.LateEntry) ([]event.Event, error) {
		zone, err := mx.LoadZone(d.TimeZone)
		if err != nil {
			return nil, err
		}
		if err := d.confirm(in, at, zone); err != nil {
			return nil, err
		}
		if d.ArrivedAt.IsZero() {
			d.ArrivedAt = at
		}
		d.State, d.ConfirmedAt, d.ConfirmedBy = Confirmed, at, event.Actor(ctx)
		d.confirmLate(d.ConfirmedBy, c.Now(ctx))
		sum := ConfirmedChange{OccurredAt: at, LateEntry: late, InFull: d.InFull}
		for _, l := range d.Lines {
			sum.Accepted, sum.Reserved, sum.Rejected, sum.Missing = sum.Accepted+l.Accepted, sum.Reserved+l.Reserved, sum.Rejected+l.Rejected, sum.Missing+l.Missing
		}
		return []event.Event{ConfirmedEvent.New(sum)}, nil
	})
}

// Cancel gives up a delivery that has not arrived.
func (c Commands) Cancel(ctx context.Context, id string, in Cancel) error {
	return c.move(ctx, id, "cancel", event.Time{}, func(d *Delivery, at event.Time, _ *event.LateEntry) ([]event.Event, error) {
		d.State, d.CancelledAt, d.CancelReason = Cancelled, at, in.Reason
		return []event.Event{CancelledEvent.New(CancelledChange{})}, nil
	})
}

// Change is an edit of a delivery before its confirmation.
type Change struct {
	Lines []LineTracking `json:"lines" minItems:"1" maxItems:"500"`
}

// LineTracking says how a line's items will be kept track of.
type LineTracking struct {
	Line     int    `json:"line" minimum:"1" maximum:"500"`
	Tracking string `json:"tracking" vocabulary:"tracking"`
}

// Change sets how lines will be kept track of.
func (c Commands) Change(ctx context.Context, id string, in Change) error {
	return c.Deliveries.Update(ctx, id, func(d *Delivery) ([]event.Event, error) {
		if err := d.May("change"); err != nil {
			return nil, err
		}
		var changed []int
		for i, l := range in.Lines {
			at := fmt.Sprintf("lines[%d]", i)
			if l.Line < 1 || l.Line > len(d.Lines) {
				return nil, fault.Invalidf(at+".line", "line-unknown", "the delivery has lines 1 to %d, not %d", len(d.Lines), l.Line)
			}
			line := &d.Lines[l.Line-1]
			if line.Tracking != l.Tracking {
				line.Tracking, changed = l.Tracking, append(changed, l.Line)
			}
			if err := line.valid(at); err != nil {
				return nil, err
			}
		}
		if len(changed) == 0 {
			return nil, nil
		}
		return []event.Event{LinesChanged.New(LinesChange{changed})}, nil
	})
}

// Follow moves the delivery along when its unit comes to belong to another office, region or state, or to keep another time.
func (d *Delivery) Follow(to mx.ZonedPlace) event.Event {
	from := d.Office
	d.ZonedPlace = to
	return PlaceFollowed.New(PlaceChange{FromOffice: from, ToOffice: to.Office})
}
