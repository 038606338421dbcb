// Package rest is the status service's operations: what planners ask. No rules.
package rest

import (
	"context"
	"net/http"
	"strconv"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/tally/ledger"
	"github.com/bitacora-salud/bitacora/services/status/internal/status"
	"github.com/bitacora-salud/bitacora/services/status/internal/store"
)

// Asking is what every question may carry.
type Asking struct {
	MinAsOf []string `query:"min_as_of,explode" maxItems:"20" doc:"Wait, for a second at most, until the figures include these versions, as a write's answer gives them in Bitacora-Written. May be repeated, or separated by commas." example:"asset/0198f2a0-5f0e-7c55-9d3a-0d5b7a4c1f10@3"`
	rest.Conditions
}

// UnitStatus is a unit's figures.
type UnitStatus struct {
	ID string `json:"id" doc:"The unit's stable key"`
	mx.Place
	Name           string         `json:"name"`
	Kind           string         `json:"kind"`
	UnitType       string         `json:"unit_type,omitempty"`
	CareLevel      string         `json:"care_level,omitempty"`
	OperationState string         `json:"operation_state" doc:"Offices, states and the nation count open and suspended units in their totals, show planned and closed ones apart; only what an open unit has is in service"`
	NotSurveyed    bool           `json:"not_surveyed" doc:"No asset of the unit was ever registered, delivered or imported, other than by mistake: figures.assets is absent"`
	Figures        status.Figures `json:"figures"`
	AsOf           event.Time     `json:"as_of,omitzero" doc:"When the newest fact that the figures include was recorded"`
}

// GroupStatus is the figures of an office, a state or the nation. Each of the institution's own medical units there is counted once: in the
// figures, in planned or in closed.
type GroupStatus struct {
	ID     string `json:"id" doc:"Key of the office, INEGI code of the state, or nation"`
	Name   string `json:"name"`
	Region string `json:"region,omitempty" doc:"Region, 1 to 8"`
	State  string `json:"state_code,omitempty" doc:"INEGI code of the state, 01 to 32"`
	status.Totals
	Figures status.Figures `json:"figures" doc:"The sums of the figures of open and suspended units"`
	Planned status.Apart   `json:"planned" doc:"What planned units have already: not in figures"`
	Closed  status.Apart   `json:"closed" doc:"What closed units still have: not in figures"`
	AsOf    event.Time     `json:"as_of,omitzero" doc:"When the newest fact that the figures include was recorded; absent where there is none"`
}

type answer[T any] struct {
	Status int
	ETag   string `header:"ETag" doc:"The version of the figures, in quotes."`
	Cache  string `header:"Cache-Control"`
	Body   *T
}

func answered[T any](asked Asking, version uint64, body *T) (a *answer[T], err error) {
	a = &answer[T]{ETag: strconv.Quote(strconv.FormatUint(version, 10)), Cache: "private, no-cache", Body: body}
	if a.Status, err = asked.Read(a.ETag); err != nil {
		return nil, err
	}
	return a, nil
}

