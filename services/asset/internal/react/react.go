// Package react is what the asset service does when it hears of others: a confirmed delivery gives birth to assets and fills stock
// sheets, a work order tells who works on an asset and whether it works, a unit's move takes its assets along.
package react

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/stock"
	"github.com/bitacora-salud/bitacora/services/asset/internal/store"
)

// Reactions are the service's consumers.
type Reactions struct {
	store  *docstore.Store
	c      *store.Collections
	assets asset.Commands
	stock  stock.Commands
}

// Register adds the consumers.
func Register(s *service.Service, c *store.Collections, assets asset.Commands, items stock.Commands) error {
	r := &Reactions{s.Store, c, assets, items}
	return errors.Join(
		s.Consume("deliveries", []string{event.Deliveries}, consume.React(r.delivery)),
		s.Consume("orders", []string{event.WorkOrders}, consume.React(r.order)),
		service.FollowUnits(s, "units", c.Units, service.Follow(c.Assets), service.Follow(c.Stock)),
	)
}

// delivered is what a delivery's state must say.
type delivered struct {
	ID string `json:"id"`
	mx.Place
	State       string     `json:"state"`
	ConfirmedAt event.Time `json:"confirmed_at"`
	ConfirmedBy string     `json:"confirmed_by"`
	Lines       []line     `json:"lines"`
}

type line struct {
	Line         int              `json:"line"`
	TypeID       string           `json:"type_id"`
	TypeKey      string           `json:"type_key"`
	Category     string           `json:"category"`
	Tracking     string           `json:"tracking"`
	Funding      mx.FundingSource `json:"funding_source"`
	Accepted     int              `json:"accepted"`
	Reserved     int              `json:"accepted_with_reservation"`
	Reservations []struct {
		Reason   string `json:"reason"`
		Quantity int    `json:"quantity"`
		DueOn    string `json:"due_on"`
	} `json:"reservations"`
}

func decode[T any](e event.Envelope) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(e.State, v); err != nil {
		return nil, event.Permanent(fmt.Errorf("state of %s: %w", e.Subject, err))
	}
	return v, nil
}

