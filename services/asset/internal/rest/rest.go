// Package rest is the asset service's operations: request, command, answer. No rules.
package rest

import (
	"context"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/rest"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/asset/internal/asset"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/stock"
	"github.com/bitacora-salud/bitacora/services/asset/internal/store"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// Commands are what the operations carry out.
type Commands struct {
	Units  unit.Commands
	Types  equipment.Commands
	Assets asset.Commands
}

// keepers describe the equipment of a place.
var keepers = auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer, auth.OfficeAdministrator, auth.Admin}

// Register adds the service's operations.
func Register(s *service.Service, c *store.Collections, do Commands) {
	s.Rest.Refusals = refusals
	s.Rest.Uses("custody", "quarantine", "unit_type", "institution", "asset_column")
	units(s, c.Units, do.Units)
	types(s, c.Types, do.Types)
	assets(s, c.Assets, do.Assets)
	assetImports(s, c, do.Assets)
	stockItems(s, c.Stock)
}

type unitQuery struct {
	rest.Paging
	IDs            []string `query:"ids,explode" field:"id" maxItems:"100" doc:"These keys. Of one that is not known and of one that the caller may not see the answer is the same: none"`
	Office         []string `query:"office,explode"`
	State          []string `query:"state_code,explode"`
	Kind           []string `query:"kind,explode" vocabulary:"unit_kind"`
	UnitType       []string `query:"unit_type,explode"`
	CareLevel      []string `query:"care_level,explode" vocabulary:"care_level"`
	OperationState []string `query:"operation_state,explode" vocabulary:"unit_state"`
	InstituteKey   []string `query:"institute_unit_key,explode" field:"_keys.institute_unit_key" compare:"key" doc:"Compared without case, blanks, dots and hyphens"`
	Discrepancy    []string `query:"discrepancy,explode" field:"_discrepancies" vocabulary:"discrepancy" doc:"What a person should look at: units that have another one's key, areas of one place with one name, an office or time zone of another state"`
}

func units(s *service.Service, c *docstore.Collection[unit.Unit], do unit.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "unit.register", Roles: auth.Roles{auth.Admin}, Path: "/v1/units", Summary: "Register a unit"}, c,
		func(ctx context.Context, id string, in *unit.Register) error {
			return do.Register(ctx, id, "manual", in.Facts)
		})
	rest.List[unitQuery](s.Rest, rest.Op{ID: "unit.list", Roles: auth.Institution, Path: "/v1/units", Summary: "List units"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "unit.read", Roles: auth.Institution, Path: "/v1/units/{id}", Summary: "Read a unit"}, c)
	rest.Change(s.Rest, rest.Op{ID: "unit.change", Roles: auth.Roles{auth.OfficeAdministrator, auth.Admin}, Path: "/v1/units/{id}", Summary: "Change facts of a unit"}, c,
		func(ctx context.Context, id string, patch rest.Patch[unit.Facts]) error {
			return do.Change(ctx, id, "manual", patch.Value(), patch.Emptied()...)
		})
	rest.Action(s.Rest, rest.Op{ID: "unit.add_area", Roles: auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer, auth.OfficeAdministrator, auth.Admin}, Path: "/v1/units/{id}/add-area", Summary: "Register an area of a unit"}, c,
		func(ctx context.Context, id string, in *unit.AddArea) error { return do.AddArea(ctx, id, *in) })
	service.History(s, rest.Op{ID: "unit.history", Roles: auth.Institution, Path: "/v1/units/{id}/history", Summary: "What happened to a unit"}, c)
	unitImports(s, c, do)
}

type typeQuery struct {
	rest.Paging
	Category []string `query:"category,explode" vocabulary:"equipment_category"`
	Tracking []string `query:"tracking,explode" vocabulary:"tracking"`
	Key      []string `query:"key,explode"`
}

