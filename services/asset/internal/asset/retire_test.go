package asset

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// had is whether the history knows of an order on the asset.
func had(yes bool) func(context.Context, string) (bool, error) {
	return func(context.Context, string) (bool, error) { return yes, nil }
}

func TestAnAssetIsRetiredOrVoidedForAReasonOnceNoOrderIsOpen(t *testing.T) {
	retire := func(in Retire) func(Commands) error {
		return func(c Commands) error { return c.Retire(by("sub"), "a", in) }
	}
	void := func(in Void) func(Commands) error {
		return func(c Commands) error { return c.Void(by("ing"), "a", in) }
	}
	open, over := Order{ID: "o", Folio: "OT-1", Open: true}, Order{ID: "o"}
	for _, c := range []struct {
		name  string
		do    func(Commands) error
		order *Order
		rule  string
	}{
		{"retired", retire(Retire{Reason: "lost"}), nil, ""},
		{"retired for another reason, in words", retire(Retire{Reason: "other", Note: "x"}), nil, ""},
		{"retired for another reason, without words", retire(Retire{Reason: "other", Note: " "}), nil, "reason-missing note"},
		{"retired for no reason", retire(Retire{Reason: "old"}), nil, "reason-unknown reason"},
		{"retired too early", retire(Retire{Reason: "lost", OccurredAt: minute(-60 * 24 * 366 * 30)}), nil, "occurred-too-early occurred_at"},
		{"retired with an open order", retire(Retire{Reason: "lost"}), &open, "orders-open"},
		{"retired after its order", retire(Retire{Reason: "lost"}), &over, ""},
		{"voided", void(Void{Reason: "duplicate"}), nil, ""},
		{"voided for a reason to retire", void(Void{Reason: "lost"}), nil, "reason-unknown reason"},
		{"voided with an open order", void(Void{Reason: "duplicate"}), &open, "orders-open"},
		{"voided after its order", void(Void{Reason: "duplicate"}), &over, "asset-had-orders"},
		{"voided though the history knows of an order", func(c Commands) error {
			c.HadOrders = had(true)
			return void(Void{Reason: "duplicate"})(c)
		}, nil, "asset-had-orders"},
	} {
		assets, do := bed(t)
		if c.order != nil {
			if err := do.FollowOrder(by("x"), "a", *c.order); err != nil {
				t.Fatal(err)
			}
		}
		if got := eventtest.Rule(c.do(do)); got != c.rule || (assets.Docs["a"].Lifecycle.Value == Retired) != (c.rule == "") {
			t.Errorf("%s: %q, it is %s; want %q", c.name, got, assets.Docs["a"].Lifecycle.Value, c.rule)
		}
	}
}

func TestARetirementIsNotBeforeTheLastWordAboutTheAsset(t *testing.T) {
	const day = 24 * 60
	for _, c := range []struct {
		name, kind, value string
		said, retired     int // days; 0 is not said
		rule              string
	}{
		{"nothing was said", "", "", 0, -300, ""},
		{"working the day after", "functioning", Working, -5, -6, "instant-order occurred_at"},
		{"working that moment", "functioning", Working, -6, -6, ""},
		{"working the day before", "functioning", Working, -7, -6, ""},
		{"in use the day after", "use", InUse, -5, -6, "instant-order occurred_at"},
		{"away the day after", "custody", "in_transit", -5, -6, "instant-order occurred_at"},
		{"quarantined the day after", "quarantine", Quarantined, -5, -6, "instant-order occurred_at"},
		{"working a moment ago by a fast clock, retired now", "functioning", Working, 0, 0, ""},
	} {
		assets, do := bed(t)
		at := func(days int) (at event.Time) {
			if days != 0 {
				at = minute(1000 + days*day)
			}
			return at
		}
		word := Report{Value: c.value, OccurredAt: at(c.said)}
		var err error
		switch c.kind {
		case "":
		case "functioning":
			err = do.ReportFunctioning(by("dir"), "a", word)
		default:
			err = do.Report(by("dir"), "a", c.kind, word)
		}
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		err = do.Retire(by("sub"), "a", Retire{Reason: "lost", OccurredAt: at(c.retired)})
		if got := eventtest.Rule(err); got != c.rule || (assets.Docs["a"].Lifecycle.Value == Retired) != (c.rule == "") {
			t.Errorf("%s: %q, want %q", c.name, got, c.rule)
		}
		if c.rule != "" && (!strings.Contains(err.Error(), at(c.retired).String()) || !strings.Contains(err.Error(), at(c.said).String())) {
			t.Errorf("%s: both instants are named, got %v", c.name, err)
		}
	}
}

