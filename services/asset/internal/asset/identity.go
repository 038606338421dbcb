package asset

import (
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// The comparison keys of an asset, as the store declares them.
const (
	TagKey    = "inventory_tag"
	SerialKey = "serial_number"
	// ModelKey is the serial number together with brand and model.
	ModelKey = "model"
)

// The discrepancies of an asset, as in the table "discrepancy" of pkg/mx.
const (
	TagTaken          = "tag_taken"
	SerialTaken       = "serial_taken"
	PossibleDuplicate = "possible_duplicate"
	NotIdentified     = "not_identified"
	// RetiredWithOrders is of an asset that was retired or voided at the moment at which a work order on it was requested; it goes once no
	// order on it is open any more.
	RetiredWithOrders = "retired_with_open_orders"
	// LeftBehind and Outdated are only of what an earlier release wrote, and go with the next word about it.
	LeftBehind = "functioning_left_behind"
	Outdated   = "in_service_outdated"
)

// kept are the texts as they are kept: as typed, but without those that say that there is none. What was not changed stays as an earlier
// release kept it.
func (d *Details) kept(was Details, n mx.Nones) {
	for _, f := range []struct {
		to   *string
		was  string
		kept func(string) string
	}{{&d.SerialNumber, was.SerialNumber, n.Clean}, {&d.InventoryTag, was.InventoryTag, n.Clean}, {&d.Brand, was.Brand, n.CleanWord}, {&d.Model, was.Model, n.CleanWord},
		{&d.CustodianPost, was.CustodianPost, n.CleanWord}, {&d.SanitaryRegistration, was.SanitaryRegistration, n.CleanWord}, {&d.DistinctReason, was.DistinctReason, mx.Clean}} {
		if *f.to != f.was {
			*f.to = f.kept(*f.to)
		}
	}
}

// Keys are what assets are compared by: the tag; the serial number; serial number, brand and model together, where all are known and
// nobody has said why this is another one. It is the one place where keys come from: an asset that takes part in no comparison any more
// answers none.
func Keys(n mx.Nones) func(*Asset) map[string]string {
	return func(a *Asset) map[string]string {
		serial := n.Key(a.SerialNumber)
		keys := map[string]string{TagKey: n.Key(a.InventoryTag), SerialKey: serial}
		if serial != "" && a.DistinctReason == "" && !n.Word(a.Brand) && !n.Word(a.Model) {
			keys[ModelKey] = serial + "\x1f" + mx.Key(a.Brand) + "\x1f" + mx.Key(a.Model)
		}
		return keys
	}
}

// Flaws are the discrepancies of an asset by itself: retired with work orders open, which two services took at the same moment; and as
// earlier releases left them, active though it is tagged S/N; not working by the
// word of an order that is open no more, of which the document does not say whether it was declined; in service though it is away. They
// stay as they are, for a person to look at.
func Flaws(n mx.Nones) func(*Asset) []string {
	return func(a *Asset) (flaws []string) {
		if a.Lifecycle.Value == Active && a.lacks(n) != nil {
			flaws = append(flaws, NotIdentified)
		}
		if a.Lifecycle.Value == Retired && len(a.Orders) > 0 {
			flaws = append(flaws, RetiredWithOrders)
		}
		if a.leftBehind() {
			flaws = append(flaws, LeftBehind)
		}
		if a.InService && !a.serves() {
			flaws = append(flaws, Outdated)
		}
		return flaws
	}
}

// standard knows the words of the house for none.
var standard = mx.NewNones()

// complete refuses to take the asset for more than a draft while it lacks what tells it from others of its type.
func (a *Asset) complete() error {
	lacks := a.lacks(standard)
	if lacks == nil {
		return nil
	}
	return fault.Conflictf("asset-incomplete", a.Lifecycle.Value, "a %s asset needs its %s before it is active", a.Tracking, joined(lacks)).With(lacks...)
}

func joined(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return names[0] + " or its " + names[1]
}

// lacks are the fields of which the asset needs one, nil when it has one. Building systems (cistern, power plant, lift) are told apart by
// where they are, and carry neither tag nor serial number.
func (a *Asset) lacks(n mx.Nones) []string {
	tagged, serialised := !n.None(a.InventoryTag), !n.None(a.SerialNumber)
	switch {
	case a.Tracking == Tagged && !tagged && !a.BuildingSystem:
		return []string{TagKey}
	case a.Tracking == Serialised && !serialised && !tagged:
		return []string{SerialKey, TagKey}
	}
	return nil
}