// types are operations on the catalogue, which belongs to the nation: of the engineers only those with a national grant reach it.
func types(s *service.Service, c *docstore.Collection[equipment.Type], do equipment.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "equipment_type.create", Roles: auth.Roles{auth.BiomedicalEngineer, auth.Admin}, Path: "/v1/equipment-types", Summary: "Add an equipment type"}, c,
		func(ctx context.Context, id string, in *equipment.Create) error { return do.Create(ctx, id, *in) })
	rest.List[typeQuery](s.Rest, rest.Op{ID: "equipment_type.list", Roles: auth.Everybody, Path: "/v1/equipment-types", Summary: "List equipment types"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "equipment_type.read", Roles: auth.Everybody, Path: "/v1/equipment-types/{id}", Summary: "Read an equipment type"}, c)
	rest.Change(s.Rest, rest.Op{ID: "equipment_type.change", Roles: auth.Roles{auth.BiomedicalEngineer, auth.Admin}, Path: "/v1/equipment-types/{id}", Summary: "Change an equipment type"}, c,
		func(ctx context.Context, id string, patch rest.Patch[equipment.Facts]) error {
			return do.Change(ctx, id, patch.Apply)
		})
	service.History(s, rest.Op{ID: "equipment_type.history", Roles: auth.Everybody, Path: "/v1/equipment-types/{id}/history", Summary: "What happened to an equipment type"}, c)
}

type assetQuery struct {
	rest.Paging
	UnitID       []string `query:"unit_id,explode"`
	TypeKey      []string `query:"type_key,explode"`
	Functioning  []string `query:"functioning,explode" field:"functioning.value" vocabulary:"functioning"`
	Lifecycle    []string `query:"lifecycle,explode" field:"lifecycle.value" vocabulary:"asset_lifecycle"`
	Use          []string `query:"use,explode" field:"use.value" vocabulary:"use"`
	Custody      []string `query:"custody,explode" field:"custody.value" vocabulary:"custody"`
	Quarantine   []string `query:"quarantine,explode" field:"quarantine.value" vocabulary:"quarantine"`
	DeliveryID   []string `query:"delivery_id,explode" field:"origin.delivery_id"`
	SerialNumber []string `query:"serial_number,explode" field:"_keys.serial_number" compare:"key" doc:"Compared without case, blanks, dots and hyphens"`
	InventoryTag []string `query:"inventory_tag,explode" field:"_keys.inventory_tag" compare:"key" doc:"Compared without case, blanks, dots and hyphens"`
	Discrepancy  []string `query:"discrepancy,explode" field:"_discrepancies" vocabulary:"discrepancy" doc:"What a person should look at: assets that have another one's tag or serial number, active ones without either, retired ones on which a work order is open; of what an earlier release wrote, those not working because of an order that is no longer open, and those in service though away"`
}

