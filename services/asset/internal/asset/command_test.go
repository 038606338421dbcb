package asset

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// register is a register without assets: two units, of which one is closed, and a type of each way to keep track of things.
func register() (*eventtest.Memory[Asset], Commands) {
	units, types, assets := &eventtest.Memory[unit.Unit]{Docs: map[string]*unit.Unit{}}, &eventtest.Memory[equipment.Type]{Docs: map[string]*equipment.Type{}}, &eventtest.Memory[Asset]{}
	for id, state := range map[string]string{"U-1": "open", "U-2": unit.Closed} {
		units.Docs[id] = &unit.Unit{ID: id, Place: mx.Place{UnitID: id, Office: "sonora"}, OperationState: state, Areas: []unit.Area{{ID: "ward"}}}
	}
	for _, tracking := range []string{Tagged, Serialised, "counted"} {
		types.Docs[tracking] = &equipment.Type{ID: tracking, Key: tracking, Facts: equipment.Facts{Tracking: tracking}}
	}
	types.Docs["plant"] = &equipment.Type{ID: "plant", Key: "plant", Facts: equipment.Facts{Tracking: Tagged, Category: "building_system"}}
	return assets, Commands{Assets: assets, Units: units, Types: types, Gates: openGates{}, Nones: mx.NewNones(), Now: func() event.Time { return minute(0) },
		HadOrders: func(context.Context, string) (bool, error) { return false, nil }}
}

// openGates let everything in.
type openGates struct{}

func (openGates) Enter(ctx context.Context, _, _ string, _ func() error, work func(context.Context) error) error {
	return work(ctx)
}

// ruleOf is the rule that err refuses by and the field that it names, "" where it is none.
func ruleOf(err error) string {
	f := fault.As(err)
	switch {
	case f == nil && err != nil:
		return err.Error()
	case f == nil:
		return ""
	case f.Field != "":
		return f.Rule + " " + f.Field
	}
	return f.Rule
}

// by acts for somebody.
func by(subject string) context.Context { return event.WithActor(context.Background(), subject) }

func TestARegistrationIsHeldToTheRulesOfChangesAndReports(t *testing.T) {
	tag := Details{InventoryTag: "T-1"}
	for _, c := range []struct {
		name string
		in   Register
		rule string
	}{
		{"a tagged asset in use", Register{TypeID: Tagged, Use: InUse, Details: tag}, ""},
		{"a draft", Register{TypeID: Tagged}, ""},
		{"a draft that is not in use, and why", Register{TypeID: Tagged, Use: NotInUse, UseReason: "surplus"}, ""},
		{"a draft in use", Register{TypeID: Tagged, Use: InUse}, "asset-not-active"},
		{"a draft in use for which no tag is one", Register{TypeID: Tagged, Use: InUse, Details: Details{InventoryTag: "S/N"}}, "asset-not-active"},
		{"a draft in use as surplus", Register{TypeID: Tagged, Use: InUse, UseReason: "surplus"}, "reason-mismatch use_reason"},
		{"an active asset in use as surplus", Register{TypeID: Tagged, Use: InUse, UseReason: "surplus", Details: tag}, "reason-mismatch use_reason"},
		{"not in use for no known reason", Register{TypeID: Tagged, UseReason: "whim"}, "reason-unknown use_reason"},
		{"a building system in use without a tag", Register{TypeID: "plant", Use: InUse}, ""},
		{"a type that is counted", Register{TypeID: "counted"}, "type-not-an-asset type_id"},
		{"a type that is not known", Register{TypeID: "unheard"}, "reference-unknown type_id"},
		{"a unit that is not known", Register{UnitID: "U-9", TypeID: Tagged}, "reference-unknown unit_id"},
		{"a closed unit", Register{UnitID: "U-2", TypeID: Tagged}, "unit-closed"},
		{"an area of the unit", Register{TypeID: Tagged, Details: Details{AreaID: "ward"}}, ""},
		{"an area of no unit", Register{TypeID: Tagged, Details: Details{AreaID: "attic"}}, "area-unknown area_id"},
		{"negative cost", Register{TypeID: Tagged, Details: Details{Cost: &mx.Money{AmountCents: -1, Currency: "MXN"}}}, "amount-invalid acquisition_cost"},
		{"acquired before there was anything", Register{TypeID: Tagged, Details: Details{AcquiredOn: "1949-12-31"}}, "date-out-of-range acquired_on"},
		{"acquired after tomorrow", Register{TypeID: Tagged, Details: Details{AcquiredOn: "2025-08-10"}}, "date-out-of-range acquired_on"},
		{"acquired today", Register{TypeID: Tagged, Details: Details{AcquiredOn: "2025-08-08"}}, ""},
	} {
		assets, do := register()
		if c.in.UnitID == "" {
			c.in.UnitID = "U-1"
		}
		if got := ruleOf(do.Register(by("ing"), "a", c.in)); got != c.rule || (len(assets.Docs) == 1) != (c.rule == "") {
			t.Errorf("%s: %q, %d registered; want %q", c.name, got, len(assets.Docs), c.rule)
		}
	}
}

