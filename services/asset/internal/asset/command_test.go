package asset

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
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
	return assets, Commands{Assets: assets, Units: units, Types: types, Gates: openGates{assets, units}, Nones: mx.NewNones(), Now: func(context.Context) event.Time { return minute(0) },
		HadOrders: func(context.Context, string) (bool, error) { return false, nil }}
}

// openGates let everything in.
type openGates struct {
	assets event.Collection[Asset]
	units  event.Collection[unit.Unit]
}

func (g openGates) Enter(ctx context.Context, unitID string, come func(*unit.Unit) (*Asset, error), events ...event.Event) error {
	u, err := g.units.Get(ctx, unitID)
	if err != nil {
		return event.Referenced(err, "unit_id", "unit", unitID)
	}
	a, err := come(u)
	if err != nil {
		return err
	}
	return g.assets.Insert(ctx, a.ID, a, events...)
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
		{"acquired in a year", Register{TypeID: Tagged, Details: Details{AcquiredOn: "2019", InstalledOn: "2019-03", WarrantyUntil: "2031"}}, ""},
		{"acquired in a month that there is not", Register{TypeID: Tagged, Details: Details{AcquiredOn: "2019-13"}}, "date-out-of-range acquired_on"},
		{"installed next year", Register{TypeID: Tagged, Details: Details{InstalledOn: "2026"}}, "date-out-of-range installed_on"},
		{"under warranty for a century", Register{TypeID: Tagged, Details: Details{WarrantyUntil: "2101-01"}}, "date-out-of-range warranty_until"},
		{"acquired today", Register{TypeID: Tagged, Details: Details{AcquiredOn: "2025-08-08"}}, ""},
	} {
		assets, do := register()
		if c.in.UnitID == "" {
			c.in.UnitID = "U-1"
		}
		if got := eventtest.Rule(do.Register(by("ing"), "a", c.in)); got != c.rule || (len(assets.Docs) == 1) != (c.rule == "") {
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
		got := eventtest.Rule(do.Change(by("ing"), "a", func(d *Details) error { c.edit(d); return nil }))
		var names []string
		for _, e := range assets.Raised {
			names = e.Change.(DetailsChange).Fields
		}
		if got != c.rule || !slices.Equal(names, c.names) {
			t.Errorf("%s: %q %v; want %q %v", c.name, got, names, c.rule, c.names)
		}
	}
}

// bed is a tagged asset as it was registered, and the commands on it, hours later.
func bed(t *testing.T) (*eventtest.Memory[Asset], Commands) {
	t.Helper()
	assets, do := register()
	if err := do.Register(by("ing"), "a", Register{UnitID: "U-1", TypeID: Tagged, Details: Details{InventoryTag: "T-1"}}); err != nil {
		t.Fatal(err)
	}
	assets.Raised = nil
	do.Now = func(context.Context) event.Time { return minute(1000) }
	return assets, do
}

func TestWhatMayBeReportedOfAnAsset(t *testing.T) {
	draft := func(a *Asset) { a.Lifecycle.Value, a.InventoryTag = Draft, "" }
	for _, c := range []struct {
		name, kind, value, reason string
		was                       func(*Asset)
		rule                      string
	}{
		{"in use", "use", InUse, "", nil, ""},
		{"in use, in words", "use", InUse, "se instaló", nil, ""},
		{"in use for a reason not to be", "use", InUse, "surplus", nil, "reason-mismatch reason"},
		{"not in use for another reason", "use", NotInUse, "surplus", nil, ""},
		{"not in use for the same reason", "use", NotInUse, "not_installed", nil, "no-change"},
		{"not in use for no reason", "use", NotInUse, "", nil, "reason-unknown reason"},
		{"a use of fantasy", "use", "admired", "", nil, "value-unknown value"},
		{"a draft in use", "use", InUse, "", draft, "asset-not-active"},
		{"on loan", "custody", "on_loan", "", nil, ""},
		{"at its unit, as before", "custody", AtUnit, "", nil, "no-change"},
		{"quarantined", "quarantine", Quarantined, "se cayó", nil, ""},
		{"released though it was not quarantined", "quarantine", NotQuarantined, "", nil, "no-change"},
		{"active already", "activate", Active, "", nil, "not-a-draft"},
		{"activated without a tag", "activate", Active, "", draft, "asset-incomplete"},
		{"activated with one", "activate", Active, "", func(a *Asset) { a.Lifecycle.Value = Draft }, ""},
		{"retired", "custody", "on_loan", "", func(a *Asset) { a.Lifecycle.Value = Retired }, "asset-retired"},
	} {
		assets, do := bed(t)
		if c.was != nil {
			c.was(assets.Docs["a"])
		}
		was := eventtest.Text(assets.Docs["a"])
		if got := eventtest.Rule(do.Report(by("dir"), "a", c.kind, Report{Value: c.value, Reason: c.reason})); got != c.rule {
			t.Errorf("%s: %q, want %q", c.name, got, c.rule)
		}
		if c.rule != "" && (eventtest.Text(assets.Docs["a"]) != was || len(assets.Raised) > 0) {
			t.Errorf("%s was refused and changed it", c.name)
		}
	}
}

