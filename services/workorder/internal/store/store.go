// Package store declares the workorder service's collections and what may be asked of them.
package store

import (
	"context"
	"encoding/json"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contract"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/contractor"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/order"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/program"
)

// Collections are the service's documents.
type Collections struct {
	Orders *docstore.Collection[order.Order]
	// Works are the orders as far as they say where they are, for reading.
	Works       *docstore.Collection[Work]
	Series      *docstore.Collection[order.Series]
	Contractors *docstore.Collection[contractor.Contractor]
	Contracts   *docstore.Collection[contract.Contract]
	Budgets     *docstore.Collection[contract.Budget]
	// Appointments say who may commit a contract's money.
	Appointments *docstore.Collection[contract.Appointment]
	Standings    *docstore.Collection[contract.Standings]
	Programs     *docstore.Collection[program.Program]
	Lines        *docstore.Collection[program.Line]
	// Units and Assets are learnt from the asset service.
	Units  *docstore.Collection[place.UnitRef]
	Assets *docstore.Collection[place.AssetRef]
	Sites  *docstore.Collection[place.SiteRef]
	// Types are equipment types by their keys.
	Types *docstore.Collection[place.TypeRef]
}

// Open declares the collections.
func Open(s *docstore.Store) *Collections {
	by := docstore.By
	// What is open of a place, and what a contractor has to do, are the lists that people look at all day.
	orders := append(by("unit_id", "state", "type", "priority", "office", "contractor_id", "technician_id", "contract_id", "program_line_id", "target.asset_id", "late_entry", "folio", "hold.reason"),
		docstore.Index{Fields: []string{"unit_id", "state"}}, docstore.Index{Fields: []string{"office", "state"}}, docstore.Index{Fields: []string{"contractor_id", "state"}})
	// The latest first, as people look for them: all, or those of a state, a unit, an office, a contractor.
	orders = append(orders, docstore.Newest("requested_at", "state", "unit_id", "office", "contractor_id")...)
	// A programme is looked at by unit and office for some weeks, and over the years only grows: what is to begin on one of those days is found by itself.
	lines := append(by("program_id", "unit_id", "office", "planned_start", "element", "equipment_type_key"),
		docstore.Index{Fields: []string{"unit_id", "planned_start"}}, docstore.Index{Fields: []string{"office", "planned_start"}})
	c := &Collections{
		Orders: docstore.Open(s, docstore.Spec{Name: "work_orders", Events: order.Events,
			Indexes: orders, Unique: []docstore.Unique{{Name: "folio", Fields: []string{"folio"}}}}, (*order.Order).Scopes),
		Series: docstore.Open[order.Series](s, docstore.Spec{Name: "folio_series", Aggregate: "folio_series"}, nil),
		Contractors: docstore.Open(s, docstore.Spec{Name: "contractors", Events: contractor.Events,
			Indexes: []docstore.Index{{Array: "kinds"}},
			Unique:  []docstore.Unique{{Name: "rfc", Fields: []string{"rfc"}}}}, (*contractor.Contractor).Scopes),
		Contracts: docstore.Open(s, docstore.Spec{Name: "contracts", Events: contract.Events,
			Indexes: by("contractor_id", "kind", "legal_regime"),
			Keys:    []docstore.Key{{Name: contract.NumberKey, Mark: contract.NumberTaken}}, Since: "created_at",
			Unique: []docstore.Unique{{Name: "number", Fields: []string{"number"}}}}, (*contract.Contract).Scopes).Keyed((*contract.Contract).Keys, nil),
		Budgets: docstore.Open(s, docstore.Spec{Name: "contract_budgets", Events: contract.BudgetEvents,
			Indexes: by("contract_id")}, (*contract.Budget).Scopes),
		Appointments: docstore.Open(s, docstore.Spec{Name: "appointments", Events: contract.AppointmentEvents,
			Indexes: by("contract_id", "subject", "standing"),
			Unique:  []docstore.Unique{{Name: "standing", Fields: []string{"standing"}}}}, (*contract.Appointment).Scopes),
		Standings: docstore.Open[contract.Standings](s, docstore.Spec{Name: "appointment_standings", Aggregate: "appointment_standing"}, nil),
		Programs: docstore.Open(s, docstore.Spec{Name: "programs", Events: program.Events,
			Indexes: by("fiscal_year")}, (*program.Program).Scopes),
		Lines: docstore.Open(s, docstore.Spec{Name: "program_lines", Events: program.LineEvents,
			Indexes: lines}, (*program.Line).Scopes),
		Units:  docstore.Open(s, docstore.Spec{Name: "unit_refs", Aggregate: "unit_ref"}, (*place.UnitRef).Scopes),
		Sites:  docstore.Open(s, docstore.Spec{Name: "site_refs", Aggregate: "site_ref"}, (*place.SiteRef).Scopes),
		Types:  docstore.Open[place.TypeRef](s, docstore.Spec{Name: "type_refs", Aggregate: "type_ref"}, nil),
		Assets: docstore.Open(s, docstore.Spec{Name: "asset_refs", Aggregate: "asset_ref"}, (*place.AssetRef).Scopes),
	}
	c.Works = docstore.Open[Work](docstore.NewStore(s.Driver(), docstore.Options{}), c.Orders.Spec(), nil)
	return c
}