func (r *Reactions) delivery(ctx context.Context, e event.Envelope) error {
	d, err := decode[delivered](e)
	if err != nil || d.State != "confirmed" {
		return err
	}
	ctx = event.WithCause(ctx, d.ConfirmedAt) // the event may be an older one: states are published as they are by then
	if _, err := r.c.Deliveries.Get(ctx, d.ID); !errors.Is(err, docstore.ErrNotFound) {
		return err // nil: it was taken over before, and a confirmation does not change
	}
	if u, err := r.c.Units.Get(ctx, d.UnitID); err == nil {
		d.Place = u.Place // where the unit is now: the delivery may not have followed it yet
	} else if !errors.Is(err, docstore.ErrNotFound) {
		return err
	}
	for _, l := range d.Lines {
		if l.Tracking == asset.Serialised || l.Tracking == asset.Tagged {
			if err := r.births(ctx, d, l); err != nil {
				return err
			}
		}
	}
	// The counted goods and the mark that the delivery was taken over go together: so they are counted once, whatever later versions
	// of the delivery say, which was confirmed once and for all.
	heard := docstore.Versioned[store.Heard]{ID: d.ID, Version: 1, State: &store.Heard{ID: d.ID}}
	return consume.IfNewer(ctx, r.store, r.c.Deliveries, heard, func(ctx context.Context) error {
		for _, l := range d.Lines {
			if n := l.Accepted + l.Reserved; l.Tracking == "counted" && n > 0 {
				if err := r.stock.Receive(ctx, d.Place, l.TypeID, l.TypeKey, stock.Receipt{DeliveryID: d.ID, Line: l.Line, Quantity: n}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// consumerSpace is the name space of what this consumer creates.
var consumerSpace = uuid.NewSHA1(uuid.NameSpaceOID, []byte("bitacora/asset.deliveries"))

// AssetID is the id of the asset that an accepted item becomes.
func AssetID(deliveryID string, line, ordinal int) string {
	return uuid.NewSHA1(consumerSpace, fmt.Appendf(nil, "%s/%d/%d", deliveryID, line, ordinal)).String()
}

// batch bounds the assets written at once.
const batch = 500

// births writes the assets of a line, each under an id of its own that follows from the delivery: one that is there was born before.
func (r *Reactions) births(ctx context.Context, d *delivered, l line) error {
	var owed []asset.Reservation
	for _, res := range l.Reservations {
		for range res.Quantity {
			owed = append(owed, asset.Reservation{Reason: res.Reason, DueOn: res.DueOn})
		}
	}
	var docs []docstore.New[asset.Asset]
	for i := range l.Accepted + l.Reserved {
		item := asset.Delivered{ID: AssetID(d.ID, l.Line, i+1), Place: d.Place, TypeID: l.TypeID, TypeKey: l.TypeKey, Tracking: l.Tracking,
			Building: l.Category == "building_system", Origin: asset.Origin{DeliveryID: d.ID, Line: l.Line, Ordinal: i + 1}, Funding: l.Funding,
			ConfirmedAt: d.ConfirmedAt, ConfirmedBy: d.ConfirmedBy}
		if i < len(owed) {
			item.Reservations = owed[i : i+1]
		}
		origin := item.Origin
		docs = append(docs, docstore.New[asset.Asset]{ID: item.ID, State: asset.Born(item, r.store.At(ctx)),
			Events: []event.Event{asset.Registered.New(asset.RegisteredChange{Source: "delivery", Origin: &origin})}})
	}
	for len(docs) > 0 {
		n := min(batch, len(docs))
		for _, err := range r.c.Assets.InsertMany(ctx, docs[:n]) {
			var exists *docstore.ErrExists
			if err != nil && (!errors.As(err, &exists) || exists.Key != "_id") {
				return err
			}
		}
		docs = docs[n:]
	}
	return nil
}

// order is what a work order's state must say. Orders of earlier releases say neither who restored nor what was found.
type order struct {
	ID     string `json:"id"`
	Folio  string `json:"folio"`
	Type   string `json:"type"`
	State  string `json:"state"`
	Target struct {
		Kind    string `json:"kind"`
		AssetID string `json:"asset_id"`
	} `json:"target"`
	ContractorID string     `json:"contractor_id"`
	TechnicianID string     `json:"technician_id"`
	Reported     string     `json:"reported_functioning"`
	ReportedAt   event.Time `json:"reported_at"`
	ReportedBy   string     `json:"reported_by"`
	OvertakenAt  event.Time `json:"overtaken_at"`
	RestoredAt   event.Time `json:"restored_at"`
	Restored     string     `json:"restored_functioning"`
	RestoredBy   string     `json:"restored_by"`
	CompletedAt  event.Time `json:"completed_at"`
	Found        string     `json:"found_functioning"`
	FoundAt      event.Time `json:"found_at"`
	FoundBy      string     `json:"found_by"`
}

func (o *order) followed() asset.Order {
	out := asset.Order{ID: o.ID, Folio: o.Folio, ContractorID: o.ContractorID, TechnicianID: o.TechnicianID, Open: !over[o.State], Accepted: o.State == "accepted",
		Report:      asset.Assertion{Value: o.Reported, OccurredAt: o.ReportedAt, By: o.ReportedBy},
		Restoration: asset.Assertion{Value: o.Restored, OccurredAt: o.RestoredAt, By: o.RestoredBy},
		Finding:     asset.Assertion{Value: o.Found, OccurredAt: o.FoundAt, By: o.FoundBy}, OvertakenAt: o.OvertakenAt}
	if o.Restored == "" {
		out.Restoration.OccurredAt = o.CompletedAt
	}
	return out
}

// saidAt is when the order said last whether its asset works.
func saidAt(o asset.Order) event.Time {
	return slices.MaxFunc([]event.Time{o.Report.OccurredAt, o.Restoration.OccurredAt, o.Finding.OccurredAt}, func(a, b event.Time) int { return a.Compare(b.Time) })
}

// over are the states in which nothing more is to be done on an order.
var over = map[string]bool{"accepted": true, "declined": true, "cancelled": true}

func (r *Reactions) order(ctx context.Context, e event.Envelope) error {
	o, err := decode[order](e)
	if err != nil || o.Target.AssetID == "" {
		return err
	}
	ctx = event.WithCause(ctx, saidAt(o.followed()))
	heard := docstore.Versioned[store.Heard]{ID: o.ID, Version: e.StateVersion, State: &store.Heard{ID: o.ID}}
	return consume.IfNewer(ctx, r.store, r.c.Orders, heard, func(ctx context.Context) error {
		err := r.assets.FollowOrder(ctx, o.Target.AssetID, o.followed())
		if errors.Is(err, docstore.ErrNotFound) {
			return consume.NotYet(docstore.Ref{Collection: r.c.Assets.Spec().Name, ID: o.Target.AssetID})
		}
		return err
	})
}