func TestNothingOfWhatIsRetiredChangesAndWhatIsVoidedIsFree(t *testing.T) {
	for _, end := range []string{"retired", "voided"} {
		assets, do := bed(t)
		err := do.Retire(by("sub"), "a", Retire{Reason: "beyond_repair", Note: "lo vio Juana"})
		if end == "voided" {
			assets, do = bed(t)
			err = do.Void(by("ing"), "a", Void{Reason: "duplicate"})
		}
		if err != nil {
			t.Fatal(err)
		}
		a := assets.Docs["a"]
		if keys := Keys(mx.NewNones())(a); (keys[TagKey] == "") != (end == "voided") || (a.Voided != nil && a.Voided.InventoryTag != "T-1") || a.InService {
			t.Errorf("%s: it is compared by %v, %+v", end, keys, a.Voided)
		}
		was := eventtest.Text(a)
		for name, err := range map[string]error{
			"retire": do.Retire(by("x"), "a", Retire{Reason: "lost"}), "void": do.Void(by("x"), "a", Void{Reason: "duplicate"}), "retype": do.Retype(by("x"), "a", Retype{Serialised}),
			"functioning": do.ReportFunctioning(by("x"), "a", Report{Value: Working}), "activate": do.Report(by("x"), "a", "activate", Report{Value: Active}),
			"quarantine": do.Report(by("x"), "a", "quarantine", Report{Value: Quarantined}), "change": do.Change(by("x"), "a", func(d *Details) error { d.Brand = "B"; return nil }),
		} {
			if eventtest.Rule(err) != "asset-retired" {
				t.Errorf("%s of a %s asset: %v", name, end, err)
			}
		}
		if eventtest.Text(assets.Docs["a"]) != was {
			t.Errorf("%s, it changed to %s", end, eventtest.Text(assets.Docs["a"]))
		}
		// An order requested at the same moment and heard of later is listed, and nothing comes to life.
		if err := do.FollowOrder(by("x"), "a", Order{ID: "o", Open: true}); err != nil || assets.Docs["a"].Lifecycle.Value != Retired || len(assets.Docs["a"].Orders) != 1 {
			t.Errorf("%v: %+v", err, assets.Docs["a"])
		}
	}
}

func TestAnAssetIsGivenTheTypeThatItIsOf(t *testing.T) {
	for _, c := range []struct {
		name, to string
		details  Details
		rule     string
	}{
		{"with a tag, serialised", Serialised, Details{InventoryTag: "T"}, ""},
		{"a draft, whatever it has", Serialised, Details{}, ""},
		{"the same", Tagged, Details{InventoryTag: "T"}, "no-change"},
		{"counted", "counted", Details{InventoryTag: "T"}, "type-not-an-asset type_id"},
		{"unknown", "x", Details{InventoryTag: "T"}, "reference-unknown type_id"},
	} {
		assets, do := register()
		if err := do.Register(by("ing"), "a", Register{UnitID: "U-1", TypeID: Tagged, Details: c.details}); err != nil {
			t.Fatal(err)
		}
		if got := eventtest.Rule(do.Retype(by("ing"), "a", Retype{c.to})); got != c.rule || (assets.Docs["a"].Tracking == c.to) != (c.rule == "" || c.to == Tagged) {
			t.Errorf("%s: %q, it is %s", c.name, got, assets.Docs["a"].Tracking)
		}
	}
	// What a new type demands, an active asset must have; what it has stays.
	assets, do := register()
	if err := do.Register(by("ing"), "a", Register{UnitID: "U-1", TypeID: Serialised, Functioning: Limited, Details: Details{SerialNumber: "S"}}); err != nil {
		t.Fatal(err)
	}
	if got := eventtest.Rule(do.Retype(by("ing"), "a", Retype{Tagged})); got != "asset-incomplete" {
		t.Error(got)
	}
	if err := do.Retype(by("ing"), "a", Retype{"plant"}); err != nil {
		t.Fatal(err)
	}
	if a := assets.Docs["a"]; !a.BuildingSystem || a.TypeKey != "plant" || a.SerialNumber != "S" || a.Functioning.Value != Limited || assets.Raised[1].Change != (RetypedChange{Serialised, Serialised, "plant", "plant"}) {
		t.Errorf("%+v, raised %+v", a, assets.Raised)
	}
}

func TestWhatTellsAnAssetFromOthers(t *testing.T) {
	n := mx.NewNones("COLOR ROJO")
	for _, c := range []struct {
		tracking, tag, serial string
		building              bool
		lacks                 []string
	}{
		{Tagged, "T", "", false, nil}, {Tagged, "", "S", false, []string{TagKey}}, {Tagged, "s / n", "", false, []string{TagKey}}, {Tagged, "color rojo", "", false, []string{TagKey}}, {Tagged, "", "", true, nil},
		{Serialised, "T", "", false, nil}, {Serialised, "", "S", false, nil}, {Serialised, "N/A", "---", false, []string{SerialKey, TagKey}}, {Serialised, "", "", true, []string{SerialKey, TagKey}},
	} {
		a := &Asset{Tracking: c.tracking, BuildingSystem: c.building, Lifecycle: Fact{Value: Active}, Details: Details{InventoryTag: c.tag, SerialNumber: c.serial}}
		if got := a.lacks(n); !slices.Equal(got, c.lacks) {
			t.Errorf("%+v lacks %v", c, got)
		}
		if flaws := Flaws(n)(a); (len(flaws) > 0) != (c.lacks != nil) {
			t.Errorf("%+v stored active: %v", c, flaws)
		}
	}
}