func assets(s *service.Service, c *docstore.Collection[asset.Asset], do asset.Commands) {
	rest.Create(s.Rest, rest.Op{ID: "asset.register", Roles: auth.Roles{auth.BiomedicalEngineer, auth.Admin}, Path: "/v1/assets", Summary: "Register an asset"}, c,
		func(ctx context.Context, id string, in *asset.Register) error { return do.Register(ctx, id, *in) })
	rest.List[assetQuery](s.Rest, rest.Op{ID: "asset.list", Roles: auth.Everybody, Seen: seen, Path: "/v1/assets", Summary: "List assets"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "asset.read", Roles: auth.Everybody, Seen: seen, Path: "/v1/assets/{id}", Summary: "Read an asset"}, c)
	rest.Change(s.Rest, rest.Op{ID: "asset.change", Roles: keepers, Path: "/v1/assets/{id}", Summary: "Change descriptive facts of an asset"}, c,
		func(ctx context.Context, id string, patch rest.Patch[asset.Details]) error {
			return do.Change(ctx, id, patch.Apply)
		})
	rest.Moves(s.Rest, c, func(_ context.Context, a *asset.Asset) func(string) error { return a.May }, asset.Judged)
	report := func(operation string, roles auth.Roles, verb, kind, summary string) {
		rest.Action(s.Rest, rest.Op{ID: operation, Roles: roles, Path: "/v1/assets/{id}/" + verb, Summary: summary}, c,
			func(ctx context.Context, id string, in *asset.Report) error { return do.Report(ctx, id, kind, *in) })
	}
	rest.Action(s.Rest, rest.Op{ID: "asset.report_functioning", Roles: auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer}, Path: "/v1/assets/{id}/report-functioning", Summary: "Say whether an asset works",
		Description: "Of all that is said of an asset, the worst word of its open corrective orders stands; with none open, the latest by occurred_at. The answer shows what stands."}, c,
		func(ctx context.Context, id string, in *asset.Report) error {
			return do.ReportFunctioning(ctx, id, *in)
		})
	report("asset.report_use", auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer}, "report-use", "use", "Say whether an asset is in use, or why not")
	report("asset.report_custody", auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer, auth.OfficeAdministrator}, "report-custody", "custody", "Say where an asset physically is")
	fixed := func(operation string, roles auth.Roles, verb, kind, value, summary string) {
		rest.Action(s.Rest, rest.Op{ID: operation, Roles: roles, Path: "/v1/assets/{id}/" + verb, Summary: summary}, c,
			func(ctx context.Context, id string, in *asset.Moment) error {
				return do.Report(ctx, id, kind, in.Report(value))
			})
	}
	fixed("asset.activate", keepers, "activate", "activate", asset.Active, "Make a draft an active asset")
	fixed("asset.quarantine", auth.Roles{auth.UnitDirector, auth.BiomedicalEngineer}, "quarantine", "quarantine", asset.Quarantined, "Put an asset into quarantine")
	// Who suspects a device may freeze it; only an engineer may say that it is safe again.
	fixed("asset.release", auth.Roles{auth.BiomedicalEngineer}, "release", "quarantine", asset.NotQuarantined, "Release an asset from quarantine")
	// What is recorded long after it happened needs the unit's own word.
	rest.Action(s.Rest, rest.Op{ID: "asset.confirm_late_entries", Roles: auth.Roles{auth.UnitDirector}, Path: "/v1/assets/{id}/confirm-late-entries", Summary: "Say that what was entered late did happen then",
		Description: "Of facts that were recorded more than seven days after they happened."}, c,
		func(ctx context.Context, id string, _ *rest.Nothing) error { return do.ConfirmLate(ctx, id) })
	rest.Action(s.Rest, rest.Op{ID: "asset.retire", Roles: auth.Roles{auth.BiomedicalEngineer, auth.OfficeAdministrator, auth.Admin}, Ends: true, Path: "/v1/assets/{id}/retire", Summary: "Retire an asset",
		Description: "It leaves the totals for good; its tag and serial number stay taken. Refused while work orders on it are open."}, c,
		func(ctx context.Context, id string, in *asset.Retire) error { return do.Retire(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "asset.void", Roles: auth.Roles{auth.BiomedicalEngineer, auth.Admin}, Ends: true, Path: "/v1/assets/{id}/void", Summary: "Take back a registration that was a mistake",
		Description: "Only of an asset on which there never was a work order. Its tag and serial number are free again, and nothing counts it."}, c,
		func(ctx context.Context, id string, in *asset.Void) error { return do.Void(ctx, id, *in) })
	rest.Action(s.Rest, rest.Op{ID: "asset.retype", Roles: auth.Roles{auth.BiomedicalEngineer, auth.Admin}, Path: "/v1/assets/{id}/retype", Summary: "Say that an asset is of another equipment type",
		Description: "It stays the same asset with all its history. An active one needs what tells it from others of its new type."}, c,
		func(ctx context.Context, id string, in *asset.Retype) error { return do.Retype(ctx, id, *in) })
	service.History(s, rest.Op{ID: "asset.history", Roles: auth.Everybody, Path: "/v1/assets/{id}/history", Summary: "What happened to an asset"}, c, seenHistory(c))
}

type stockQuery struct {
	rest.Paging
	UnitID  []string `query:"unit_id,explode"`
	TypeKey []string `query:"type_key,explode"`
	Office  []string `query:"office,explode"`
}

func stockItems(s *service.Service, c *docstore.Collection[stock.Item]) {
	rest.List[stockQuery](s.Rest, rest.Op{ID: "stock.list", Roles: auth.Institution, Path: "/v1/stock", Summary: "List stock sheets"}, c, rest.Order{})
	rest.Read(s.Rest, rest.Op{ID: "stock.read", Roles: auth.Institution, Path: "/v1/stock/{id}", Summary: "Read a line of a stock sheet"}, c)
	service.History(s, rest.Op{ID: "stock.history", Roles: auth.Institution, Path: "/v1/stock/{id}/history", Summary: "What came onto a line of a stock sheet"}, c)
}