// Facts are said in any order, with any delay: the latest that was said of each stands, each word is in the history, and what people wrote is
// in no event.
func TestOfWhatIsSaidOfAFactTheLatestStandsWhateverItsArrival(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		assets, do := bed(t)
		stands := map[string]Fact{"custody": {Since: minute(-10_000)}, "quarantine": {Since: minute(-10_000)}}
		said := 0
		for range rapid.IntRange(1, 8).Draw(rt, "words") {
			kind := rapid.SampledFrom([]string{"custody", "quarantine"}).Draw(rt, "fact")
			value := rapid.SampledFrom(map[string][]string{"custody": {"on_loan", "in_transit"}, "quarantine": {Quarantined}}[kind]).Draw(rt, "value")
			at := minute(rapid.IntRange(-3000, 999).Draw(rt, "at"))
			err := do.Report(by("dir"), "a", kind, Report{Value: value, Reason: "lo vio Juana", OccurredAt: at})
			later := !at.Before(stands[kind].Since.Time)
			if err != nil && (eventtest.Rule(err) != "no-change" || !later || stands[kind].Value != value) {
				rt.Fatal(err)
			}
			if err == nil {
				said++
				if later {
					stands[kind] = Fact{Value: value, Since: at}
				}
			}
		}
		a := assets.Docs["a"]
		for kind, is := range map[string]Fact{"custody": a.Custody, "quarantine": a.Quarantine} {
			if want := stands[kind]; want.Value != "" && (is.Value != want.Value || !is.Since.Equal(want.Since)) {
				rt.Errorf("%s is %s since %s, want %s since %s", kind, is.Value, is.Since, want.Value, want.Since)
			}
		}
		if len(assets.Raised) != said || strings.Contains(eventtest.Text(assets.Raised), "Juana") || len(a.Notes) != said {
			rt.Errorf("%d words, %d notes: %s", said, len(a.Notes), eventtest.Text(assets.Raised))
		}
		if a.InService {
			rt.Error("it is in service though nobody said that it works")
		}
	})
}

func TestAnOlderWordIsInTheHistoryAsOvertaken(t *testing.T) {
	assets, do := bed(t)
	for _, r := range []Report{{Value: "on_loan", OccurredAt: minute(-100)}, {Value: AtUnit, OccurredAt: minute(-50)}, {Value: "in_transit", OccurredAt: minute(-70)}} {
		if err := do.Report(by("dir"), "a", "custody", r); err != nil {
			t.Fatal(err)
		}
	}
	want := FactChange{From: AtUnit, To: "in_transit", OccurredAt: minute(-70), Overtaken: true}
	if got := assets.Raised[2].Change; got != want || assets.Docs["a"].Custody.Value != AtUnit {
		t.Errorf("%+v, %+v", got, assets.Docs["a"].Custody)
	}
	// A clock that is a little ahead holds up nobody who comes after.
	fast := Commands{Assets: assets, Now: func(context.Context) event.Time { return minute(1001) }}
	if err := fast.Report(by("dir"), "a", "custody", Report{Value: "on_loan"}); err != nil {
		t.Fatal(err)
	}
	if err := do.Report(by("ing"), "a", "custody", Report{Value: AtUnit}); err != nil || assets.Docs["a"].Custody.Value != AtUnit {
		t.Errorf("%v: %+v", err, assets.Docs["a"].Custody)
	}
}

func TestALateWordIsMarkedUntilTheUnitsDirectorConfirmsIt(t *testing.T) {
	assets, do := bed(t)
	director := event.WithGrants(by("dir"), []event.Grant{{Role: "unit_director", Place: "unit:U-1"}})
	late := minute(1000 - 8*24*60)
	if got := eventtest.Rule(do.ConfirmLate(director, "a")); got != "nothing-to-confirm" {
		t.Error(got)
	}
	if err := errors.Join(do.Report(by("ing"), "a", "use", Report{Value: InUse, OccurredAt: late}), do.Report(director, "a", "custody", Report{Value: "on_loan", OccurredAt: late})); err != nil {
		t.Fatal(err)
	}
	a := assets.Docs["a"]
	if e := a.Use.LateEntry; e == nil || e.What != "use" || e.By != "ing" || e.ConfirmedBy != "" || a.Custody.LateEntry.ConfirmedBy != "dir" {
		t.Errorf("use %+v, custody %+v", a.Use.LateEntry, a.Custody.LateEntry)
	}
	if err := do.ConfirmLate(director, "a"); err != nil || assets.Docs["a"].Use.LateEntry.ConfirmedBy != "dir" {
		t.Errorf("%v: %+v", err, assets.Docs["a"].Use.LateEntry)
	}
	if got := eventtest.Rule(do.ConfirmLate(director, "a")); got != "nothing-to-confirm" {
		t.Error(got)
	}
}