// Work is an order's whereabouts. The rest of the document, which is most of it, is not decoded: that was half of what the sites of a page cost.
type Work struct{ place.Work }

// UnmarshalJSON reads what says where the order is.
func (w *Work) UnmarshalJSON(b []byte) error {
	var o struct {
		UnitID string `json:"unit_id"`
		Target struct {
			AreaID  string `json:"area_id"`
			AssetID string `json:"asset_id"`
		} `json:"target"`
	}
	err := json.Unmarshal(docstore.Only(b, []string{"unit_id", "target"}), &o)
	w.Work = place.Work{Unit: o.UnitID, Area: o.Target.AreaID, Asset: o.Target.AssetID}
	return err
}

// Standing are the ids of a person's appointments that were not ended: to a contract's lot, or all where contractID is "". Not inside Atomic: there the appointments are
// read by their ids, and so hold until the end.
func (c *Collections) Standing(ctx context.Context, contractID string, lot int, subject string) (ids []string, err error) {
	where := []docstore.Condition{docstore.Eq("subject", subject)}
	if contractID != "" {
		where = append(where, docstore.Eq("contract_id", contractID))
	}
	err = c.Appointments.Stream(byRight(ctx), docstore.Query{Where: where},
		func(d docstore.Doc[contract.Appointment]) error {
			if (contractID == "" || d.State.Lot == lot) && d.State.EndedAt.IsZero() {
				ids = append(ids, d.ID)
			}
			return nil
		})
	return ids, err
}

// Restored is the latest instant at which an order on the asset, wherever it belongs, restored it. Declined and cancelled orders leave
// nothing behind. Not inside Atomic.
func (c *Collections) Restored(ctx context.Context, assetID string) (latest event.Time, err error) {
	err = c.Orders.Stream(byRight(ctx), docstore.Query{Where: []docstore.Condition{docstore.Eq("target.asset_id", assetID)}},
		func(d docstore.Doc[order.Order]) error {
			o := &d.State
			if o.RestoredFunctioning != "" && o.State != order.Declined && o.State != order.Cancelled && o.RestoredAt.After(latest.Time) {
				latest = o.RestoredAt
			}
			return nil
		})
	return latest, err
}

// ByRight is a collection as the service itself sees it: for what a command must change although its caller may not. Events still name
// the caller.
type ByRight[T any] struct{ *docstore.Collection[T] }

func byRight(ctx context.Context) context.Context { return caller.AsSystem(ctx, event.Actor(ctx)) }

// Get returns the document wherever it belongs.
func (r ByRight[T]) Get(ctx context.Context, id string) (*T, error) {
	return r.Collection.Get(byRight(ctx), id)
}

// Many returns those of the documents that there are, by id, wherever they belong.
func (r ByRight[T]) Many(ctx context.Context, ids []string) (map[string]*T, error) {
	found, err := r.LoadMany(byRight(ctx), ids)
	out := make(map[string]*T, len(found))
	for id, d := range found {
		out[id] = &d.State
	}
	return out, err
}

// Insert writes a document wherever it belongs.
func (r ByRight[T]) Insert(ctx context.Context, id string, state *T, events ...event.Event) error {
	return r.Collection.Insert(byRight(ctx), id, state, events...)
}

// Update changes the document wherever it belongs.
func (r ByRight[T]) Update(ctx context.Context, id string, change func(*T) ([]event.Event, error)) error {
	return r.Collection.Update(byRight(ctx), id, change)
}