// Register adds the service's operations.
func Register(s *service.Service, c *store.Collections, f *ledger.Ledger[status.Unit, status.Part]) {
	s.Rest.Refusals = refusals
	s.Rest.Uses("unit_type")
	v := &visible{f, s.Arrivals}
	type unitInput struct {
		ID string `path:"id" maxLength:"40" doc:"The unit's stable key"`
		Asking
	}
	rest.Handle(s.Rest, rest.Op{ID: "status.unit", Roles: auth.Overseers, Method: http.MethodGet, Path: "/v1/status/units/{id}", Summary: "Figures of a unit"},
		func(ctx context.Context, in *unitInput) (*answer[UnitStatus], error) {
			if err := v.await(ctx, in.MinAsOf, in.ID); err != nil {
				return nil, err
			}
			d, err := c.UnitStatus.Load(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if d.State.Awaited {
				return nil, docstore.ErrNotFound
			}
			return answered(in.Asking, uint64(d.Version), unitStatus(&d.State))
		})
	type unitsInput struct {
		IDs []string `query:"ids,explode" required:"true" minItems:"1" maxItems:"100" doc:"Of these units. Of one that is not known and of one that the caller may not see the answer is the same: none"`
	}
	rest.Handle(s.Rest, rest.Op{ID: "status.units", Roles: auth.Overseers, Method: http.MethodGet, Path: "/v1/status/units", Summary: "Figures of several units",
		Description: "Of each what status.unit answers of one."},
		func(ctx context.Context, in *unitsInput) (*unitsAnswer, error) {
			found, err := c.UnitStatus.LoadMany(ctx, in.IDs)
			if err != nil {
				return nil, err
			}
			out := &unitsAnswer{}
			out.Body.Items = []*UnitStatus{}
			for _, id := range in.IDs {
				if d := found[id]; d != nil && !d.State.Awaited {
					delete(found, id) // once, however often it was asked for
					out.Body.Items = append(out.Body.Items, unitStatus(&d.State))
				}
			}
			return out, nil
		})
	g := groups{f, v}
	type officeInput struct {
		Key string `path:"key" maxLength:"40" doc:"Key of the Oficina de Representación" example:"baja-california-sur"`
		Asking
	}
	rest.Handle(s.Rest, rest.Op{ID: "status.office", Roles: auth.Overseers, Method: http.MethodGet, Path: "/v1/status/offices/{key}", Summary: "Figures of an office's units"},
		func(ctx context.Context, in *officeInput) (*answer[GroupStatus], error) {
			o, ok := mx.OfficeByKey(in.Key)
			if !ok {
				return nil, docstore.ErrNotFound
			}
			return g.read(ctx, in.Asking, status.OfficePrefix+o.Key, GroupStatus{ID: o.Key, Name: o.Name, Region: o.Region, State: o.State})
		})
	type stateInput struct {
		INEGI string `path:"inegi" maxLength:"2" doc:"INEGI code of the state, 01 to 32" example:"03"`
		Asking
	}
	rest.Handle(s.Rest, rest.Op{ID: "status.state", Roles: auth.Overseers, Method: http.MethodGet, Path: "/v1/status/states/{inegi}", Summary: "Figures of a state's units"},
		func(ctx context.Context, in *stateInput) (*answer[GroupStatus], error) {
			st, ok := mx.StateByINEGI(in.INEGI)
			if !ok {
				return nil, docstore.ErrNotFound
			}
			return g.read(ctx, in.Asking, status.StatePrefix+st.INEGI, GroupStatus{ID: st.INEGI, Name: st.Name, Region: mx.RegionOfState(st.INEGI), State: st.INEGI})
		})
	rest.Handle(s.Rest, rest.Op{ID: "status.nation", Roles: auth.Overseers, Method: http.MethodGet, Path: "/v1/status/nation", Summary: "Figures of all units"},
		func(ctx context.Context, in *struct{ Asking }) (*answer[GroupStatus], error) {
			return g.read(ctx, in.Asking, status.Nation, GroupStatus{ID: status.Nation, Name: "México"})
		})
}

type unitsAnswer struct {
	Body struct {
		Items []*UnitStatus `json:"items" nullable:"false" doc:"In the order in which they were asked for"`
	}
}

func unitStatus(u *status.Unit) *UnitStatus {
	return &UnitStatus{ID: u.ID, Place: u.Place, Name: u.Name, Kind: u.Kind, UnitType: u.UnitType,
		CareLevel: u.CareLevel, OperationState: u.OperationState, NotSurveyed: u.NotSurveyed(), Figures: u.Figures, AsOf: u.AsOf}
}

type groups struct {
	f *ledger.Ledger[status.Unit, status.Part]
	v *visible
}

// read completes out with the figures of the group; one of which no unit has been heard of has none.
func (g groups) read(ctx context.Context, in Asking, id string, out GroupStatus) (*answer[GroupStatus], error) {
	access, _ := caller.AccessOf(ctx)
	if !access.Admits(status.Scopes(id)) {
		return nil, docstore.ErrNotFound
	}
	if err := g.v.await(ctx, in.MinAsOf, id); err != nil {
		return nil, err
	}
	sum, tag := status.GroupOf(&g.f.Fold, id)
	out.Totals, out.Figures, out.Planned, out.Closed, out.AsOf = sum.Totals, sum.Figures, sum.Planned, sum.Closed, sum.AsOf
	return answered(in, tag, &out)
}