// what is registered is what a draft becomes by the same words said one after the other.
func TestAnAssetIsRegisteredAsWhatIsSaidOfIt(t *testing.T) {
	assets, do := register()
	in := Register{UnitID: "U-1", TypeID: Serialised, Functioning: Limited, Use: InUse,
		Details: Details{SerialNumber: " SN 1 ", Brand: "S/N", Model: "M", AreaID: "ward", AcquiredOn: "2024-01-01", Cost: &mx.Money{AmountCents: 5, Currency: "MXN"}}}
	if err := do.Register(by("ing"), "a", in); err != nil {
		t.Fatal(err)
	}
	a, want := assets.Docs["a"], in.Details
	want.SerialNumber, want.Brand = "SN 1", ""
	if d := cmp.Diff(want, a.Details); d != "" {
		t.Errorf("details (-want +got):\n%s", d)
	}
	got := []string{a.Lifecycle.Value, a.Functioning.Value, a.Use.Value, a.Custody.Value, a.Quarantine.Value, a.UnitID, a.Office, a.TypeKey, a.Tracking, a.Use.By, a.HandsOn.By, a.Funding.Kind}
	if d := cmp.Diff([]string{Active, Limited, InUse, AtUnit, NotQuarantined, "U-1", "sonora", Serialised, Serialised, "ing", "ing", "unknown"}, got); d != "" || !a.InService || !a.Use.Reported {
		t.Errorf("in service %v, reported %v (-want +got):\n%s", a.InService, a.Use.Reported, d)
	}
}

func TestAChangeOfDetailsSaysWhichAndLeavesAnActiveAssetIdentified(t *testing.T) {
	for _, c := range []struct {
		name  string
		first Register
		edit  func(*Details)
		rule  string
		names []string
	}{
		{"nothing", Register{TypeID: Tagged}, func(*Details) {}, "", nil},
		{"a word for none where there is none", Register{TypeID: Tagged}, func(d *Details) { d.InventoryTag = "SIN ETIQUETA" }, "", nil},
		{"tag and cost", Register{TypeID: Tagged}, func(d *Details) { d.InventoryTag, d.Cost = "T-2", &mx.Money{AmountCents: 1, Currency: "MXN"} }, "", []string{"inventory_tag", "acquisition_cost"}},
		{"the tag of an active asset", Register{TypeID: Tagged, Details: Details{InventoryTag: "T"}}, func(d *Details) { d.InventoryTag = "" }, "asset-incomplete", nil},
		{"one of the two that tell it from others", Register{TypeID: Serialised, Details: Details{InventoryTag: "T", SerialNumber: "S"}}, func(d *Details) { d.InventoryTag = "n/a" }, "", []string{"inventory_tag"}},
		{"an area of no unit", Register{TypeID: Tagged}, func(d *Details) { d.AreaID = "attic" }, "area-unknown area_id", nil},
		{"a cost below zero", Register{TypeID: Tagged}, func(d *Details) { d.Cost = &mx.Money{AmountCents: -1, Currency: "MXN"} }, "amount-invalid acquisition_cost", nil},
		{"a day to come", Register{TypeID: Tagged}, func(d *Details) { d.AcquiredOn = "2030-01-01" }, "date-out-of-range acquired_on", nil},
	} {
		assets, do := register()
		c.first.UnitID = "U-1"
		if err := do.Register(by("ing"), "a", c.first); err != nil {
			t.Fatal(err)
		}
		assets.Raised = nil
		got := ruleOf(do.Change(by("ing"), "a", func(d *Details) error { c.edit(d); return nil }))
		var names []string
		for _, e := range assets.Raised {
			names = e.Change.(DetailsChange).Fields
		}
		if got != c.rule || !slices.Equal(names, c.names) {
			t.Errorf("%s: %q %v; want %q %v", c.name, got, names, c.rule, c.names)
		}
	}
}
