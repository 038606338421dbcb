package asset

import (
	"cmp"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type (
	field  = act.Field[record.Asset]
	action = act.Action[record.Asset]
)

var (
	when   = field{Name: "occurred_at", Kind: act.Instant}
	reason = field{Name: "reason", Kind: act.Line, Max: 120}
	more   = field{Name: "note", Kind: act.Text, Max: 500}
)

// value is the new value of a fact.
func value(vocabulary string, of func(record.Asset) record.Fact) field {
	return field{Name: "value", Kind: act.Word, Vocabulary: vocabulary, Required: true, Words: "value_" + vocabulary, Value: func(a record.Asset) string { return of(a).Value }}
}

// detail is a descriptive fact of the asset.
func detail(name string, most int, of func(record.Asset) string) field {
	return field{Name: name, Kind: act.Line, Max: most, Value: of}
}

// family are the operations of an asset.
var family = act.Family[record.Asset]{Base: "/equipos/", API: documents, Words: actionWords,
	Allowed: func(a record.Asset) record.Allowed { return a.Allowed }, Zone: func(a record.Asset) string { return a.TimeZone }, Heading: heading,
	State: func(a record.Asset) string {
		return record.Label("asset_lifecycle", a.Lifecycle.Value) + ", " + record.Label("functioning", a.Functioning.Value)
	},
	Actions: []action{
		{Op: "asset.activate", Path: "activate", Verb: "activar"},
		{Op: "asset.change", Verb: "ficha", Fields: []field{
			detail("inventory_tag", 60, func(a record.Asset) string { return a.InventoryTag }),
			detail("serial_number", 80, func(a record.Asset) string { return a.SerialNumber }),
			detail("brand", 80, func(a record.Asset) string { return a.Brand }),
			detail("model", 80, func(a record.Asset) string { return a.Model }),
			{Name: "area_id", Kind: act.Pick, Options: areas, Value: func(a record.Asset) string { return a.AreaID }},
			detail("acquired_on", 10, func(a record.Asset) string { return a.AcquiredOn }),
			detail("installed_on", 10, func(a record.Asset) string { return a.InstalledOn }),
			detail("warranty_until", 10, func(a record.Asset) string { return a.WarrantyUntil }),
			detail("custodian_post", 120, func(a record.Asset) string { return a.CustodianPost }),
			detail("sanitary_registration", 80, func(a record.Asset) string { return a.Sanitary }),
		}},
		{Op: "asset.report_functioning", Path: "report-functioning", Verb: "funcionamiento", Fields: []field{value("functioning", func(a record.Asset) record.Fact { return a.Functioning }), reason, when}},
		{Op: "asset.report_use", Path: "report-use", Verb: "uso", Fields: []field{value("use", func(a record.Asset) record.Fact { return a.Use }),
			{Name: "reason", Kind: act.Word, Vocabulary: "not_in_use_reason", Words: "not_in_use_reason"}, when}},
		{Op: "asset.report_custody", Path: "report-custody", Verb: "ubicacion", Fields: []field{value("custody", func(a record.Asset) record.Fact { return a.Custody }), reason, when}},
		{Op: "asset.retype", Path: "retype", Verb: "tipo", Fields: []field{{Name: "type_id", Kind: act.Pick, Required: true, Value: func(a record.Asset) string { return a.TypeID },
			Options: func(r *screen.Request, _ record.Asset) ([]ui.Group, error) { return kinds(record.NamesFor(r)), nil }}}},
		{Op: "asset.confirm_late_entries", Path: "confirm-late-entries", Verb: "tardios"},
		{Op: "asset.quarantine", Path: "quarantine", Verb: "cuarentena", Fields: []field{reason}},
		{Op: "asset.release", Path: "release", Verb: "liberar", Fields: []field{reason}},
		{Op: "asset.retire", Path: "retire", Verb: "baja", Danger: true, Fields: []field{{Name: "reason", Kind: act.Word, Vocabulary: "retirement_reason", Required: true, Words: "retirement_reason"}, more}},
		{Op: "asset.void", Path: "void", Verb: "anular", Danger: true, Fields: []field{{Name: "reason", Kind: act.Word, Vocabulary: "void_reason", Required: true, Words: "void_reason"}, more}},
	}}

// areas are those of the asset's unit.
func areas(r *screen.Request, a record.Asset) ([]ui.Group, error) {
	u, _ := record.NamesFor(r).Unit(a.UnitID)
	g := ui.Group{}
	for _, area := range u.Areas {
		g.Options = append(g.Options, ui.Option{Value: area.ID, Label: area.Path})
	}
	slices.SortFunc(g.Options, func(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) })
	g.Options = append([]ui.Option{{Label: words.Say("no_area")}}, g.Options...)
	return []ui.Group{g}, nil
}
